"""How a route says which Cedar action it needs, and on what: a census of all routes holds it to that."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends

from platform_api.authorize import ThePlatform, Thing
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.errors import SignInAgain

T = TypeVar("T", bound=Thing)

BY_A_SECOND_PERSON = frozenset(
    {
        "activatePolicy",
        "approveAccess",
        "approvePolicy",
        "approveReview",
        "certifyView",
        "declassify",
        "releaseAccess",
        "signContract",
    }
)
"""What lets something pass. In the console it wants a person who signed in lately; a token is young by itself."""


def the_platform() -> ThePlatform:
    """For actions on the platform itself."""
    return ThePlatform()


def permits(action: str, find: Callable[..., T]) -> Any:
    """A dependency: finds the thing, asks the rules for `action` on it, and gives it to the route.

    `find` is itself a dependency. What the caller may not see is not found; what it sees but may not do is forbidden;
    what it may do `BY_A_SECOND_PERSON` it does within an hour of signing in.
    """

    def permitted(caller: CallerDep, thing: Annotated[T, Depends(find)]) -> T:
        caller.platform.authorizer.check(caller.subject, action, thing, caller.now)
        if action in BY_A_SECOND_PERSON and caller.session is not None and not caller.session.is_fresh(caller.now):
            raise SignInAgain(action=action)
        return thing

    permitted.action = action  # type: ignore[attr-defined]
    return Depends(permitted)


def shows(action: str) -> Any:
    """A dependency of lists: each row is shown only if the rules allow `action` on it (see `lists.shown`)."""

    def listed(caller: CallerDep) -> Caller:
        return caller

    listed.action = action  # type: ignore[attr-defined]
    return Depends(listed)


def own(why: str) -> Any:
    """A dependency of routes that show only the caller's own; `why` is for the census."""

    def theirs(caller: CallerDep) -> Caller:
        return caller

    theirs.own = why  # type: ignore[attr-defined]
    return Depends(theirs)
