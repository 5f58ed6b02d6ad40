"""The Deny that binds a grant to its environment's network: off it, the credentials are worth nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jit_engine.domain.activity import Place
from jit_engine.domain.verdict import Clearance
from jit_engine.iam.statement import Allow, Deny, object_arn

QUERY_SERVICE = "athena.amazonaws.com"
"""Reads the data of a query in the caller's name and from its own network: only what itself came from ours."""
CARRY_NO_ENDPOINT = ("kms:Decrypt", "kms:GenerateDataKey", "rds-db:connect")
"""What is spared: keys are used by the data's service only, whose own call is bound; a database's sign-in has no
request context of a network, and is reached as far as the database's own network lets it be."""


def own_network(
    allows: Iterable[Allow], clearance: Clearance, place: Place, marker: str, *, queries: bool
) -> Iterator[Deny]:
    """The Deny of everything that comes through no endpoint of `clearance.endpoints`; nothing where there are none.

    Both conditions hold where their key is absent, as it is off the network: `StringNotEquals` and `ForAllValues` are
    then true, and the Deny bites. The engine's own probe object is spared, for the engine is not in that network.
    """
    if not clearance.endpoints:
        return
    conditions: dict[str, dict[str, str | tuple[str, ...]]] = {
        "StringNotEquals": {"aws:SourceVpce": tuple(sorted(clearance.endpoints))}
    }
    if queries:
        conditions["ForAllValues:StringNotEquals"] = {"aws:CalledVia": (QUERY_SERVICE,)}
    used = {action for allow in allows for action in allow.actions}
    yield Deny(
        sid="OwnNetworkOnly",
        why="only from the environment's network"
        + (", or through a query that was started from there" if queries else ""),
        actions=(),
        except_actions=tuple(action for action in CARRY_NO_ENDPOINT if action in used),
        resources=(),
        except_resources=(object_arn(place.workspace_bucket, marker),),
        conditions=conditions,
    )
