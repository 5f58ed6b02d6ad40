"""Who gains and who loses in a known company, by name, at the values where the rules turn."""

from dataclasses import replace

from policy import Entity, Rulebook
from policy.change import Access, Direction, Edit, Witnesses, edit_between, witnesses, world_of
from tests.unit.policy.lending import COMPANY, NOW, SAMPLE_RULES, entity, person, ref, rule

SAMPLE = SAMPLE_RULES.read_text(encoding="utf-8")
WORLD = world_of(COMPANY, NOW)
READ_PERSONAL = 'permit (principal is Person, action == Action::"readMasked", resource is ColumnGroup);'


def edit(old: str, new: str) -> Edit:
    return edit_between(Rulebook(version="old", text=old), Rulebook(version="new", text=new))


def found(old: str, new: str, *more: Entity) -> Witnesses:
    return witnesses(edit(old, new), world_of((*COMPANY, *more), NOW) if more else WORLD)


def said(all_: Witnesses) -> set[tuple[str, str, str, str | None, tuple[str, ...]]]:
    return {
        (each.direction, each.subject.action, each.subject.resource.id, each.tier, tuple(who.id for who in each.people))
        for each in all_.found
    }


def test_who_gains_is_named_with_what_and_where() -> None:
    gained = found(SAMPLE, SAMPLE.replace("sensitivity <= 2", "sensitivity <= 3"))
    assert ("gain", "read", "secret", "research", ("ada",)) in {
        (which, action, what, tier, who[:1]) for which, action, what, tier, who in said(gained)
    }
    assert {each.direction for each in gained.found} == {Direction.GAIN}
    assert {who.id for each in gained.found for who in each.people} == {"ada", "scorer"}
    assert {each.sensitivity for each in gained.found} == {3}


def test_nobody_gains_what_an_invariant_refuses_all_the_same() -> None:
    more = rule('permit (principal is Person, action in Action::"readLike", resource);')
    tiers = {each.tier for each in found(SAMPLE, SAMPLE + more).found}
    assert tiers == {"research", "validation"}  # people never act in operation


def test_who_loses_is_named_too() -> None:
    lost = found(SAMPLE, SAMPLE.replace("sensitivity <= 2", "sensitivity <= 1"))
    assert {each.direction for each in lost.found} == {Direction.LOSS}
    assert "facts" in {each.subject.resource.id for each in lost.found}


def test_the_moments_around_a_written_time_are_tried() -> None:
    hours = rule(
        'forbid (principal is Person, action == Action::"readAudit", resource) '
        'when { context.now.toTime() >= duration("20h") };', "hours",
    )  # fmt: skip
    later = hours.replace("20h", "20h1ms")
    (gain,) = found(SAMPLE + hours, SAMPLE + later).found
    assert str(gain.context["now"]) == "2026-03-02 20:00:00+00:00"
    assert {who.id for who in gain.people} == {"gus", "iris"}


def test_both_values_of_a_flag_are_tried() -> None:
    mfa = rule('permit (principal in Team::"privacy-office", action == Action::"readAudit", resource) '
               "when { !context.mfa };", "mfa")  # fmt: skip
    (gain,) = found(SAMPLE, SAMPLE + mfa).found
    assert gain.context["mfa"] is False


def test_a_better_treatment_is_a_gain_and_says_from_what_to_what() -> None:
    masked = rule(READ_PERSONAL, "columns")
    clear = rule(READ_PERSONAL.replace("readMasked", "readClear"), "columns")
    gains = found(masked, clear).found
    assert {(each.before, each.after) for each in gains} == {(Access.MASKED, Access.CLEAR)}
    assert {each.subject.action for each in gains} == {"columnRead"}


def test_a_second_weaker_treatment_changes_nothing() -> None:
    clear = rule(READ_PERSONAL.replace("readMasked", "readClear"), "columns")
    assert found(clear, clear + rule(READ_PERSONAL, "masked")).found == ()


def test_a_whole_team_is_named_as_one() -> None:
    reads = rule('permit (principal in Team::"internal-audit", action == Action::"viewSources", resource);', "x")
    some = found(reads, reads.replace("internal-audit", "privacy-office"), person("pam", "Team:privacy-office"))
    gain = next(each for each in some.found if each.direction is Direction.GAIN)
    assert [who.id for who in gain.people] == ["pam", "priya"]
    assert [team.id for team in gain.teams] == ["privacy-office"]


def test_the_most_sensitive_comes_first_then_powers_then_the_rest() -> None:
    more = rule('permit (principal is Person, action == Action::"read", resource is S3Prefix);', "all")
    powers = rule('permit (principal in Team::"internal-audit", action == Action::"operate", resource);', "powers")
    order = [each.sensitivity for each in found(SAMPLE, SAMPLE + more + powers).found]
    assert order == sorted(order, key=lambda level: -(2.5 if level is None else level))
    assert {3, None, 1} <= set(order)


def test_what_was_looked_at_is_counted_and_a_cap_is_no_claim() -> None:
    widened = edit(SAMPLE, SAMPLE.replace("sensitivity <= 2", "sensitivity <= 3"))
    whole, part = witnesses(widened, WORLD), witnesses(widened, WORLD, most=10)
    assert whole.is_complete
    assert whole.examined == whole.possible == part.possible
    assert not part.is_complete
    assert 10 <= part.examined < part.possible


def test_groups_beyond_those_shown_are_counted() -> None:
    widened = edit(SAMPLE, SAMPLE.replace("sensitivity <= 2", "sensitivity <= 3"))
    whole, few = witnesses(widened, WORLD), witnesses(widened, WORLD, shown=2)
    assert (len(few.found), few.left_out) == (2, len(whole.found) - 2)
    assert few.found == whole.found[:2]


def test_an_edit_out_of_everybodys_reach_has_nothing_to_look_at() -> None:
    more = rule('permit (principal in Team::"nobody", action == Action::"operate", resource);', "x")
    none = found(SAMPLE, SAMPLE + more)
    assert (none.found, none.examined, none.possible, none.is_complete) == ((), 0, 0, True)


def test_many_resources_are_asked_in_pieces_without_mixing_up_treatments() -> None:
    groups = tuple(
        entity(f"ColumnGroup:loans/g{number}", "GlueTable:loans", sensitivity=1, classes=frozenset())
        for number in range(150)
    )
    masked = rule(READ_PERSONAL, "columns")
    clear = rule(READ_PERSONAL.replace("readMasked", "readClear"), "columns")
    world = replace(world_of((*COMPANY, *groups), NOW), principals=(ref("Person:ada"),))
    some = witnesses(edit(masked, clear), world, shown=10_000)
    assert {(each.before, each.after) for each in some.found} == {(Access.MASKED, Access.CLEAR)}
    assert len({each.subject.resource for each in some.found}) == 151
