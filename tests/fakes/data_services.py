"""Lake Formation, Glue and Athena as far as a grant uses them, in memory. Every request is held to botocore's own
model of the service first, so that one which AWS would not even read fails here.

It enforces nothing: whether Lake Formation then shows a reader only what a filter leaves is not shown by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from botocore import xform_name
from botocore.session import get_session
from botocore.validate import ParamValidator

from jit_engine.aws.calls import Calls
from jit_engine.errors import AwsRefused, AwsUnavailable

Parameters = Mapping[str, Any]


@dataclass(slots=True)
class DataServices:
    """`faults[operation]` is what its next call raises, before any effect."""

    table: dict[str, Any] = field(
        default_factory=lambda: {
            "IsRegisteredWithLakeFormation": True,
            "StorageDescriptor": {"Location": "s3://example-lake/lending/parts/"},
        }
    )
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Those that are described otherwise than `table`, by name."""
    resources: list[dict[str, Any]] = field(default_factory=list)
    everybody: list[dict[str, Any]] = field(default_factory=list)
    filters: dict[str, dict[str, Any]] = field(default_factory=dict)
    permissions: list[dict[str, Any]] = field(default_factory=list)
    workgroups: dict[str, dict[str, Any]] = field(default_factory=dict)
    queries: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Workgroup and state of each query."""
    calls: list[str] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)
    left_alone: bool = False
    """Whether only urgent calls go out, as to an account that has not answered."""

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        """The response, as AWS would give it."""
        if self.left_alone and not urgent:
            raise AwsUnavailable(operation=f"{service}:{operation}", retry_after=timedelta(minutes=5))
        self.calls.append(operation)
        model = get_session().get_service_model(service)
        names = {xform_name(name): name for name in model.operation_names}
        shape = model.operation_model(names[operation]).input_shape
        assert shape is not None
        report = ParamValidator().validate(dict(parameters), shape)
        assert not report.has_errors(), report.generate_report()
        if operation in self.faults:
            raise self.faults.pop(operation)
        answer: Mapping[str, Any] = getattr(self, f"_{operation}")(parameters)
        return answer

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        """None: nothing here is asked in a person's name."""
        raise NotImplementedError

    def _get_table(self, given: Parameters) -> Parameters:
        return {"Table": {"Name": given["Name"], **self.tables.get(given["Name"], self.table)}}

    def _list_resources(self, given: Parameters) -> Parameters:
        return {"ResourceInfoList": self.resources}

    def _list_permissions(self, given: Parameters) -> Parameters:
        found = [
            one
            for one in (*self.everybody, *self.permissions)
            if given.get("Principal") in (None, one["Principal"]) and given.get("Resource") in (None, one["Resource"])
        ]
        kinds = {"TABLE": ("Table", "TableWithColumns")}.get(given.get("ResourceType", "TABLE"), ("LFTagPolicy",))
        return {"PrincipalResourcePermissions": [one for one in found if any(k in one["Resource"] for k in kinds)]}

    def _create_data_cells_filter(self, given: Parameters) -> Parameters:
        name = given["TableData"]["Name"]
        if name in self.filters:
            raise AwsRefused(operation="lakeformation:CreateDataCellsFilter", aws_code="AlreadyExistsException")
        self.filters[name] = dict(given["TableData"])
        return {}

    def _get_data_cells_filter(self, given: Parameters) -> Parameters:
        if given["Name"] not in self.filters:
            raise AwsRefused(operation="lakeformation:GetDataCellsFilter", aws_code="EntityNotFoundException")
        return {"DataCellsFilter": self.filters[given["Name"]]}

    def _list_data_cells_filter(self, given: Parameters) -> Parameters:
        return {"DataCellsFilters": list(self.filters.values())}

    def _delete_data_cells_filter(self, given: Parameters) -> Parameters:
        if self.filters.pop(given["Name"], None) is None:
            raise AwsRefused(operation="lakeformation:DeleteDataCellsFilter", aws_code="EntityNotFoundException")
        return {}

    def _grant_permissions(self, given: Parameters) -> Parameters:
        if given not in self.permissions:
            self.permissions.append(dict(given))
        return {}

    def _revoke_permissions(self, given: Parameters) -> Parameters:
        if given not in self.permissions:
            raise AwsRefused(operation="lakeformation:RevokePermissions", aws_code="InvalidInputException")
        self.permissions.remove(dict(given))
        return {}

    def _create_work_group(self, given: Parameters) -> Parameters:
        if given["Name"] in self.workgroups:
            raise AwsRefused(operation="athena:CreateWorkGroup", aws_code="InvalidRequestException")
        self.workgroups[given["Name"]] = {**given, "State": "ENABLED"}
        return {}

    def _update_work_group(self, given: Parameters) -> Parameters:
        if given["WorkGroup"] not in self.workgroups:
            raise AwsRefused(operation="athena:UpdateWorkGroup", aws_code="InvalidRequestException")
        self.workgroups[given["WorkGroup"]]["State"] = given["State"]
        return {}

    def _delete_work_group(self, given: Parameters) -> Parameters:
        del self.workgroups[given["WorkGroup"]]
        return {}

    def _list_work_groups(self, given: Parameters) -> Parameters:
        return {"WorkGroups": [{"Name": name} for name in self.workgroups]}

    def _list_query_executions(self, given: Parameters) -> Parameters:
        return {"QueryExecutionIds": [q for q, (group, _) in self.queries.items() if group == given["WorkGroup"]]}

    def _batch_get_query_execution(self, given: Parameters) -> Parameters:
        found = [(q, self.queries[q][1]) for q in given["QueryExecutionIds"]]
        return {"QueryExecutions": [{"QueryExecutionId": q, "Status": {"State": state}} for q, state in found]}

    def _stop_query_execution(self, given: Parameters) -> Parameters:
        group, _ = self.queries[given["QueryExecutionId"]]
        self.queries[given["QueryExecutionId"]] = (group, "CANCELLED")
        return {}
