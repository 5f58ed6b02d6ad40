"""Rules as forms on the wire: what a rule says in one plain sentence, and the fields that say it."""

from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import ConfigDict, Field, model_validator

from platform_api.schemas.wire import Asked, Shown
from policy.forms import NotAForm, RuleForm, form_from_document, form_to_document, from_cedar, sentence, to_cedar

_EXAMPLE: Final[dict[str, Any]] = {
    "id": "science-sees-sources",
    "title": "Lending science sees the sources",
    "owner": "governance-office",
    "effect": "may",
    "who": {"is": "of-teams", "teams": ["lending-science"]},
    "actions": ["view-sources"],
    "data": {"is": "anything"},
}


class FormAsked(Asked):
    """A form to write as Cedar text, or the Cedar text of one rule to read as a form; one of the two."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"form": _EXAMPLE}]})

    form: dict[str, Any] | None = None
    text: Annotated[str, Field(min_length=1, max_length=70_000)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.form is None) is (self.text is None):
            raise ValueError("give either form or text")
        return self


class FormShown(Shown):
    """A form, its Cedar text and its sentence; where a text is no form, only `not_a_form`, which says why."""

    cedar: str | None
    form: dict[str, Any] | None
    sentence: str | None
    not_a_form: str | None

    @classmethod
    def of(cls, asked: FormAsked) -> Self:
        """What was asked for; a form that is no rule raises `FormInvalid` with every problem."""
        read = form_from_document(asked.form) if asked.text is None else from_cedar(asked.text)
        said = spoken(read)
        cedar = None if isinstance(read, NotAForm) else to_cedar(read)
        return cls(cedar=cedar, form=said.form, sentence=said.sentence, not_a_form=said.not_a_form)


class Spoken(NamedTuple):
    """A rule as people say it; either a form with its sentence, or why there is none."""

    form: dict[str, Any] | None
    sentence: str | None
    not_a_form: str | None


def spoken(read: RuleForm | NotAForm) -> Spoken:
    """What was read from a rule, in plain values."""
    if isinstance(read, NotAForm):
        return Spoken(form=None, sentence=None, not_a_form=read.reason)
    return Spoken(form=dict(form_to_document(read)), sentence=sentence(read), not_a_form=None)


def spoken_text(text: str) -> Spoken:
    """The same of a rule's Cedar text."""
    return spoken(from_cedar(text))
