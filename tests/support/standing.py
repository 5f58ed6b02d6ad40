"""What always holds of a platform, whatever was just tried on it: looked at from outside, after a test.

Its database is read as the stores read it, its AWS as the account's root sees it.

1. Every role under /jit/ has a row of the ledger, which was on record before; else an alarm names it.
2. A live grant's role has exactly the recorded policy and its environment's boundary, and nothing attached.
3. Every source that was cleared is in that policy, and no bucket of data that was not: nothing cut, nothing added.
4. No grant and no session outlives the tier's maximum or the end that was decided.
5. Each delivery has a record of its own, by the holder, under a session name of its own.
6. No secret that was handed out is at rest.
7. Nobody approved what they wrote: rules, contracts, activities.
8. The audit trail is whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jit_engine.domain.catalogue import TableItem
from jit_engine.domain.grant import ENDED, Grant, GrantState, Principal
from jit_engine.domain.ids import GrantId
from jit_engine.rules.tiers import TIER_MAXIMUM
from platform_api.db.audit import AuditTrail
from platform_api.db.engine import Database
from platform_api.db.ledger import SqlLedger
from platform_api.db.registry import SqlRegistry
from platform_api.db.rulebooks import SqlRulebooks
from platform_api.embedded.aws_clients import CONFIG, root_session
from platform_api.paging import PageAsk
from tests.support.platform import Cast

S3 = "arn:aws:s3:::"


@dataclass(slots=True, kw_only=True)
class Standing:
    """A platform to look at. `files` are where nothing secret may be; `secrets` what was handed out."""

    database: Database
    iam: Any
    files: Sequence[Path] = ()
    secrets: list[str] = field(default_factory=list)
    _seen: dict[GrantId, int] = field(default_factory=dict)
    _verified: int = 0

    @classmethod
    def of(cls, cast: Cast) -> Standing:
        """The running platform's."""
        platform = cast.platform
        files = [platform.state_dir / "platform.log", *platform.state_dir.glob("sluicegate.db*")]
        return cls(database=platform.platform.database, iam=root_of(cast, "iam"), files=files)

    def handed_out(self, keys: Mapping[str, str]) -> None:
        """Remembers the secrets of a delivery."""
        self.secrets += [keys["secret_access_key"], keys["session_token"]]

    def check(self) -> None:
        """Fails with everything that does not hold."""
        findings = [*self._roles(), *self._grants(), *self._at_rest(), *self._own_approvals(), *self._trail()]
        assert findings == [], findings

    def roles(self) -> dict[str, str]:
        """The id of every role under /jit/, by its name."""
        pages = self.iam.get_paginator("list_roles").paginate(PathPrefix="/jit/")
        return {role["RoleName"]: role["RoleId"] for page in pages for role in page["Roles"]}

    def _roles(self) -> Iterator[str]:
        ledger = SqlLedger(self.database)
        for name, role_id in self.roles().items():
            grant = ledger.grant_of_role(name)
            if grant is None:
                if not self._records(role=name, action="alarm.foreign-role-quarantined") and not self._records(
                    role=name, action="alarm.role-not-swept"
                ):
                    yield f"role {name} is in no ledger and in no alarm"
                continue
            ours = next(role for role in grant.roles if role.name == name)
            if ours.role_id not in (None, role_id):
                yield f"role {name} is another than the ledger's"
            if not self._records(grant=grant.id, action="grant.opened"):
                yield f"role {name} has no record of its intent"
            if grant.state in ENDED and name in self.roles():
                yield f"role {name} outlives its grant"

    def _grants(self) -> Iterator[str]:
        ledger = SqlLedger(self.database)
        for grant in ledger.live_grants():
            if self._seen.get(grant.id) == grant.version:
                continue
            found = [*self._times(grant), *self._deliveries(grant)]
            if grant.state is GrantState.ACTIVE:
                found += [*self._what_was_decided(grant, ledger.decision_of(grant.id))]
                found += [one for each in grant.principals if each.roles for one in self._on_aws(grant, each)]
            after = ledger.get(grant.id)
            if after is None or after.version != grant.version:
                continue  # the worker moved it on while we looked
            yield from found
            self._seen[grant.id] = grant.version

    def _times(self, grant: Grant) -> Iterator[str]:
        if grant.ends_at - grant.created_at > TIER_MAXIMUM[grant.tier]:
            yield f"{grant.id} is longer than its tier allows"
        if grant.ends_at > grant.sessions_end_by:
            yield f"{grant.id} outlives its contract, activity or environment"
        if grant.last_session_end is not None and grant.last_session_end > grant.sessions_end_by:
            yield f"a session of {grant.id} outlives what was decided"

    def _deliveries(self, grant: Grant) -> Iterator[str]:
        records = self._records(grant=grant.id, action="credentials.delivered")
        if len(records) != grant.sessions or len({r["details"]["session"] for r in records}) != len(records):
            yield f"{grant.id} has {grant.sessions} sessions and {len(records)} records of them"
        if any(record["actor"] != grant.subject for record in records):
            yield f"somebody else than its holder got credentials of {grant.id}"

    def _on_aws(self, grant: Grant, principal: Principal) -> Iterator[str]:
        name = principal.role.name
        policies = self.iam.list_role_policies(RoleName=name)["PolicyNames"]
        attached = self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        if len(policies) != 1 or attached:
            yield f"{name} has the policies {policies} and {attached}"
            return
        found: Any = self.iam.get_role_policy(RoleName=name, PolicyName=policies[0])["PolicyDocument"]
        if (json.loads(found) if isinstance(found, str) else found) != json.loads(principal.policy):
            yield f"{name} has another policy than was recorded"
        boundary = self.iam.get_role(RoleName=name)["Role"].get("PermissionsBoundary", {})
        environment = SqlRegistry(self.database).environment(grant.environment)
        place = None if environment is None else environment.environment.place
        if place is not None and boundary.get("PermissionsBoundaryArn") != place.boundary_arn:
            yield f"{name} has not its environment's boundary"

    def _what_was_decided(self, grant: Grant, decision: Mapping[str, Any]) -> Iterator[str]:
        places = list(self._places(decision))
        environment = SqlRegistry(self.database).environment(grant.environment)
        own = [] if environment is None or environment.environment.place is None else [environment.environment.place]
        beneath = [*places, *(f"{S3}{place.workspace_bucket}/" for place in own)]
        statements = [one for each in grant.principals for one in json.loads(each.policy)["Statement"]]
        allows = [statement for statement in statements if statement["Effect"] == "Allow"]
        if not places or any({"NotAction", "NotResource", "Principal"} & set(statement) for statement in allows):
            yield f"{grant.id} rests on no source, or allows by exception"
        named = {arn for statement in allows for arn in statement["Resource"] if arn.startswith(S3)}
        for arn in sorted(named):
            if not any(arn.startswith(place) or place.startswith(f"{arn}/") for place in beneath):
                yield f"{arn} is in the policy of {grant.id} and was not cleared"
        for place in places:
            if f"{place}*" not in named and not place.startswith("arn:aws:glue"):
                yield f"{place} was cleared and is not in the policy of {grant.id}"

    def _places(self, decision: Mapping[str, Any]) -> Iterator[str]:
        """Where the files of each cleared source lie that may be read, as the beginning of an ARN."""
        located = {item.source.uri: item.location for item in SqlRegistry(self.database).catalogue().items
                   if isinstance(item, TableItem) and item.location is not None}  # fmt: skip
        for source in decision["sources"]:
            if not source["passes"]:
                continue
            uri = str(source["source"])
            if not {"select", "insert"} & set(source["operations"]):
                yield "arn:aws:glue"  # its definition alone
            elif uri in located:
                yield f"{S3}{located[uri].bucket}/{located[uri].prefix}"
            else:
                yield f"{S3}{uri.removeprefix('s3://')}"

    def _at_rest(self) -> Iterator[str]:
        if self.secrets:
            kept = b"".join(file.read_bytes() for file in self.files if file.exists())
            yield from ("a secret that was handed out is at rest" for each in self.secrets if each.encode() in kept)

    def _own_approvals(self) -> Iterator[str]:
        for version in SqlRulebooks(self.database).versions():
            if {approval.by for approval in version.approvals} & set(version.authors):
                yield f"an author approved rulebook version {version.version}"
        registry = SqlRegistry(self.database)
        for contract in registry.contracts_in_force():
            if contract.contract.proposer in {signature.by for signature in contract.signatures}:
                yield f"the proposer signed contract {contract.contract.id}"
        for review in registry.reviews(PageAsk(limit=200), None).items:
            if review.decided_by is not None and review.decided_by == review.author:
                yield f"an author decided review {review.id}"

    def _trail(self) -> Iterator[str]:
        trail = AuditTrail(self.database)
        size = trail.head().size
        if size != self._verified:
            found = trail.verify()
            yield from (f"audit record {bad.seq}: {bad.what}" for bad in found.bad)
            self._verified = size

    def _records(self, *, action: str, **about: str) -> list[Mapping[str, Any]]:
        filters = {"action": action, **{kind: value for kind, value in about.items() if kind != "role"}}
        if "role" in about:
            filters["about"] = about["role"]
        return [entry.record for entry in AuditTrail(self.database).page(PageAsk(limit=200, filters=filters)).items]


def root_of(cast: Cast, service: str, account: str | None = None) -> Any:
    """A client of the root of the platform's own account or of that one, which sees everything."""
    home = cast.platform.account
    session = root_session(home.region) if account is None else root_session(home.region, account)
    return session.client(service, endpoint_url=home.endpoint_url, config=CONFIG)
