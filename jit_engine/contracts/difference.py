"""What one version of a contract changes against another: readable lines, and whether access widens or narrows.

Access is compared as it works, not as it is spelled: a purpose beneath one that is allowed already, or a prefix within
one that is covered already, widens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from jit_engine.contracts.breaches import lineage
from jit_engine.contracts.difference_access import access_lines
from jit_engine.contracts.difference_document import document_lines
from jit_engine.contracts.difference_lines import (
    DiffLine,
    Effect,
    EffectOf,
    compared,
    listed,
    names_changed,
    set_changed,
    spoken,
)
from jit_engine.contracts.difference_words import words_changed
from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.terms import Contract, StageTerms, TableScope, WriteTarget, is_within
from jit_engine.domain.source import S3Prefix
from jit_engine.domain.tier import Tier

__all__ = ["ContractDiff", "ContractText", "DiffLine", "Effect", "Verdict", "diff"]


class Verdict(StrEnum):
    """What a version does to access as a whole."""

    WIDENS = "widens"
    NARROWS = "narrows"
    BOTH = "both"
    EQUAL = "equal"
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractText:
    """One version: its terms and the document that says them."""

    terms: Contract
    document: Mapping[str, DocumentJson]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDiff:
    """The lines in the order of the clauses. `equal`: nobody gains or loses; `words`: nothing but words differs."""

    verdict: Verdict
    lines: tuple[DiffLine, ...]


def diff(old: ContractText, new: ContractText, purposes: Mapping[str, str | None]) -> ContractDiff:
    """How `new` differs from `old`; `purposes` is the tree (empty: names are compared as they stand)."""
    lines = (
        *_of_terms(old.terms, new.terms, purposes),
        *access_lines(old.terms, new.terms),
        *document_lines(old.document, new.document),
    )
    words = words_changed(old.document, new.document)
    effects = {line.effect for line in lines}
    if {Effect.WIDENS, Effect.NARROWS} <= effects:
        verdict = Verdict.BOTH
    elif Effect.WIDENS in effects:
        verdict = Verdict.WIDENS
    elif Effect.NARROWS in effects:
        verdict = Verdict.NARROWS
    else:
        verdict = Verdict.WORDS if words and not lines else Verdict.EQUAL
    return ContractDiff(verdict=verdict, lines=(*lines, *words))


def _of_terms(old: Contract, new: Contract, purposes: Mapping[str, str | None]) -> Iterator[DiffLine]:
    yield from _of_coverage(old, new)
    yield from _of_validity(old, new)
    yield from _of_purposes(old, new, purposes)
    yield from _of_teams(old, new)
    for tier in Tier:
        yield from _of_stage(tier, old.stages.get(tier), new.stages.get(tier))
    yield from _of_targets(old, new)
    yield from compared(
        "duration.max", "maximum duration", old.max_duration, new.max_duration, more=Effect.WIDENS, less=Effect.NARROWS
    )
    yield from compared("duration.default", "default duration", old.default_duration, new.default_duration)
    if old.session_minting != new.session_minting:
        text = "sessions of a role" if new.session_minting else "a role of its own for every grant"
        yield DiffLine(clause="mint", text=f"minting is now {text}", effect=Effect.CHANGES)
    if old.owner_team != new.owner_team:
        text = f"owner {old.owner_team} → {new.owner_team}"
        yield DiffLine(clause="team.name", text=text, effect=Effect.CHANGES)


def _of_coverage(old: Contract, new: Contract) -> Iterator[DiffLine]:
    for gone in _apart(old.prefixes, new.prefixes):
        effect = Effect.CHANGES if any(p.contains(gone) for p in new.prefixes) else Effect.NARROWS
        yield DiffLine(clause="servers", text=f"no longer names {gone.uri}", effect=effect)
    for added in _apart(new.prefixes, old.prefixes):
        effect = Effect.CHANGES if any(p.contains(added) for p in old.prefixes) else Effect.WIDENS
        yield DiffLine(clause="servers", text=f"covers {added.uri}", effect=effect)
    yield from set_changed(
        "servers", "covers table", "no longer covers table", _tables(old.tables), _tables(new.tables)
    )
    services = (frozenset(service.uri for service in one.services) for one in (old, new))
    yield from set_changed("servers", "covers", "no longer covers", *services)


def _apart(these: Iterable[S3Prefix], others: Iterable[S3Prefix]) -> list[S3Prefix]:
    known = set(others)
    return sorted((one for one in these if one not in known), key=lambda prefix: prefix.uri)


def _tables(scopes: Iterable[TableScope]) -> frozenset[str]:
    return frozenset(f"glue://{s.account}/{s.region}/{s.database}/{table}" for s in scopes for table in s.tables)


def _of_validity(old: Contract, new: Contract) -> Iterator[DiffLine]:
    yield from compared(
        "effective.from", "begins", old.starts_at, new.starts_at, more=Effect.NARROWS, less=Effect.WIDENS
    )
    yield from compared("effective.until", "ends", old.ends_at, new.ends_at, more=Effect.WIDENS, less=Effect.NARROWS)


def _of_purposes(old: Contract, new: Contract, tree: Mapping[str, str | None]) -> Iterator[DiffLine]:
    """A purpose counts with all beneath it; what is denied above is denied beneath."""
    named = old.purposes | old.denied_purposes | new.purposes | new.denied_purposes
    known = {**dict.fromkeys(named), **tree}
    before, after = _allowed(old, known), _allowed(new, known)

    def effect(purpose: str) -> Effect:
        beneath = {one for one in known if purpose in lineage(one, known)}
        if beneath & (after - before):
            return Effect.WIDENS
        return Effect.NARROWS if beneath & (before - after) else Effect.CHANGES

    yield from _named("purposes.allow", "adds purpose", new.purposes - old.purposes, effect)
    yield from _named("purposes.allow", "removes purpose", old.purposes - new.purposes, effect)
    yield from _named("purposes.deny", "denies purpose", new.denied_purposes - old.denied_purposes, effect)
    yield from _named("purposes.deny", "no longer denies purpose", old.denied_purposes - new.denied_purposes, effect)


def _allowed(contract: Contract, tree: Mapping[str, str | None]) -> frozenset[str]:
    lines = {purpose: frozenset(lineage(purpose, tree)) for purpose in tree}
    return frozenset(p for p, line in lines.items() if line & contract.purposes and not line & contract.denied_purposes)


def _named(clause: str, verb: str, names: Iterable[str], effect: EffectOf) -> Iterator[DiffLine]:
    for name in sorted(names):
        yield DiffLine(clause=clause, text=f"{verb} {name}", effect=effect(name))


def _of_teams(old: Contract, new: Contract) -> Iterator[DiffLine]:
    def effect_of_adding(team: str) -> Effect:
        return Effect.CHANGES if "*" in old.teams or team in new.denied_teams else Effect.WIDENS

    def effect_of_removing(team: str) -> Effect:
        return Effect.CHANGES if "*" in new.teams else Effect.NARROWS

    yield from _named("consumers.allowTeams", "adds team", new.teams - old.teams, effect_of_adding)
    yield from _named("consumers.allowTeams", "removes team", old.teams - new.teams, effect_of_removing)
    # Somebody may be in an allowed and in a denied team, so that a denied one always counts.
    yield from names_changed(
        "consumers.denyTeams", "denies team", "no longer denies team", old.denied_teams, new.denied_teams
    )
    yield from names_changed(
        "consumers.requireTraining", "requires training", "no longer requires training", old.trainings, new.trainings
    )


def _of_stage(tier: Tier, old: StageTerms | None, new: StageTerms | None) -> Iterator[DiffLine]:
    clause = f"stages.{tier.value}"
    if old is None and new is not None:
        text = f"adds {tier.value}: {listed(new.operations)}"
        yield DiffLine(clause=clause, text=text, effect=Effect.WIDENS)
    if old is not None and new is None:
        yield DiffLine(clause=clause, text=f"removes {tier.value}", effect=Effect.NARROWS)
    if old is None or new is None:
        return
    yield from set_changed(
        f"{clause}.operations",
        f"{tier.value} gains operation",
        f"{tier.value} loses operation",
        frozenset(operation.value for operation in old.operations),
        frozenset(operation.value for operation in new.operations),
    )
    for name, before, after in (
        ("write", old.writes_production, new.writes_production),
        ("interactive", old.interactive, new.interactive),
    ):
        if before != after:
            what = {"write": "write production", "interactive": "be used by people"}[name]
            text = f"{tier.value} may {'now' if after else 'no longer'} {what}"
            effect = Effect.WIDENS if after else Effect.NARROWS
            yield DiffLine(clause=f"{clause}.{name}", text=text, effect=effect)


def _of_targets(old: Contract, new: Contract) -> Iterator[DiffLine]:
    before, after = ({target.source.uri: target for target in one.targets} for one in (old, new))
    for uri in sorted(before.keys() | after.keys()):
        clause = f"egress.allow {uri}"
        was, is_ = before.get(uri), after.get(uri)
        if was is None and is_ is not None:
            effect = Effect.CHANGES if any(_admits(other, is_) for other in old.targets) else Effect.WIDENS
            text = f"{is_.stage.value} may write to {uri} (up to {is_.max_classification.value})"
            yield DiffLine(clause=clause, text=text, effect=effect)
        elif was is not None and is_ is None:
            effect = Effect.CHANGES if any(_admits(other, was) for other in new.targets) else Effect.NARROWS
            yield DiffLine(clause=clause, text=f"{was.stage.value} may no longer write to {uri}", effect=effect)
        elif was is not None and is_ is not None:
            if was.max_classification is not is_.max_classification:
                wider = is_.max_classification.rank > was.max_classification.rank
                text = f"{uri} takes up to {spoken(was.max_classification)} → {spoken(is_.max_classification)}"
                effect = Effect.WIDENS if wider else Effect.NARROWS
                yield DiffLine(clause=clause, text=text, effect=effect)
            yield from names_changed(clause, f"{uri} requires", f"{uri} no longer requires", was.requires, is_.requires)


def _admits(target: WriteTarget, other: WriteTarget) -> bool:
    """Whether everything that `other` lets be written could be written to `target`."""
    return (
        target.stage is other.stage
        and is_within(other.source, target.source)
        and target.max_classification.rank >= other.max_classification.rank
        and target.requires <= other.requires
    )
