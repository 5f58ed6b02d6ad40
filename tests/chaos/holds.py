"""What has to hold: at any moment, some quiet minutes after the last misfortune, and when every end has come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from jit_engine.domain.artefact import ArtefactState, Mechanism
from jit_engine.domain.base_role import BaseState
from jit_engine.domain.grant import Grant, GrantState, MintWay
from jit_engine.domain.ids import GrantId
from jit_engine.iam.role import DENY_EVERYTHING
from platform_api.db.artefacts import SqlArtefacts
from platform_api.db.audit import AuditTrail
from platform_api.db.base_roles import SqlBaseRoles
from platform_api.db.engine import Database
from platform_api.db.ledger import SqlLedger
from platform_api.paging import PageAsk
from tests.chaos.caller import Told
from tests.chaos.lake import Lake
from tests.chaos.tally import Tally
from tests.chaos.weather import BASE

FOREIGN = "somebody-elses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The AWS account as its root sees it, and what stands beside IAM."""

    iam: Any
    lake: Lake

    def roles(self) -> list[str]:
        """The roles under our path, but for the stranger's."""
        pages = self.iam.get_paginator("list_roles").paginate(PathPrefix="/jit/")
        return sorted(r["RoleName"] for page in pages for r in page["Roles"] if r["RoleName"] != FOREIGN)

    def role_id(self, role: str) -> str | None:
        """Its id; None when there is no such role."""
        try:
            return str(self.iam.get_role(RoleName=role)["Role"]["RoleId"])
        except self.iam.exceptions.NoSuchEntityException:
            return None

    def policy(self, role: str) -> dict[str, Any]:
        """Its policy; one that denies everything when there is none."""
        try:
            found = self.iam.get_role_policy(RoleName=role, PolicyName="grant")["PolicyDocument"]
        except self.iam.exceptions.NoSuchEntityException:
            found = DENY_EVERYTHING
        read: dict[str, Any] = json.loads(found) if isinstance(found, str) else found
        return read

    def beside(self) -> list[tuple[Mechanism, str]]:
        """Every filter and workgroup."""
        standing = self.lake.standing()
        return [
            *((Mechanism.LAKE_FORMATION, name) for name in sorted(standing.filters)),
            *((Mechanism.WORKGROUP, name) for name in sorted(standing.workgroups)),
        ]

    def plant(self) -> None:
        """A role under our path that is not ours."""
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
        }
        self.iam.create_role(RoleName=FOREIGN, Path="/jit/", AssumeRolePolicyDocument=json.dumps(trust))

    def clear(self) -> None:
        """Nothing of this run may be there for the next: what is left is counted already."""
        self.lake.empty()
        for role in [*self.roles(), *([FOREIGN] if self.role_id(FOREIGN) else [])]:
            for policy in self.iam.list_role_policies(RoleName=role)["PolicyNames"]:
                self.iam.delete_role_policy(RoleName=role, PolicyName=policy)
            self.iam.delete_role(RoleName=role)


@dataclass(slots=True, kw_only=True)
class Judge:
    """Looks at database, AWS and what callers were told, and counts what does not fit together."""

    account: Account
    database: Database
    told: Told
    tally: Tally
    where: str

    def at_any_moment(self, when: str) -> None:
        """No role and nothing beside it without a row, no credentials without a record."""
        for role in self.account.roles():
            if role.startswith(BASE):
                known: object = SqlBaseRoles(self.database).of_name(role)
            else:
                known = self._ledger().grant_of_role(role)
            if known is None:
                self.wrong("orphans", f"{when}: no row has the role {role}")
        for mechanism, name in self.account.beside():
            if SqlArtefacts(self.database).of_name(mechanism, name) is None:
                self.wrong("orphans", f"{when}: no row has {mechanism} {name}")
        for grant, number in self.told.credentials.items():
            recorded = len(self._records(grant, "credentials.delivered"))
            if recorded < number:
                self.wrong("unaudited", f"{when}: {number} credentials of {grant}, {recorded} records")

    def after_quiet(self) -> None:
        """What callers were told is so, and nothing is there twice."""
        grants, roles = self._grants(), self.account.roles()
        for renews in {None, *(grant.renews for grant in grants)}:  # one request, and one renewal of a grant
            live = [one.id for one in grants if one.renews == renews and one.state is GrantState.ACTIVE]
            if len(live) > 1:
                self.wrong("doubles", f"one request (renewing {renews}), live grants {live}")
        for grant in grants:
            mine = [role for role in roles if grant.id in role]
            wanted = sum(principal.way is MintWay.ROLE for principal in grant.principals)
            if len(mine) > wanted:
                self.wrong("doubles", f"{grant.id} has the roles {mine}")
            if grant.state is GrantState.MINTING:
                self.wrong("lost", f"{grant.id} is still minting")
            if grant.state is GrantState.ACTIVE:
                self._stands(grant, mine, wanted)
        for told in self.told.grants.values():
            found = self._ledger().get(GrantId(told))
            if found is None:
                self.wrong("lost", f"the grant {told} is not there")
            elif found.state is not GrantState.ACTIVE and told not in self.told.sent:
                self.wrong("lost", f"the grant {told} is {found.state}, and nobody revoked it: {found.reason}")
        for told in dict.fromkeys(self.told.revoked):
            self._is_revoked(told, roles)

    def at_the_end(self, *, foreign: bool) -> None:
        """No role but base roles that have a row, nothing beside, every grant closed, the trail whole."""
        self.at_any_moment("at the end")
        for role in self.account.roles():
            base = SqlBaseRoles(self.database).of_name(role)
            if base is None or base.state is BaseState.GONE or base.role_id != self.account.role_id(role):
                self.wrong("orphans", f"at the end: {role}")
        for mechanism, name in self.account.beside():
            self.wrong("orphans", f"at the end: {mechanism} {name}")
        for grant in self._grants():
            if grant.state is not GrantState.CLOSED:
                self.wrong("lost", f"at the end: {grant.id} is {grant.state}: {grant.last_error}")
            sessions = len(self._records(grant.id, "credentials.delivered"))
            if sessions != grant.sessions:
                self.wrong("unaudited", f"{grant.id} counts {grant.sessions} sessions, {sessions} records")
            for artefact in SqlArtefacts(self.database).of_grant(grant.id):
                if artefact.state is not ArtefactState.GONE:
                    self.wrong("lost", f"at the end: {artefact.name} is {artefact.state}")
        if not AuditTrail(self.database).verify().ok:
            self.wrong("unaudited", "the trail does not verify")
        if foreign and self.account.role_id(FOREIGN) is None:
            self.wrong("lost", "a role that is not ours was deleted")

    def wrong(self, kind: str, what: str) -> None:
        """Counts it."""
        setattr(self.tally, kind, getattr(self.tally, kind) + 1)
        self.tally.wrong.append(f"{self.where}: {kind}: {what}")

    def _stands(self, grant: Grant, mine: list[str], wanted: int) -> None:
        """An active grant can be used: its roles and all that stands beside them are there."""
        if len(mine) < wanted:
            self.wrong("lost", f"{grant.id} is active and has of its {wanted} roles {mine}")
        standing = self.account.beside()
        for artefact in SqlArtefacts(self.database).of_grant(grant.id):
            if artefact.state is not ArtefactState.STANDING or (artefact.mechanism, artefact.name) not in standing:
                self.wrong("lost", f"{grant.id} is active and its {artefact.name} is {artefact.state}")

    def _is_revoked(self, told: str, roles: list[str]) -> None:
        """Nobody can use it any more, whatever they were handed out."""
        found = self._ledger().get(GrantId(told))
        if found is None or found.state in (GrantState.ACTIVE, GrantState.MINTING):
            self.wrong("lost", f"the revocation of {told}: it is {found and found.state}")
            return
        for role in roles:
            if told in role and self.account.policy(role) != json.loads(DENY_EVERYTHING):
                self.wrong("lost", f"the revocation of {told}: {role} is still open")
            by_session = any(one.way is MintWay.SESSION for one in found.principals) and found.sessions > 0
            if role.startswith(BASE) and by_session and told not in json.dumps(self.account.policy(role)):
                self.wrong("lost", f"the revocation of {told}: {role} does not deny it")
        for artefact in SqlArtefacts(self.database).of_grant(found.id):
            if (artefact.mechanism, artefact.name) in self.account.beside():
                self.wrong("lost", f"the revocation of {told}: {artefact.name} still stands")

    def _ledger(self) -> SqlLedger:
        return SqlLedger(self.database)

    def _grants(self) -> list[Grant]:
        return list(self._ledger().grants(PageAsk(), None).items)

    def _records(self, about: str, action: str) -> list[Any]:
        return list(AuditTrail(self.database).page(PageAsk(filters={"about": about, "action": action})).items)
