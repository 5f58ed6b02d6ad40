"""Every small way in which a policy could say more than it should, made systematically from a policy that is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Mutant = tuple[str, dict[str, Any]]
"""What was changed, and the changed policy."""


def widenings(policy: dict[str, Any]) -> Iterator[Mutant]:
    """All of them: in every statement, at every element, and in every character of it."""
    statements = policy["Statement"]
    for index, statement in enumerate(statements):
        for name, mutant in _of_statement(statement):
            instead = [] if mutant is None else [mutant]
            changed = {**policy, "Statement": [*statements[:index], *instead, *statements[index + 1 :]]}
            yield f"{statement['Sid']}: {name}", changed
    for extra in _EXTRA:
        yield f"an extra statement {extra}", {**policy, "Statement": [*policy["Statement"], extra]}
    yield "version 2008-10-17", {**policy, "Version": "2008-10-17"}
    yield "no version", {"Statement": policy["Statement"]}
    yield "no statement", {"Version": policy["Version"]}
    yield "an empty list of statements", {**policy, "Statement": []}


_EXTRA: tuple[dict[str, Any], ...] = (
    {"Sid": "Extra", "Effect": "Allow", "Action": ["*"], "Resource": ["*"]},
    {"Sid": "Extra", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    {"Sid": "Extra", "Effect": "Allow", "NotAction": ["iam:*"], "Resource": ["*"]},
    {"Sid": "Extra", "Effect": "Allow", "Action": ["s3:GetObject"], "NotResource": ["arn:aws:s3:::x/*"]},
    {"Sid": "Extra", "Effect": "allow", "Action": ["*"], "Resource": ["*"]},
)


def _of_statement(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    allow = statement["Effect"] == "Allow"
    if not allow:
        yield "dropped", None
        yield "turned into an Allow", {**statement, "Effect": "Allow"}
    for part in statement:
        if part != "Sid":
            yield f"without {part}", {key: value for key, value in statement.items() if key != part}
    for part, opposite in (("Action", "NotAction"), ("Resource", "NotResource")):
        if part in statement and allow:
            turned = {key: value for key, value in statement.items() if key != part}
            yield f"{part} turned into {opposite}", {**turned, opposite: statement[part]}
            yield f"{opposite} beside {part}", {**statement, opposite: ["x:y"]}
    if not allow:
        never = {"StringEquals": {"aws:PrincipalTag/none": "none"}}
        yield "a condition more", {**statement, "Condition": {**statement.get("Condition", {}), **never}}
        yield "a principal", {**statement, "Principal": "*"}
    for part, wide in (
        ("Action", "s3:PutBucketPolicy"),
        ("NotAction", "s3:PutBucketPolicy"),
        ("Resource", "arn:aws:s3:::elsewhere/*"),
        ("NotResource", "arn:aws:s3:::elsewhere/*"),
    ):
        if part not in statement:
            continue
        spares = allow or part.startswith("Not")
        for name, value in _of_list(statement[part], wide, spares=spares):
            yield f"{part} {name}", {**statement, part: value}
    for operator, keys in statement.get("Condition", {}).items():
        others = {o: k for o, k in statement["Condition"].items() if o != operator}
        yield f"without {operator}", {**statement, "Condition": others}
        for renamed in _operators(operator):
            yield f"{operator} as {renamed}", {**statement, "Condition": {**others, renamed: keys}}
        for key, value in keys.items():
            for name, mutant in _of_condition(keys, key, value):
                yield f"{operator} {name}", {**statement, "Condition": {**others, operator: mutant}}


def _of_list(value: list[str], wide: str, *, spares: bool) -> Iterator[tuple[str, Any]]:
    """Changes of a list of actions or resources. `spares`: a longer list means that more may be done."""
    for position, text in enumerate(value) if value != ["*"] else ():
        before, after = value[:position], value[position + 1 :]
        if spares:
            for name, mutant in _of_text(text):
                if mutant not in value:  # it would only be one less
                    yield f"{text!r} {name}", [*before, mutant, *after]
        else:
            yield f"without {text!r}", [*before, *after]
    if spares:
        yield "and one more", [*value, wide]
        yield "and a star", [*value, "*"]
        if value != ["*"]:
            yield "as one star", ["*"]
        yield "as the text *", "*"
        if len(value) == 1:
            yield "as one text", value[0]
    else:
        yield "as something else", [wide]
    yield "empty", []


def _of_condition(keys: dict[str, Any], key: str, value: str | list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield f"without {key}", {k: v for k, v in keys.items() if k != key}
    yield f"{key} as another key", {("aws:Nothing" if k == key else k): v for k, v in keys.items()}
    if isinstance(value, str):
        for name, mutant in _of_text(value):
            yield f"{key} {name}", {**keys, key: mutant}
        yield f"{key} and one more", {**keys, key: [value, "999988887777"]}
        for later in {"2099-01-01T00:00:00Z", "1999999999", "3", "999988887777", "true"} - {value}:
            yield f"{key} is {later}", {**keys, key: later}
        return
    for position, text in enumerate(value):
        for name, mutant in _of_text(text):
            yield f"{key} {text!r} {name}", {**keys, key: [*value[:position], mutant, *value[position + 1 :]]}
    for more in ("", "*", "other/*", "lend*"):
        yield f"{key} and {more!r}", {**keys, key: [*value, more]}
    yield f"{key} empty", {**keys, key: []}
    yield f"{key} as the text *", {**keys, key: "*"}


def _of_text(text: str) -> Iterator[tuple[str, str]]:
    """Every character as a wildcard, every cut, and one star more."""
    for position, character in enumerate(text):
        if character != "*":
            yield f"with ? at {position}", f"{text[:position]}?{text[position + 1 :]}"
            yield f"with * at {position}", f"{text[:position]}*{text[position + 1 :]}"
            yield f"cut at {position}", text[:position] + ("*" if text.endswith("*") else "")
            yield f"without its character {position}", text[:position] + text[position + 1 :]
    if not text.endswith("*"):
        yield "and a star", f"{text}*"
    yield "with a variable", f"${{aws:username}}{text}"


def _operators(operator: str) -> Iterator[str]:
    yield f"{operator}IfExists"
    yield f"ForAllValues:{operator}"
    yield f"ForAnyValue:{operator}"
    others = {
        "StringEquals": "StringLike",
        "StringLike": "StringNotLike",
        "StringNotLike": "StringLike",
        "StringNotEquals": "StringEquals",
        "DateLessThan": "DateGreaterThan",
        "DateGreaterThanEquals": "DateLessThan",
        "Null": "Bool",
        "StringEqualsIfExists": "StringLikeIfExists",
        "ForAllValues:StringEquals": "ForAllValues:StringLike",
        "ForAnyValue:StringNotEquals": "ForAllValues:StringNotEquals",
        "ForAllValues:StringNotEquals": "StringNotEquals",
    }
    yield others[operator]
