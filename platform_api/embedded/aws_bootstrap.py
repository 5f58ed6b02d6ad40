"""The platform's own identity in the embedded AWS: one user that may become the platform's roles, and nothing else."""

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from platform_api.embedded.aws_clients import CONFIG, isolated_session, root_session
from platform_api.embedded.aws_process import REGION
from platform_api.embedded.loopback import EMBEDDED_ACCOUNT, EMBEDDED_DATA_ACCOUNT
from platform_api.embedded.platform_roles import (
    BROKER_ROLE,
    PLATFORM_PATH,
    PLATFORM_USER,
    PROVISIONER_ROLE,
    PURGER_ROLE,
    Document,
    broker_policy,
    platform_user_policy,
    provisioner_policy,
    purger_policy,
    role_arn,
    trust_in_platform,
)

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_sts import STSClient

_POLICY_NAME = "least-privilege"
_SECRETS_FILE = "platform-key.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedAccount:
    """The embedded account as the platform's settings want it, and the second one, where other data lies."""

    account_id: str
    region: str
    endpoint_url: str
    broker_role_arn: str
    provisioner_role_arn: str
    purger_role_arn: str
    external_id: str
    data_account_id: str
    data_external_id: str
    access_key_id: str
    secret_access_key: str = field(repr=False)


def bootstrap(*, endpoint_url: str, state_dir: Path) -> EmbeddedAccount:
    """The platform's account at `endpoint_url`, made with the root's key where it is not there yet.

    Safe to repeat: the external id and the platform's key are kept in `state_dir` (readable by its owner
    only) and used again while the embedded AWS knows them; the roles' documents are put back to what they
    should be.
    """
    kept = _kept(state_dir)
    external_id = kept.get("external_id") or secrets.token_urlsafe(24)
    data_external_id = kept.get("data_external_id") or secrets.token_urlsafe(24)
    iam = _iam(endpoint_url, EMBEDDED_ACCOUNT)
    _ensure_user(iam)
    _put_user_policy(iam, platform_user_policy(EMBEDDED_ACCOUNT, EMBEDDED_DATA_ACCOUNT))
    _ensure_roles(iam, EMBEDDED_ACCOUNT, external_id)
    _ensure_roles(_iam(endpoint_url, EMBEDDED_DATA_ACCOUNT), EMBEDDED_DATA_ACCOUNT, data_external_id)
    key = (kept.get("access_key_id", ""), kept.get("secret_access_key", ""))
    if not _is_key_live(endpoint_url, *key):
        key = _new_key(iam)
    account = EmbeddedAccount(
        account_id=EMBEDDED_ACCOUNT,
        region=REGION,
        endpoint_url=endpoint_url,
        broker_role_arn=role_arn(EMBEDDED_ACCOUNT, BROKER_ROLE),
        provisioner_role_arn=role_arn(EMBEDDED_ACCOUNT, PROVISIONER_ROLE),
        purger_role_arn=role_arn(EMBEDDED_ACCOUNT, PURGER_ROLE),
        external_id=external_id,
        data_account_id=EMBEDDED_DATA_ACCOUNT,
        data_external_id=data_external_id,
        access_key_id=key[0],
        secret_access_key=key[1],
    )
    _keep(state_dir, account)
    return account


def _iam(endpoint_url: str, account: str) -> "IAMClient":
    client: IAMClient = root_session(REGION, account).client("iam", endpoint_url=endpoint_url, config=CONFIG)
    return client


def _ensure_roles(iam: "IAMClient", account: str, external_id: str) -> None:
    """The platform's roles in one account; the user that may become them is that of the first."""
    trust = trust_in_platform(EMBEDDED_ACCOUNT, external_id)
    _ensure_role(iam, BROKER_ROLE, trust, broker_policy(account))
    _ensure_role(iam, PROVISIONER_ROLE, trust, provisioner_policy(account, REGION))
    _ensure_role(iam, PURGER_ROLE, trust, purger_policy())


def _ensure_user(iam: "IAMClient") -> None:
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName=PLATFORM_USER, Path=PLATFORM_PATH)


def _put_user_policy(iam: "IAMClient", policy: Document) -> None:
    iam.put_user_policy(UserName=PLATFORM_USER, PolicyName=_POLICY_NAME, PolicyDocument=json.dumps(policy))


def _ensure_role(iam: "IAMClient", name: str, trust: Document, policy: Document) -> None:
    try:
        iam.create_role(RoleName=name, Path=PLATFORM_PATH, AssumeRolePolicyDocument=json.dumps(trust))
    except iam.exceptions.EntityAlreadyExistsException:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName=name, PolicyName=_POLICY_NAME, PolicyDocument=json.dumps(policy))


def _is_key_live(endpoint_url: str, access_key_id: str, secret_access_key: str) -> bool:
    if not access_key_id:
        return False
    session = isolated_session(region=REGION, access_key_id=access_key_id, secret_access_key=secret_access_key)
    sts: STSClient = session.client("sts", endpoint_url=endpoint_url, config=CONFIG)
    try:
        return sts.get_caller_identity()["Arn"].endswith(f"/{PLATFORM_USER}")
    except ClientError:
        return False


def _new_key(iam: "IAMClient") -> tuple[str, str]:
    """The user's one key: whatever else it had is deleted."""
    for old in iam.list_access_keys(UserName=PLATFORM_USER)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=PLATFORM_USER, AccessKeyId=old["AccessKeyId"])
    made = iam.create_access_key(UserName=PLATFORM_USER)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def _kept(state_dir: Path) -> Mapping[str, str]:
    try:
        found: object = json.loads((state_dir / _SECRETS_FILE).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}


def _keep(state_dir: Path, account: EmbeddedAccount) -> None:
    """Written beside and moved into place, so that a crash leaves the old file or the new one."""
    draft = state_dir / f"{_SECRETS_FILE}.new"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(account), file)
    draft.replace(state_dir / _SECRETS_FILE)
