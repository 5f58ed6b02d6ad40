"""Containers: what the catalogue itself forbids about raw files, and what is denied so that the rest can be given.

What lies inside a requested prefix and is refused is either withheld, by an explicit Deny that holds its files
exactly, or the whole prefix is refused. It is never granted silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from jit_engine.contracts.terms import Contract
from jit_engine.domain.catalogue import Catalogue, CatalogueItem, PrefixItem, TableItem, files_of, original_of
from jit_engine.domain.request import AccessRequest, SourceAsk
from jit_engine.domain.source import Operation, S3Prefix
from jit_engine.domain.verdict import Breach, Gate, NamedRule, SourceVerdict, Withheld
from jit_engine.ports import Facts
from jit_engine.rules.questions import questions_about, spelled

MOST_WITHHELD = 20
"""Places denied inside one source. More of them say that something else should be asked for; ours."""
MOST_ALONE = 50
"""Things inside that are held against the contract one by one; more of them by what its coarse terms read."""
_READS = frozenset({Operation.SELECT, Operation.DESCRIBE})

Judge = Callable[[SourceAsk, Facts], SourceVerdict]
"""The verdict on one source of the request, from these facts."""


def catalogue_breaches(ask: SourceAsk, catalogue: Catalogue) -> Iterator[Breach]:
    """What keeps raw files from being given, whatever contract and rules say."""
    own = catalogue.item(ask.source)
    reads_raw = isinstance(ask.source, S3Prefix) and bool(ask.operations & _READS)
    if reads_raw and isinstance(own, PrefixItem) and not own.closed:
        yield Breach(
            code="prefix-not-closed",
            clause="catalogue.closed",
            given=f"{own.source.uri}, which may hold what is not catalogued",
            allowed="a prefix that its owner declares closed: one dataset, one schema, registered writers",
            next_step="ask for a table or a closed prefix inside it (`sluice data list`), or have its owner close it",
        )
    inside = catalogue.touching(ask.source)
    for item in inside if own is None or own in inside else (own, *inside):
        if reads_raw and isinstance(item, TableItem) and item.keeps_history and item.erasure:
            yield Breach(
                code="raw-history",
                clause="catalogue.erasure",
                given=f"the raw files of {item.source.uri}, which still hold erased rows",
                allowed="the table itself, which shows what is left",
                next_step=f"ask for {item.source.uri}",
            )
        original = original_of(item)
        if original is not None and catalogue.item(original) is None:
            yield Breach(
                code="original-unknown",
                clause="catalogue.copy_of",
                given=f"{item.source.uri}, a copy of {original.uri}",
                allowed="a copy of what is catalogued, whose limits it inherits",
                next_step="have the original catalogued",
            )


def contracts_about(request: AccessRequest, facts: Facts) -> tuple[Contract, ...]:
    """Every contract that covers something asked for, or something reached through it."""
    reached = {ask.source for ask in request.asks}
    reached |= {item.source for ask in request.asks for item in facts.catalogue.touching(ask.source)}
    return tuple(contract for contract in facts.contracts if any(contract.covers(source) for source in reached))


def contracts_inside(ask: SourceAsk, catalogue: Catalogue, contracts: Iterable[Contract]) -> list[Contract]:
    """The contracts that do not cover the source but something that is reached through it: they bind as well."""
    inside = [item.source for item in catalogue.touching(ask.source)]
    others = [contract for contract in contracts if not contract.covers(ask.source)]
    return [contract for contract in others if any(contract.covers(source) for source in inside)]


def withholding(ask: SourceAsk, facts: Facts, strict: SourceVerdict, judge: Judge) -> SourceVerdict:
    """`strict`, or the verdict on the rest of a container, with everything that is refused inside withheld.

    1. A gate that refuses the source itself, and any refusal of the tier invariants, stands.
    2. What a contract or the catalogue refuses inside is found by asking about each kind of thing alone; what the
       rules refuse is named by their verdict.
    3. Every refused thing must lie in prefixes strictly inside the one that was asked for; else the refusal stands.
    4. The rest is decided anew, from a catalogue that lacks what lies in those prefixes, until it passes or not.
    """
    if not isinstance(ask.source, S3Prefix):
        return strict
    verdict, left, without = strict, facts, tuple[Withheld, ...]()
    while not verdict.passes:
        found = list(_refused_inside(ask, left, verdict, judge))
        if not found or sum(len(part.files) for part in (*without, *found)) > MOST_WITHHELD:
            return strict
        rest = left.catalogue.without([place for part in found for place in part.files], ask.source)
        without = (*without, *_with_questions(ask, found, left.catalogue, rest))
        left = replace(left, catalogue=rest)
        verdict = judge(ask, left)
    return replace(verdict, without=without)


def withheld_places(verdict: SourceVerdict) -> tuple[S3Prefix, ...]:
    """The places that are denied, in order, none inside another."""
    places = {place for part in verdict.without for place in part.files}
    outer = [place for place in places if not any(other != place and other.contains(place) for other in places)]
    return tuple(sorted(outer, key=lambda place: place.uri))


def collides(places: Sequence[S3Prefix], others: Iterable[tuple[Sequence[S3Prefix], Sequence[S3Prefix]]]) -> bool:
    """Whether a Deny of `places` would take something that another source gives (its files, what it withholds)."""
    return any(
        file.overlaps(place) and not any(spared.contains(place) for spared in without)
        for files, without in others
        for file in files
        for place in places
    )


@dataclass(frozen=True, slots=True)
class _Reason:
    gate: Gate
    why: str
    rules: tuple[NamedRule, ...]
    breaches: tuple[Breach, ...]
    refused: frozenset[str]


def _refused_inside(ask: SourceAsk, facts: Facts, verdict: SourceVerdict, judge: Judge) -> Iterator[Withheld]:
    """What is withheld for the gate that refused; nothing where that would not be exact or not be enough."""
    match verdict.refused_by:
        case Gate.CONTRACT:
            yield from _by_contract(ask, facts, judge)
        case Gate.RULES if verdict.rules is not None:
            rules = verdict.rules
            reason = _Reason(Gate.RULES, rules.why, rules.rules, (), frozenset(rules.refused_questions))
            refused = {question.partition(" ")[2].partition("#")[0] for question in rules.refused_questions}
            inside = [item for item in _inside(ask, facts.catalogue) if item.source.uri in refused]
            if len(inside) == len(refused):  # else the source itself is refused, or something outside of it
                yield from _withheld(ask, inside, reason)


def _by_contract(ask: SourceAsk, facts: Facts, judge: Judge) -> Iterator[Withheld]:
    inside = _inside(ask, facts.catalogue)
    kinds: dict[object, list[CatalogueItem]] = {}
    for item in inside:
        others = tuple(c.key for c in facts.contracts if not c.covers(ask.source) and c.covers(item.source))
        history = isinstance(item, TableItem) and item.keeps_history and item.erasure
        kind = (item.owner_team, item.classification, others, history, original_of(item))
        kinds.setdefault(item.source if len(inside) <= MOST_ALONE else kind, []).append(item)
    for some in kinds.values():
        alone = _only(ask, facts, some[:1])
        contract = judge(ask, alone).contract if alone is not None else None
        if contract is not None and not contract.passes:
            reason = _Reason(Gate.CONTRACT, "contract", (), contract.breaches, frozenset())
            yield from _withheld(ask, some, reason)


def _only(ask: SourceAsk, facts: Facts, kept: Sequence[CatalogueItem]) -> Facts | None:
    """The facts as if nothing but `kept` were inside the source."""
    others = {item.source for item in _inside(ask, facts.catalogue)} - {item.source for item in kept}
    items = tuple(item for item in facts.catalogue.items if item.source not in others)
    return replace(facts, catalogue=Catalogue(generation=facts.catalogue.generation, items=items))


def _inside(ask: SourceAsk, catalogue: Catalogue) -> list[CatalogueItem]:
    """What lies in the source and is not the source itself."""
    own = catalogue.item(ask.source)
    return [item for item in catalogue.touching(ask.source) if item != own and _places(ask, item)]


def _places(ask: SourceAsk, item: CatalogueItem) -> tuple[S3Prefix, ...]:
    """Where a Deny can hold the item exactly as far as `ask` reaches it: nowhere, when it cannot."""
    files = files_of(item)
    asked = ask.source
    if not isinstance(asked, S3Prefix):
        return ()
    reached = tuple(place for place in files if place.overlaps(asked))
    return reached if all(asked.contains(place) and place != asked for place in reached) else ()


def _withheld(ask: SourceAsk, items: Sequence[CatalogueItem], reason: _Reason) -> Iterator[Withheld]:
    for item in items:
        yield Withheld(
            item=item.source.uri,
            files=_places(ask, item),
            refused_by=reason.gate,
            why=reason.why,
            rules=reason.rules,
            breaches=reason.breaches,
            questions=(),
            refused_questions=tuple(sorted(reason.refused)),
        )


def _with_questions(
    ask: SourceAsk, found: Sequence[Withheld], before: Catalogue, rest: Catalogue
) -> Iterator[Withheld]:
    """Each with the questions that are not asked of the rest: its own, and the first with those about what else lies
    in one of those places.
    """
    asked = {spelled(question) for question in questions_about(ask, before)}
    asked -= {spelled(question) for question in questions_about(ask, rest)}
    own = {part.item: [q for q in asked if q.partition(" ")[2].partition("#")[0] == part.item] for part in found}
    others = asked.difference(*own.values())
    for place, part in enumerate(found):
        mine = sorted({*own[part.item], *(others if place == 0 else ())})
        refused = tuple(question for question in mine if question in part.refused_questions)
        yield replace(part, questions=tuple(mine), refused_questions=refused)
