"""Settings of what is enforced outside of IAM: databases that users are made in, and lists of hosts of networks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from jit_engine.domain.databases import DatabaseSource, RdsDatabase, server_of
from jit_engine.errors import InvalidValue
from jit_engine.sources.kinds import source_of_uri

_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z", re.ASCII)
_STRICT: Final = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class DatabaseSettings(BaseModel):
    """A database that the platform makes users in, and as whom it does; a password is only ever named by its secret.

    `source` is the database's URI. Without `secret_arn` the platform logs in as `admin` by IAM: to RDS with a token,
    to Redshift by the Data API.
    """

    model_config = _STRICT

    source: Annotated[str, Field(max_length=512)]
    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)]
    admin: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.@-]{0,62}\z")] = "sluicegate"
    secret_arn: Annotated[str, Field(pattern=r"^arn:aws:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:\S+\z")] | None = (
        None
    )
    ca_file: Annotated[str, Field(pattern=r"^/\S+\z")] | None = None

    @model_validator(mode="after")
    def _is_a_database(self) -> DatabaseSettings:
        found = self.database
        if not found.database or found.table or found.uri != self.source:
            raise ValueError("source has to name one database and no table in it: rds://account/region/resource/name")
        return self

    @property
    def database(self) -> DatabaseSource:
        """The identity that `source` is the text of; raises `ValueError` for another kind."""
        try:
            source = source_of_uri(self.source, account="")
        except InvalidValue as error:
            raise ValueError(f"source: {error}") from error
        if not isinstance(source, DatabaseSource):
            raise ValueError("source has to be a database: rds://, redshift:// or redshift-serverless://")
        return source


class EgressSettings(BaseModel):
    """The list of hosts that an environment's network lets through: a stateful rule group of AWS Network Firewall."""

    model_config = _STRICT

    environment: Annotated[str, Field(pattern=r"^en_[0-9A-HJKMNP-TV-Z]{26}\z")]
    rule_group_arn: Annotated[
        str,
        Field(pattern=r"^arn:aws:network-firewall:[a-z0-9-]+:[0-9]{12}:stateful-rulegroup/[A-Za-z0-9-]{1,128}\z"),
    ]


def enforcer_problems(
    databases: Sequence[DatabaseSettings],
    egress: Sequence[EgressSettings],
    home: tuple[str, str],
    reached: Collection[tuple[str, str]],
    *,
    embedded: bool,
) -> Iterator[str]:
    """What keeps these from being used together: `home` is the account and region of the platform and its
    environments, `reached` are those for which the settings name an enforcer's role.
    """
    if egress and home not in reached:
        yield "egress needs aws.enforcer_role_arn, the role that reaches the lists"
    for name, given in (
        ("databases names", [one.source for one in databases]),
        ("egress names environment", [one.environment for one in egress]),
        ("egress names rule group", [one.rule_group_arn for one in egress]),
    ):
        yield from (f"{name} {one} twice" for one in sorted({one for one in given if given.count(one) > 1}))
    for one in databases:
        _, account, region, _ = server_of(one.database)
        if (account, region) not in reached:
            yield f"databases: {one.source} lies where the settings name no enforcer_role_arn to reach it with"
        folder = embedded and isinstance(one.database, RdsDatabase) and one.host.startswith("/")
        if not folder and not _HOST.match(one.host):
            yield f"databases: the host of {one.source} has to be a name or an address"
    for arn in (one.rule_group_arn for one in egress):
        if (arn.split(":")[4], arn.split(":")[3]) != home:
            yield f"egress: {arn} does not lie in the platform's own account and region"
