"""Reads the policies that a source carries itself: could one of them let a session of ours in, past its grant?

In one account an Allow of a bucket, key or catalogue policy that names a role's session, or everybody, is not limited
by what the role's own policy leaves out. Where two readings differ the wider one counts: actions, resources and Denies
are not looked at, and a condition closes an Allow only where no session of ours can ever meet it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from jit_engine.domain.resource_policy import BucketLists, KeyGrant, OwnPolicies, PolicyFinding, PolicyText
from jit_engine.iam.conditions_met import Ours, can_be_met, is_root


def findings_in(found: OwnPolicies, accounts: Sequence[str]) -> tuple[PolicyFinding, ...]:
    """Every opening for a role or session of ours in these accounts; what could not be read is one, too."""
    ours = Ours(accounts=tuple(sorted(accounts)))
    return (
        *(each for text in found.texts for each in _in_document(text, ours)),
        *(each for grant in found.key_grants for each in _in_grant(grant, ours)),
        *(each for lists in found.lists for each in _in_lists(lists)),
        *(_unread(what) for what in found.unread),
    )


def _in_document(policy: PolicyText, ours: Ours) -> Iterator[PolicyFinding]:
    try:
        document = json.loads(policy.text)
    except ValueError:
        document = None
    statements = document.get("Statement") if isinstance(document, dict) else None
    listed = [statements] if isinstance(statements, dict) else statements
    if not isinstance(listed, list):
        yield _unread(f"{policy.name}: it is no policy")
        return
    for place, statement in enumerate(listed, start=1):
        if not isinstance(statement, dict):
            yield _unread(f"{policy.name}: statement {place} is no statement")
        elif statement.get("Effect") != "Deny" and (who := _who(statement, ours)):
            yield PolicyFinding(
                policy=policy.name,
                statement=str(statement.get("Sid") or f"statement {place}"),
                why=f"it allows {who}, which a role or session minted here can be",
                repair="name the principals that need it one by one, or close it to the roles minted here: a condition"
                f" ArnNotLike on aws:PrincipalArn with {' and '.join(ours.role_patterns)}",
            )


def _who(statement: Mapping[str, object], ours: Ours) -> str | None:
    """In words, who of ours the Allow reaches; None where it cannot."""
    conditions = statement.get("Condition", {})
    if isinstance(conditions, dict) and not can_be_met(conditions, ours):
        return None
    if "Principal" not in statement:
        return "everybody but some" if "NotPrincipal" in statement else "whom it does not say"
    principal = statement["Principal"]
    named = {"AWS": principal} if isinstance(principal, str) else principal
    if not isinstance(named, dict):
        return "whom it does not say"
    for kind, given in named.items():
        names = given if isinstance(given, list) else [given]
        if kind in ("Service", "CanonicalUser", "Federated") and all(isinstance(name, str) for name in names):
            continue  # AWS itself, a whole account by another name, or a sign-in that is not through our broker
        for name in names:
            if not isinstance(name, str) or kind != "AWS":
                return "whom it does not say"
            if is_root(name):
                # The account as a whole: its own policies decide, unless a condition singles out some of its roles.
                if isinstance(conditions, dict) and not _names_principals(conditions):
                    continue
                if not any(account in name for account in ours.accounts):
                    continue
                return f"{name} under a condition on who calls"
            if ours.may_be(name):
                return "everybody" if name == "*" else name
    return None


def _names_principals(conditions: Mapping[str, object]) -> bool:
    keys = {str(key).lower() for block in conditions.values() if isinstance(block, dict) for key in block}
    return any(key.startswith(("aws:principaltag/", "aws:principalarn", "aws:userid", "aws:username")) for key in keys)


def _in_grant(grant: KeyGrant, ours: Ours) -> Iterator[PolicyFinding]:
    if not is_root(grant.holder) and ours.may_be(grant.holder):
        yield PolicyFinding(
            policy=f"grants of key {grant.key}",
            statement=f"grant {grant.id}",
            why=f"it lets {grant.holder} use the key, which a role or session minted here can be",
            repair=f"revoke it: aws kms revoke-grant --key-id {grant.key} --grant-id {grant.id}",
        )


def _in_lists(lists: BucketLists) -> Iterator[PolicyFinding]:
    if not lists.owner_enforced and not lists.ignores_public:
        named = ", ".join(group.rpartition("/")[2] for group in lists.groups)
        yield PolicyFinding(
            policy=f"access control lists of {lists.bucket}",
            statement=f"the bucket's own list names {named}" if named else "the lists of its objects",
            why="lists are in force, and one of them can let in everybody",
            repair="set the bucket's object ownership to BucketOwnerEnforced, which puts all lists out of force",
        )


def _unread(what: str) -> PolicyFinding:
    return PolicyFinding(
        policy=what.partition(":")[0],
        statement="unread",
        why=f"it could not be read ({what})",
        repair="let the platform's broker role read it; the worker looks again within five minutes",
    )
