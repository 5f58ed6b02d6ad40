"""Rules as forms: fields and one plain sentence for the known shapes, exact both ways with the Cedar text."""

from policy.forms.document import form_from_document, form_to_document
from policy.forms.form import RuleForm
from policy.forms.reading import NotAForm, form_of, from_cedar
from policy.forms.sentence import sentence
from policy.forms.shapes import (
    Anything,
    Classes,
    Condition,
    Everyone,
    Exactly,
    Hours,
    Match,
    Named,
    OfTeams,
    Within,
)
from policy.forms.words import ConditionKind, Sensitivity, Zone, spoken
from policy.forms.writing import syntax_of_form, to_cedar

__all__ = [
    "Anything",
    "Classes",
    "Condition",
    "ConditionKind",
    "Everyone",
    "Exactly",
    "Hours",
    "Match",
    "Named",
    "NotAForm",
    "OfTeams",
    "RuleForm",
    "Sensitivity",
    "Within",
    "Zone",
    "form_from_document",
    "form_of",
    "form_to_document",
    "from_cedar",
    "sentence",
    "spoken",
    "syntax_of_form",
    "to_cedar",
]
