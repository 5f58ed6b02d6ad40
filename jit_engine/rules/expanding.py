"""A database or a data product that is asked for: its catalogued items, each a source of the request by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.container import Contained
from jit_engine.domain.request import MAX_SOURCES, AskedContainer, LackingSource, Mode, SourceAsk
from jit_engine.domain.source import Operation, Source
from jit_engine.errors import InvalidValue
from jit_engine.sources.kinds import kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerAsk:
    """A container by its URI, and what is to be done with each thing in it; `job` as of a source."""

    uri: str
    operations: frozenset[Operation]
    job: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """The sources that were asked for, each once, and what every container came to."""

    asks: tuple[SourceAsk, ...]
    containers: tuple[AskedContainer, ...]


def expanded(
    asked: Sequence[SourceAsk | ContainerAsk], catalogue: Catalogue, mode: Mode, most: int = MAX_SOURCES
) -> Expanded:
    """What is asked for in this reading of the catalogue; raises `InvalidValue` naming `sources` or `sources[0].uri`.

    1. A container has to be there, and to be named once; it is its items of this generation, those of later ones never.
    2. A source that is named by itself is asked for as it is named there, and no container adds to that.
    3. Of each other item those operations are asked for that its kind offers. One whose kind offers none of them is
       left out in mode `partial` and refuses the request in mode `all`.
    4. An item of two containers is asked for once, if both say the same of it.
    5. More than `most` sources are refused.
    """
    known = catalogue.containers if any(isinstance(one, ContainerAsk) for one in asked) else {}
    named = {one.source for one in asked if isinstance(one, SourceAsk)}
    found: dict[Source, SourceAsk] = {}
    asks: list[SourceAsk] = []
    containers: dict[str, AskedContainer] = {}
    for position, one in enumerate(asked):
        if isinstance(one, SourceAsk):
            asks.append(one)
            continue
        field = f"sources[{position}]"
        contained = _contained(one, known, containers, field)
        some, container = _of_one(one, contained, catalogue.generation, mode, field)
        containers[one.uri] = container
        for ask in some:
            if ask.source in named:
                continue
            if ask.source not in found:
                found[ask.source] = ask
                asks.append(ask)
            elif found[ask.source] != ask:
                fix = "name it by itself as well, with all that is to be done with it"
                raise InvalidValue(field=field, given=f"{ask.source.uri}, which two containers ask for", fix=fix)
    if len(asks) > most:
        given = f"{len(asks)} sources" + (f" ({_sizes(containers)})" if containers else "")
        fix = f"name at most {most} sources at a time: those of a container that the job needs (`sluice data show`)"
        raise InvalidValue(field="sources", given=given, fix=fix)
    return Expanded(asks=tuple(asks), containers=tuple(containers.values()))


def _contained(
    one: ContainerAsk, known: Mapping[str, Contained], before: Mapping[str, AskedContainer], field: str
) -> Contained:
    if one.uri in before:
        raise InvalidValue(field=f"{field}.uri", given=one.uri, fix="name it once, with all its operations")
    contained = known.get(one.uri)
    if contained is None:
        fix = (
            "name a data product or a database of which something is catalogued "
            "(`sluice data products` and `sluice data databases` list them)"
        )
        raise InvalidValue(field=f"{field}.uri", given=one.uri, fix=fix)
    return contained


def _of_one(
    one: ContainerAsk, contained: Contained, generation: int, mode: Mode, field: str
) -> tuple[list[SourceAsk], AskedContainer]:
    asks: list[SourceAsk] = []
    lacking: list[LackingSource] = []
    for item in contained.items:
        kind = kind_of(item.source)
        operations = one.operations & frozenset(kind.offers)
        if not operations and mode is Mode.ALL:
            fix = (
                f"a {kind.name} offers {', '.join(sorted(kind.offers))}: name what is needed by itself, "
                "or ask in mode partial, which leaves it out"
            )
            given = f"{', '.join(sorted(one.operations))} of {item.source.uri}"
            raise InvalidValue(field=f"{field}.operations", given=given, fix=fix)
        if operations:
            asks.append(SourceAsk(source=item.source, operations=operations, job=one.job))
        if operations != one.operations:
            lacking.append(LackingSource(source=item.source.uri, operations=one.operations - operations))
    if not asks:
        fix = "ask for operations that something in it offers (`sluice data show` lists what is in it)"
        raise InvalidValue(field=f"{field}.operations", given=", ".join(sorted(one.operations)), fix=fix)
    return asks, AskedContainer(
        uri=one.uri,
        operations=one.operations,
        generation=generation,
        sources=tuple(ask.source.uri for ask in asks),
        lacking=tuple(lacking),
    )


def _sizes(containers: Mapping[str, AskedContainer]) -> str:
    return ", ".join(f"{uri} has {len(one.sources)}" for uri, one in containers.items())
