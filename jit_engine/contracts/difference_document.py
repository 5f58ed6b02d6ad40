"""The part of a difference that only the documents tell: approvals, duties, sharing, and by its own columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from jit_engine.contracts.difference_columns import column_lines, profile_lines
from jit_engine.contracts.difference_lines import DiffLine, Effect, listed, names_changed, only, ranked, spoken
from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.terms import Hold
from jit_engine.contracts.view import Node, custom
from jit_engine.domain.classification import Classification
from jit_engine.domain.tier import Tier

Document = Mapping[str, DocumentJson]
_SHARING: Final = ("none", "validators", "internal", "external")
_HOLDS: Final = (Hold.ATTESTED.value, Hold.MONITORED.value, Hold.ENFORCED.value)


def document_lines(old: Document, new: Document) -> Iterator[DiffLine]:
    """The differences in access and duty that the engine's terms do not hold."""
    before, after = usage(old), usage(new)
    for tier in Tier:
        yield from ranked(
            f"stages.{tier.value}.share",
            f"{tier.value} may share with",
            before["stages"][tier.value]["share"].text,
            after["stages"][tier.value]["share"].text,
            _SHARING,
        )
    yield from _of_approvals(before, after)
    yield from _of_combination(before, after)
    yield from _of_ingress(before, after)
    yield from only(
        "consumers.residence", "residence", before["consumers"]["residence"], after["consumers"]["residence"]
    )
    yield from _of_duties(before, after)
    yield from column_lines(Node(old), Node(new))
    yield from profile_lines(Node(old), Node(new))


def usage(document: Document) -> Node:
    """The usage terms of a document that has been read."""
    return dict(custom(Node(document)))["usageContract"]


def _of_approvals(old: Node, new: Node) -> Iterator[DiffLine]:
    """Compared for each tier that both have and each classification, for the first rule that matches decides."""
    cells: list[tuple[tuple[str, str, Effect], str]] = []
    for tier in Tier:
        if not (old["stages"][tier.value].is_there and new["stages"][tier.value].is_there):
            continue
        for level in Classification:
            before, after = _approval(old, tier, level), _approval(new, tier, level)
            if before != after:
                cells.append(((before[1], after[1], _approval_effect(before, after)), f"{level.value} in {tier.value}"))
    for (was, is_, effect), group in groupby(sorted(cells, key=lambda cell: cell[0]), key=lambda cell: cell[0]):
        where = ", ".join(place for _, place in group)
        yield DiffLine(clause="approvals", text=f"approval of {where}: {was} → {is_}", effect=effect)


_Approval = tuple[tuple[int, int], str]
"""How hard it is to get (larger is easier; -1 says that only the words tell), and in words."""


def _approval(terms: Node, tier: Tier, level: Classification) -> _Approval:
    for rule in terms["approvals"]:
        when = rule["when"]
        if when["stage"].text not in ("", tier.value):
            continue
        ceiling = when["maxClassification"].text
        if ceiling and level.rank > Classification(ceiling).rank:
            continue
        if rule["mode"].text == "auto":
            return (2, 0), "nobody is asked"
        approvers = sorted(rule["from"].texts)
        least = rule["atLeast"].value
        everybody = rule["mode"].text == "all"
        needed = max(len(approvers) if everybody else 1, least if isinstance(least, int) else 1)
        wait = f" within {rule['within'].text}" if rule["within"].is_there else ""
        return (1, -needed), f"{needed} of {listed(approvers)} ({rule['mode'].text}){wait}"
    return (0, 0), "refused, for no clause matches"


def _approval_effect(before: _Approval, after: _Approval) -> Effect:
    if before[0] == after[0]:
        return Effect.CHANGES
    return Effect.WIDENS if after[0] > before[0] else Effect.NARROWS


def _of_combination(old: Node, new: Node) -> Iterator[DiffLine]:
    before, after = old["combination"], new["combination"]
    yield from names_changed(
        "combination.forbidWith",
        "never together with",
        "may come together with",
        frozenset(before["forbidWith"].texts),
        frozenset(after["forbidWith"].texts),
    )
    yield from _bound("combination.minAggregation", "minimum aggregation", before, after, "minAggregation", -1)
    yield from _bound("duration.renewals", "renewals", old["duration"], new["duration"], "renewals", 1)


def _bound(clause: str, name: str, old: Node, new: Node, key: str, sign: int) -> Iterator[DiffLine]:
    """A whole number; `sign` 1: more is wider. One that is not given bounds nothing."""
    before, after = old[key].value, new[key].value
    if before == after:
        return
    wider = (
        after is None
        if before is None or after is None
        else isinstance(before, int) and isinstance(after, int) and (after - before) * sign > 0
    )
    text = f"{name} {spoken(before)} → {spoken(after)}"
    yield DiffLine(clause=clause, text=text, effect=Effect.WIDENS if wider else Effect.NARROWS)


def _of_ingress(old: Node, new: Node) -> Iterator[DiffLine]:
    before, after = (terms["ingress"]["allowUpload"].value is not False for terms in (old, new))
    if before != after:
        text = f"uploads are {'now' if after else 'no longer'} allowed"
        yield DiffLine(clause="ingress.allowUpload", text=text, effect=Effect.WIDENS if after else Effect.NARROWS)
    endpoints = "ingress.publicEndpoints"
    yield from only(endpoints, "public endpoint", old["ingress"]["publicEndpoints"], new["ingress"]["publicEndpoints"])


def _of_duties(old: Node, new: Node) -> Iterator[DiffLine]:
    before, after = ({n["id"].text: n["enforcement"].text for n in one["obligations"]} for one in (old, new))
    for name in sorted(before.keys() | after.keys()):
        was, is_ = before.get(name), after.get(name)
        if was is None:
            yield DiffLine(clause="obligations", text=f"adds duty {name} ({is_})", effect=Effect.NARROWS)
        elif is_ is None:
            yield DiffLine(clause="obligations", text=f"removes duty {name}", effect=Effect.WIDENS)
        else:
            yield from ranked("obligations", f"duty {name} is", was, is_, _HOLDS, Effect.NARROWS, Effect.WIDENS)
    revoke = [one["onBreach"]["revoke"].text or "nothing said" for one in (old, new)]
    if revoke[0] != revoke[1]:
        effect = Effect.NARROWS if revoke[1] == "immediate" else Effect.WIDENS
        yield DiffLine(clause="onBreach.revoke", text=f"on a breach: {revoke[0]} → {revoke[1]}", effect=effect)
    notified = [listed(one["onBreach"]["notify"].texts) for one in (old, new)]
    if notified[0] != notified[1]:
        text = f"on a breach tells {notified[0]} → {notified[1]}"
        yield DiffLine(clause="onBreach.notify", text=text, effect=Effect.CHANGES)
    review = [spoken(one["effective"]["reviewEvery"].value) for one in (old, new)]
    if review[0] != review[1]:
        text = f"reviewed every {review[0]} → {review[1]}"
        yield DiffLine(clause="effective.reviewEvery", text=text, effect=Effect.CHANGES)
