"""What was read of the policies that a source carries itself, and what of it could let a session of ours in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from jit_engine.domain.classification import Classification
from jit_engine.domain.services import DynamoTable, ImageRepository, KinesisStream, PackageRepository, Secret
from jit_engine.domain.source import GlueTable, S3Prefix, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyText:
    """One policy as AWS returned it; `name` says whose it is, in words (`bucket policy of lake`)."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGrant:
    """A grant of a KMS key: `holder` may use it whatever the key's policy says."""

    key: str
    id: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketLists:
    """What decides about a bucket's access control lists. `groups` are the groups that its own list names."""

    bucket: str
    owner_enforced: bool
    ignores_public: bool
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPolicies:
    """Everything that one resource says itself about who gets in. `unread` names what could not be read, and why."""

    texts: tuple[PolicyText, ...] = ()
    key_grants: tuple[KeyGrant, ...] = ()
    lists: tuple[BucketLists, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFinding:
    """One opening: `policy` is which document (`bucket policy of lake`), `statement` which part of it.

    `why` says who could get in, `repair` what its owner has to change.
    """

    policy: str
    statement: str
    why: str
    repair: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReading:
    """What was last found of one resource's own policies. `digest` is of everything that was read, whatever it said."""

    resource: str
    account: str
    checked_at: datetime
    digest: str
    findings: tuple[PolicyFinding, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePolicies:
    """A resource whose own policies have to be read, and whose account that is."""

    resource: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguards:
    """What has to hold around a source before it is given: its own policies, read lately, and a network.

    `readings` are the latest of each resource, `oldest` how old one may be. From `network_from` upwards an
    environment has to have a network of its own; None asks for that nowhere.
    """

    readings: tuple[PolicyReading, ...]
    oldest: timedelta
    network_from: Classification | None

    def is_recent(self, reading: PolicyReading, now: datetime) -> bool:
        """Whether the reading still counts."""
        return now - reading.checked_at <= self.oldest

    def reading_of(self, resource: str) -> PolicyReading | None:
        """The latest reading of that resource, or None where it was never read."""
        return next((reading for reading in self.readings if reading.resource == resource), None)


def policed_by(source: Source, files: Iterable[S3Prefix], key_arn: str | None) -> tuple[tuple[str, str], ...]:
    """Each resource whose own policy governs the source, with its account: bucket, key, catalogue, thing itself.

    Databases of Redshift and RDS, models and hosts of the internet carry no policy that lets in a role.
    """
    found = {(f"arn:aws:s3:::{prefix.bucket}", prefix.account) for prefix in files}
    if key_arn is not None:
        found.add((key_arn, key_arn.split(":")[4]))
    match source:
        case GlueTable():
            found.add((f"arn:aws:glue:{source.region}:{source.account}:catalog", source.account))
        case DynamoTable():
            found.add((f"arn:aws:dynamodb:{source.region}:{source.account}:table/{source.table}", source.account))
        case KinesisStream():
            found.add((f"arn:aws:kinesis:{source.region}:{source.account}:stream/{source.stream}", source.account))
        case Secret():
            found.add(
                (f"arn:aws:secretsmanager:{source.region}:{source.account}:secret:{source.secret}", source.account)
            )
        case ImageRepository():
            found.add((f"arn:aws:ecr:{source.region}:{source.account}:repository/{source.images}", source.account))
        case PackageRepository():
            library = f"repository/{source.domain}/{source.packages}"
            found.add((f"arn:aws:codeartifact:{source.region}:{source.account}:{library}", source.account))
    return tuple(sorted(found))
