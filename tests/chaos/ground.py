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
import sqlalchemy as sa
from pydantic import SecretStr

from platform_api.db.migrate import upgrade
from platform_api.db.tables import metadata
from platform_api.embedded import identity_provider
from platform_api.embedded.aws_clients import CONFIG, root_session
from platform_api.embedded.aws_process import EmbeddedAws
from platform_api.embedded.organisation import load_organisation
from platform_api.embedded.platform import EmbeddedPlatform
from platform_api.embedded.serving import Serving, listening, port_of
from platform_api.settings import Settings
from tests.support.platform import Cast, Story, told
from tests.support.postgres import PostgresMissing, PostgresServer, machine_binaries, packaged_binaries, start

TEMPLATE = "chaos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The prepared platform: its settings but for the database, the story's ids, a token, the AWS, the databases."""

    folder: Path
    settings: Settings
    story: Story
    token: str
    postgres: PostgresServer | None
    iam: Any
    """A client of the AWS account's root, which sees everything."""

    def on(self, url: str) -> Settings:
        """The settings with that database."""
        return self.settings.model_copy(update={"database_url": SecretStr(url)})

    @contextmanager
    def sqlite(self, name: str) -> Iterator[str]:
        """A copy of the prepared SQLite database, in a folder of its own."""
        folder = self.folder / "runs" / name
        folder.mkdir(parents=True)
        shutil.copy(self.folder / "template.db", folder / "sluicegate.db")
        yield f"sqlite:///{folder / 'sluicegate.db'}"
        shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def postgresql(self) -> Iterator[str]:
        """A copy of the prepared PostgreSQL database."""
        if self.postgres is None:
            raise ValueError("no PostgreSQL")
        with self.postgres.database(TEMPLATE) as url:
            yield url


@contextmanager
def prepared(folder: Path) -> Iterator[Ground]:
    """Plays the story once, and keeps the AWS and the identity provider up for as long as the block lasts."""
    state = folder / "platform"
    with (
        EmbeddedPlatform(state, environment={"PATH": os.environ["PATH"]}) as platform,
        httpx.Client(base_url=platform.api_url, trust_env=False, timeout=60) as http,
    ):
        story = told(Cast(platform=platform, http=http))
        settings = platform.platform.settings
        issuer_port = int(platform.issuer_url.rpartition(":")[2])
        token = platform.token("dana")
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
        yield Ground(folder=folder, settings=settings, story=story, token=token, postgres=postgres, iam=iam)


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
