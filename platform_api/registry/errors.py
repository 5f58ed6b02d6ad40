"""What the registry raises beyond the engine's own errors. Each class has a stable `code`."""

from __future__ import annotations

from typing import ClassVar

from jit_engine.contracts.problems import Problem


class RegistryError(Exception):
    """The base of the registry's errors: a sentence for people in `str(error)`, a stable code for programs."""

    code: ClassVar[str] = "registry-error"


class FourEyes(RegistryError):
    """The same person would propose and agree."""

    code: ClassVar[str] = "four-eyes"

    def __init__(self, *, what: str, fix: str) -> None:
        self.what = what
        self.fix = fix
        super().__init__(f"{what}: {fix}")


class PeopleOnly(RegistryError):
    """A workload tried what only a person may do."""

    code: ClassVar[str] = "people-only"

    def __init__(self, *, what: str) -> None:
        self.what = what
        super().__init__(f"only a person can {what}: have somebody do it under their own name")


class NotASigner(RegistryError):
    """Somebody without the role tried to sign."""

    code: ClassVar[str] = "not-a-signer"

    def __init__(self, *, role: str, team: str) -> None:
        self.role = role
        self.team = team
        super().__init__(f"only members of team {team} sign as {role}: ask one of them")


class NotTheOwner(RegistryError):
    """Something that only an activity's owner (or, where it says so, a member) may do."""

    code: ClassVar[str] = "not-the-owner"

    def __init__(self, *, what: str, owner: str) -> None:
        self.what = what
        self.owner = owner
        super().__init__(f"you may not {what}: ask {owner}, the activity's owner")


class ActivityNotEmpty(RegistryError):
    """An activity is retired once nothing of it is left; something is."""

    code: ClassVar[str] = "activity-not-empty"

    def __init__(self, *, activity: str, grants: int, roles: int, environments: int) -> None:
        self.activity = activity
        self.grants = grants
        self.roles = roles
        self.environments = environments
        left = f"{grants} grants to close, {roles} roles to delete, {environments} environments with resources"
        fix = "grants and roles go by themselves, ask again then; environments have to be removed first"
        super().__init__(f"activity {activity} still has {left}: {fix}")


class NameTaken(RegistryError):
    """An activity of that name exists; names are never used twice."""

    code: ClassVar[str] = "name-taken"

    def __init__(self, *, name: str) -> None:
        self.name = name
        super().__init__(f"an activity named {name} exists already, and names are never reused: choose another")


class VersionTaken(RegistryError):
    """A contract's version that was proposed before, or is not later than the one in force."""

    code: ClassVar[str] = "version-taken"

    def __init__(self, *, contract: str, version: str, latest: str) -> None:
        self.contract = contract
        self.version = version
        self.latest = latest
        super().__init__(
            f"version {version} of contract {contract} cannot be used: give one later than {latest} that is new"
        )


class NotYourContract(RegistryError):
    """A later version that would hand the contract to another team."""

    code: ClassVar[str] = "other-owner"

    def __init__(self, *, contract: str, owner_team: str) -> None:
        self.contract = contract
        self.owner_team = owner_team
        super().__init__(f"contract {contract} belongs to team {owner_team}: keep team.name, or use an id of your own")


class NotYourDraft(RegistryError):
    """A draft that somebody else is writing."""

    code: ClassVar[str] = "not-your-draft"

    def __init__(self, *, contract: str, version: str, author: str) -> None:
        self.contract = contract
        self.version = version
        self.author = author
        super().__init__(f"version {version} of contract {contract} is a draft of {author}: choose another version")


class ContractOverlap(RegistryError):
    """Data that another contract in force is about already; `paths` names each place."""

    code: ClassVar[str] = "contract-overlap"

    def __init__(self, *, paths: tuple[str, ...]) -> None:
        self.paths = paths
        super().__init__(
            "each item of data has one contract in force; covered already: "
            + "; ".join(paths)
            + ": narrow this contract, or propose a later version of that one"
        )


class EnvironmentExists(RegistryError):
    """The activity has a live environment of that tier."""

    code: ClassVar[str] = "environment-exists"

    def __init__(self, *, environment: str, tier: str) -> None:
        self.environment = environment
        self.tier = tier
        super().__init__(f"the activity has a {tier} environment already: use {environment}")


class OrderInvalid(RegistryError):
    """An order for an activity that cannot be; `problems` names all that was found."""

    code: ClassVar[str] = "order-invalid"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("the activity cannot be registered: " + "; ".join(str(p) for p in problems[:20]))
