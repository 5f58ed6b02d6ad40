"""The settings of the further AWS accounts in which data lies: what each needs, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from jit_engine.iam.limits import MOST_ROLES_PER_ACCOUNT
from platform_api.embedded.loopback import EMBEDDED_ACCOUNTS
from platform_api.embedded.platform_roles import BROKER_ROLE, PROVISIONER_ROLE, PURGER_ROLE, role_arn

MOST_ACCOUNTS: Final = 200
RoleArn = Annotated[str, Field(pattern=r"^arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+\z")]
_OTHER_PARTITION: Final = re.compile(r"(?:cn|us-gov|us-iso[a-z]?|eu-isoe)-")
_OWN: Final = ("broker_role_arn", "provisioner_role_arn", "purger_role_arn")


def _count(given: object) -> object:
    return int(given) if isinstance(given, str) and re.fullmatch(r"[0-9]{1,9}", given) else given


class AccountSettings(BaseModel):
    """One account beside the platform's own, and the region in which its environments' places are made.

    Its roles have the names that the account template gives them, unless others are named.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    account_id: Annotated[str, Field(pattern=r"^[0-9]{12}\z")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]\z")]
    external_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+=,.@:/-]{16,1224}\z")]
    broker_role_arn: RoleArn | None = None
    provisioner_role_arn: RoleArn | None = None
    purger_role_arn: RoleArn | None = None
    enforcer_role_arn: RoleArn | None = None
    roles: Annotated[int, BeforeValidator(_count), Field(ge=1, le=MOST_ROLES_PER_ACCOUNT)] | None = None

    @property
    def broker(self) -> str:
        """The ARN of what the engine acts as there."""
        return self.broker_role_arn or role_arn(self.account_id, BROKER_ROLE)

    @property
    def provisioner(self) -> str:
        """The ARN of what provisioning acts as there."""
        return self.provisioner_role_arn or role_arn(self.account_id, PROVISIONER_ROLE)

    @property
    def purger(self) -> str:
        """The ARN of what empties workspaces there."""
        return self.purger_role_arn or role_arn(self.account_id, PURGER_ROLE)


def wrong_accounts(
    accounts: Sequence[AccountSettings], home: str, external_id: str, *, embedded: bool
) -> Iterator[str]:
    """Everything that is wrong with the accounts beside `home`, one sentence each."""
    numbers, secrets = [home], [external_id]
    for at, one in enumerate(accounts):
        name = f"accounts[{at}]"
        if one.account_id == home:
            yield f"{name} is the platform's own account, which aws.account_id names: leave it out of accounts"
        elif one.account_id in numbers:
            yield f"{name} names account {one.account_id} a second time: name each once"
        if one.external_id in secrets:
            yield f"{name}.external_id is another account's: give each account an external id of its own"
        numbers.append(one.account_id)
        secrets.append(one.external_id)
        if _OTHER_PARTITION.match(one.region):
            yield f"{name}.region {one.region} is of another partition than aws, which is the only one that is served"
        for field in (*_OWN, "enforcer_role_arn"):
            arn = getattr(one, field)
            if arn is not None and arn.split(":")[4] != one.account_id:
                yield f"{name}.{field} is of another account than its account_id"
        if len({one.broker, one.provisioner, one.purger}) < len(_OWN):
            yield f"the broker, the provisioner and the purger of {name} are to be three roles"
        if embedded and one.account_id not in EMBEDDED_ACCOUNTS:
            yield f"embedded is on, so {name}.account_id has to be one of {', '.join(sorted(EMBEDDED_ACCOUNTS))}"
        if not embedded and one.account_id in EMBEDDED_ACCOUNTS:
            yield f"{name}.account_id is an embedded account's: give a real one"
