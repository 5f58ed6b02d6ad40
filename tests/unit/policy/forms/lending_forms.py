"""Forms of the small lending company, to vary."""

from dataclasses import replace
from typing import Any

from policy import Effect
from policy.forms import Anything, OfTeams, RuleForm, Within

SIMPLE = RuleForm(
    id="science-reads",
    title="Science reads the loans",
    owner="lending-data-owners",
    effect=Effect.PERMIT,
    who=OfTeams(teams=("lending-science",)),
    actions=("read", "query"),
    data=Within(kind="data-product", ids=("loan-applications",)),
)
CLOSED = replace(SIMPLE, effect=Effect.FORBID, data=Anything(kind="table"))


def form(**changed: Any) -> RuleForm:  # what it is given is checked by the form itself
    """The simple form with some fields changed."""
    return replace(SIMPLE, **changed)
