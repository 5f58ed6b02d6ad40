"""Views: what stands in the way of one, and what else is given with it.

A view passes if every base passes, or if it is a treatment. Athena reads a plain view's tables with the reader's own
rights, so those are given with it, in the same session; a treatment's are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from jit_engine.domain.catalogue import Catalogue, TableItem
from jit_engine.domain.request import SourceAsk
from jit_engine.domain.source import GlueTable
from jit_engine.domain.verdict import Breach, ClearedSource, ContractVerdict


def base_asks(ask: SourceAsk, catalogue: Catalogue) -> tuple[SourceAsk, ...]:
    """What is asked for with a view: all that is read through it, as a whole, in one session with it."""
    job = ask.job or ask.source.uri
    return tuple(replace(ask, source=base, columns=None, job=job) for base in catalogue.bases_of(ask.source))


def with_bases(asks: Iterable[SourceAsk], catalogue: Catalogue) -> tuple[SourceAsk, ...]:
    """The asks, and what is asked for with each."""
    return tuple(each for ask in asks for each in (ask, *base_asks(ask, catalogue)))


def view_breaches(ask: SourceAsk, catalogue: Catalogue) -> Iterator[Breach]:
    """What the catalogue itself says against a view: bases that nobody knows."""
    item = catalogue.item(ask.source)
    if not isinstance(item, TableItem) or item.view is None or catalogue.is_treatment(item):
        return
    bases = catalogue.bases_of(ask.source)
    if not any(_is_leaf(base, catalogue) for base in bases):
        yield Breach(
            code="bases-unknown",
            clause="catalogue.bases",
            given=f"the view {item.source.uri}, of which nobody can tell what it reads",
            allowed="views whose tables are known",
            next_step="ask for its tables, or have its owner define it anew and an operator import it",
        )
    for base in bases:
        if catalogue.item(base) is None:
            yield Breach(
                code="base-unknown",
                clause="catalogue.bases",
                given=f"{base.uri}, which {item.source.uri} reads",
                allowed="views of tables that are catalogued",
                next_step="have it imported (`sluice data import`)",
            )


def _is_leaf(base: GlueTable, catalogue: Catalogue) -> bool:
    """Whether it holds data, or shows data by itself; views that name nothing but each other do not."""
    item = catalogue.item(base)
    return not isinstance(item, TableItem) or item.view is None or catalogue.is_treatment(item)


def base_breaches(ask: SourceAsk, found: Iterable[tuple[GlueTable, ContractVerdict]]) -> Iterator[Breach]:
    """The refusal of each base as one of the view's own."""
    for base, verdict in found:
        for breach in verdict.breaches:
            yield replace(
                breach,
                given=f"{base.uri}, which {ask.source.uri} reads: {breach.given}",
                next_step=f"{breach.next_step}; or have {base.uri}'s owner certify the view as a treatment",
            )


def cleared_view(ask: SourceAsk, item: TableItem, catalogue: Catalogue) -> ClearedSource:
    """A view as it is minted: its definition; of a treatment its own columns, which Lake Formation shows."""
    if not catalogue.is_treatment(item):
        return ClearedSource(ask=ask, files=())
    columns = tuple(column for group in item.groups for column in group.columns)
    behind = tuple((one.source.uri, "" if one.view is None else one.view.sha256) for one in catalogue.behind(item))
    return ClearedSource(ask=ask, files=(), columns=columns, treatment=item.view, behind=behind)


def cleared_with_bases(cleared: ClearedSource, catalogue: Catalogue) -> Iterator[ClearedSource]:
    """What was cleared, and with a view what it is made of: one session holds it all."""
    bases = base_asks(cleared.ask, catalogue)
    yield replace(cleared, ask=replace(cleared.ask, job=bases[0].job)) if bases else cleared
    for ask in bases:
        item = catalogue.item(ask.source)
        if not isinstance(item, TableItem):
            raise ValueError(f"{ask.source.uri} passed without being catalogued")
        if item.view is not None:
            yield cleared_view(ask, item, catalogue)
        else:
            yield ClearedSource(ask=ask, files=item.files, key_arn=item.key_arn)
