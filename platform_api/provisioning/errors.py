"""What provisioning raises beyond the engine's own errors. Each class has a stable `code`."""

from __future__ import annotations

from typing import ClassVar


class ProvisioningError(Exception):
    """The base of provisioning's errors."""

    code: ClassVar[str] = "provisioning-error"


class StackNotOurs(ProvisioningError):
    """A stack of the environment's name exists that we did not make for it; it is never adopted."""

    code: ClassVar[str] = "stack-not-ours"

    def __init__(self, *, stack_name: str) -> None:
        self.stack_name = stack_name
        super().__init__(
            f"a stack {stack_name} exists without this environment's tags: "
            "an operator has to look at who made it and remove it"
        )


class TemplateAltered(ProvisioningError):
    """The shipped template no longer has the place where the boundary goes."""

    code: ClassVar[str] = "template-altered"

    def __init__(self) -> None:
        super().__init__(
            "the environment template has no boundary marker: restore the reviewed template and start again"
        )
