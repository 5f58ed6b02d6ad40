"""A rulebook: a versioned text of rules, and what has to hold before it may decide anything."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from policy.cedar import CedarSchema, ParsedRule, read_rule
from policy.decision import Effect, Rule
from policy.errors import Problem, RulebookInvalid
from policy.scope_index import Scope
from policy.statements import Statement, statements_of

_REQUIRED = ("id", "title", "owner")
_KNOWN = frozenset({*_REQUIRED, "advice"})
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_LONGEST_ID = 100
_LONGEST_ANNOTATION = 500
# The ids that tell people a rule is the platform's own and not for editing.
_RESERVED = "inv-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """A text of Cedar rules under the label by which records speak of it."""

    version: str
    text: str


class Authorship(StrEnum):
    """Who writes a rulebook, which decides what it may hold."""

    EDITABLE = "editable"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRule:
    """A rule with the text that says it, and the scope and the names of entities that Cedar read in it."""

    rule: Rule
    statement: Statement
    scope: Scope
    names: frozenset[tuple[str, str]]


def rules_in(
    rulebook: Rulebook,
    schema: CedarSchema,
    authorship: Authorship,
    known: Mapping[str, WrittenRule] = MappingProxyType({}),
) -> tuple[WrittenRule, ...]:
    """The rules of a rulebook in the order of its text; RulebookInvalid with everything that is wrong.

    Each rule fits the schema (strictly), says its id, title and owner, and has an id of its own. An editable
    rulebook permits nothing without a scope; the platform's own holds forbids alone. A rule whose text is among
    the `known` ones, by the same author and schema, was found right before and is not read again.
    """
    statements, problems = statements_of(rulebook.text)
    if problems:
        raise RulebookInvalid(rulebook.version, problems)
    written: list[WrittenRule] = []
    found: list[Problem] = []
    for statement in statements:
        if before := known.get(statement.text):
            written.append(replace(before, statement=statement))
            continue
        parsed, complaints = read_rule(statement, schema)
        name = parsed.annotations.get("id") if parsed else None
        if parsed:
            complaints += tuple(_faults(parsed, authorship))
            written.append(_written(parsed, statement))
        found += (Problem(line=statement.line, rule=name, message=text) for text in complaints)
    found += _repeated(written)
    if found:
        raise RulebookInvalid(rulebook.version, tuple(sorted(found, key=lambda problem: problem.line)))
    return tuple(written)


def _written(parsed: ParsedRule, statement: Statement) -> WrittenRule:
    return WrittenRule(rule=_rule(parsed), statement=statement, scope=parsed.scope, names=parsed.names)


def _rule(parsed: ParsedRule) -> Rule:
    said = parsed.annotations
    return Rule(
        id=said.get("id", ""),
        title=said.get("title", ""),
        owner=said.get("owner", ""),
        effect=parsed.effect,
        advice=said.get("advice") or None,
    )


def _faults(parsed: ParsedRule, authorship: Authorship) -> Iterator[str]:
    """What Cedar would accept and we do not."""
    said = parsed.annotations
    for name in _REQUIRED:
        if not said.get(name, "").strip():
            yield f'add @{name}("…")'
    for name, text in said.items():
        if name not in _KNOWN:
            yield f"@{name} means nothing here; annotations are {', '.join(sorted(_KNOWN))}"
        elif len(text) > _LONGEST_ANNOTATION or not text.isprintable():
            yield f"@{name} is one line of at most {_LONGEST_ANNOTATION} printable characters"
    rule_id = said.get("id", "")
    if rule_id and (len(rule_id) > _LONGEST_ID or not _ID.match(rule_id)):
        yield f"@id is at most {_LONGEST_ID} lower-case letters, digits and single hyphens, not {rule_id!r}"
    is_editable = authorship is Authorship.EDITABLE
    if rule_id.startswith(_RESERVED) is is_editable and rule_id:
        yield f"@id starts with {_RESERVED} in the platform's own rules and nowhere else"
    if parsed.effect is Effect.PERMIT:
        if is_editable and parsed.is_unscoped:
            yield "name a principal, an action or a resource: this permits everyone to do everything"
        elif not is_editable:
            yield "the platform's own rules only forbid"


def _repeated(written: list[WrittenRule]) -> Iterator[Problem]:
    """The rules whose id another rule before them has."""
    seen: Counter[str] = Counter()
    for each in written:
        seen[each.rule.id] += 1
        if each.rule.id and seen[each.rule.id] > 1:
            yield Problem(line=each.statement.line, rule=each.rule.id, message="another rule before has this @id")
