"""A grant's own Athena workgroup: its results apart from others', its queries stopped when it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jit_engine.aws.calls import Calls
from jit_engine.aws.pages import pages
from jit_engine.domain.artefact import Artefact, Mechanism
from jit_engine.domain.ids import GrantId
from jit_engine.enforcers.filters import workgroups_of
from jit_engine.enforcers.found import found_artefact, of_each
from jit_engine.enforcers.ports import Seated
from jit_engine.errors import AccountNotServed, AwsRefused
from jit_engine.iam.enforcing import NoEnforcer

_RUNNING = frozenset({"QUEUED", "RUNNING"})
_UNKNOWN = frozenset({"InvalidRequestException"})
"""What Athena answers for a workgroup that is not there."""
_AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkgroupEnforcer:
    """By account and region, calls that may make workgroups there."""

    served: Mapping[tuple[str, str], Calls]
    mechanism: Mechanism = Mechanism.WORKGROUP

    def plan(self, seated: Seated) -> Sequence[Artefact]:
        """The grant's workgroup, where it needs one."""
        made = list(workgroups_of(seated))
        for one in made:
            if (one.account, one.region) not in self.served:
                why = f"Athena of account {one.account} in {one.region} is not set up here"
                raise NoEnforcer(sources=(one.source,), clearance=seated.clearance, why=why)
        return made

    def put(self, artefact: Artefact) -> None:
        """Makes it, with its place for results enforced, and no result ever used again."""
        results: dict[str, object] = {
            "OutputLocation": artefact.text("results"),
            "ExpectedBucketOwner": artefact.account,
            "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": artefact.text("key")},
        }
        configuration = {
            "ResultConfiguration": results,
            "EnforceWorkGroupConfiguration": True,
            "PublishCloudWatchMetricsEnabled": False,
        }
        self._calls(artefact)(
            "athena",
            "create_work_group",
            {
                "Name": artefact.name,
                "Description": f"Sluicegate grant {artefact.grant}",
                "Configuration": configuration,
                "Tags": [
                    {"Key": "sluicegate:grant", "Value": artefact.grant},
                    {"Key": "sluicegate:managed-by", "Value": "sluicegate"},
                ],
            },
        )

    def lift(self, artefact: Artefact) -> None:
        """Closes it to new queries, stops those that run, and deletes it once none does."""
        calls = self._calls(artefact)
        named: dict[str, object] = {"WorkGroup": artefact.name}
        try:
            calls("athena", "update_work_group", {**named, "State": "DISABLED"}, urgent=True)
            running = list(_running(calls, artefact.name))
            for query in running:
                calls("athena", "stop_query_execution", {"QueryExecutionId": query}, urgent=True)
            if not running:
                calls("athena", "delete_work_group", {**named, "RecursiveDeleteOption": True}, urgent=True)
        except AwsRefused as refused:
            if refused.aws_code not in _UNKNOWN or not self.is_gone(artefact):
                raise

    def is_gone(self, artefact: Artefact) -> bool:
        """Whether it is in no list: an error of Athena does not say whether it is there."""
        calls = self._calls(artefact)
        return all(name != artefact.name for name in _names(calls, urgent=True))

    def found(self) -> Iterable[Artefact]:
        """Every workgroup named after one of an environment and a grant."""
        return of_each(self.served, _ours)

    def _calls(self, artefact: Artefact) -> Calls:
        calls = self.served.get((artefact.account, artefact.region))
        if calls is None:
            raise AccountNotServed(account=artefact.account)
        return calls


def _ours(place: tuple[str, str], calls: Calls) -> Iterator[Artefact]:
    for name in _names(calls):
        if name.startswith("sg-env-") and "-gr_" in name:
            grant = GrantId(name[name.index("-gr_") + 1 :])
            yield found_artefact(Mechanism.WORKGROUP, grant, account=place[0], region=place[1], name=name)


def _running(calls: Calls, workgroup: str) -> Iterator[str]:
    """Queries that have not ended, the newest first; the workgroup takes no new ones by now."""
    for page in pages(calls, "athena", "list_query_executions", {"WorkGroup": workgroup}, urgent=True):
        ids = list(page.get("QueryExecutionIds", ()))
        for start in range(0, len(ids), _AT_ONCE):
            named = {"QueryExecutionIds": ids[start : start + _AT_ONCE]}
            some = calls("athena", "batch_get_query_execution", named, urgent=True)
            for one in some.get("QueryExecutions", ()):
                if one["Status"]["State"] in _RUNNING:
                    yield str(one["QueryExecutionId"])


def _names(calls: Calls, *, urgent: bool = False) -> Iterator[str]:
    for page in pages(calls, "athena", "list_work_groups", {}, urgent=urgent):
        yield from (str(one["Name"]) for one in page.get("WorkGroups", ()))
