"""May it be done? Rules in Cedar, asked in one way, and every doubt answered with no."""

from policy.decision import Decision, Effect, Rule, Why
from policy.engine import SCHEMA_VERSION, Engine, Setting, invariants
from policy.errors import PolicyError, Problem, RulebookInvalid
from policy.question import Entity, EntityRef, Question, Value
from policy.rulebook import Rulebook

__all__ = [
    "SCHEMA_VERSION",
    "Decision",
    "Effect",
    "Engine",
    "Entity",
    "EntityRef",
    "PolicyError",
    "Problem",
    "Question",
    "Rule",
    "Rulebook",
    "RulebookInvalid",
    "Setting",
    "Value",
    "Why",
    "invariants",
]
