"""What every run starts from: the sample company with a contract, an activity and an environment, on both databases."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import sqlalchemy as sa
from pydantic import SecretStr

from platform_api.db.migrate import upgrade
from platform_api.db.tables import metadata
from platform_api.embedded import identity_provider
from platform_api.embedded.aws_clients import CONFIG, root_session
from platform_api.embedded.aws_process import EmbeddedAws
from platform_api.embedded.organisation import load_organisation, sample_text
from platform_api.embedded.platform import EmbeddedPlatform
from platform_api.embedded.serving import Serving, listening, port_of
from platform_api.settings import Settings
from tests.chaos.lake import Lake
from tests.support.platform import Cast, Story, told
from tests.support.postgres import PostgresMissing, PostgresServer, machine_binaries, packaged_binaries, start

SQLITE, POSTGRES = "sqlite", "postgresql"
TEMPLATE, PLAYED = "chaos", "chaos_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The prepared platform: its settings but for the database, the story's ids, tokens, the AWS, the databases.

    One run at a time is played on it; each starts from the prepared rows, at the same two addresses.
    """

    folder: Path
    settings: Settings
    story: Story
    holder: str
    governor: str
    postgres: PostgresServer | None
    iam: Any
    """A client of the AWS account's root, which sees everything."""

    @property
    def databases(self) -> tuple[str, ...]:
        """Those that there are."""
        return (SQLITE,) if self.postgres is None else (SQLITE, POSTGRES)

    @property
    def lake(self) -> Lake:
        """What stands beside IAM."""
        return Lake(path=self.folder / "lake.json")

    @property
    def file(self) -> Path:
        """The SQLite database that is played on."""
        return self.folder / "played" / "sluicegate.db"

    def url(self, database: str) -> str:
        """Where that database is played on."""
        if database == SQLITE or self.postgres is None:
            return f"sqlite:///{self.file}"
        return self.postgres.url(PLAYED)

    def on(self, database: str) -> Settings:
        """The settings with that database."""
        return self.settings.model_copy(update={"database_url": SecretStr(self.url(database))})

    def renew(self, database: str) -> None:
        """Puts the prepared rows there anew."""
        if database == SQLITE or self.postgres is None:
            shutil.rmtree(self.file.parent, ignore_errors=True)
            self.file.parent.mkdir()
            shutil.copy(self.folder / "template.db", self.file)
            return
        with psycopg.connect(host=str(self.postgres.root), user="postgres", dbname="postgres", autocommit=True) as told:
            told.execute(f"DROP DATABASE IF EXISTS {PLAYED} WITH (FORCE)".encode())
            told.execute(f"CREATE DATABASE {PLAYED} TEMPLATE {TEMPLATE}".encode())


@contextmanager
def prepared(folder: Path) -> Iterator[Ground]:
    """Plays the story once, and keeps the AWS and the identity provider up for as long as the block lasts."""
    state = folder / "platform"
    with (
        EmbeddedPlatform(state, environment={"PATH": os.environ["PATH"]}) as platform,
        httpx.Client(base_url=platform.api_url, trust_env=False, timeout=60) as http,
    ):
        story = told(Cast(platform=platform, http=http), _contract())
        settings = platform.platform.settings
        issuer_port = int(platform.issuer_url.rpartition(":")[2])
        holder, governor = platform.token("dana"), platform.token("gus")
        aws_port = int(platform.aws_endpoint_url.rpartition(":")[2])
    with (
        closing(sqlite3.connect(state / "sluicegate.db")) as kept,
        closing(sqlite3.connect(folder / "template.db")) as copy,
    ):
        kept.backup(copy)
        copy.execute("PRAGMA journal_mode = WAL")
    with ExitStack() as parts:
        aws = EmbeddedAws(state_dir=state / "aws", port=aws_port, environment={"PATH": os.environ["PATH"]})
        parts.enter_context(aws)
        if aws.endpoint_url != settings.aws.endpoint_url:
            changed = settings.aws.model_copy(update={"endpoint_url": aws.endpoint_url})
            settings = settings.model_copy(update={"aws": changed})
        bound = listening(issuer_port)
        if port_of(bound) != issuer_port:
            raise SystemExit("the identity provider's port was taken meanwhile: run it again")
        issuer = settings.issuers[0].issuer
        people = load_organisation().logins()
        app = identity_provider.create_app(people, issuer, identity_provider.signing_key(state))
        serving = Serving(app, bound, "identity provider")
        parts.callback(serving.stop)
        serving.start()
        postgres = _postgres(f"sqlite:///{folder / 'template.db'}")
        if postgres is not None:
            parts.callback(postgres.stop)
        root = root_session(settings.aws.region)
        iam = root.client("iam", endpoint_url=settings.aws.endpoint_url, config=CONFIG)
        ground = Ground(
            folder=folder,
            settings=settings,
            story=story,
            holder=holder,
            governor=governor,
            postgres=postgres,
            iam=iam,
        )
        for database in ground.databases:
            ground.renew(database)
        yield ground


def _contract() -> str:
    """The sample's, but that files may be read by a session of a base role, and that tables can be kept apart."""
    text = sample_text("loans.odcs.yaml").replace("mint: role", "mint: session")
    region = "      - {property: awsRegion, value: us-east-1, vendor: sluicegate}\n"
    return text.replace(
        region, f"{region}      - {{property: lakeFormationManaged, value: true, vendor: sluicegate}}\n"
    )


def _postgres(source: str) -> PostgresServer | None:
    """A server of our own, which a run may stop, with the prepared rows as a template; None where there is none."""
    for bindir in filter(None, (machine_binaries(), packaged_binaries())):
        try:
            server = start(bindir)
        except PostgresMissing:
            continue
        server.template(TEMPLATE, lambda url: _copy(source, url))
        return server
    if os.environ.get("REQUIRE_POSTGRES") == "1":
        raise SystemExit("REQUIRE_POSTGRES=1, but no PostgreSQL could be started")
    return None


def _copy(source: str, target: str) -> None:
    """Every row of one database into another, by the tables of this release."""
    upgrade(target)
    here, there = sa.create_engine(source), sa.create_engine(target)
    with here.connect() as reading, there.begin() as writing:
        for table in reversed(metadata.sorted_tables):
            writing.execute(table.delete())
        for table in metadata.sorted_tables:
            rows = [dict(row._mapping) for row in reading.execute(sa.select(table))]
            if rows:
                writing.execute(table.insert(), rows)
    here.dispose()
    there.dispose()
