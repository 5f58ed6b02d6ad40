"""Any form that is a rule, drawn so that what goes together is likely."""

from datetime import date, time

from hypothesis import assume
from hypothesis import strategies as st

from policy import Effect
from policy.errors import FormInvalid
from policy.forms import (
    Anything,
    Classes,
    Condition,
    ConditionKind,
    Everyone,
    Exactly,
    Hours,
    Match,
    Named,
    OfTeams,
    RuleForm,
    Sensitivity,
    Within,
)
from policy.forms.words import actions, kinds, resource_kinds, tiers
from policy.vocabulary import vocabulary

ODD_IDS = ("lending", "lending/fairness", "s3://b/k v/", "a", "c'd", "//", "}; permit", "*", "$1", "@id(x)")
ids = st.one_of(
    st.sampled_from(ODD_IDS),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\'), min_size=1, max_size=12),
)
lines = st.one_of(
    st.sampled_from(('say "no"', "back\\slash", "// no comment", "; }", "Kreditwürdigkeit", "信用")),
    st.text(st.characters(exclude_categories=("C", "Z", "M")), min_size=1, max_size=20),
)


def some(values: st.SearchStrategy[str], least: int = 1) -> st.SearchStrategy[tuple[str, ...]]:
    """One to three different values."""
    return st.lists(values, min_size=least, max_size=3, unique=True).map(tuple)


levels = st.none() | st.sampled_from(Sensitivity)
minutes = st.builds(time, hour=st.integers(0, 23), minute=st.integers(0, 59))
days = st.none() | st.dates(date(1970, 1, 1), date(2999, 12, 31))
NOTHING = st.just(())


def whos(kind: str | None) -> st.SearchStrategy[Everyone | Named | OfTeams]:
    """Whoever acts, of one kind where that is given."""
    return st.one_of(
        st.just(Everyone(kind=kind)),
        st.builds(Named, kind=st.just(kind or "pipeline"), id=ids),
        st.builds(OfTeams, teams=some(ids), kind=st.just(kind)),
    )


def datas(thing: str) -> st.SearchStrategy[Anything | Exactly | Within]:
    """Things of one kind, said in every way there is."""
    around = [name for name, kind in kinds().items() if kinds()[thing] in vocabulary().kinds_in(kind)]
    return st.one_of(
        st.just(Anything(kind=thing)),
        st.just(Anything()),
        st.builds(Exactly, kind=st.just(thing), id=ids),
        st.builds(Within, kind=st.sampled_from(around), ids=some(ids), only=st.sampled_from((None, thing))),
    )


def conditions(person: bool, thing: str) -> st.SearchStrategy[tuple[Condition, ...]]:
    """Conditions that can be said of this."""
    facts = vocabulary().entities[kinds()[thing]].facts
    has_activity = thing == "activity" or "activity" in facts
    fitting = {
        ConditionKind.MFA: True,
        ConditionKind.TRAINING: person,
        ConditionKind.IN_TEAM: True,
        ConditionKind.MEMBER_OF: True,
        ConditionKind.FOR_ACTIVITY: thing in DATA,
        ConditionKind.MEMBER_OF_ITS_ACTIVITY: has_activity,
        ConditionKind.OWNER_OF_ITS_ACTIVITY: has_activity and person,
        ConditionKind.HOLDER_OF_IT: thing == "grant",
        ConditionKind.ZONE: "zone" in facts,
    }
    one = st.sampled_from([kind for kind, fits in fitting.items() if fits]).flatmap(
        lambda kind: st.builds(
            Condition,
            kind=st.just(kind),
            value=st.none()
            if kind.takes is None
            else st.sampled_from(("lake", "report", "workspace"))
            if kind is ConditionKind.ZONE
            else ids,
        )
    )
    return st.lists(one, max_size=2, unique=True).map(tuple)


DATA = ("prefix", "table", "column-group", "model", "public-endpoint")


@st.composite
def forms(draw: st.DrawFn) -> RuleForm:
    """A form about one kind of thing: what could be said of it, and a little that could not."""
    thing = draw(st.sampled_from((*DATA, *sorted(resource_kinds()))))
    able = [
        name
        for name, action in actions().items()
        if any(kinds()[thing] in each.resources for each in vocabulary().actions_in([action]))
    ]
    is_person = draw(st.booleans())
    graded = thing in ("prefix", "table", "column-group")
    some_ids = st.one_of(NOTHING, some(ids)) if thing in DATA else NOTHING
    first, last = sorted((draw(days), draw(days)), key=lambda day: day or date.max)
    try:
        return RuleForm(
            id=draw(st.sampled_from(("r", "r-1", "a-rule-9"))),
            title=draw(lines),
            owner=draw(lines),
            advice=draw(st.none() | lines),
            effect=draw(st.sampled_from(Effect)),
            who=draw(whos("person" if is_person else draw(st.sampled_from((None, "pipeline"))))),
            actions=draw(some(st.sampled_from(able))),
            data=draw(datas(thing)),
            classes=draw(
                st.none()
                | st.builds(Classes, match=st.just(Match.ANY), names=some(ids))
                | st.builds(Classes, match=st.just(Match.ALL), names=some(ids, 2))
                if graded
                else st.none()
            ),
            without_classes=draw(some_ids if graded else NOTHING),
            sensitivity_at_least=draw(levels if graded else st.none()),
            sensitivity_at_most=draw(levels if graded else st.none()),
            tiers=draw(st.one_of(NOTHING, some(st.sampled_from(tiers()))) if thing in DATA else NOTHING),
            purposes=draw(some_ids),
            except_purposes=draw(some_ids),
            hours=draw(st.none() | st.builds(Hours, start=minutes, end=minutes)),
            first_day=first,
            last_day=last,
            conditions=draw(conditions(is_person, thing)),
            exceptions=draw(conditions(is_person, thing)),
        )
    except FormInvalid:
        assume(False)
        raise
