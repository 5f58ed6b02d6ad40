"""The platform's settings, frozen and checked as a whole: the environment (SLUICEGATE_…) over a TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from jit_engine.flows.purge import PURGE_AFTER
from jit_engine.iam.limits import MOST_ROLES_PER_ACCOUNT, ROLES_PER_ACCOUNT
from platform_api.account_settings import MOST_ACCOUNTS, AccountSettings, RoleArn, wrong_accounts
from platform_api.algorithms import SignatureAlgorithm
from platform_api.database_url import DatabaseUrl
from platform_api.embedded.loopback import EMBEDDED_ACCOUNT, is_loopback_host, is_loopback_url
from platform_api.enforcer_settings import DatabaseSettings, EgressSettings, enforcer_problems
from platform_api.faults import plainly

PREFIX = "SLUICEGATE_"
_PUBLIC_URL = re.compile(
    r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*\Z", re.ASCII
)
FILE = "SLUICEGATE_SETTINGS"
"""Names the TOML file; without it there is none."""


class SettingsInvalid(Exception):
    """The settings cannot be used; `problems` says everything that is wrong, one line each."""

    code: ClassVar[str] = "settings-invalid"

    def __init__(self, *, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("the settings cannot be used: " + "; ".join(problems))


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _number(given: object) -> object:
    """A whole number written in ASCII digits; pydantic alone would also take `3_600` and ` 5 `."""
    return int(given) if isinstance(given, str) and re.fullmatch(r"[0-9]{1,9}", given) else given


def _flag(given: object) -> object:
    return {"true": True, "false": False}.get(given, given) if isinstance(given, str) else given


def _duration(given: object) -> object:
    """An ISO 8601 duration; pydantic alone would also take `3600` and `01:00:00`."""
    if isinstance(given, str) and given.startswith("P"):
        return TypeAdapter(timedelta).validate_python(given)
    return given


def _tuple(given: object) -> object:
    return tuple(given) if isinstance(given, list) else given


def _algorithms(given: object) -> object:
    known = {algorithm.value: algorithm for algorithm in SignatureAlgorithm}
    return tuple(known.get(item, item) for item in given) if isinstance(given, list) else given


def _level(given: object) -> object:
    return {level.value: level for level in LogLevel}.get(given, given) if isinstance(given, str) else given


Whole = Annotated[int, BeforeValidator(_number)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Emergency = Annotated[Duration, Field(ge=timedelta(minutes=15), le=timedelta(hours=1))]
_ROLES = ("broker_role_arn", "provisioner_role_arn", "purger_role_arn")
VpcEndpoint = Annotated[str, Field(pattern=r"^vpce-[0-9a-f]{8,17}\z")]

_STRICT = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class IssuerSettings(BaseModel):
    """One identity provider whose access tokens are taken."""

    model_config = _STRICT

    issuer: Annotated[str, Field(min_length=1, max_length=512)]
    audience: Annotated[str, Field(min_length=1, max_length=255)]
    jwks_url: Annotated[str, Field(min_length=1, max_length=1024)]
    algorithms: Annotated[tuple[SignatureAlgorithm, ...], BeforeValidator(_algorithms), Field(min_length=1)] = (
        SignatureAlgorithm.RS256,
    )


class AwsSettings(BaseModel):
    """The account the platform mints in. On real AWS the machine's own credentials are used."""

    model_config = _STRICT

    account_id: Annotated[str, Field(pattern=r"^[0-9]{12}\z")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]\z")]
    endpoint_url: str | None = None
    broker_role_arn: RoleArn
    provisioner_role_arn: RoleArn
    purger_role_arn: RoleArn
    external_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+=,.@:/-]{16,1224}\z")]
    enforcer_role_arn: RoleArn | None = None
    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None


class ConsoleSettings(BaseModel):
    """The web console's client at one of the issuers. Its redirect URI is `public_url` with `/auth/callback`."""

    model_config = _STRICT

    issuer: Annotated[str, Field(min_length=1, max_length=512)]
    client_id: Annotated[str, Field(min_length=1, max_length=255)]
    client_secret: SecretStr | None = None
    scope: Annotated[str, Field(pattern=r"^openid( [a-z_:/.-]+)*\z")] = "openid"


class LimitSettings(BaseModel):
    """Bounds of the platform's own."""

    model_config = _STRICT

    max_sources: Annotated[Whole, Field(ge=1, le=1000)] = 100
    max_live_grants_per_person: Annotated[Whole, Field(ge=1, le=1000)] = 20
    roles_per_account: Annotated[Whole, Field(ge=1, le=MOST_ROLES_PER_ACCOUNT)] = ROLES_PER_ACCOUNT
    reconciler_period: Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(hours=1))] = timedelta(seconds=5)
    purge_after: Annotated[Duration, Field(ge=timedelta(hours=1), le=timedelta(days=365))] = PURGE_AFTER


class SafeguardSettings(BaseModel):
    """What has to hold around a source, and the network of the environments that are made from now on."""

    model_config = _STRICT

    policies_read_within: Annotated[Duration, Field(ge=timedelta(hours=2), le=timedelta(days=7))] = timedelta(hours=24)
    require_network_from: Literal["confidential", "restricted", "never"] = "never"
    vpc_endpoints: Annotated[tuple[VpcEndpoint, ...], BeforeValidator(_tuple), Field(max_length=20)] = ()


def _pattern(given: str) -> str:
    """A regular expression that can be compiled."""
    try:
        re.compile(given, re.ASCII)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return given


class RequestSettings(BaseModel):
    """What every request for access has to bring. `ticket_pattern` is the form of a whole ticket reference; with it a
    ticket is demanded.
    """

    model_config = _STRICT

    justification: Flag = False
    ticket_pattern: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_pattern)] | None = None
    break_glass_longest: Emergency = timedelta(minutes=30)
    start_within: Annotated[Duration, Field(ge=timedelta(hours=1), le=timedelta(days=365))] = timedelta(days=30)


class Settings(BaseSettings):
    """All settings of one process. Nested ones are named with two underscores: SLUICEGATE_AWS__REGION."""

    model_config = SettingsConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, env_prefix=PREFIX
    )

    database_url: DatabaseUrl
    api_host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    api_port: Annotated[Whole, Field(ge=0, le=65535)] = 8400
    public_url: Annotated[str, Field(max_length=1024)] | None = None
    issuers: Annotated[tuple[IssuerSettings, ...], BeforeValidator(_tuple), Field(min_length=1)]
    aws: AwsSettings
    accounts: Annotated[tuple[AccountSettings, ...], BeforeValidator(_tuple), Field(max_length=MOST_ACCOUNTS)] = ()
    embedded: Flag = False
    log_level: Annotated[LogLevel, BeforeValidator(_level)] = LogLevel.INFO
    limits: LimitSettings = LimitSettings()
    safeguards: SafeguardSettings = SafeguardSettings()
    requests: RequestSettings = RequestSettings()
    console: ConsoleSettings | None = None
    databases: Annotated[tuple[DatabaseSettings, ...], BeforeValidator(_tuple), Field(max_length=200)] = ()
    egress: Annotated[tuple[EgressSettings, ...], BeforeValidator(_tuple), Field(max_length=500)] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over: the process's environment is read where the process starts."""
        return (init_settings,)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = [
            *self._twice(),
            *self._public(),
            *wrong_accounts(self.accounts, self.aws.account_id, self.aws.external_id, embedded=self.embedded),
            *(self._reach_outside() if self.embedded else self._reach_inside()),
        ]
        home, others = (self.aws.account_id, self.aws.region), [one for one in self.accounts if one.enforcer_role_arn]
        reached = {(one.account_id, one.region) for one in others} | ({home} if self.aws.enforcer_role_arn else set())
        problems += enforcer_problems(self.databases, self.egress, home, reached, embedded=self.embedded)
        for name in _ROLES:
            if getattr(self.aws, name).split(":")[4] != self.aws.account_id:
                problems.append(f"aws.{name} is of another account than aws.account_id")
        if len({getattr(self.aws, name) for name in _ROLES}) < len(_ROLES):
            problems.append("the broker, the provisioner and the purger of aws are to be three roles")
        if self.console is not None and self.console.issuer not in {issuer.issuer for issuer in self.issuers}:
            problems.append("console.issuer has to be one of the issuers")
        if (self.aws.access_key_id is None) != (self.aws.secret_access_key is None):
            problems.append("aws.access_key_id and aws.secret_access_key go together: give both or none")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def base_url(self) -> str:
        """Where others reach the API, without a slash at its end: `public_url`, else where this process listens."""
        host = f"[{self.api_host}]" if ":" in self.api_host else self.api_host
        return self.public_url or f"http://{host}:{self.api_port}"

    def _twice(self) -> list[str]:
        issuers = [issuer.issuer for issuer in self.issuers]
        return [f"issuers names {name} twice" for name in sorted({i for i in issuers if issuers.count(i) > 1})]

    def _public(self) -> list[str]:
        scheme = "http" if self.embedded else "https"
        if self.public_url is None or (
            _PUBLIC_URL.match(self.public_url) and self.public_url.startswith(f"{scheme}://")
        ):
            return []
        return [f"public_url has to be like {scheme}://sluicegate.example.com, with no slash at its end"]

    def _reach_outside(self) -> list[str]:
        """What keeps the embedded platform from being this machine's own."""
        problems = []
        if not is_loopback_host(self.api_host):
            problems.append("embedded is on, so api_host has to be 127.0.0.1")
        if self.public_url is not None and not is_loopback_url(self.public_url):
            problems.append("embedded is on, so public_url has to be on this machine")
        if self.aws.endpoint_url is None or not is_loopback_url(self.aws.endpoint_url):
            problems.append("embedded is on, so aws.endpoint_url has to be on this machine")
        if self.aws.account_id != EMBEDDED_ACCOUNT:
            problems.append(f"embedded is on, so aws.account_id has to be {EMBEDDED_ACCOUNT}")
        for issuer in self.issuers:
            if not (is_loopback_url(issuer.issuer) and is_loopback_url(issuer.jwks_url)):
                problems.append(f"embedded is on, so the issuer {issuer.issuer} has to be on this machine")
        return problems

    def _reach_inside(self) -> list[str]:
        """What is only for the embedded platform."""
        problems = []
        if self.aws.endpoint_url is not None:
            problems.append("aws.endpoint_url is for the embedded platform only: remove it")
        if self.aws.access_key_id is not None:
            problems.append("aws.access_key_id is for the embedded platform only: use the machine's own role")
        if self.aws.account_id == EMBEDDED_ACCOUNT:
            problems.append("aws.account_id is the embedded account's: give the real one")
        for issuer in self.issuers:
            for name, url in (("issuer", issuer.issuer), ("jwks_url", issuer.jwks_url)):
                if urlsplit(url).scheme != "https" or is_loopback_url(url):
                    problems.append(f"the {name} {url} has to be https and not on this machine")
        return problems


class _Environment(EnvSettingsSource):
    """pydantic-settings' reading of an environment that is handed over."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = {name.lower(): value for name, value in variables.items()}
        super().__init__(Settings, env_nested_delimiter="__", env_prefix=PREFIX)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._variables

    def _coerce_env_val_strict(self, field: FieldInfo | None, value: Any) -> Any:
        """Left as it is written: pydantic-settings would read it leniently here, `84_00` and all."""
        return value


def load(environment: Mapping[str, str]) -> Settings:
    """The settings that this environment gives; raises `SettingsInvalid` with every problem."""
    values, problems = _values(environment)
    problems += _misspelt(environment)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        problems += [_told(found) for found in error.errors(include_input=False)]
        raise SettingsInvalid(problems=tuple(problems)) from None
    if problems:
        raise SettingsInvalid(problems=tuple(problems))
    return settings


def check(environment: Mapping[str, str]) -> list[str]:
    """Every problem of the settings that this environment gives; empty when the platform can start."""
    try:
        load(environment)
    except SettingsInvalid as error:
        return list(error.problems)
    return []


def _values(environment: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The file's values with the environment's over them, and what could not be read."""
    problems: list[str] = []
    from_file = _in_file(environment.get(FILE, ""))
    try:
        from_environment = _Environment(environment)()
    except SettingsError as error:
        problems.append(f"{error}: give it as JSON")
        from_environment = {}
    return _over(from_file, from_environment), problems


def _in_file(file: str) -> dict[str, Any]:
    """The file's tables; raises at once when it cannot be read, for then nothing else can be told."""
    if not file:
        return {}
    try:
        return tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        why = f"cannot be read: {(error.strerror or '').lower()}; name a TOML file"
    except UnicodeDecodeError:
        why = "is not text in UTF-8; name a TOML file"
    except tomllib.TOMLDecodeError as error:
        why = f"is no TOML: {error}; mend it there"
    raise SettingsInvalid(problems=(f"{FILE}: {file} {why}",))


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`, table by table."""
    both = dict(below)
    for key, value in above.items():
        under = both.get(key)
        nested = isinstance(under, dict) and isinstance(value, dict)
        both[key] = _over(under, value) if nested and isinstance(under, dict) else value
    return both


def _misspelt(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like a setting and are none; others of our prefix belong to the command line."""
    names = {f"{PREFIX}{field}".upper() for field in Settings.model_fields}
    problems = []
    for variable in sorted(environment):
        name = variable.upper().partition("__")[0]
        if name.startswith(PREFIX) and name not in {*names, FILE}:
            near = get_close_matches(name, names, n=1, cutoff=0.85)
            problems += [f"{variable} is not a setting: did you mean {near[0]}?"] if near else []
    return problems


def _told(found: ErrorDetails) -> str:
    name = ".".join(str(part) for part in found["loc"])
    what, fix = plainly(found)
    told = fix if found["type"] == "value_error" else f"{what}; {fix}"
    return f"{name}: {told}" if name else told
