"""A list of hosts as a stateful rule group of AWS Network Firewall. Nothing of it was run against AWS."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jit_engine.aws.calls import Calls
from jit_engine.enforcers.egress import EgressListUnfit, Listed, ListMoved
from jit_engine.errors import AwsRefused

NOBODY: Final = "nothing.invalid"
"""Stays on the list, which cannot be empty: no host has a name under `invalid` (RFC 2606)."""
MOST_HOSTS: Final = 1000
"""Of one list; its capacity, which is set when it is made, has to be as high (one a host and kind of target)."""
_KINDS: Final = frozenset({"TLS_SNI", "HTTP_HOST"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallList:
    """`jit_engine.enforcers.egress.EgressList` in one rule group, whose other settings are left as they are."""

    arn: str
    calls: Calls

    def read(self) -> Listed:
        """The hosts of the group, if it is a list that lets through what is on it and nothing else."""
        found = self._group()
        targets = frozenset(str(one) for one in _list_of(self.arn, found)["Targets"])
        return Listed(hosts=targets - {NOBODY}, token=str(found["UpdateToken"]))

    def write(self, hosts: Collection[str], token: str) -> None:
        """The same group with these hosts; the service refuses a token that is not the latest."""
        if len(hosts) >= MOST_HOSTS:
            raise EgressListUnfit(name=self.arn, why=f"{len(hosts)} hosts are needed where {MOST_HOSTS - 1} fit")
        found = self._group()
        if found["UpdateToken"] != token:
            raise ListMoved
        group = found["RuleGroup"]
        listed = {**_list_of(self.arn, found), "Targets": sorted({*hosts, NOBODY})}
        changed = {**group, "RulesSource": {**group["RulesSource"], "RulesSourceList": listed}}
        named = {"RuleGroupArn": self.arn, "Type": "STATEFUL", "UpdateToken": token, "RuleGroup": changed}
        try:
            self.calls("network-firewall", "update_rule_group", named, urgent=True)
        except AwsRefused as refused:
            if refused.aws_code == "InvalidTokenException":
                raise ListMoved from refused
            raise

    def _group(self) -> Mapping[str, Any]:
        named = {"RuleGroupArn": self.arn, "Type": "STATEFUL"}
        return self.calls("network-firewall", "describe_rule_group", named, urgent=True)


def _list_of(arn: str, found: Mapping[str, Any]) -> Mapping[str, Any]:
    listed: Mapping[str, Any] | None = found["RuleGroup"].get("RulesSource", {}).get("RulesSourceList")
    if listed is None or listed.get("GeneratedRulesType") != "ALLOWLIST":
        raise EgressListUnfit(name=arn, why="it is no list of allowed domains (ALLOWLIST)")
    if frozenset(listed.get("TargetTypes", ())) != _KINDS:
        raise EgressListUnfit(name=arn, why="it does not look at both TLS_SNI and HTTP_HOST")
    if wide := sorted(one for one in listed["Targets"] if str(one).startswith(".")):
        raise EgressListUnfit(name=arn, why=f"it allows everything under {', '.join(wide[:5])}")
    return listed
