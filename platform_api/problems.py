"""Every error as a problem document (RFC 9457): one table from code to status, and what each error adds to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from starlette.exceptions import HTTPException

from jit_engine.contracts.problems import ClauseNotEnforceable, ContractInvalid
from jit_engine.domain.event import Json
from jit_engine.errors import (
    AwsRefused,
    InvalidValue,
    NotFound,
    NotOneSession,
    Passing,
    PolicyTooLarge,
    TooManyParts,
    WrongState,
)
from jit_engine.flows.outcome import AccessRefused, GrantNotUsable, NotAnApprover, ProfileNeeded, ShownHasChanged
from jit_engine.iam.enforcing import NoEnforcer
from jit_engine.ports import LostRace
from jit_engine.rules.counter_offer import offer_record
from jit_engine.rules.record import clearance_record, containers_record, refusal_record
from platform_api.authorize import Forbidden
from platform_api.db.errors import StoreUnavailable
from platform_api.identity.errors import KeysUnavailable
from platform_api.registry.errors import ContractOverlap, OrderInvalid
from platform_api.routes.errors import DoorError, FieldsInvalid, KeyInFlight, TooManyRefusals, TooManyStreams
from policy.errors import CasesInvalid, FormInvalid, RulebookInvalid
from policy.refusals import ApprovalVoid, CasesFailed, GuardrailTouched, OwnProposal, WrongRulebookState

TYPES = "https://sluicegate.example/problems/"
MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of problem: its status, its title, and what it means, for the documentation."""

    status: int
    title: str
    meaning: str


def _kind(status: int, title: str, meaning: str) -> Kind:
    return Kind(status=status, title=title, meaning=meaning)


KINDS: Mapping[str, Kind] = {
    # who calls
    "not-signed-in": _kind(401, "Sign in first", "There is no usable access token with the request."),
    "token-invalid": _kind(401, "The access token does not count", "It is expired, altered, or not meant for us."),
    "unknown-subject": _kind(401, "Nobody here by that name", "The token's subject is not in the directory."),
    "sign-in-failed": _kind(401, "Signing in did not work", "Start again; the detail says what was missing."),
    "forged-request": _kind(403, "Not from the console's own pages", "The session's cookie came along unasked."),
    "sign-in-again": _kind(
        403, "Sign in again first", "What lets another's wish pass wants a sign-in of the last hour."
    ),
    "identity-error": _kind(401, "Who calls could not be established", "The base of identity's errors."),
    "keys-unavailable": _kind(503, "The identity provider does not answer", "Its keys cannot be read right now."),
    # what was sent
    "body-too-large": _kind(413, "The body is too large", "More than 1 MiB."),
    "not-json": _kind(415, "Send JSON", "The body is of another type, or in another encoding."),
    "body-invalid": _kind(422, "The body cannot be read in one way", "No JSON, a key twice, or nested too deep."),
    "fields-invalid": _kind(422, "Some values do not fit", "Each is listed under errors."),
    "invalid-value": _kind(422, "A value cannot be used", "The field, what was given, and how to mend it."),
    "aws-limit": _kind(422, "Beyond one of AWS's limits", "Refused before AWS hears of it: ask for less."),
    "no-enforcer": _kind(409, "Nothing here can hold it apart", "Columns or rows are withheld, which files cannot do."),
    "table-not-governed": _kind(409, "Lake Formation does not hold the table", "Its owner has to repair that first."),
    "database-not-exact": _kind(409, "The database gives more than was decided", "Its owner has to repair that first."),
    "database-user-not-ours": _kind(409, "A user of another's making", "It is left alone; an operator has to look."),
    "database-unavailable": _kind(503, "A source database does not answer", "Nothing of it is left standing."),
    "egress-list-unfit": _kind(409, "The network's list does not hold", "An operator has to repair that first."),
    "artefact-not-lifted": _kind(503, "Something of a grant still stands", "It is tried again until it is gone."),
    "policy-too-large": _kind(422, "Too much for one role", "The policy would not fit; ask for fewer sources."),
    "contract-invalid": _kind(422, "The document is no contract", "Every problem is listed under errors."),
    "order-invalid": _kind(422, "The activity cannot be registered", "Every problem is listed under errors."),
    "clause-not-enforceable": _kind(
        422, "A clause that nothing holds", "It would promise what is not done: take it out."
    ),
    "idempotency-mismatch": _kind(
        409, "The key was used for something else", "By another body, route or person: take another."
    ),
    "idempotency-in-flight": _kind(409, "The same request is being worked on", "Ask again with the same key."),
    "method-not-allowed": _kind(405, "Not with this method", "The Allow header names those that are."),
    # what may not be
    "forbidden": _kind(403, "The rules do not permit it", "The rules that said so are listed."),
    "access-refused": _kind(403, "Access was refused", "Every source says which gate refused it, and why."),
    "approval-needed": _kind(403, "People have to approve it first", "Everything else has passed."),
    "not-an-approver": _kind(403, "Your approval would not count", "The detail says why."),
    "duration-too-long": _kind(422, "Longer than the contract allows", "Nothing else stood in the way."),
    "four-eyes": _kind(403, "Another person has to do this", "Nobody approves what they proposed: ask somebody else."),
    "people-only": _kind(403, "Only a person may do this", "Workloads do not govern: sign in as a person."),
    "not-a-signer": _kind(403, "Not in this role", "Only members of the team that holds the role sign."),
    "not-the-owner": _kind(403, "Only the activity's owner may", "Ask the owner."),
    "other-owner": _kind(403, "The contract is another team's", "It keeps its owner: that team proposes."),
    "own-rulebook": _kind(403, "Another person has to judge it", "Authors never approve their own rules."),
    "approval-void": _kind(403, "An approval does not count", "Who gave it has no right to now: propose anew."),
    "guardrail": _kind(403, "The platform's own rules stay", "They hold without a rulebook: take them out."),
    "not-your-draft": _kind(403, "The draft is somebody else's", "Only its author changes it: draft your own."),
    "not-found": _kind(404, "Not found", "There is no such thing, or you may not see it."),
    "unknown-rulebook": _kind(404, "No such version", "List the versions of the rulebook."),
    # what is in the way
    "rulebook-state": _kind(409, "Not in this state", "The version exists, but its state does not allow it."),
    "rulebook-overtaken": _kind(409, "Changed meanwhile", "It, or what is live, is another: read it again."),
    "cases-failed": _kind(409, "The test cases do not pass", "Each that fails is listed under errors."),
    "wrong-state": _kind(409, "Not in this state", "The thing exists, but its state does not allow it."),
    "shown-has-changed": _kind(409, "Not what you looked at", "What would be granted has changed: look again."),
    "not-renewable": _kind(409, "The grant cannot be renewed", "It has ended or used its number up: ask anew."),
    "grant-not-usable": _kind(409, "The grant gives no credentials", "It, or what it covers, is another: ask anew."),
    "not-one-session": _kind(422, "One session cannot hold the job", "Why, and what each source needs, is listed."),
    "too-many-parts": _kind(422, "Too much for one grant", "What each source needs is listed."),
    "profile-needed": _kind(422, "The grant has several profiles", "Name one of those that are listed."),
    "account-not-served": _kind(422, "No role in that account", "An operator has to add the AWS account."),
    "lost-race": _kind(409, "Changed meanwhile", "Somebody else was faster: read it again and decide anew."),
    "activity-not-empty": _kind(409, "The activity has something left", "It is retired once nothing of it is left."),
    "name-taken": _kind(409, "The name is taken", "Names are never used twice: choose another."),
    "version-taken": _kind(409, "The version is taken", "Versions only rise: give a later one."),
    "decision-altered": _kind(409, "The decision is not what was recorded", "An auditor has to look at the database."),
    "evidence-unreadable": _kind(409, "The decision cannot be taken again", "Use the release that recorded it."),
    "contract-overlap": _kind(409, "The data has a contract already", "Leave out each place listed, or end that one."),
    "too-many-refusals": _kind(429, "Too many refused requests", "Wait a minute; something asks in vain."),
    "too-many-grants": _kind(409, "Too many live grants", "Revoke one first."),
    "too-many-streams": _kind(429, "Too many open streams", "Close one, or ask for what you need now and then."),
    "too-many-waiting": _kind(409, "Too many requests wait", "Withdraw one first."),
    "environment-exists": _kind(409, "The environment exists", "One a tier: use it."),
    # what is down
    "role-budget-spent": _kind(503, "The account has no room for a role", "Roles go as grants end; try again."),
    "account-not-ready": _kind(503, "No place in that account yet", "It is made once access is asked for: try again."),
    "aws-unavailable": _kind(503, "AWS did not answer", "Nothing is left half made; try again."),
    "clock-astray": _kind(503, "The clocks are apart", "Nothing was decided; the operator synchronises them."),
    "store-unavailable": _kind(503, "The database did not answer", "Nothing was written; try again."),
    "schema-outdated": _kind(503, "The database is of another release", "Run `sluice operate migrate`."),
    "no-live-rulebook": _kind(503, "No rules are live", "Nothing is permitted until governance makes rules live."),
    "aws-refused": _kind(502, "AWS refused the platform", "An operator has to look at the platform's role."),
    "role-exists": _kind(503, "The role's name is taken", "Another attempt gets another name; try again."),
    # what should not be
    "internal-error": _kind(500, "Something went wrong on our side", "It is logged: quote the request id."),
    "policy-widens": _kind(500, "A policy would have given too much", "It was not minted; this is a defect."),
    "engine-error": _kind(500, "The engine failed", "The base of the engine's errors."),
    "policy-error": _kind(500, "The rules failed", "The base of policy's errors."),
    "rulebook-invalid": _kind(422, "The rulebook is invalid", "Every problem is listed with its line."),
    "rule-form-invalid": _kind(422, "The form is no rule yet", "Every problem is listed with its field."),
    "rule-cases-invalid": _kind(422, "The test cases cannot be read", "Every problem is listed with its field."),
    "policy-schema-broken": _kind(500, "The policy schema is broken", "A defect of the build."),
    "question-unfit": _kind(500, "A question could not be put", "Answered with a refusal; never seen outside."),
    "registry-error": _kind(500, "The registry failed", "The base of the registry's errors."),
    "store-error": _kind(500, "The database failed", "The base of the database's errors."),
    "provisioning-error": _kind(500, "Provisioning failed", "The base of provisioning's errors."),
    "stack-not-ours": _kind(409, "A stack of that name is not ours", "It is never adopted: an operator has to look."),
    "template-altered": _kind(500, "The template was altered", "Restore the reviewed one."),
    "authorize-error": _kind(500, "Authorization failed", "The base of authorization's errors."),
    "door-error": _kind(500, "The door failed", "The base of the door's errors."),
    "authzen-invalid": _kind(400, "No AuthZEN request", "Each value that does not fit is listed under errors."),
    "bad-request": _kind(400, "The request cannot be read", "It is no HTTP that we take."),
    "settings-invalid": _kind(500, "The settings cannot be used", "Said at the start; never seen outside."),
    "embedded-error": _kind(500, "The embedded platform failed", "Said at the start; never seen outside."),
    "embedded-refused": _kind(500, "The embedded platform does not start", "Never seen outside."),
    "embedded-unavailable": _kind(500, "A part of the embedded platform is down", "Never seen outside."),
    "sample-invalid": _kind(500, "The sample is invalid", "Never seen outside."),
}
_MEANWHILE: Final = timedelta(seconds=5)
"""When to try again where an error does not say; what it waits for is people, so this is only a pause."""
_OF_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large", 415: "not-json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem on its way out. `more` are the members that its kind adds."""

    code: str
    detail: str
    more: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.code].status


def problem_of(error: Exception) -> Problem:
    """The problem document of any error that is ours."""
    match error:
        case HTTPException():
            return _of_http(error)
        case LostRace():
            return Problem(code="lost-race", detail=f"{error}: read it again and decide anew".removeprefix(": "))
        case StoreUnavailable() | KeysUnavailable() | Passing() | KeyInFlight() | TooManyRefusals() | TooManyStreams():
            return _passing(error)
    code = getattr(error, "code", None)
    if not isinstance(code, str) or code not in KINDS or KINDS[code].status == 500:
        return unexpected()
    headers = {"WWW-Authenticate": 'Bearer realm="sluicegate"'} if KINDS[code].status == 401 else {}
    if KINDS[code].status == 503:
        wait = getattr(error, "retry_after", None)
        headers["Retry-After"] = _seconds(wait if isinstance(wait, timedelta) else _MEANWHILE)
    return Problem(code=code, detail=_detail(error, code), more=_more(error), headers=headers)


def unexpected() -> Problem:
    """What is told of an error that nobody expected: nothing but where to ask."""
    return Problem(code="internal-error", detail="it is logged; quote the request id when you ask about it")


def rendered(problem: Problem, request_id: str) -> dict[str, Json]:
    """The document."""
    kind = KINDS[problem.code]
    return {
        "type": TYPES + problem.code,
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": request_id,
        **problem.more,
    }


def rendered_bytes(problem: Problem, request_id: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body."""
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    return problem.status, headers, json.dumps(rendered(problem, request_id), default=list).encode()


def _of_http(error: HTTPException) -> Problem:
    code = _OF_STATUS.get(error.status_code, "bad-request" if error.status_code < 500 else "internal-error")
    detail = {
        "not-found": "there is no such address: GET /v1/openapi.json lists them",
        "method-not-allowed": "this address takes other methods: see the Allow header",
    }.get(code, KINDS[code].meaning)
    return Problem(code=code, detail=detail, headers=dict(error.headers or {}))


def _passing(
    error: StoreUnavailable | KeysUnavailable | Passing | KeyInFlight | TooManyRefusals | TooManyStreams,
) -> Problem:
    wait = {"Retry-After": _seconds(error.retry_after)}
    if isinstance(error, KeysUnavailable):
        return Problem(code=error.code, detail="the identity provider does not answer: try again", headers=wait)
    return Problem(code=error.code, detail=str(error), headers=wait)


def _seconds(span: timedelta) -> str:
    return str(max(1, round(span.total_seconds())))


def _detail(error: Exception, code: str) -> str:
    """The error's own sentence; why exactly a token does not count is for the log."""
    if code == "token-invalid":
        return "the access token does not count: sign in again"
    return str(error)[:2000]


def _more(error: Exception) -> dict[str, Json]:
    """What an error knows in parts."""
    match error:
        case InvalidValue():
            fault = {"field": error.field, "message": f"{error.given!r} cannot be used", "fix": error.fix}
            said: dict[str, Json] = {"field": error.field, "given": error.given, "fix": error.fix}
            if error.corrected is not None:
                said["corrected"] = error.corrected
            return {**said, "errors": [fault]}
        case FieldsInvalid():
            return {"errors": [{"field": f, "message": m, "fix": x} for f, m, x in error.faults]}
        case AccessRefused():
            return _refusal(error)
        case NoEnforcer():
            return {"unheld": list(error.sources), "sources": clearance_record(error.clearance)["sources"]}
        case ContractInvalid() | OrderInvalid() | ClauseNotEnforceable():
            return {"errors": [_fault(p.path, p.line, p.message, p.fix) for p in error.problems]}
        case Forbidden():
            rules: Sequence[Json] = [{"id": r.id, "title": r.title, "advice": r.advice} for r in error.rules]
            return {"action": error.action, "rules": rules, "rulebook": error.rulebook}
        case NotFound():
            return {"field": error.kind, "fix": error.fix}
        case WrongState():
            return {"kind": error.kind, "id": error.id, "state": error.state, "fix": error.fix}
        case PolicyTooLarge() | NotOneSession() | TooManyParts():
            return {"sizes": _largest_first(error.sizes)} if error.sizes else {}
        case ProfileNeeded():
            return {
                "grant": error.grant,
                "field": "profile",
                "fix": "name a profile",
                "profiles": {k: list(v) for k, v in error.profiles.items()},
            }
        case ShownHasChanged():
            return {"request": error.request, "shown_sha256": error.sha256, "fix": "look again, then decide"}
        case NotAnApprover():
            return {"request": error.request, "why": error.why}
        case GrantNotUsable():
            return {"grant": error.grant, "state": error.state}
        case RulebookInvalid():
            return {"errors": [_line_fault(problem.rule, problem.line, problem.message) for problem in error.problems]}
        case FormInvalid() | CasesInvalid():
            return {"errors": [_fault(p.field, None, p.message, "correct it") for p in error.problems]}
        case GuardrailTouched():
            return {"guardrails": list(error.rules)}
        case CasesFailed():
            return {
                "errors": [_fault("cases", None, failure, "mend the rules or the case") for failure in error.failures]
            }
        case WrongRulebookState():
            return {"kind": "rulebook", "id": error.version, "state": error.state, "fix": error.fix}
        case OwnProposal() | ApprovalVoid():
            return {"kind": "rulebook", "id": error.version, "fix": error.fix}
        case ContractOverlap():
            return {"paths": list(error.paths)}
        case AwsRefused():
            return {"operation": error.operation}
        case DoorError():
            fix = getattr(error, "fix", None)
            return {"field": "body", "fix": fix} if isinstance(fix, str) else {}
    return {}


def _largest_first(sizes: Mapping[str, int]) -> list[Json]:
    ordered = sorted(sizes.items(), key=lambda one: (-one[1], one[0]))
    return [{"source": source, "characters": size} for source, size in ordered]


def _fault(path: str, line: int | None, message: str, fix: str) -> dict[str, Json]:
    fault: dict[str, Json] = {"field": path.removeprefix("$."), "message": message, "fix": fix}
    return fault if line is None else {**fault, "line": line}


def _line_fault(rule: str | None, line: int, message: str) -> dict[str, Json]:
    fault: dict[str, Json] = {"field": "text", "line": line, "message": message, "fix": "correct the rule at this line"}
    return fault if rule is None else {**fault, "rule": rule}


def _refusal(error: AccessRefused) -> dict[str, Json]:
    """The recorded decision. `request_id` is then the access request's: the HTTP one stands in the header."""
    record = refusal_record(error.refusal)
    request = error.refusal.request.id
    return {
        "request_id": request,
        "access_request": request,
        "outcome": "refused",
        "reasons": record["reasons"],
        "sources": record["sources"],
        **containers_record(error.refusal.request),
        "rulebook": record["rulebook"],
        "offers": [offer_record(offer) for offer in error.offers],
    }
