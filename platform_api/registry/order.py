"""The order for an activity, as somebody registers it, and all that can be wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jit_engine.contracts.problems import Problem
from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Json
from jit_engine.domain.ids import SLUG, ContractId, SubjectId
from jit_engine.domain.subject import Person
from platform_api.registry.errors import OrderInvalid
from platform_api.registry.records import DirectoryEntry

LONGEST_ACTIVITY: Final = timedelta(days=3 * 366)
_TAG_VALUE: Final = re.compile(r"[A-Za-z0-9_.:/=+@-]{1,128}\Z", re.ASCII)
_ENDPOINT: Final = re.compile(r"[A-Za-z0-9.-]{1,253}\Z", re.ASCII)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_TITLE_LIMIT: Final = 200
_MOST: Final = 100
_LARGEST_BUDGET: Final = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityOrder:
    """What is asked for. People are named by id or by the login that their tokens carry."""

    name: str
    title: str
    owner: str
    members: tuple[str, ...]
    purposes: frozenset[str]
    classification: Classification
    contracts: tuple[ContractId, ...]
    cost_center: str
    template: str
    monthly_budget_usd: int
    ends_at: datetime
    public_endpoints: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Json]:
        """The order as the registry keeps it, and as a later review reads it again."""
        return {
            "name": self.name,
            "title": self.title,
            "owner": self.owner,
            "members": list(self.members),
            "purposes": sorted(self.purposes),
            "classification": self.classification.value,
            "contracts": list(self.contracts),
            "costCenter": self.cost_center,
            "template": self.template,
            "monthlyBudgetUsd": self.monthly_budget_usd,
            "endsAt": self.ends_at.isoformat(),
            "publicEndpoints": list(self.public_endpoints),
            "recipients": list(self.recipients),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an order is checked against."""

    directory: Sequence[DirectoryEntry]
    purposes: Mapping[str, str | None]
    contracts: frozenset[ContractId]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The owner and the members of an activity, found in the directory; the owner is one of the members."""

    owner: Person
    members: frozenset[SubjectId]


def check_order(order: ActivityOrder, around: Surroundings, now: datetime) -> People:
    """The people of an order that can be; raises `OrderInvalid` with every problem of one that cannot."""
    problems = list(_problems(order, around, now))
    found = {name: _find(name, around.directory) for name in (order.owner, *order.members)}
    problems += [
        _problem(
            "owner" if name == order.owner else f"members[{order.members.index(name)}]",
            f"{name[:80]!r} is nobody in the directory, or more than one",
            "give a login or an id of the directory",
        )
        for name, entry in found.items()
        if entry is None
    ]
    owner = found[order.owner]
    if owner is not None and not isinstance(owner.subject, Person):
        problems.append(_problem("owner", f"{order.owner!r} is a workload", "name a person who answers for it"))
    if problems or owner is None or not isinstance(owner.subject, Person):
        raise OrderInvalid(tuple(problems))
    return People(
        owner=owner.subject,
        members=frozenset(entry.subject.id for entry in found.values() if entry is not None),
    )


def _find(name: str, directory: Sequence[DirectoryEntry]) -> DirectoryEntry | None:
    """The one entry of that id or login; a login that two issuers know is ambiguous, and so nobody."""
    entries = [entry for entry in directory if name in (entry.subject.id, entry.login)]
    return entries[0] if len(entries) == 1 else None


def _problems(order: ActivityOrder, around: Surroundings, now: datetime) -> Iterator[Problem]:
    if not SLUG.match(order.name):
        fix = "use lower-case letters, digits and inner hyphens, 63 at most"
        yield _problem("name", f"is {order.name[:80]!r}", fix)
    if not 1 <= len(order.title) <= _TITLE_LIMIT or _UNPRINTABLE.search(order.title):
        yield _problem("title", f"is {order.title[:80]!r}", f"use 1 to {_TITLE_LIMIT} printable characters")
    if not _TAG_VALUE.match(order.cost_center):
        yield _problem(
            "cost_center",
            f"is {order.cost_center[:80]!r}",
            "use 1 to 128 ASCII letters, digits and _ . : / = + @ -",
        )
    if not 0 <= order.monthly_budget_usd <= _LARGEST_BUDGET:
        yield _problem("monthly_budget_usd", f"is {order.monthly_budget_usd}", f"give 0 to {_LARGEST_BUDGET}")
    if not order.purposes:
        yield _problem("purposes", "is empty", "name at least one purpose")
    yield from _unknown("purposes", order.purposes, around.purposes.keys())
    yield from _unknown("contracts", order.contracts, around.contracts)
    yield from _of_end(order.ends_at, now)
    for field, names in (("members", order.members), ("recipients", order.recipients)):
        if len(names) > _MOST or len(set(names)) != len(names):
            yield _problem(field, "names too many, or one twice", f"name each once, {_MOST} at most")
    for index, endpoint in enumerate(order.public_endpoints[: _MOST + 1]):
        if index == _MOST or not _ENDPOINT.match(endpoint):
            fix = f"give at most {_MOST} host names"
            yield _problem(f"public_endpoints[{index}]", f"is {endpoint[:80]!r}", fix)


def _of_end(ends_at: datetime, now: datetime) -> Iterator[Problem]:
    if ends_at.utcoffset() is None:
        yield _problem("ends_at", "has no zone", 'give a time with its zone, such as "2027-06-30T00:00:00Z"')
    elif not now < ends_at <= now + LONGEST_ACTIVITY:
        yield _problem("ends_at", f"is {ends_at.isoformat()}", "give a time within the next three years")


def _unknown(field: str, given: Iterable[str], known: Iterable[str]) -> Iterator[Problem]:
    unknown = sorted(set(given) - set(known))
    if unknown:
        listed = ", ".join(sorted(known)[:20]) or "none is registered yet"
        names = ", ".join(name[:80] for name in unknown[:20])
        yield _problem(field, f"names {names}, which the registry does not know", f"use one of: {listed}")


def _problem(path: str, message: str, fix: str) -> Problem:
    return Problem(path=f"$.{path}", line=None, message=message, fix=fix)
