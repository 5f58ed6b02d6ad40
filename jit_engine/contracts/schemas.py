"""A document held against the two schemas: the container's (ODCS 3.2) and that of the usage terms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.problems import Path, Problem, json_path
from jit_engine.contracts.text import line_of

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})\Z",
    re.ASCII,
)
_KINDS: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}
_CLOSED: Final = frozenset({"additionalProperties", "unevaluatedProperties"})


def instant(text: str) -> datetime:
    """`text` (RFC 3339 with a zone, upper-case T and Z) in UTC; raises `ValueError` for everything else."""
    if not _INSTANT.match(text):
        raise ValueError("not a time with its zone")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("beyond the calendar in UTC") from error


def odcs_problems(document: Mapping[str, DocumentJson], lines: Mapping[Path, int]) -> tuple[Problem, ...]:
    """What keeps `document` from being an ODCS 3.2 document."""
    return tuple(_problems(_odcs(), document, (), lines))


def usage_problems(terms: DocumentJson, at: Path, lines: Mapping[Path, int]) -> tuple[Problem, ...]:
    """What keeps `terms`, found at `at`, from being usage terms."""
    return tuple(_problems(_usage(), terms, at, lines))


def profile_problems(profile: DocumentJson, at: Path, lines: Mapping[Path, int]) -> tuple[Problem, ...]:
    """What keeps `profile`, found at `at`, from being an access profile."""
    return tuple(_problems(_column_terms("accessProfile"), profile, at, lines))


def masking_problems(masking: DocumentJson, at: Path, lines: Mapping[Path, int]) -> tuple[Problem, ...]:
    """What keeps `masking`, found at `at`, from being the masking of a column."""
    return tuple(_problems(_column_terms("masking"), masking, at, lines))


@cache
def _odcs() -> Validator:
    # The schema itself, not the package's pydantic model: that drops unknown nested keys in silence.
    from jsonschema import Draft201909Validator

    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8")
    return Draft201909Validator(json.loads(text))


@cache
def _usage() -> Validator:
    from jsonschema import Draft202012Validator, FormatChecker

    text = resources.files("jit_engine.contracts").joinpath("usage-contract.v1.json").read_text("utf-8")
    formats = FormatChecker(formats=())
    formats.checks("date-time", raises=ValueError)(_is_instant)
    return Draft202012Validator(json.loads(text), format_checker=formats)


@cache
def _column_terms(name: str) -> Validator:
    from jsonschema import Draft202012Validator

    text = resources.files("jit_engine.contracts").joinpath("column-terms.v1.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text)["$defs"][name])


def _is_instant(value: object) -> bool:
    if isinstance(value, str):
        instant(value)
    return True


def _problems(validator: Validator, value: DocumentJson, at: Path, lines: Mapping[Path, int]) -> Iterator[Problem]:
    seen: set[tuple[Path, str]] = set()
    errors = list(_leaves(validator.iter_errors(value)))
    places = [tuple(error.absolute_path) for error in errors if error.validator != "unevaluatedProperties"]
    for error in sorted(errors, key=_order):
        place: Path = tuple(error.absolute_path)
        # A wrong value makes its siblings "unevaluated": it means unknown only where nothing else is wrong.
        if error.validator == "unevaluatedProperties" and any(p[: len(place)] == place for p in places):
            continue
        message, fix = _words(error)
        if (place, message) not in seen:
            seen.add((place, message))
            here = (*at, *place)
            yield Problem(path=json_path(here), line=line_of(here, lines), message=message, fix=fix)


def _order(error: ValidationError) -> tuple[tuple[str, int, str], ...]:
    return tuple(("", step, "") if isinstance(step, int) else (step, 0, "") for step in error.absolute_path)


def _leaves(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """The errors that say something: for a choice, those of the branch that fits best."""
    for error in errors:
        if error.validator in ("oneOf", "anyOf") and error.context:
            branches: dict[int, list[ValidationError]] = {}
            for inner in error.context:
                branches.setdefault(int(inner.schema_path[0]), []).append(inner)
            yield from _leaves(branches[min(branches, key=lambda branch: _distance(branches[branch]))])
        else:
            yield error


def _distance(errors: Sequence[ValidationError]) -> tuple[bool, int]:
    return (any(error.validator == "type" and not error.path for error in errors), len(errors))


def _words(error: ValidationError) -> tuple[str, str]:
    """The error as a message and a fix, without the whole value that jsonschema repeats."""
    instance: object = error.instance
    wanted: object = error.validator_value
    options = [_shown(one) for one in wanted] if isinstance(wanted, list) else [_shown(wanted)]
    given = repr(instance)[:80]
    match error.validator:
        case "required":
            missing = [name for name in options if isinstance(instance, Mapping) and name not in instance]
            return f"lacks {', '.join(missing)}", "add " + ", ".join(missing)
        case "type":
            fix = "give " + " or ".join(_KINDS.get(name, name) for name in options)
            if options == ["string"] and isinstance(instance, int | float):
                fix = f'quote it: "{_shown(instance)}"'
            return f"is {given}", fix
        case "enum":
            return f"is {given}", "use one of: " + ", ".join(options[:50])
        case "const":
            return f"is {given}", f"only {options[0]} is allowed"
        case "format":
            return f"is {given}", 'give a time with its zone, quoted, such as "2026-10-01T00:00:00Z"'
        case "pattern":
            return f"is {given}", _pattern_fix(options[0])
        case "uniqueItems":
            return "names something twice", "name each once"
        case "minItems" | "minProperties" | "minLength":
            return "is empty", f"give at least {options[0]}"
        case "minimum":
            return f"is {given}", f"give {options[0]} or more"
        case keyword if keyword in _CLOSED:
            return _unknown_keys(error), "correct the spelling or leave it out"
        case _:
            return f"is {given}", error.message[:200]


def _unknown_keys(error: ValidationError) -> str:
    schema: object = error.schema
    known = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        names = [str(key) for key in error.instance if key not in known]
    else:
        names = re.findall(r"'([^']*)'", error.message.split("(", 1)[-1])
    return "has unknown keys: " + ", ".join(name[:60] for name in names[:20])


def _pattern_fix(pattern: str) -> str:
    if pattern.startswith("^P"):
        return "give an ISO 8601 duration of days, hours and minutes, such as PT8H or P30D"
    if pattern.startswith("^(?:exclude"):
        return "use exclude, hash, sha256, hmac-sha256, tokenize, or mask with its kind, such as mask-last-4"
    if pattern.startswith("^(s3:"):
        return (
            "give s3://bucket/prefix/ in lower case with its last slash and no wildcard, "
            "or the URI of a DynamoDB table or a Kinesis stream"
        )
    if pattern.startswith("^[0-9]{12}"):
        return "give the 12 digits of an AWS account, quoted"
    return f"it has to match {pattern[:100]}"


def _shown(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
