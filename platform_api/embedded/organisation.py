"""The sample organisation: read from its YAML, checked as a whole, and given in the registry's records."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from jit_engine.domain.catalogue import CatalogueItem, ColumnGroup, PrefixItem, ServiceItem, TableItem, Zone
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import SubjectId
from jit_engine.domain.source import GlueTable, S3Prefix
from jit_engine.domain.subject import Person, Workload
from jit_engine.errors import InvalidValue
from jit_engine.sources.kinds import source_of_uri
from platform_api.embedded.errors import SampleInvalid
from platform_api.registry.records import DirectoryEntry, StandingApproval

_MOMENT = re.compile(r"\{\{now(?:(?P<sign>[+-])(?P<days>[0-9]{1,4})d)?\}\}")

Slug = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\z")]
Purpose = Annotated[str, Field(pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)*\z")]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Level = Annotated[Classification, BeforeValidator(Classification)]
Place = Annotated[Zone, BeforeValidator(Zone)]
_ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Team(_Model):
    """A team."""

    name: Slug
    title: Title


class Member(_Model):
    """What a person and a workload have in common."""

    login: Slug
    subject: Annotated[str, Field(min_length=1, max_length=255)]
    name: Title
    title: Title
    teams: Annotated[list[Slug], Field(min_length=1)]


class SamplePerson(Member):
    """A human."""

    id: Annotated[str, Field(pattern=rf"^pe_{_ULID}\z")]
    trainings: list[Slug]


class SampleWorkload(Member):
    """A pipeline."""

    id: Annotated[str, Field(pattern=rf"^wl_{_ULID}\z")]


class SamplePurpose(_Model):
    """A purpose of the tree."""

    name: Purpose
    parent: Purpose | None = None


class SampleApproval(_Model):
    """A team's standing approval."""

    team: Slug
    max_classification: Level
    purposes: Annotated[list[Purpose], Field(min_length=1)]


class Location(_Model):
    """A prefix of a bucket; `account` where it is not the organisation's first."""

    bucket: str
    prefix: str
    account: str | None = None


class SamplePrefix(Location):
    """A catalogued prefix."""

    title: Title
    domain: Slug
    product: Slug
    owner: Slug
    zone: Place
    classification: Level
    classes: list[Slug]
    closed: bool = False


class SampleGroup(_Model):
    """The columns of a table that share a classification."""

    name: Slug
    classification: Level
    classes: list[Slug]
    columns: Annotated[list[str], Field(min_length=1)]


class SampleTable(_Model):
    """A catalogued table."""

    database: str
    table: str
    title: Title
    domain: Slug
    product: Slug
    owner: Slug
    location: Location
    groups: Annotated[list[SampleGroup], Field(min_length=1)]


class SampleService(_Model):
    """A catalogued source that is not made of files."""

    uri: str
    title: Title
    domain: Slug
    product: Slug
    owner: Slug
    classification: Level
    classes: list[Slug]


class SampleCatalogue(_Model):
    """What data there is."""

    prefixes: list[SamplePrefix]
    tables: list[SampleTable]
    services: list[SampleService] = []


class Login(_Model):
    """As whom one can act at the local identity provider."""

    login: str
    name: str
    role: str
    subject: str


class Organisation(_Model):
    """The sample organisation."""

    name: Title
    account: str
    region: str
    teams: list[Team]
    people: list[SamplePerson]
    workloads: list[SampleWorkload]
    purposes: list[SamplePurpose]
    standing_approvals: list[SampleApproval]
    catalogue: SampleCatalogue

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        problems = [*self._twice(), *self._unknown()]
        try:
            self.catalogue_items()
        except InvalidValue as error:
            problems.append(f"catalogue: {error}")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def members(self) -> tuple[SamplePerson | SampleWorkload, ...]:
        """The people, then the workloads."""
        return (*self.people, *self.workloads)

    def logins(self) -> tuple[Login, ...]:
        """Everybody whom the local identity provider knows."""
        return tuple(Login(login=one.login, name=one.name, role=one.title, subject=one.subject) for one in self.members)

    def directory(self, issuer: str) -> tuple[DirectoryEntry, ...]:
        """Everybody as the registry's directory has them, known by the subject of that issuer's tokens."""
        return tuple(
            DirectoryEntry(subject=_subject(one), issuer=issuer, login=one.subject, title=one.title)
            for one in self.members
        )

    def approvals(self) -> tuple[StandingApproval, ...]:
        """The teams' standing approvals."""
        return tuple(
            StandingApproval(team=one.team, max_classification=one.max_classification, purposes=frozenset(one.purposes))
            for one in self.standing_approvals
        )

    def purpose_tree(self) -> dict[str, str | None]:
        """Each purpose with its parent."""
        return {purpose.name: purpose.parent for purpose in self.purposes}

    def catalogue_items(self) -> tuple[CatalogueItem, ...]:
        """The catalogue's items; raises `InvalidValue`."""
        return (
            *map(self._prefix_item, self.catalogue.prefixes),
            *map(self._table_item, self.catalogue.tables),
            *map(_service_item, self.catalogue.services),
        )

    def _prefix_item(self, one: SamplePrefix) -> PrefixItem:
        return PrefixItem(
            source=self._prefix(one),
            title=one.title,
            product=one.product,
            owner_team=one.owner,
            domain=one.domain,
            zone=one.zone,
            classification=one.classification,
            classes=frozenset(one.classes),
            closed=one.closed,
        )

    def _table_item(self, one: SampleTable) -> TableItem:
        return TableItem(
            source=GlueTable(account=self.account, region=self.region, database=one.database, table=one.table),
            title=one.title,
            product=one.product,
            owner_team=one.owner,
            domain=one.domain,
            location=self._prefix(one.location),
            groups=tuple(
                ColumnGroup(
                    name=group.name,
                    columns=tuple(group.columns),
                    classification=group.classification,
                    classes=frozenset(group.classes),
                )
                for group in one.groups
            ),
        )

    def _prefix(self, one: Location) -> S3Prefix:
        return S3Prefix(account=one.account or self.account, bucket=one.bucket, prefix=one.prefix)

    def _twice(self) -> Iterator[str]:
        for what, names in (
            ("team", [team.name for team in self.teams]),
            ("login", [one.login for one in self.members]),
            ("id", [one.id for one in self.members]),
            ("subject", [one.subject for one in self.members]),
            ("purpose", [purpose.name for purpose in self.purposes]),
        ):
            yield from (f"{what} {name} occurs twice" for name in sorted(set(names)) if names.count(name) > 1)

    def _unknown(self) -> Iterator[str]:
        teams, purposes = {team.name for team in self.teams}, set(self.purpose_tree())
        for one in self.members:
            yield from (f"{one.login} is in the unknown team {team}" for team in one.teams if team not in teams)
        for purpose in self.purposes:
            if purpose.parent is not None and purpose.parent not in purposes:
                yield f"{purpose.name} has the unknown parent {purpose.parent}"
        for approval in self.standing_approvals:
            if approval.team not in teams:
                yield f"the unknown team {approval.team} has a standing approval"
            for name in approval.purposes:
                if name not in purposes:
                    yield f"{approval.team} has a standing approval for the unknown purpose {name}"


def _service_item(one: SampleService) -> ServiceItem:
    source = source_of_uri(one.uri, account="")
    if isinstance(source, S3Prefix | GlueTable):
        raise InvalidValue(field="services", given=one.uri, fix="name it under prefixes or tables")
    return ServiceItem(
        source=source,
        title=one.title,
        product=one.product,
        owner_team=one.owner,
        domain=one.domain,
        classification=one.classification,
        classes=frozenset(one.classes),
    )


def load_organisation(text: str | None = None) -> Organisation:
    """The sample organisation, or the one that `text` describes; raises `SampleInvalid`."""
    try:
        return Organisation.model_validate(yaml.safe_load(text or sample_text("organisation.yaml")))
    except (ValidationError, yaml.YAMLError) as error:
        raise SampleInvalid(file="organisation.yaml", problem=str(error)) from error


def sample_path(name: str) -> Path:
    """A file of the sample, as a path."""
    path = Path(str(resources.files("platform_api.embedded") / "sample" / name))
    if not path.is_file():
        raise SampleInvalid(file=name, problem="is not part of the sample")
    return path


def sample_text(name: str, now: datetime | None = None) -> str:
    """A file of the sample; with `now`, its `{{now+30d}}` placeholders are filled."""
    text = sample_path(name).read_text(encoding="utf-8")
    return text if now is None else filled(text, now)


def filled(text: str, now: datetime) -> str:
    """`text` with each `{{now}}`, `{{now-30d}}` or `{{now+365d}}` as a UTC time such as 2026-11-23T00:00:00Z."""

    def moment(match: re.Match[str]) -> str:
        days = int(match["days"] or 0) * (-1 if match["sign"] == "-" else 1)
        return (now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    return _MOMENT.sub(moment, text)


def _subject(one: SamplePerson | SampleWorkload) -> Person | Workload:
    if isinstance(one, SamplePerson):
        return Person(
            id=SubjectId(one.id),
            name=one.name,
            teams=frozenset(one.teams),
            trainings=frozenset(one.trainings),
        )
    return Workload(id=SubjectId(one.id), name=one.name, teams=frozenset(one.teams))
