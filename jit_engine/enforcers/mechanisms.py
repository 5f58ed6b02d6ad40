"""The enforcement ledger: what holds each clause of a contract, how that was verified, and when it was last seen to.

How it was verified is a fact about this project's tests, kept here and true to `docs/sources.md`; when it was last
seen is a fact about this platform, read from its audit trail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from jit_engine.contracts.holds import (
    APART,
    APPROVALS,
    CHECK,
    END,
    LEDGER,
    NETWORK,
    NOBODY,
    NOT_OFFERED,
    OBLIGATIONS,
    OWNER,
    POLICY,
    PURGE,
)
from jit_engine.contracts.terms import ClauseHold, Hold
from jit_engine.domain.artefact import Mechanism


class Verified(StrEnum):
    """Against what, from the strongest to nothing."""

    EMBEDDED_AWS = "embedded-aws"
    REAL_SERVICE = "real-service"
    EVALUATOR = "outside-evaluator"
    OWN_TESTS = "own-tests"
    RECORDED_CALLS = "recorded-calls"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One mechanism. `seen_as` are the audit actions by which this platform saw it hold, `stands_as` the artefacts
    that it is there as; neither: it cannot see it.
    """

    name: str
    title: str
    verified: tuple[Verified, ...]
    how: str
    seen_as: tuple[str, ...] = ()
    stands_as: tuple[Mechanism, ...] = ()


HOLDERS: Final[tuple[Holder, ...]] = (
    Holder(
        name="decision",
        title="The contract check and the rules, before every decision and every delivery",
        verified=(Verified.OWN_TESTS,),
        how="unit and property tests of the decision; a refusal on record is it holding",
        seen_as=("access.refused",),
    ),
    Holder(
        name="role-policy",
        title="The role's policy with its closing Denies, and the permissions boundary",
        verified=(Verified.EMBEDDED_AWS, Verified.EVALUATOR),
        how="real S3 calls in the embedded AWS; the outside evaluator elsewhere; probes that must fail before hand-out",
        seen_as=("grant.active",),
    ),
    Holder(
        name="end",
        title="The grant's end, and the Deny that revokes it",
        verified=(Verified.EMBEDDED_AWS, Verified.EVALUATOR),
        how="revoked roles refused by the embedded AWS; on AWS it takes seconds to minutes",
        seen_as=("grant.denied",),
    ),
    Holder(
        name="approvals",
        title="Other people's approvals, looked at again before minting",
        verified=(Verified.OWN_TESTS,),
        how="unit tests, and the API over both databases",
        seen_as=("access.approved",),
    ),
    Holder(
        name="lake-formation",
        title="Data cells filters of Lake Formation, and a workgroup of the grant's own",
        verified=(Verified.RECORDED_CALLS,),
        how="requests held to AWS's model of them; that Lake Formation then shows no more is not proven here",
        stands_as=(Mechanism.LAKE_FORMATION, Mechanism.WORKGROUP),
    ),
    Holder(
        name="database-user",
        title="A database user of the grant's own, whose every right is looked at before it is used",
        verified=(Verified.REAL_SERVICE, Verified.OWN_TESTS),
        how="a real PostgreSQL; its users on RDS, and Redshift as a whole, are not proven here",
        stands_as=(Mechanism.DATABASE_USER,),
    ),
    Holder(
        name="egress",
        title="The list of hosts that the environment's network lets through, by AWS Network Firewall",
        verified=(Verified.RECORDED_CALLS,),
        how="requests held to AWS's model of them; that the firewall then keeps others back is not proven here",
        stands_as=(Mechanism.EGRESS,),
    ),
    Holder(
        name="refusal",
        title="Not offered: refused whenever it is asked for",
        verified=(Verified.OWN_TESTS,),
        how="unit tests of every such refusal",
        seen_as=("access.refused",),
    ),
    Holder(
        name="trail",
        title="The audit record of every decision and delivery",
        verified=(Verified.OWN_TESTS,),
        how="every write of every store commits with its record, on both databases",
        seen_as=("credentials.delivered",),
    ),
    Holder(
        name="purge",
        title="The quarantine of workspaces, and their purge",
        verified=(Verified.OWN_TESTS,),
        how="see the decision on labels of workspaces",
        seen_as=("workspace.quarantined", "workspace.purged"),
    ),
    Holder(name="people", title="People who vouch for it", verified=(Verified.NOTHING,), how="duties"),
)

_HELD_BY: Final[tuple[tuple[str, str], ...]] = (
    (CHECK, "decision"),
    (LEDGER, "decision"),
    ("the tier's invariants", "decision"),
    ("the ledger, which counts renewals", "decision"),
    (POLICY, "role-policy"),
    ("a role of its own", "role-policy"),
    (END, "end"),
    ("revocation on a person's word", "end"),
    (APPROVALS, "approvals"),
    (APART, "decision"),
    (APART, "lake-formation"),
    (APART, "database-user"),
    (NETWORK, "egress"),
    (NOT_OFFERED, "refusal"),
    (OBLIGATIONS["log-query", Hold.MONITORED], "trail"),
    (PURGE, "purge"),
    (OWNER, "people"),
    ("team ", "people"),
    ("whoever revokes", "people"),
)
"""What the words of `holds` come to."""
_OF_NAME: Final[Mapping[str, Holder]] = {holder.name: holder for holder in HOLDERS}


def holders_of(row: ClauseHold) -> tuple[Holder, ...]:
    """What holds the clause, each once; none where nothing does."""
    if row.by == NOBODY:
        return ()
    names = dict.fromkeys(name for words, name in _HELD_BY if words in row.by)
    return tuple(_OF_NAME[name] for name in names)
