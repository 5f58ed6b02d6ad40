"""What the rulebook desk refuses. The live rulebook is untouched by all of them."""

from typing import ClassVar

from policy.errors import PolicyError


class UnknownRulebook(PolicyError):
    """There is no version of that name."""

    code: ClassVar[str] = "unknown-rulebook"

    def __init__(self, version: str) -> None:
        self.version = version
        super().__init__(f"there is no rulebook version {version}: list the versions to find its name")


class WrongRulebookState(PolicyError):
    """The version exists, but its state does not allow this."""

    code: ClassVar[str] = "rulebook-state"

    def __init__(self, *, version: str, state: str, fix: str) -> None:
        self.version = version
        self.state = state
        self.fix = fix
        super().__init__(f"rulebook version {version} is {state}: {fix}")


class Overtaken(PolicyError):
    """Somebody else was faster: the version, or what is live, is no longer what this was about."""

    code: ClassVar[str] = "rulebook-overtaken"

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"{what}: read it again and decide anew")


class OwnProposal(PolicyError):
    """Whoever wrote or proposed a version would judge it."""

    code: ClassVar[str] = "own-rulebook"

    def __init__(self, version: str) -> None:
        self.version = version
        self.fix = "have somebody approve it who neither wrote nor proposed it"
        super().__init__(f"you are an author of rulebook version {version}: {self.fix}")


class ApprovalVoid(PolicyError):
    """An approval that does not count: its giver has no right to it now."""

    code: ClassVar[str] = "approval-void"

    def __init__(self, *, version: str, approvers: tuple[str, ...]) -> None:
        self.version = version
        self.approvers = approvers
        self.fix = "have somebody approve it who may"
        super().__init__(f"{', '.join(approvers)} may not approve rulebook version {version} any more: {self.fix}")


class GuardrailTouched(PolicyError):
    """A text that would replace, repeat or remove what nobody edits; `rules` are the ids it names."""

    code: ClassVar[str] = "guardrail"

    def __init__(self, rules: tuple[str, ...]) -> None:
        self.rules = rules
        super().__init__(
            f"{', '.join(rules)}: the platform's own rules always hold and are no part of a rulebook; "
            "leave them out, and give a rule of yours an @id that does not start with inv-"
        )


class CasesFailed(PolicyError):
    """The version's own test cases do not pass; `failures` says which and what came instead."""

    code: ClassVar[str] = "cases-failed"

    def __init__(self, *, version: str, failures: tuple[str, ...]) -> None:
        self.version = version
        self.failures = failures
        super().__init__(
            f"not every test case of rulebook version {version} holds: "
            + "; ".join(failures[:10])
            + ": mend the rules or the cases"
        )
