"""The whole platform on one machine: an enforcing AWS, an identity provider, the API and the worker."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import SecretStr

from platform_api.account_settings import AccountSettings
from platform_api.algorithms import SignatureAlgorithm
from platform_api.app import create_app
from platform_api.changes.watch import Watch
from platform_api.db.migrate import upgrade
from platform_api.embedded import identity_provider
from platform_api.embedded.aws_bootstrap import EmbeddedAccount, bootstrap
from platform_api.embedded.aws_clients import CONFIG, root_session
from platform_api.embedded.aws_process import EmbeddedAws
from platform_api.embedded.errors import EmbeddedUnavailable
from platform_api.embedded.lake import load_lake
from platform_api.embedded.load import load
from platform_api.embedded.organisation import Login, load_organisation
from platform_api.embedded.services import load_services
from platform_api.embedded.serving import HOST, Serving, listening, port_of
from platform_api.logs import log_nowhere, log_to
from platform_api.settings import AwsSettings, ConsoleSettings, IssuerSettings, LogLevel, Settings
from platform_api.wiring import Platform, build, system_clock
from platform_api.worker import Worker

PERIOD = timedelta(seconds=0.5)
"""How often the embedded worker looks: people watch it."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleOnAws:
    """A role as the AWS itself has it: whether it is there, and its inline policy as JSON."""

    exists: bool
    policy: Mapping[str, Any]


class EmbeddedPlatform:
    """`with EmbeddedPlatform(state_dir) as platform: platform.api_url`. One a state directory; a later one goes on
    from the same state, at the same addresses while they are free. Stops everything that it started.
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        tell: Tell = lambda _: None,
        clock: Callable[[], datetime] = system_clock,
        work: bool = True,
        api_port: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.state_dir = state_dir.absolute()
        self.organisation = load_organisation()
        self._tell = tell
        self._clock = clock
        self._work = work
        self._api_port = api_port
        self._environment = environment
        self._parts = ExitStack()
        self._platform: Platform | None = None
        self._account: EmbeddedAccount | None = None
        self.api_url = ""
        self.issuer_url = ""

    @property
    def platform(self) -> Platform:
        """The platform itself, for tests and operators of this process."""
        if self._platform is None:
            raise _not_running()
        return self._platform

    @property
    def account(self) -> EmbeddedAccount:
        """The platform's account in the embedded AWS."""
        if self._account is None:
            raise _not_running()
        return self._account

    @property
    def aws_endpoint_url(self) -> str:
        """Where the embedded AWS listens."""
        return self.account.endpoint_url

    @property
    def people(self) -> tuple[Login, ...]:
        """As whom one can act."""
        return self.organisation.logins()

    @property
    def profile_path(self) -> Path:
        """A JSON file with the addresses, for the command line."""
        return self.state_dir / "profile.json"

    @property
    def settings_path(self) -> Path:
        """The settings as a TOML file, for operators' commands; holds the platform's key, so for its owner only."""
        return self.state_dir / "settings.toml"

    def now(self) -> datetime:
        """The platform's time."""
        return self._clock()

    def start(self) -> Self:
        """Starts every part, in order; stops them all again when one does not start."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stops everything that was started, the last first. Safe to repeat."""
        self._parts.close()
        self._platform = None
        self._account = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def token(self, login: str) -> str:
        """An access token for one of the sample people, as the identity provider would sign it."""
        key = identity_provider.signing_key(self.state_dir)
        subject = next(person.subject for person in self.people if person.login == login)
        return identity_provider.access_token(
            key,
            issuer=self.issuer_url,
            audience=identity_provider.AUDIENCE,
            subject=subject,
            now=datetime.now(UTC),
        )

    def operator_view_of_role(self, name: str, account: str | None = None) -> RoleOnAws:
        """A role as the AWS itself has it, read with the root key of that embedded account, or of the first."""
        session = root_session(self.account.region, account)
        iam = session.client("iam", endpoint_url=self.aws_endpoint_url, config=CONFIG)
        try:
            iam.get_role(RoleName=name)
        except iam.exceptions.NoSuchEntityException:
            return RoleOnAws(exists=False, policy={})
        names = iam.list_role_policies(RoleName=name)["PolicyNames"]
        if len(names) != 1:
            return RoleOnAws(exists=True, policy={"PolicyNames": names})
        found: Any = iam.get_role_policy(RoleName=name, PolicyName=names[0])["PolicyDocument"]
        return RoleOnAws(exists=True, policy=json.loads(found) if isinstance(found, str) else found)

    def _start(self) -> None:
        self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = self._parts.enter_context((self.state_dir / "platform.log").open("a", buffering=1, encoding="utf-8"))
        log_to(log, LogLevel.INFO)
        self._parts.callback(log_nowhere)
        kept = _kept(self.profile_path)
        self._account = self._start_aws(kept.get("aws_port"))
        issuer = listening(kept.get("issuer_port"))
        self._parts.callback(issuer.close)
        self.issuer_url = f"http://{HOST}:{port_of(issuer)}"
        key = identity_provider.signing_key(self.state_dir)
        self._serve(identity_provider.create_app(self.people, self.issuer_url, key), issuer, "identity provider")
        api = listening(self._api_port or kept.get("api_port"))
        self._parts.callback(api.close)
        self.api_url = f"http://{HOST}:{port_of(api)}"
        settings = self._settings(port_of(api))
        self._tell("migrating the database")
        upgrade(settings.database_url.get_secret_value())
        self._platform = build(settings, clock=self._clock)
        self._parts.callback(self._platform.close)
        changed = load(self._platform, self.organisation, self.issuer_url, self.now())
        self._tell(f"loaded the sample organisation: {', '.join(changed) or 'as it was'}")
        self._platform.read_policies.step(self.now())
        app = create_app(self._platform)
        self._serve(app, api, "API", app.state.watch)
        if self._work:
            self._start_worker(self._platform)
        self._write(settings, port_of(issuer), port_of(api))
        self._tell(f"serving at {self.api_url}")

    def _start_aws(self, port: int | None) -> EmbeddedAccount:
        self._tell("starting the embedded AWS")
        aws = EmbeddedAws(state_dir=self.state_dir / "aws", port=port, environment=self._environment)
        self._parts.enter_context(aws)
        account = bootstrap(endpoint_url=aws.endpoint_url, state_dir=aws.state_dir)
        loaded = load_lake(self.organisation, endpoint_url=aws.endpoint_url)
        load_services(self.organisation, endpoint_url=aws.endpoint_url)
        self._tell(f"loaded the lake: {sum(table.rows for table in loaded)} rows in {len(loaded)} tables")
        return account

    def _serve(self, app: Any, bound: Any, name: str, watch: Watch | None = None) -> None:
        serving = Serving(app, bound, name, watch)
        self._parts.callback(serving.stop)
        serving.start()

    def _start_worker(self, platform: Platform) -> None:
        stop = threading.Event()
        thread = threading.Thread(target=Worker(platform, PERIOD).run, args=(stop,), name="worker", daemon=True)

        def end() -> None:
            stop.set()
            thread.join(timeout=30)

        self._parts.callback(end)
        thread.start()

    def _settings(self, api_port: int) -> Settings:
        account = self.account
        return Settings(
            database_url=SecretStr(f"sqlite:///{self.state_dir / 'sluicegate.db'}"),
            api_port=api_port,
            issuers=(
                IssuerSettings(
                    issuer=self.issuer_url,
                    audience=identity_provider.AUDIENCE,
                    jwks_url=f"{self.issuer_url}/jwks.json",
                    algorithms=(SignatureAlgorithm(identity_provider.ALGORITHM),),
                ),
            ),
            aws=AwsSettings(
                account_id=account.account_id,
                region=account.region,
                endpoint_url=account.endpoint_url,
                broker_role_arn=account.broker_role_arn,
                provisioner_role_arn=account.provisioner_role_arn,
                purger_role_arn=account.purger_role_arn,
                external_id=account.external_id,
                access_key_id=SecretStr(account.access_key_id),
                secret_access_key=SecretStr(account.secret_access_key),
            ),
            accounts=(
                AccountSettings(
                    account_id=account.data_account_id, region=account.region, external_id=account.data_external_id
                ),
            ),
            embedded=True,
            console=ConsoleSettings(issuer=self.issuer_url, client_id=identity_provider.CONSOLE_CLIENT),
        )

    def _write(self, settings: Settings, issuer_port: int, api_port: int) -> None:
        aws_port = int(self.aws_endpoint_url.rpartition(":")[2])
        profile = {
            "api_url": self.api_url,
            "issuer_url": self.issuer_url,
            "aws_endpoint_url": self.aws_endpoint_url,
            "api_port": api_port,
            "issuer_port": issuer_port,
            "aws_port": aws_port,
        }
        _put(self.settings_path, _toml(settings))
        _put(self.profile_path, json.dumps(profile, indent=1) + "\n")


def _not_running() -> EmbeddedUnavailable:
    return EmbeddedUnavailable(part="the embedded platform", reason="is not running", fix="start it first")


def _kept(profile: Path) -> dict[str, int]:
    """The ports of the time before, so that addresses which people wrote down survive a restart."""
    try:
        found: object = json.loads(profile.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, int)} if isinstance(found, dict) else {}


def _put(path: Path, text: str) -> None:
    """Written beside and moved into place, readable by its owner only."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _toml(settings: Settings) -> str:
    """The settings as their own file format. JSON strings are TOML strings, so nothing needs escaping of its own."""
    aws, issuer = settings.aws, settings.issuers[0]
    keys = {
        "access_key_id": aws.access_key_id,
        "secret_access_key": aws.secret_access_key,
    }
    lines = [
        f"database_url = {json.dumps(settings.database_url.get_secret_value())}",
        f"api_port = {settings.api_port}",
        "embedded = true",
        "[[issuers]]",
        f"issuer = {json.dumps(issuer.issuer)}",
        f"audience = {json.dumps(issuer.audience)}",
        f"jwks_url = {json.dumps(issuer.jwks_url)}",
        f"algorithms = {json.dumps([algorithm.value for algorithm in issuer.algorithms])}",
        "[console]",
        f"issuer = {json.dumps(issuer.issuer)}",
        f"client_id = {json.dumps(identity_provider.CONSOLE_CLIENT)}",
        "[aws]",
        *(
            f"{name} = {json.dumps(getattr(aws, name))}"
            for name in (
                "account_id",
                "region",
                "endpoint_url",
                "broker_role_arn",
                "provisioner_role_arn",
                "purger_role_arn",
                "external_id",
            )
        ),
        *(f"{name} = {json.dumps(key.get_secret_value())}" for name, key in keys.items() if key is not None),
        *(
            line
            for one in settings.accounts
            for line in (
                "[[accounts]]",
                *(f"{name} = {json.dumps(getattr(one, name))}" for name in ("account_id", "region", "external_id")),
            )
        ),
    ]
    return "\n".join(lines) + "\n"
