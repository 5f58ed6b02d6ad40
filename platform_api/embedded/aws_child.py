"""The embedded AWS's own process: ministack, corrected where it authorises IAM and Glue calls wider than AWS.

Run as a program by `aws_process`, never imported by the platform. Only what is authorised is corrected, so
that one and the same broker policy holds here and on AWS:

1. A role's or policy's ARN carries its path (ministack 1.5.33 leaves it out, so `role/jit/*` could not be
   told from other roles). As on AWS a role that does not exist has no path.
2. `iam:PermissionsBoundary` is a condition key: the one asked for, or the one that the role has.
3. Glue: the catalogue, the database and the table must all be allowed (ministack looks at the database only).
4. AssumeRole names the role by its whole ARN, account and path included (ministack leaves the path out).
5. Reading and writing tags by ARN is authorised on that ARN (ministack: on `*`, for Glue, Athena and ECR).
6. `s3:authType` is a condition key: signed in the header, or in the query string as a pre-signed URL is.
7. `aws:ResourceAccount` of a bucket is the account that owns it (ministack: the caller's, as its ARN names none).

One thing beside authorising: the six characters that end a secret's ARN are made of its name, not at random, so that
the sample's contract can name a secret.

It ends when its standard input does, so it never outlives the platform that started it.
"""

import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import ministack.app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import iam, s3, secretsmanager

_GRACE_SECONDS = 20.0
"""How long an orphan may take to save its state."""


_ASKS_FOR_A_BOUNDARY = ("iam:CreateRole", "iam:PutRolePermissionsBoundary")
_ON_A_BOUNDED_ROLE = (
    "iam:AttachRolePolicy",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePolicy",
)
"""The role actions with this condition key (AWS service authorization reference, IAM)."""
_BUCKETS = "arn:aws:s3:::"
_OWNER_KEYS = frozenset({"aws:resourceaccount", "s3:resourceaccount"})
_TAGGED_BY_ARN = ("athena", "ecr", "glue")
_SIGNED_LINK = frozenset({"Signature", "X-Amz-Signature"})
"""Query parameters of a pre-signed URL, by signature version 2 and 4."""


class _Enforce(Protocol):
    """`ministack.core.iam_evaluator.enforce`: None when allowed, else an object that says why not."""

    def __call__(
        self,
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, object] | None = None,
    ) -> object | None: ...


class _Asked(Protocol):
    """What is known of a request when a condition is looked at."""

    @property
    def resource_arn(self) -> str: ...


_Key = Callable[[str, _Asked], object]
_Arn = Callable[[str, str, str, dict[str, str], bytes, dict[str, object], str, str], str]
_Context = Callable[[str, str, bytes, dict[str, object]], dict[str, object]]


def _parameter(parameters: Mapping[str, object], name: str) -> str:
    """A parameter of the query protocol, or nothing."""
    value = parameters.get(name)
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, str) else ""


def _body(body: bytes) -> dict[str, object]:
    """A JSON body's object; empty when it is none."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _role_arn(name: str) -> str | None:
    """The ARN of the live role of that name in the caller's account, with its path."""
    role = iam._roles.get(name)
    return str(role["Arn"]) if role else None


def role_asked_for(arn: str) -> str | None:
    """The ARN, with its path, of the live role that an ARN names in whatever account it says."""
    role = iam._roles.get_scoped(arn.split(":")[4], None, arn.rpartition("/")[2])
    return str(role["Arn"]) if role else None


def bucket_owner(resource: str) -> str | None:
    """The account that owns the bucket of an ARN, which names none itself; None where there is no such bucket."""
    if not resource.startswith(_BUCKETS):
        return None
    owner = s3._bucket_owner_account(resource.removeprefix(_BUCKETS).partition("/")[0])
    return None if owner is None else str(owner)


def iam_resource(parameters: Mapping[str, object], account: str) -> str | None:
    """The ARN that an IAM call is authorised on, path included; None where ministack itself is right."""
    action, role = _parameter(parameters, "Action"), _parameter(parameters, "RoleName")
    path = _parameter(parameters, "Path") or "/"
    if action == "CreateRole":
        return f"arn:aws:iam::{account}:role{path}{role}"
    if action == "CreatePolicy":
        return f"arn:aws:iam::{account}:policy{path}{_parameter(parameters, 'PolicyName')}"
    return _role_arn(role) if role else None


def current_boundary(parameters: Mapping[str, object]) -> str:
    """The boundary that the role of an IAM call has now, or nothing."""
    role = iam._roles.get(_parameter(parameters, "RoleName"))
    return str(role.get("PermissionsBoundary") or "") if role else ""


def glue_resource(action: str, body: Mapping[str, object], region: str, account: str) -> str | None:
    """The narrowest ARN that a Glue call is authorised on; None where ministack itself is right."""
    prefix = f"arn:aws:glue:{region}:{account}"
    inputs = ("TableInput", "DatabaseInput")
    nested = {key: value for key in inputs if isinstance(value := body.get(key), dict)}
    database, name = body.get("DatabaseName"), body.get("TableName") or body.get("Name")
    if isinstance(database, str) and database:
        table = nested.get("TableInput", {}).get("Name") or name or "*"
        return f"{prefix}:table/{database}/{table}"
    if action.endswith("Database"):
        return f"{prefix}:database/{nested.get('DatabaseInput', {}).get('Name') or name}"
    if action.endswith("Databases"):
        return f"{prefix}:database/*"
    return None


def glue_parents(resource: str) -> tuple[str, ...]:
    """The ARNs that AWS asks for beside a table's or a database's: what contains it."""
    head, _, rest = resource.rpartition(":")
    kind, _, name = rest.partition("/")
    if kind == "table":
        return (f"{head}:catalog", f"{head}:database/{name.split('/')[0]}")
    return (f"{head}:catalog",) if kind == "database" else ()


def _corrected_arn(original: _Arn) -> _Arn:
    def resource(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, object],
        region: str,
        account_id: str,
    ) -> str:
        found = original(service, method, path, headers, body, query_params, region, account_id)
        if service == "iam":
            return iam_resource(query_params, account_id) or found
        if service in _TAGGED_BY_ARN:
            named = [value for key, value in _body(body).items() if key.lower() == "resourcearn"]
            if named and isinstance(named[0], str):
                return named[0]
        if service == "glue":
            action = headers.get("x-amz-target", "").rpartition(".")[2]
            return glue_resource(action, _body(body), region, account_id) or found
        if service == "sts" and ":role/" in found:
            return role_asked_for(found) or found
        return found

    return resource


def _corrected_context(original: _Context) -> _Context:
    def context(service: str, iam_action: str, body: bytes, params: dict[str, object]) -> dict[str, object]:
        found = original(service, iam_action, body, params)
        boundary = _parameter(params, "PermissionsBoundary")
        if iam_action in _ON_A_BOUNDED_ROLE:
            boundary = current_boundary(params)
        if boundary and iam_action in (*_ASKS_FOR_A_BOUNDARY, *_ON_A_BOUNDED_ROLE):
            return {**found, "iam:PermissionsBoundary": boundary}
        if service == "s3":
            signed_link = not _SIGNED_LINK.isdisjoint(params)
            return {**found, "s3:authType": "REST-QUERY-STRING" if signed_link else "REST-HEADER"}
        return found

    return context


def _corrected_enforcement(original: _Enforce) -> _Enforce:
    def enforce(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, object] | None = None,
    ) -> object | None:
        parents = glue_parents(resource_arn) if service == "glue" else ()
        for arn in (*parents, resource_arn):
            if denied := original(access_key_id, iam_action, service, region, arn, service_context):
                return denied
        return None

    return enforce


def _corrected_key(original: _Key) -> _Key:
    def resolve(key: str, context: _Asked) -> object:
        if key.lower() in _OWNER_KEYS and (owner := bucket_owner(context.resource_arn)) is not None:
            return owner
        return original(key, context)

    return resolve


def secret_end(name: str) -> str:
    """The six characters that end the ARN of the secret of that name."""
    return hashlib.sha256(name.encode()).hexdigest()[:6]


def _named_secrets(original: Callable[..., tuple[str, str]]) -> Callable[..., tuple[str, str]]:
    def store(name: str, **given: object) -> tuple[str, str]:
        arn, version = original(name, **given)
        named = f"{arn[: -len(secret_end(name))]}{secret_end(name)}"
        secretsmanager._secrets[name]["ARN"] = named
        return named, version

    return store


def correct() -> None:
    """Puts the corrections in place, in this process."""
    secretsmanager._store_new_secret = _named_secrets(secretsmanager._store_new_secret)
    iam_actions.extract_resource_arn = _corrected_arn(iam_actions.extract_resource_arn)
    iam_actions.request_tag_context = _corrected_context(iam_actions.request_tag_context)
    iam_evaluator.enforce = _corrected_enforcement(iam_evaluator.enforce)
    iam_evaluator._resolve_condition_key = _corrected_key(iam_evaluator._resolve_condition_key)


def _end_with_parent() -> None:
    """Waits for the end of standard input, which only the parent holds open; then ends this process."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    correct()
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    ministack.app.main()
