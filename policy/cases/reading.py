"""Cases from YAML or JSON, with every problem by the case and the field."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from policy.cases.case import Actor, Answer, Case, Circumstances, Thing
from policy.cases.containers import can_be_in
from policy.cases.slices import SOMEBODY, activity_facts
from policy.errors import CasesInvalid, FieldProblem
from policy.forms.words import Sensitivity, Zone, actions, container_kinds, kinds, plain, resource_kinds, tiers
from policy.json_fields import Fields
from policy.plain_yaml import NotPlain, plain_value
from policy.question import EntityRef, Value
from policy.vocabulary import vocabulary

WHEN_NOT_SAID: Final = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""When a case happens that does not say it: a Monday noon."""
THE_ACTIVITY: Final = "the-activity"
THE_PURPOSE: Final = "the-purpose"

_KINDS_OF_ACTORS: Final = {"person": "Person", "pipeline": "Pipeline"}
_LEVELS: Final = {level.value: level.rank for level in Sensitivity}
_ANSWERS: Final = {answer.value: answer for answer in Answer}
_MOST: Final = 2_000


def cases_from_text(text: str) -> tuple[Case, ...]:
    """The cases that YAML or JSON text says; CasesInvalid with every problem found."""
    try:
        document = plain_value(text)
    except NotPlain as error:
        raise CasesInvalid((error.problem,)) from error
    return cases_from_document(document)


@lru_cache(maxsize=64)
def case_count(text: str) -> int:
    """How many cases a text says, without looking whether each is right; 0 where it cannot be read."""
    try:
        document = plain_value(text)
    except NotPlain:
        return 0
    top = document.get("cases") if isinstance(document, Mapping) else None
    return len(top) if isinstance(top, list | tuple) else 0


def cases_from_document(document: object) -> tuple[Case, ...]:
    """The cases under the key `cases`; CasesInvalid with every problem found."""
    problems: list[FieldProblem] = []
    top = document.get("cases") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(top, list | tuple) or len(document) != 1:
        message = "give an object with a list of cases, and nothing else"
        raise CasesInvalid((FieldProblem(field="cases", message=message),))
    if len(top) > _MOST:
        raise CasesInvalid((FieldProblem(field="cases", message=f"has {len(top)} entries; at most {_MOST:,}"),))
    found: list[Case] = []
    names: set[str] = set()
    for place, each in enumerate(top):
        name = each.get("name") if isinstance(each, Mapping) else None
        path = f"cases[{place}]" + (f" ({name[:80]})" if isinstance(name, str) and name.isprintable() else "")
        fields = Fields(each, path, problems)
        case = _case(fields)
        fields.check_all_read()
        if isinstance(name, str) and name in names:
            fields.note("name", "another case before has this name")
        names.add(str(name))
        if case is not None:
            found.append(case)
    if problems:
        raise CasesInvalid(tuple(problems))
    return tuple(found)


def _case(fields: Fields) -> Case | None:
    name = fields.text("name")
    action = fields.choice("action", actions())
    expect = fields.choice("expect", _ANSWERS)
    rule = fields.text_or_none("rule")
    at = fields.parsed_or_none("at", _moment, "a moment with its zone, such as 2026-03-02T09:30:00Z")
    mfa = fields.flag("mfa", False)
    purposes = _purposes(fields)
    thing = _thing(fields.inner("data"))
    known = None if action is None else vocabulary().actions[action]
    if known is not None and not known.principals:
        inside = ", ".join(plain(each.name) for each in vocabulary().actions_in([known.name]))
        fields.note("action", f"is a group; name one of {inside}")
        known = None
    if known is not None and thing is not None and thing.ref.type not in known.resources:
        fields.note("data.kind", f"{plain(known.name)} is done to {' or '.join(map(plain, known.resources))}")
    circumstances = _circumstances(fields) if known is not None and "purpose" in known.context else None
    who = _actor(fields.inner("who"), circumstances)
    if known is None or expect is None or thing is None or who is None:
        for field in ("tier", "purpose", "activity", "environment"):
            fields.skip(field)
        return None
    return Case(
        name=name,
        who=who,
        action=known.name,
        thing=thing,
        circumstances=circumstances,
        purposes=purposes,
        at=at or WHEN_NOT_SAID,
        mfa=mfa,
        expect=expect,
        rule=rule,
    )


def _actor(fields: Fields, circumstances: Circumstances | None) -> Actor | None:
    """Who asks; a member of the activity that they act in, unless the case says which they are in."""
    kind = fields.choice("kind", _KINDS_OF_ACTORS)
    name = fields.text("id")
    own = () if circumstances is None else (circumstances.activity,)
    actor = None
    if kind is not None:
        actor = Actor(
            kind=kind,
            id=name,
            teams=fields.texts("teams", ()),
            trainings=fields.texts("trainings", ()) if kind == "Person" else (),
            member_of=fields.texts("member_of", own),
        )
        fields.check_all_read()
    return actor


def _circumstances(fields: Fields) -> Circumstances:
    """Tier, purpose, activity and environment, which agree with each other unless the case says otherwise."""
    tier = fields.choice("tier", {tier: tier for tier in tiers()}) or ""
    purpose = fields.text_or_none("purpose") or THE_PURPOSE
    activity = fields.inner_or_none("activity")
    named = THE_ACTIVITY if activity is None else activity.text_or_none("id") or THE_ACTIVITY
    facts = activity_facts(SOMEBODY, (purpose,), "active", max(_LEVELS.values()))
    if activity is not None:
        facts = _activity_facts(activity, (purpose,))
        activity.check_all_read()
    environment = fields.inner_or_none("environment")
    surroundings: dict[str, Value] = {
        "tier": _ref("Tier", tier),
        "activity": _ref("Activity", named),
        "state": "active",
    }
    if environment is not None:
        its_tier = environment.choice_or_none("tier", {tier: tier for tier in tiers()}) or tier
        surroundings = {
            "tier": _ref("Tier", its_tier),
            "activity": _ref("Activity", environment.text_or_none("activity") or named),
            "state": environment.text_or_none("state") or "active",
        }
        environment.check_all_read()
    return Circumstances(
        tier=tier, purpose=purpose, activity=named, activity_facts=facts, environment_facts=surroundings
    )


def _activity_facts(fields: Fields, purposes: tuple[str, ...]) -> dict[str, Value]:
    level = fields.choice_or_none("sensitivity", _LEVELS)
    return activity_facts(
        fields.text_or_none("owner") or SOMEBODY,
        fields.texts("purposes", purposes),
        fields.text_or_none("state") or "active",
        max(_LEVELS.values()) if level is None else level,
    )


def _thing(fields: Fields) -> Thing | None:
    kind = fields.choice("kind", {name: kinds()[name] for name in sorted(resource_kinds())})
    name = fields.text("id")
    within = [_container(each) for each in fields.list_of("within")]
    if kind is None:
        return None
    facts = {fact: _fact(fields, kind, fact) for fact in sorted(vocabulary().entities[kind].facts)}
    for place, container in enumerate(within):
        if container is not None and not can_be_in(kind, container.type):
            fields.note(f"within[{place}].kind", f"a {plain(kind)} is never in a {plain(container.type)}")
    fields.check_all_read()
    return Thing(ref=_ref(kind, name), facts=facts, within=tuple(each for each in within if each is not None))


def _container(fields: Fields) -> EntityRef | None:
    kind = fields.choice("kind", {name: kinds()[name] for name in sorted(container_kinds())})
    name = fields.text("id")
    fields.check_all_read()
    return None if kind is None else _ref(kind, name)


def _fact(fields: Fields, kind: str, fact: str) -> Value:
    """One fact of a thing under its name in a case."""
    match kind, fact:
        case "Activity", _:
            return _activity_facts(fields, (THE_PURPOSE,))[fact]
        case _, "sensitivity":
            return fields.choice_or_none("sensitivity", _LEVELS) or 0
        case _, "classes" | "authors":
            return frozenset(fields.texts(fact, ()))
        case _, "zone":
            return fields.choice_or_none("zone", {zone.value: zone.value for zone in Zone}) or Zone.LAKE.value
        case _, "tier":
            tier = fields.choice_or_none("tier", {tier: tier for tier in tiers()})
            return _ref("Tier", tier or tiers()[0])
        case _, "activity":
            return _ref("Activity", fields.text_or_none("activity") or THE_ACTIVITY)
        case _, "proposer" | "author":
            return _ref("Person", fields.text_or_none(fact) or SOMEBODY)
        case _, "ownerTeam":
            return _ref("Team", fields.text_or_none("owner_team") or "the-owners")
        case _, "ownerTeams":
            return frozenset(_ref("Team", team) for team in fields.texts("owner_teams", ("the-owners",)))
        case _, "importedBy":
            return fields.text_or_none("imported_by") or SOMEBODY
        case _, "holderId":
            return fields.text_or_none("holder") or SOMEBODY
        case _, "state":
            return fields.text_or_none("state") or "active"
        case _:
            fields.note("kind", f"its fact {fact} cannot be said in a case yet")
            return ""


def _purposes(fields: Fields) -> dict[str, str]:
    """The parents of purposes whose ids do not tell them."""
    found: dict[str, str] = {}
    for each in fields.list_of("purposes"):
        name, above = each.text("id"), each.text("beneath")
        each.check_all_read()
        found[name] = above
    return found


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.utcoffset() is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # none, or beyond the calendar in UTC
        return None


def _ref(kind: str, name: str) -> EntityRef:
    return EntityRef(type=kind, id=name)
