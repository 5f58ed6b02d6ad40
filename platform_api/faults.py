"""What pydantic finds wrong with a value, in plain words: what it is, and what to give instead."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

FORMS: Final[Mapping[str, str]] = {
    r"^[0-9]{12}\z": "give the 12 digits of an AWS account",
    r"^[0-9a-f]{64}\z": "give a SHA-256: 64 characters, each from 0 to 9 or a to f",
    r"^[A-Za-z0-9][A-Za-z0-9._-]*\z": "give a version's name as the list shows it",
    r"^[A-Za-z]{1,64}\z": "give the name of an action, such as viewGrant",
    r"^[a-z0-9_]{1,255}\z": "give the name of a Glue database: lower-case letters, digits and _",
    r"^[a-z]{2}(-[a-z]+)+-[0-9]\z": "give an AWS region, such as eu-central-1",
    r"^vpce-[0-9a-f]{8,17}\z": "give the id of a VPC endpoint: vpce- and 8 to 17 characters",
    r"^[A-Za-z0-9_+=,.@:/-]{16,1224}\z": "give 16 characters or more, letters and digits: openssl rand -hex 24",
    r"^openid( [a-z_:/.-]+)*\z": "give openid, and after it more scopes if you need them, a space between two",
    r"^arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+\z": "give a role's ARN: arn:aws:iam::ACCOUNT:role/NAME",
    r"^[A-Za-z_][A-Za-z0-9_.@-]{0,62}\z": "give the name of a database user: a letter, then letters, digits and _",
    r"^arn:aws:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:\S+\z": "give the whole ARN of a secret in Secrets Manager",
    r"^/\S+\z": "give a whole path, from / on, without spaces",
    r"^en_[0-9A-HJKMNP-TV-Z]{26}\z": "give an environment's id, as `sluice env list` shows it",
    r"^arn:aws:network-firewall:[a-z0-9-]+:[0-9]{12}:stateful-rulegroup/[A-Za-z0-9-]{1,128}\z": (
        "give the whole ARN of a stateful rule group of Network Firewall"
    ),
}
"""What to give, for each pattern of a body, a query or a setting; a test looks for those that are missing."""

_TYPES: Final[Mapping[str, str]] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "float_type": "a number",
    "decimal_type": "a number",
    "list_type": "a list",
    "tuple_type": "a list",
    "frozen_set_type": "a list",
    "set_type": "a list",
    "dict_type": "an object with fields",
    "model_type": "an object with fields",
    "model_attributes_type": "an object with fields",
    "is_instance_of": "a value of another kind",
}


def plainly(found: ErrorDetails) -> tuple[str, str]:
    """What is wrong with the value, and what to do; neither holds the value itself."""
    kind, context = found["type"], found.get("ctx", {})
    match kind:
        case "missing":
            return "it is missing", "add it"
        case "extra_forbidden":
            return "there is no such field", "leave it out"
        case "value_error":
            return "it is not in the form that is taken", found["msg"].removeprefix("Value error, ")
        case "string_pattern_mismatch":
            pattern = str(context.get("pattern", ""))
            return "it is not in the form that is taken", FORMS.get(pattern, f"give a value that fits {pattern}")
        case "enum" | "literal_error" | "union_tag_invalid":
            known = str(context.get("expected", context.get("expected_tags", ""))).replace("'", "")
            return "it is none of those that are taken", f"give {known.replace(' or ', ', or ')}"
        case "union_tag_not_found":
            return "it does not say of what kind it is", f"add {str(context.get('discriminator', '')).strip(chr(39))}"
        case "json_invalid":
            return "it is no JSON", "send one JSON object in UTF-8"
    if kind in _TYPES:
        return f"it is not {_TYPES[kind]}", f"give {_TYPES[kind]}"
    if bound := _bound(kind, context):
        return bound
    return found["msg"][:1].lower() + found["msg"][1:], "give a value of that form"


def _bound(kind: str, context: Mapping[str, Any]) -> tuple[str, str] | None:
    match kind:
        case "string_too_short" if context["min_length"] == 1:
            return "it is empty", "write something"
        case "string_too_short":
            return "it is too short", f"give {context['min_length']} characters or more"
        case "string_too_long":
            return "it is too long", f"give {context['max_length']} characters at most"
        case "too_short" if context["min_length"] == 1:
            return "it is empty", "give one or more"
        case "too_short":
            return "there are too few", f"give {context['min_length']} or more"
        case "too_long":
            return "there are too many", f"give {context['max_length']} at most"
        case "greater_than_equal":
            return "it is too small", f"give {context['ge']} or more"
        case "greater_than":
            return "it is too small", f"give more than {context['gt']}"
        case "less_than_equal":
            return "it is too large", f"give {context['le']} or less"
        case "less_than":
            return "it is too large", f"give less than {context['lt']}"
    return None
