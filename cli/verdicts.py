"""The verdicts on the sources of a request, for people: a row each, then every reason with its next step."""

from __future__ import annotations

from collections.abc import Container, Sequence

from cli.answer import Doc
from cli.problem import reason_lines
from cli.render import clean, counted

HEADINGS = ("source", "operations", "tier", "contract", "policy", "verdict")

_POLICY_WORDS = {
    "permitted": "permitted by",
    "forbidden": "forbidden by",
    "not-permitted": "nothing permits it",
    "failed": "could not be decided",
}


def verdict_rows(sources: Sequence[Doc]) -> list[tuple[str, ...]]:
    """A row a source; a gate that was not asked says so."""
    return [
        (
            source.text("source"),
            ",".join(source.texts("operations")),
            _tier(source.record("invariants")),
            _contract(source.record("contract")),
            _policy(source.record("rules")),
            "passes" if source.flag("passes") else "refused",
        )
        for source in sources
    ]


def verdict_reasons(sources: Sequence[Doc]) -> list[str]:
    """Why each refused source was refused, and what to do; and what of one that passes is withheld or bound."""
    lines: list[str] = []
    for source in sources:
        for part in source.records("without"):
            lines += _withheld_lines(source, part)
        if source.flag("passes"):
            lines += _bound_lines(source)
            continue
        lines.append(f"{clean(source.text('source'))} was refused by {gate_name(source.text('refused_by'))}:")
        for breach in source.record("contract").records("breaches"):
            lines += reason_lines(breach)
        for breach in source.record("obligations").records("breaches"):
            lines += reason_lines(breach)
        for name in ("invariants", "rules"):
            verdict = source.record(name)
            if verdict.flag("consulted") and not verdict.flag("passes"):
                lines += _rule_lines(verdict)
    return lines


def container_lines(containers: Sequence[Doc], given: Container[str] | None = None) -> list[str]:
    """What each database or product that was asked for came to, and what in it lacks some of the operations.

    With `given`, of a grant, also how many of its sources are among these.
    """
    lines: list[str] = []
    for one in containers:
        sources, operations = one.texts("sources"), ", ".join(one.texts("operations"))
        count, generation = counted(len(sources), "source"), one.whole("catalogue_generation")
        of = f"by generation {generation} of the catalogue"
        had = "" if given is None else _had([uri in given for uri in sources])
        lines.append(f"Asked for {clean(one.text('uri'))} ({operations}): {count}, {of}{had}.")
        for lacking in one.records("lacking"):
            uri, lacks = clean(lacking.text("source")), ", ".join(lacking.texts("operations"))
            left_out = "" if lacking.text("source") in sources else ", so it was left out"
            lines.append(f"  {uri} offers no {lacks}{left_out}")
    return lines


def _had(given: Sequence[bool]) -> str:
    return "" if all(given) else f"; {sum(given)} of {len(given)} were given"


def _bound_lines(source: Doc) -> list[str]:
    """What is left of a table, and why the rest is not."""
    bound = source.record("obligations")
    lines: list[str] = []
    if bound.has("columns"):
        lines.append(f"{clean(source.text('source'))}: only columns {clean(', '.join(bound.texts('columns')))}")
    if bound.has("row_filter"):
        lines.append(f"{clean(source.text('source'))}: only rows where {clean(bound.text('row_filter'))}")
    for one in bound.records("treatments"):
        if one.has("why"):
            lines.append(f"  - {clean(', '.join(one.texts('columns')))}: {clean(one.text('why'))}")
    return lines


def _withheld_lines(source: Doc, part: Doc) -> list[str]:
    files = ", ".join(clean(place) for place in part.texts("files"))
    reasons = [reason_lines(reason) for name in ("rules", "breaches") for reason in part.records(name)]
    return [
        f"{clean(source.text('source'))} is given without {files} ({gate_name(part.text('refused_by'))}):",
        *(line for reason in reasons for line in reason),
    ]


def _rule_lines(verdict: Doc) -> list[str]:
    rules = verdict.records("rules")
    lines = [line for rule in rules for line in reason_lines(rule)]
    if not rules:
        lines.append(f"  - {_POLICY_WORDS.get(verdict.text('why'), clean(verdict.text('why')))}")
    if verdict.has("refused_item"):
        lines.append(f"    because of what lies inside: {clean(verdict.text('refused_item'))}")
    return lines


def gate_name(name: str) -> str:
    """What refused, in words."""
    return {
        "invariants": "the tier's invariants",
        "contract": "the contract",
        "rules": "a policy",
        "columns": "its columns",
    }.get(name, clean(name))


def _tier(verdict: Doc) -> str:
    if not verdict.flag("consulted"):
        return "not asked"
    return "ok" if verdict.flag("passes") else _policy(verdict)


def _contract(verdict: Doc) -> str:
    if not verdict.flag("consulted"):
        return "not asked"
    contract = verdict.record("contract")
    named = f"{contract.text('id')} {contract.text('version')}".strip()
    if not named:
        return "no contract"
    breaches = len(verdict.records("breaches"))
    return f"within {named}" if verdict.flag("passes") else f"{counted(breaches, 'clause')} of {named} exceeded"


def _policy(verdict: Doc) -> str:
    if not verdict.flag("consulted"):
        return "not asked"
    words = _POLICY_WORDS.get(verdict.text("why"), verdict.text("why"))
    rules = ", ".join(rule.text("id") for rule in verdict.records("rules"))
    return f"{words} {rules}".strip()
