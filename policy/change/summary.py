"""What an approver reads: the most sensitive first, then how far every claim reaches. Plain values, ready for JSON."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeAlias

from policy.change.access import COLUMN_READ, Access, Reason
from policy.change.claims import Known
from policy.change.proof import Proof
from policy.change.recorded import Replay, Sample
from policy.change.search import Counterexample, Direction
from policy.change.witnesses import Witness, Witnesses

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

_SENSITIVITY: Final = ("public", "internal", "confidential", "restricted")
_VERBS: Final = {Direction.GAIN: ("gains", "gain"), Direction.LOSS: ("loses", "lose")}
_CLAIMS: Final = {
    (Direction.GAIN, Known.NO): "Nobody can gain anything by this edit: proved for any directory.",
    (Direction.LOSS, Known.NO): "Nobody can lose anything by this edit: proved for any directory.",
    (Direction.GAIN, Known.YES): "Someone can gain by this edit: there is an example that the rules confirm.",
    (Direction.LOSS, Known.YES): "Someone can lose by this edit: there is an example that the rules confirm.",
    (Direction.GAIN, Known.UNKNOWN): "Whether someone can gain by this edit is not known.",
    (Direction.LOSS, Known.UNKNOWN): "Whether someone can lose by this edit is not known.",
}
_TIERS: Final = ("research", "validation", "operation")
_SHOWN: Final = 50
_LINES: Final = 12
_NAMED: Final = 3
_PLACE: Final = "\0"


def summary(proof: Proof, witnesses: Witnesses | None = None, replay: Replay | None = None) -> dict[str, Json]:
    """The whole analysis; what was not done is null, and said to be not done."""
    return {
        "lead": list(_lead(proof, witnesses, replay)),
        "proof": _proof(proof),
        "witnesses": None if witnesses is None else _witnesses(witnesses),
        "replay": None if replay is None else _replay(replay),
    }


def _lead(proof: Proof, witnesses: Witnesses | None, replay: Replay | None) -> list[str]:
    lines = _who_and_what(witnesses.found) if witnesses else []
    lines += [_CLAIMS[Direction.GAIN, proof.gains], _CLAIMS[Direction.LOSS, proof.losses]]
    if witnesses is None:
        lines.append("No directory was looked through for who gains or loses.")
    elif not witnesses.found:
        lines.append(_none_found(witnesses))
    if replay is not None:
        lines += _replayed(replay)
    return lines


def _replayed(replay: Replay) -> list[str]:
    asked = f"{replay.asked:,} recorded {_noun(replay.asked, 'question')}"
    decisions = f"{replay.decisions:,} {_noun(replay.decisions, 'decision')}"
    lines = [
        f"{replay.changed_count:,} of {asked}, from {decisions}, would be answered otherwise; "
        f"{_count(replay.ended, 'live grant')} would end."
    ]
    if replay.unreadable:
        unread = f"{replay.unreadable:,} {_noun(replay.unreadable, 'decision')}"
        lines.append(f"{unread} could not be replayed: recorded in a form that this release does not read.")
    if replay.sample.differing:
        lines.append("A question out of the edit's reach was answered otherwise, which cannot be: please report this.")
    return lines


def _who_and_what(found: Sequence[Witness]) -> list[str]:
    """`3 people gain borrower_ssn (restricted) in clear in research`, the most sensitive first."""
    people: dict[tuple[Direction, str, int | None, str], set[str]] = defaultdict(set)
    for witness in found:
        when = "" if witness.when is None else f", {witness.when}"
        key = (witness.direction, _told(witness) + when, witness.sensitivity, witness.tier or "")
        people[key] |= {str(person) for person in witness.people}
    tiers: dict[tuple[Direction, str, int | None, frozenset[str]], list[str]] = defaultdict(list)
    for (which, what, level, tier), who in people.items():
        tiers[which, what, level, frozenset(who)].append(tier)
    ordered = sorted(
        tiers.items(), key=lambda each: (-_rank(each[0][2]), -len(each[0][3]), each[0][0] is Direction.LOSS, each[0][1])
    )
    lines = [
        f"{_number(who)} {_VERBS[which][len(who) != 1]} {what.replace(_PLACE, _in(places))}"
        for (which, what, _, who), places in ordered
    ]
    more = len(lines) - _LINES
    return lines if more <= 0 else [*lines[:_LINES], f"and {more:,} more of the same or less sensitivity"]


def _told(witness: Witness) -> str:
    """What is won or lost, with `_PLACE` where the tiers belong."""
    if witness.subject.action != COLUMN_READ:
        return f"{witness.subject.action}{_of(witness.sensitivity)}{_PLACE}"
    level = _level(witness.sensitivity)
    named = f"{_columns(witness)}{'' if level is None else f' ({level})'}"
    if witness.direction is Direction.GAIN:
        before = "" if witness.before is Access.NONE else f", {_seen(witness.before)} until now"
        return f"{named} {_seen(witness.after)}{_PLACE}{before}"
    after = "" if witness.after is Access.NONE else f", {_seen(witness.after)} from then on"
    return f"{named} {_seen(witness.before)}{_PLACE}{after}"


def _columns(witness: Witness) -> str:
    """The columns by name, or as the group that they are."""
    table, _, group = witness.subject.resource.id.rpartition("#")
    of = f" of {'.'.join(table.split('/')[-2:])}" if table else ""
    if not witness.columns:
        return f"columns {group}{of}"
    first = ", ".join(witness.columns[:_NAMED])
    more = len(witness.columns) - _NAMED
    return f"{first}{f' and {more:,} more columns' if more > 0 else ''}{of}"


def _seen(access: Access) -> str:
    return "in clear" if access is Access.CLEAR else access.word


def _what(witness: Witness) -> str:
    if witness.subject.action != COLUMN_READ:
        return witness.subject.action
    return f"columns ({witness.before.word} → {witness.after.word})"


def _of(level: int | None) -> str:
    return "" if level is None else f" of {_level(level)} data"


def _in(tiers: Sequence[str]) -> str:
    named = sorted(filter(None, tiers), key=lambda tier: (_TIERS.index(tier) if tier in _TIERS else len(_TIERS), tier))
    if not named:
        return ""
    *most, last = named
    return f" in {', '.join(most)} and {last}" if most else f" in {last}"


def _level(level: int | None) -> str | None:
    if level is None:
        return None
    return _SENSITIVITY[level] if 0 <= level < len(_SENSITIVITY) else f"sensitivity {level}"


def _rank(level: int | None) -> float:
    """A power over the platform comes between restricted and confidential data."""
    return 2.5 if level is None else level


def _number(who: frozenset[str]) -> str:
    pipelines = sum(name.startswith("Pipeline::") for name in who)
    people = len(who) - pipelines
    parts = [f"{people:,} {'person' if people == 1 else 'people'}"] if people or not pipelines else []
    if pipelines:
        parts.append(f"{pipelines:,} {'pipeline' if pipelines == 1 else 'pipelines'}")
    return " and ".join(parts)


def _count(of: Sequence[object], noun: str) -> str:
    return f"{len(of):,} {_noun(len(of), noun)}"


def _noun(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"


def _none_found(witnesses: Witnesses) -> str:
    if witnesses.possible == 0:
        return "No question about today's directory is one that this edit is about: none was tried."
    return f"None found in {witnesses.examined:,} of {witnesses.possible:,} questions about today's directory."


def _proof(proof: Proof) -> dict[str, Json]:
    return {
        "verdict": proof.verdict.value,
        "gains": proof.gains.value,
        "losses": proof.losses.value,
        "holds_for": f"{proof.holds_for}, under the platform's invariants; contracts may refuse more",
        "changed_rules": list(proof.changed),
        "unknown_because": list(proof.unknown_because),
        "tested_points": proof.tested,
        "counterexamples": [_counterexample(example) for example in proof.counterexamples],
    }


def _counterexample(example: Counterexample) -> dict[str, Json]:
    question = example.question
    return {
        "direction": example.direction.value,
        "principal": str(question.principal),
        "action": question.action,
        "resource": str(question.resource),
        "context": {name: _plain(value) for name, value in sorted(question.context.items())},
        "facts": [
            {
                "entity": str(entity.ref),
                "in": [*sorted(map(str, entity.parents))],
                "attributes": {name: _plain(value) for name, value in sorted(entity.attrs.items())},
            }
            for entity in question.entities
        ],
        "before": example.before.why.value,
        "after": example.after.why.value,
    }


def _plain(value: object) -> Json:
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, frozenset):
        return [_plain(member) for member in sorted(value, key=str)]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _witnesses(witnesses: Witnesses) -> dict[str, Json]:
    return {
        "told": list(_who_and_what(witnesses.found)),
        "groups": [_witness(witness) for witness in witnesses.found],
        "groups_left_out": witnesses.left_out,
        "holds_for": "today's directory, in the circumstances that were tried",
        "coverage": {
            "examined": witnesses.examined,
            "possible": witnesses.possible,
            "complete": witnesses.is_complete,
            "people_in_reach": witnesses.people,
            "resources_in_reach": witnesses.resources,
        },
        "none_found": None if witnesses.found else _none_found(witnesses),
    }


def _witness(witness: Witness) -> dict[str, Json]:
    return {
        "direction": witness.direction.value,
        "sensitivity": _level(witness.sensitivity),
        "what": _what(witness),
        "resource": str(witness.subject.resource),
        "columns": list(witness.columns),
        "before": witness.before.word,
        "after": witness.after.word,
        "tier": witness.tier,
        "purpose": witness.purpose,
        "when": witness.when,
        "people": [str(person) for person in witness.people[:_SHOWN]],
        "people_count": len(witness.people),
        "teams": [team.id for team in witness.teams],
        "for_example": {name: _plain(value) for name, value in sorted(witness.context.items())},
    }


def _replay(replay: Replay) -> dict[str, Json]:
    covered = replay.coverage
    return {
        "decisions": replay.decisions,
        "unreadable_decisions": replay.unreadable,
        "asked": replay.asked,
        "in_reach_of_the_edit": replay.in_reach,
        "stood_by_equal_rules": replay.asked - replay.in_reach,
        "sample_of_those": _sample(replay.sample),
        "never_reached_the_rules": replay.never_asked,
        "changed_count": replay.changed_count,
        "changed_left_out": replay.changed_count - len(replay.changed),
        "changed": [
            {
                "decision": each.id,
                "direction": each.direction.value,
                "principal": str(each.principal),
                "action": each.subject.action,
                "resource": str(each.subject.resource),
                "before": each.before.word,
                "after": each.after.word,
                "recorded": _reason(each.was),
                "live": _reason(each.live),
                "draft": _reason(each.draft),
            }
            for each in replay.changed
        ],
        "unlike_the_record": list(replay.unlike_the_record),
        "unlike_the_record_count": replay.unlike_count,
        "live_grants": replay.grants,
        "grants_that_would_end": [
            {
                "grant": each.id,
                "holder": str(each.holder),
                "action": each.subject.action,
                "resource": str(each.subject.resource),
                "live": _reason(each.live),
                "draft": _reason(each.draft),
            }
            for each in replay.ended
        ],
        "grants_refused_already": list(replay.refused_already),
        "coverage": None
        if covered is None
        else {
            "people_in_reach": covered.people,
            "people_ever_asked_about": covered.people_asked,
            "resources_in_reach": covered.resources,
            "resources_ever_asked_about": covered.resources_asked,
            "note": "What a contract refused never reached the rules and cannot be replayed.",
        },
    }


def _sample(sample: Sample) -> dict[str, Json]:
    return {
        "percent": f"{sample.rate:.0%}",
        "seed": sample.seed,
        "decided": sample.decided,
        "answered_otherwise": list(sample.differing),
    }


def _reason(reason: Reason) -> dict[str, Json]:
    return {"allowed": reason.allowed, "why": reason.why, "rules": list(reason.rules)}
