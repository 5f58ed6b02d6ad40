"""Statements of IAM policies as values, and the strings that end in ARNs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from jit_engine.domain.source import S3Prefix

Conditions = Mapping[str, Mapping[str, str | tuple[str, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement and why it is there. A Deny may name what it spares (`except_…`); an Allow never can."""

    sid: str
    why: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow(Statement):
    """Gives. `about` names what it is for, so that statements of one form can be merged and still say why."""

    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deny(Statement):
    """Takes, whatever another policy gives. `actions` or `except_actions`, `resources` or `except_resources`."""

    except_actions: tuple[str, ...] = ()
    except_resources: tuple[str, ...] = ()


def document(statements: Sequence[Statement]) -> str:
    """The policy as JSON without white space, built from objects and never from text."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [_as_json(statement) for statement in statements]},
        separators=(",", ":"),
        ensure_ascii=False,
    )


def statement_size(statement: Statement) -> int:
    """Characters that the statement adds to a policy, as IAM counts them: without white space."""
    text = json.dumps(_as_json(statement), separators=(",", ":"), ensure_ascii=False)
    return len("".join(text.split())) + 1


def _as_json(statement: Statement) -> dict[str, object]:
    effect: Literal["Allow", "Deny"] = "Deny" if isinstance(statement, Deny) else "Allow"
    out: dict[str, object] = {"Sid": statement.sid, "Effect": effect}
    if isinstance(statement, Deny) and statement.except_actions:
        out["NotAction"] = list(statement.except_actions)
    else:
        out["Action"] = list(statement.actions)
    if isinstance(statement, Deny) and statement.except_resources:
        out["NotResource"] = list(statement.except_resources)
    else:
        out["Resource"] = list(statement.resources)
    if statement.conditions:
        out["Condition"] = {
            operator: {key: list(value) if isinstance(value, tuple) else value for key, value in keys.items()}
            for operator, keys in statement.conditions.items()
        }
    return out


def used_as_asked(actions: tuple[str, ...], resources: tuple[str, ...]) -> Deny:
    """These actions on these resources only: what may be read is not thereby written, whatever a policy gives."""
    return Deny(
        sid="UsedAsAsked",
        why=f"{', '.join(actions)} on what it was asked for only",
        actions=actions,
        resources=(),
        except_resources=resources,
        conditions={},
    )


def is_of_s3(statement: Statement) -> bool:
    """Whether it is about S3, whose uses are kept apart in a way of their own."""
    return all(action.startswith("s3:") for action in statement.actions)


def objects_arn(prefix: S3Prefix) -> str:
    """Every object of the prefix, which ends in a slash and holds nothing that IAM expands (`S3Prefix`)."""
    return f"arn:aws:s3:::{prefix.bucket}/{prefix.prefix}*"


def object_arn(bucket: str, key: str) -> str:
    """One object."""
    return f"arn:aws:s3:::{bucket}/{key}"


def bucket_arn(bucket: str) -> str:
    """The bucket itself, on which `s3:ListBucket` sits."""
    return f"arn:aws:s3:::{bucket}"


@lru_cache(maxsize=64)
def iam_time(moment: datetime) -> str:
    """A UTC time as IAM's date operators take it, whole seconds, rounded down."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
