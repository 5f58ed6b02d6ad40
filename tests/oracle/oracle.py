"""Asks `@cloud-copilot/iam-simulate`, an IAM evaluator that this project did not write, for a decision."""

import json
import re
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from tests.oracle.install import Installation, install

Decision = Literal["Allowed", "ImplicitlyDenied", "ExplicitlyDenied"]
Document = Mapping[str, object]
"""An IAM policy document, as parsed JSON."""
Context = Mapping[str, str | list[str]]

_ACCOUNT = "123456789012"

# The evaluator takes a condition of an operator that IAM lacks as never met; IAM refuses such a policy.
_OPERATOR = re.compile(
    r"(ForAllValues:|ForAnyValue:)?("
    r"String(Not)?(Equals(IgnoreCase)?|Like)|(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?)"
    r"|Arn(Not)?(Equals|Like)|(Not)?IpAddress|Bool|BinaryEquals)(IfExists)?|Null"
)


class OracleError(Exception):
    """The evaluator refused a question (an unknown action, a malformed policy) or died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May `principal` do `action` on `resource` (of `account`), given the policies in force?"""

    principal: str
    action: str
    resource: str
    identity: Sequence[Document]
    boundary: Document | None = None
    session: Document | None = None
    resource_policy: Document | None = None
    context: Context = field(default_factory=dict)
    account: str = _ACCOUNT

    def line(self) -> str:
        """The question as the bridge reads it: one line of JSON."""
        for document in (*self.identity, self.boundary, self.session, self.resource_policy):
            _check_operators(document or {})
        simulation: dict[str, object] = {
            "request": {
                "principal": self.principal,
                "action": self.action,
                "resource": {"resource": self.resource, "accountId": self.account},
                "contextVariables": dict(self.context),
            },
            "identityPolicies": [{"name": f"identity-{i}", "policy": p} for i, p in enumerate(self.identity)],
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
        }
        if self.boundary is not None:
            simulation["permissionBoundaryPolicies"] = [{"name": "boundary", "policy": self.boundary}]
        if self.session is not None:
            simulation["sessionPolicy"] = self.session
        if self.resource_policy is not None:
            simulation["resourcePolicy"] = self.resource_policy
        return json.dumps(simulation) + "\n"


def _check_operators(document: Document) -> None:
    """Raises `OracleError` for a condition operator that IAM does not have."""
    match document:
        case {"Statement": list(statements)}:
            conditions = [operator for statement in statements for operator in statement.get("Condition", {})]
        case _:
            return
    for operator in conditions:
        if not _OPERATOR.fullmatch(operator):
            raise OracleError(f"IAM has no condition operator {operator}")


class Oracle:
    """A running evaluator; use as a context manager, from one thread."""

    def __init__(self, installation: Installation | None = None) -> None:
        installed = installation or install()
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed with the process
        self._process = subprocess.Popen(
            [*installed.node.node, "oracle.mjs"],
            cwd=installed.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(
        self,
        principal: str,
        action: str,
        resource: str,
        identity: Sequence[Document],
        *,
        boundary: Document | None = None,
        session: Document | None = None,
        context: Context | None = None,
        account: str = _ACCOUNT,
    ) -> Decision:
        """What IAM decides; raises `OracleError` where the evaluator does not accept the question."""
        question = Question(
            principal=principal,
            action=action,
            resource=resource,
            identity=identity,
            boundary=boundary,
            session=session,
            context=context or {},
            account=account,
        )
        return self.ask_many([question])[0]

    def ask_many(self, questions: Sequence[Question]) -> list[Decision]:
        """The decision on each question, in order; the quick way to ask many."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        lines = [question.line() for question in questions]

        def write() -> None:
            # From a thread, so that neither side waits on a full pipe. A death shows in the answers.
            try:
                stdin.writelines(lines)
                stdin.flush()
            except BrokenPipeError:
                return

        writer = threading.Thread(target=write)
        writer.start()
        answers = [stdout.readline() for _ in lines]
        writer.join()
        return [self._decision(question, answer) for question, answer in zip(questions, answers, strict=True)]

    def close(self) -> None:
        """Ends the evaluator."""
        self._process.kill()
        self._process.communicate()
        self._stderr.close()

    def _decision(self, question: Question, answer: str) -> Decision:
        if not answer:
            self._stderr.seek(0)
            raise OracleError(f"the evaluator died: {self._stderr.read()[-1000:]}")
        match json.loads(answer):
            case {"decision": "Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied" as decision}:
                given: Decision = decision
                return given
            case other:
                raise OracleError(f"on {question.action} {question.resource}: {json.dumps(other)[:500]}")
