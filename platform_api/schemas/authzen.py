"""AuthZEN 1.0 on the wire. Unknown fields are ignored, as it demands (10.1.1); types are as strict as everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from platform_api.authzen.asking import Act, Ask, Party, Ruled, Ruling, Semantic, Unasked
from platform_api.schemas.wire import Shown
from policy import Rule, Why

MOST_EVALUATIONS = 200

Name = Annotated[str, Field(min_length=1, max_length=1024)]
JsonObject = dict[str, JsonValue]

_SUBJECT = {"type": "person", "id": "pe_01K00000000648B0TDJGRE29J6"}
_RESOURCE = {"type": "s3-prefix", "id": "s3://acme-prod-lake/loans/facts/"}
_CONTEXT = {"environment": "en_01K00000000648B0TDJGRE29J6", "purpose": "lending/credit-risk-research"}
_READ = {"name": "read"}


def _config(**example: Any) -> ConfigDict:
    return ConfigDict(strict=True, extra="ignore", frozen=True, json_schema_extra={"examples": [example]})


class Open(BaseModel):
    """Something that an AuthZEN client sends: what is not known here is ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class PartyAsked(Open):
    """A subject or a resource."""

    type: Name
    id: Name
    properties: JsonObject | None = None

    def party(self) -> Party:
        """As the point takes it."""
        return Party(type=self.type, id=self.id, properties=self.properties or {})


class KindAsked(Open):
    """What is searched for: an id, if there is one, is ignored (8.4.1, 8.5.1)."""

    type: Name
    properties: JsonObject | None = None

    def party(self, id: str) -> Party:
        """One candidate of that type."""
        return Party(type=self.type, id=id, properties=self.properties or {})


class ActionAsked(Open):
    """An action."""

    name: Name
    properties: JsonObject | None = None

    def act(self) -> Act:
        """As the point takes it."""
        return Act(name=self.name, properties=self.properties or {})


class EvaluationAsked(Open):
    """One access evaluation."""

    model_config = _config(subject=_SUBJECT, action=_READ, resource=_RESOURCE, context=_CONTEXT)

    subject: PartyAsked
    action: ActionAsked
    resource: PartyAsked
    context: JsonObject | None = None

    def ask(self) -> Ask:
        """As the point takes it."""
        return Ask(
            subject=self.subject.party(),
            action=self.action.act(),
            resource=self.resource.party(),
            context=self.context or {},
        )


class OptionsAsked(Open):
    """How a batch is worked on."""

    evaluations_semantic: Semantic | None = None


class EvaluationsAsked(Open):
    """A batch: what stands at the top holds for each evaluation that does not say otherwise, key by key.

    Without evaluations it is one evaluation (7.1).
    """

    model_config = _config(
        subject=_SUBJECT,
        context=_CONTEXT,
        resource=_RESOURCE,
        evaluations=[{"action": _READ}, {"action": {"name": "write"}}],
        options={"evaluations_semantic": "execute_all"},
    )

    subject: JsonObject | None = None
    action: JsonObject | None = None
    resource: JsonObject | None = None
    context: JsonObject | None = None
    evaluations: Annotated[list[JsonObject], Field(max_length=MOST_EVALUATIONS)] | None = None
    options: OptionsAsked | None = None

    @property
    def semantic(self) -> Semantic:
        """As asked for; `execute_all` when nothing is."""
        return (self.options and self.options.evaluations_semantic) or Semantic.EXECUTE_ALL

    def single(self) -> Ask | None:
        """The one evaluation that a request without a batch is, None where there is a batch.

        Raises pydantic's ValidationError when something of it is missing.
        """
        return None if self.evaluations else EvaluationAsked.model_validate(self._defaults()).ask()

    def asks(self) -> tuple[Ask | Unasked, ...]:
        """The batch, each evaluation with the defaults filled in; one that is amiss is its own error (7.2.1)."""
        defaults = self._defaults()
        return tuple(_ask(place, {**defaults, **_given(each)}) for place, each in enumerate(self.evaluations or ()))

    def _defaults(self) -> JsonObject:
        return _given(
            {"subject": self.subject, "action": self.action, "resource": self.resource, "context": self.context}
        )


def _given(fields: JsonObject) -> JsonObject:
    """Without nulls: a null is no value (11.5)."""
    return {name: value for name, value in fields.items() if value is not None}


def _ask(place: int, fields: JsonObject) -> Ask | Unasked:
    try:
        return EvaluationAsked.model_validate(fields).ask()
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:5]
        told = "; ".join(f"{'.'.join(str(step) for step in each['loc'])}: {each['msg']}" for each in found)
        return Unasked(status=400, message=f"evaluations[{place}]: {told}")


class PageAsked(Open):
    """Which page of a search."""

    token: Annotated[str, Field(max_length=4096)] | None = None
    limit: Annotated[int, Field(ge=0)] | None = None


class SearchAsked(Open):
    """What every search takes."""

    context: JsonObject | None = None
    page: PageAsked | None = None


class SubjectSearchAsked(SearchAsked):
    """Who may do it?"""

    model_config = _config(subject={"type": "person"}, action=_READ, resource=_RESOURCE, context=_CONTEXT)

    subject: KindAsked
    action: ActionAsked
    resource: PartyAsked


class ResourceSearchAsked(SearchAsked):
    """To what may it be done?"""

    model_config = _config(subject=_SUBJECT, action=_READ, resource={"type": "s3-prefix"}, context=_CONTEXT)

    subject: PartyAsked
    action: ActionAsked
    resource: KindAsked


class ActionSearchAsked(SearchAsked):
    """What may be done?"""

    model_config = _config(subject=_SUBJECT, resource=_RESOURCE, context=_CONTEXT)

    subject: PartyAsked
    resource: PartyAsked


class ReasonShown(Shown):
    """A rule that determined the answer, and what one could ask for instead."""

    id: str
    title: str
    advice: str | None = None


class ErrorShown(Shown):
    """Why something could not be put to the rules, with HTTP's word for it."""

    status: int
    message: str


class ContextShown(Shown):
    """Why the decision is as it is. `reason` says what was considered; `reason_user` may be shown to people."""

    reason: str
    reason_user: dict[str, str] | None = None
    reasons: list[ReasonShown] | None = None
    rulebook: str | None = None
    error: ErrorShown | None = None


class EvaluationShown(Shown):
    """A decision."""

    decision: bool
    context: ContextShown

    @classmethod
    def of(cls, ruling: Ruling, considers: str) -> Self:
        """The ruling, with a sentence for what was asked and what was not."""
        if isinstance(ruling, Unasked):
            error = ErrorShown(status=ruling.status, message=ruling.message)
            reason = f"It could not be put to the rules, so it is denied: {ruling.message}"
            return cls(decision=False, context=ContextShown(reason=reason, error=error))
        said = _said(ruling)
        advice = " ".join(dict.fromkeys(rule.advice for rule in ruling.rules if rule.advice))
        context = ContextShown(
            reason=f"{said} {considers}",
            reason_user=None if ruling.allowed else {"en": f"{said} {advice}".strip()},
            reasons=[ReasonShown(id=rule.id, title=rule.title, advice=rule.advice) for rule in ruling.rules],
            rulebook=ruling.rulebook,
        )
        return cls(decision=ruling.allowed, context=context)


def _said(ruling: Ruled) -> str:
    about = f" (for {ruling.inside}, which it would reach)" if ruling.inside else ""
    match ruling.why:
        case Why.PERMITTED:
            return f"Permitted: {_titles(ruling.rules)}."
        case Why.FORBIDDEN:
            return f"Forbidden{about}: {_titles(ruling.rules)}."
        case Why.NOT_PERMITTED:
            return f"No rule permits it{about}."
        case Why.FAILED:
            return f"The rules could not be asked{about}, so it is denied."


def _titles(rules: Sequence[Rule]) -> str:
    return "; ".join(rule.title for rule in rules)


class EvaluationsShown(Shown):
    """The decisions of a batch, in the order of its evaluations, up to the one that ended it."""

    evaluations: list[EvaluationShown]


class SearchPageShown(Shown):
    """How to go on: `next_token` is empty on the last page."""

    next_token: str
    count: int


class SearchContextShown(Shown):
    """What the search considered, and what was amiss with it if nothing at all could be asked."""

    reason: str
    error: ErrorShown | None = None


class EntityShown(Shown):
    """A subject or a resource that was found."""

    type: str
    id: str


class ActionShown(Shown):
    """An action that was found."""

    name: str


class EntitiesShown(Shown):
    """A page of subjects or resources."""

    page: SearchPageShown
    context: SearchContextShown
    results: list[EntityShown]


class ActionsShown(Shown):
    """A page of actions."""

    page: SearchPageShown
    context: SearchContextShown
    results: list[ActionShown]


class DecisionPointShown(Shown):
    """The metadata of the decision point (9.1)."""

    policy_decision_point: str
    access_evaluation_endpoint: str
    access_evaluations_endpoint: str
    search_subject_endpoint: str
    search_resource_endpoint: str
    search_action_endpoint: str
