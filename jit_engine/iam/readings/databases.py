"""The second reading of connections to databases: as a user of the grant's own, to what was cleared."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from jit_engine.domain.databases import RdsDatabase, RedshiftDatabase, RedshiftWorkgroup
from jit_engine.domain.source import Operation
from jit_engine.iam.readings.plain import PlainReading, may
from jit_engine.iam.readings.reading import Decided


class RedshiftReading(PlainReading):
    """Credentials for a database, or for a workgroup."""

    actions = frozenset({"redshift:GetClusterCredentialsWithIAM", "redshift-serverless:GetCredentials"})

    def cleared(self, decided: Decided) -> Mapping[str, set[str]]:
        """One ARN a source."""
        pairs: list[tuple[set[str], str]] = []
        for cleared in decided.clearance.cleared:
            match cleared.ask.source:
                case RedshiftDatabase(account=account, region=region, cluster=cluster, database=database):
                    arn = f"arn:aws:redshift:{region}:{account}:dbname:{cluster}/{database}"
                    pairs.append(({"redshift:GetClusterCredentialsWithIAM"}, arn))
                case RedshiftWorkgroup(account=account, region=region, workgroup=workgroup):
                    arn = f"arn:aws:redshift-serverless:{region}:{account}:workgroup/{workgroup}"
                    pairs.append(({"redshift-serverless:GetCredentials"}, arn))
        return may(pairs)


class RdsReading(PlainReading):
    """Connecting as the user whose name is made of the grant's id and the database, and as no other."""

    actions = frozenset({"rds-db:connect"})

    def cleared(self, decided: Decided) -> Mapping[str, set[str]]:
        """One ARN a database."""
        start = "sg_" + str(decided.grant).removeprefix("gr_").lower() + "_"
        return may(
            [
                ({"rds-db:connect"}, f"arn:aws:rds-db:{s.region}:{s.account}:dbuser:{s.resource}/{start}{_mark(s)}")
                for c in decided.clearance.cleared
                if isinstance(s := c.ask.source, RdsDatabase) and Operation.SELECT in c.ask.operations
            ]
        )


def _mark(source: RdsDatabase) -> str:
    """Eight digits that tell the databases of a grant apart, as those who make the user have them."""
    server = f"rds://{source.account}/{source.region}/{source.resource}"
    whole = f"{server}/{source.database}" if source.database else server
    return hashlib.sha256(whole.encode()).hexdigest()[:8]
