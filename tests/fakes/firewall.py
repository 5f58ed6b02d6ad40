"""A rule group of AWS Network Firewall in memory. Requests are held to botocore's model of the service first."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.session import get_session
from botocore.validate import ParamValidator

from jit_engine.aws.calls import Calls
from jit_engine.errors import AwsRefused


def allowlist(*hosts: str, **changes: Any) -> dict[str, Any]:
    """A rule group as an operator makes it, with these hosts."""
    listed = {
        "Targets": ["nothing.invalid", *hosts],
        "TargetTypes": ["TLS_SNI", "HTTP_HOST"],
        "GeneratedRulesType": "ALLOWLIST",
        **changes,
    }
    return {
        "RuleVariables": {"IPSets": {"HOME_NET": {"Definition": ["10.0.0.0/24"]}}},
        "RulesSource": {"RulesSourceList": listed},
        "StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"},
    }


@dataclass(slots=True)
class Firewall:
    """`before_write` runs as a write comes in, once. `faults[operation]` is what its next call raises."""

    group: dict[str, Any] = field(default_factory=allowlist)
    token: int = 1
    writes: int = 0
    before_write: Callable[[], None] | None = None
    faults: dict[str, Exception] = field(default_factory=dict)

    @property
    def hosts(self) -> list[str]:
        """What is on it."""
        targets: list[str] = self.group["RulesSource"]["RulesSourceList"]["Targets"]
        return targets

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, Any], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        """The response, as AWS would give it."""
        model = get_session().get_service_model(service)
        names = {xform_name(name): name for name in model.operation_names}
        shape = model.operation_model(names[operation]).input_shape
        assert shape is not None
        report = ParamValidator().validate(dict(parameters), shape)
        assert not report.has_errors(), report.generate_report()
        if operation in self.faults:
            raise self.faults.pop(operation)
        if operation == "describe_rule_group":
            return {"UpdateToken": str(self.token), "RuleGroup": copy.deepcopy(self.group)}
        assert operation == "update_rule_group"
        if self.before_write is not None:
            racing, self.before_write = self.before_write, None
            racing()
        if parameters["UpdateToken"] != str(self.token):
            raise AwsRefused(operation="network-firewall:update_rule_group", aws_code="InvalidTokenException")
        self.group, self.token, self.writes = copy.deepcopy(parameters["RuleGroup"]), self.token + 1, self.writes + 1
        return {"UpdateToken": str(self.token)}

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        """None: nothing here is asked in a person's name."""
        raise NotImplementedError
