"""The rulebook desk: a draft is written, tried, proposed, approved by somebody else, made live, and gone back from.

Who may come to the desk at all is the rules' own to say, before anything here is called. What the desk itself
keeps: nothing invalid is stored, a deed is of the revision that its doer read, a draft is shared by all who may
propose and whoever wrote in it or proposed it is an author and never approves it, an approval counts for one
digest in place of one live version and while its giver has the right, and test cases pass before anything is live.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from policy.cases import Case, CaseRun, cases_from_text, run_cases
from policy.engine import Engine
from policy.errors import Problem, RulebookInvalid
from policy.ports import (
    EVERY,
    MOST_AT_ONCE,
    ChangeAnalysis,
    Deed,
    Extent,
    LiveGrants,
    Rights,
    RulebookStore,
    Steps,
    unheard,
)
from policy.refusals import (
    ApprovalVoid,
    CasesFailed,
    GuardrailTouched,
    Overtaken,
    OwnProposal,
    UnknownRulebook,
    WrongRulebookState,
)
from policy.rulebook import Rulebook
from policy.versions import Approval, Json, Proposal, RulebookState, RulebookVersion
from policy.warnings import Concern, warnings_in

TRIES = 4
RING = timedelta(days=30)
"""Two people who approve each other's versions within this time are pointed out to the auditors."""
APPROVE = "approvePolicy"
_RESERVED = "inv-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activated:
    """A version that is live now, the one that it follows, and the grants that ended by it."""

    version: RulebookVersion
    retired: RulebookVersion
    ended: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulebookDesk:
    """The life of a rulebook. `by` is the id of a login; an author is whatever human is behind one."""

    store: RulebookStore
    rights: Rights
    analysis: ChangeAnalysis
    grants: LiveGrants

    def check(self, text: str, cases: str, version: str = "draft") -> Engine:
        """The engine of a text that may be stored. Raises `RulebookInvalid`, `GuardrailTouched`, `CasesInvalid`."""
        try:
            engine = Engine.load(Rulebook(version=version, text=text))
        except RulebookInvalid as invalid:
            touched = {problem.rule for problem in invalid.problems if (problem.rule or "").startswith(_RESERVED)}
            if touched:
                raise GuardrailTouched(tuple(sorted(rule for rule in touched if rule))) from invalid
            raise
        _cases(cases)
        return engine

    def draft(self, by: str, *, title: str, text: str, cases: str, now: datetime) -> RulebookVersion:
        """A new draft of a text that is valid."""
        return self._add(by, title=title, text=text, cases=cases, rollback_of=None, now=now)

    def rollback(self, by: str, version: str, now: datetime) -> RulebookVersion:
        """A new draft with the text and cases of a version that was live; it needs a fresh approval, as any other."""
        old = self.get(version)
        if old.state is not RulebookState.RETIRED:
            raise WrongRulebookState(
                version=version, state=old.state.value, fix="go back to a version that was live and is retired"
            )
        title = f"Back to version {old.version}"
        return self._add(by, title=title, text=old.text, cases=old.cases, rollback_of=old.version, now=now)

    def edit(
        self, by: str, version: str, *, revision: int, title: str, text: str, cases: str | None, now: datetime
    ) -> RulebookVersion:
        """The draft with another text, its author among the others from now on.

        Its proposal and its approvals end with that, if it had any. Its test cases stay where `cases` is None.
        """
        found = self.get(version)
        draft = found.as_draft()
        _check_read(found, revision)
        cases = found.cases if cases is None else cases
        self.check(text, cases, version)
        edited = replace(draft, title=title, text=text, cases=cases, authors=_with(found.authors, by))
        details: dict[str, Json] = {"ended_approvals": [approval.by for approval in found.approvals]}
        return self.store.save(edited, _deed("rulebook.edited", by, edited, now, details))

    def propose(self, by: str, version: str, now: datetime, *, revision: int) -> RulebookVersion:
        """The draft, proposed with what it would change in the live version.

        It is what `by` read, its cases pass, and nothing in it looks like something else.
        """
        found = self.get(version)
        proposed = found.moved(RulebookState.PROPOSED, "only a draft can be proposed")
        _check_read(found, revision)
        live = self._live()
        _check_letters(found)
        self._check_cases(found)
        proposal = Proposal(
            by=by,
            at=now,
            digest=found.digest,
            against=live.version,
            impact=self.analysis.impact(live.rulebook, found.rulebook, now, EVERY.at_most(MOST_AT_ONCE)),
        )
        proposed = replace(proposed, proposal=proposal, approvals=(), authors=_with(found.authors, by))
        return self.store.save(proposed, _deed("rulebook.proposed", by, proposed, now, {"against": live.version}))

    def approve(self, by: str, version: str, *, digest: str, against: str, now: datetime) -> RulebookVersion:
        """The version, approved by somebody else than its authors.

        1. It is proposed.
        2. Who approves neither wrote nor proposed it, as a person.
        3. What they read is what is stored: this digest, in place of this live version, analysed as this very pair.
        4. They may, at this moment.
        """
        found = self.get(version)
        approved = found.moved(RulebookState.APPROVED, "only a proposed version can be approved, and only once")  # 1
        if self._is_author(by, found):  # 2
            raise OwnProposal(version)
        self._check_pair(found, digest, against)  # 3
        if not self.rights.may(by, APPROVE, found, now):  # 4
            raise ApprovalVoid(version=version, approvers=(by,))
        approval = Approval(by=by, at=now, digest=digest, against=against)
        approved = replace(approved, approvals=(approval,))
        details: dict[str, Json] = {"digest": digest, "against": against}
        if ring := self._ring(found, by, now):
            details["approved_each_other"] = ring
        return self.store.save(approved, _deed("rulebook.approved", by, approved, now, details))

    def reject(self, by: str, version: str, reason: str, now: datetime, *, revision: int) -> RulebookVersion:
        """The version, rejected for good."""
        found = self.get(version)
        rejected = found.moved(RulebookState.REJECTED, "only what is proposed can be rejected")
        if self._is_author(by, found):
            raise OwnProposal(version)
        _check_read(found, revision)
        return self.store.save(rejected, _deed("rulebook.rejected", by, found, now, {"reason": reason}))

    def withdraw(self, by: str, version: str, reason: str, now: datetime, *, revision: int) -> RulebookVersion:
        """The version, given up."""
        found = self.get(version)
        withdrawn = found.moved(RulebookState.WITHDRAWN, "it is over already, or live")
        _check_read(found, revision)
        return self.store.save(withdrawn, _deed("rulebook.withdrawn", by, found, now, {"reason": reason}))

    def activate(self, by: str, version: str, now: datetime, *, revision: int) -> Activated:
        """The version, live; grants that its rules no longer pass are due for revocation.

        1. It is what `by` read, and approved, for this digest and in place of what is live now.
        2. Everybody who approved it may still; else their approvals end and it is proposed again.
        3. It is valid and its cases pass, by today's schema.
        4. One transaction: the old version is retired, this one is live, every live grant is due.
        5. Each live grant is decided anew. Should that be cut short, the reconciler does it: they are due.
        """
        found = self.get(version)
        live_next = found.moved(RulebookState.LIVE, "only an approved version can be made live")
        live = self._live()
        _check_read(found, revision)  # 1
        for approval in found.approvals:
            self._check_pair(found, approval.digest, approval.against)
        self._check_approvers(found, by, now)  # 2
        self._check_cases(found)  # 3
        details: dict[str, Json] = {
            "over": live.version,
            "digest": found.digest,
            "approved_by": [approval.by for approval in found.approvals],
        }
        deed = _deed("rulebook.activated", by, live_next, now, details)
        decide_anew = self.grants.changing()
        active = self.store.activate(replace(live_next, live_at=now), live, deed)  # 4
        ended = tuple(decide_anew(now))  # 5
        return Activated(version=active, retired=live, ended=ended)

    def impact(self, version: str, now: datetime, extent: Extent = EVERY, step: Steps = unheard) -> Proposal:
        """What the version would change in the live one, found now and kept nowhere; `by` names nobody."""
        found, live = self.get(version), self._live()
        impact = self.analysis.impact(live.rulebook, found.rulebook, now, extent, step)
        return Proposal(by="", at=now, digest=found.digest, against=live.version, impact=impact)

    def would_change(
        self, text: str, now: datetime, extent: Extent = EVERY, step: Steps = unheard
    ) -> tuple[str, Mapping[str, Json]]:
        """The version that is live, and what a text would change in it. Nothing is kept; raises as `check`."""
        live = self._live()
        self.check(text, "")
        return live.version, self.analysis.impact(
            live.rulebook, Rulebook(version="draft", text=text), now, extent, step
        )

    def run_cases(self, version: str) -> CaseRun:
        """How the version's own cases and the invariants' come out."""
        found = self.get(version)
        return self.test(found.text, found.cases, version)

    def test(self, text: str, cases: str, version: str = "draft") -> CaseRun:
        """How these cases come out on this text, and the invariants' own; raises as `check`."""
        return run_cases(self.check(text, cases, version), _cases(cases))

    def get(self, version: str) -> RulebookVersion:
        """The version; raises `UnknownRulebook`."""
        found = self.store.get(version)
        if found is None:
            raise UnknownRulebook(version)
        return found

    def _add(
        self, by: str, *, title: str, text: str, cases: str, rollback_of: str | None, now: datetime
    ) -> RulebookVersion:
        for _ in range(TRIES):
            number = self.store.next_number()
            self.check(text, cases, str(number))
            draft = RulebookVersion(
                version=str(number),
                number=number,
                title=title,
                text=text,
                cases=cases,
                state=RulebookState.DRAFT,
                authors=(by,),
                rollback_of=rollback_of,
                created_at=now,
                live_at=None,
                proposal=None,
                approvals=(),
                revision=0,
            )
            details: dict[str, Json] = {} if rollback_of is None else {"rollback_of": rollback_of}
            try:
                return self.store.add(draft, _deed("rulebook.drafted", by, draft, now, details))
            except Overtaken:
                continue
        raise Overtaken("several drafts were begun at once")

    def _live(self) -> RulebookVersion:
        live = self.store.live()
        if live is None:
            raise UnknownRulebook("live")
        return live

    def _check_pair(self, found: RulebookVersion, digest: str, against: str) -> None:
        """The digest and the live version that somebody speaks of are those that are stored, live, and analysed."""
        live = self._live()
        if against != live.version:
            raise Overtaken(f"version {against} is not the live one, {live.version} is")
        if digest != found.digest:
            raise Overtaken(f"rulebook version {found.version} has another digest than {digest}")
        proposal = found.proposal
        if proposal is None or (proposal.digest, proposal.against) != (digest, against):
            raise Overtaken(f"rulebook version {found.version} was analysed against another version")

    def _check_approvers(self, found: RulebookVersion, by: str, now: datetime) -> None:
        approvers = [approval.by for approval in found.approvals]
        if not approvers or set(approvers) & set(found.authors):
            raise OwnProposal(found.version)
        lapsed = tuple(
            one for one in approvers if self._is_author(one, found) or not self.rights.may(one, APPROVE, found, now)
        )
        if lapsed:
            again = replace(found.moved(RulebookState.PROPOSED, "propose it anew"), approvals=())
            self.store.save(again, _deed("rulebook.approval-void", by, again, now, {"approvers": list(lapsed)}))
            raise ApprovalVoid(version=found.version, approvers=lapsed)

    def _is_author(self, by: str, found: RulebookVersion) -> bool:
        """Whether one human is behind that login and an author's; of an unknown one `Rights.may` says no."""
        return bool(self._humans((by,)) & self._humans(found.authors))

    def _humans(self, logins: Iterable[str]) -> set[str]:
        return {human for one in logins for human in (one, *self.rights.people_behind(one))}

    def _check_cases(self, found: RulebookVersion) -> None:
        run = self.test(found.text, found.cases, found.version)
        if not run.passed:
            failures = tuple(f"{result.case.name}: {result.problem}" for result in run.failures)
            raise CasesFailed(version=found.version, failures=failures)

    def _ring(self, found: RulebookVersion, by: str, now: datetime) -> list[Json]:
        """The versions of `by` that an author of this one approved not long ago, under whatever login."""
        approver, authors = self._humans((by,)), self._humans(found.authors)
        return [
            other.version
            for other in self.store.versions()
            if (lately := [approval.by for approval in other.approvals if now - approval.at <= RING])
            and approver & self._humans(other.authors)
            and authors & self._humans(lately)
        ]


def _check_read(found: RulebookVersion, revision: int) -> None:
    """What somebody read is what is stored: else they would act on a text of another's that they never saw."""
    if found.revision != revision:
        raise Overtaken(
            f"rulebook version {found.version} was changed after you had read it: "
            f"it has revision {found.revision}, you read {revision}"
        )


def _cases(text: str) -> tuple[Case, ...]:
    return cases_from_text(text) if text.strip() else ()


def _check_letters(version: RulebookVersion) -> None:
    """Nothing that looks like something else is proposed: who reads it would approve another text than it is."""
    odd = [warning for warning in warnings_in(version.rulebook) if warning.concern is Concern.LOOK_ALIKE]
    if odd:
        problems = (Problem(line=w.line, rule=w.rule, message=f"{w.message}: {w.fix}") for w in odd)
        raise RulebookInvalid(version.version, tuple(problems))


def _with(authors: tuple[str, ...], by: str) -> tuple[str, ...]:
    return authors if by in authors else (*authors, by)


def _deed(action: str, by: str, version: RulebookVersion, now: datetime, details: dict[str, Json]) -> Deed:
    said: dict[str, Json] = {"state": version.state.value, "sha256": version.sha256, **details}
    return Deed(action=action, actor=by, at=now, about={"rulebook": version.version}, details=said)
