"""Lists: a page of what the caller may see, with the filters that the list knows and no others."""

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from jit_engine.domain.ids import SubjectId
from jit_engine.errors import InvalidValue
from platform_api.authorize import Thing
from platform_api.paging import Page, PageAsk
from platform_api.routes.caller import Caller
from platform_api.schemas.wire import Listed, digits

T = TypeVar("T")
S = TypeVar("S")

_LONGEST_PAGE = 200
Filter = Annotated[str | None, Field(max_length=200)]


class Paged(BaseModel):
    """What every list takes; a list's own model adds its filters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, digits(_LONGEST_PAGE), Field(ge=1, le=_LONGEST_PAGE)] = 50
    cursor: Annotated[str | None, Field(max_length=1000)] = None

    def ask(self) -> PageAsk:
        """The question for the store: every filter that was given."""
        given = self.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
        return PageAsk(limit=self.limit, cursor=self.cursor, filters=given)


def shown(
    caller: Caller,
    action: str,
    kind: type[Thing],
    ask: PageAsk,
    read: Callable[[PageAsk, SubjectId | None], Page[T]],
    thing_of: Callable[[T], Thing],
    show: Callable[[T], S],
) -> Listed[S]:
    """The rows of a page that the rules show the caller: its own, or anybody's where the rules say so."""
    authorizer = caller.platform.authorizer
    anybody = authorizer.sees_strangers(caller.subject, action, kind, caller.now)
    page = read(ask, None if anybody else caller.subject.id)
    visible = authorizer.visible(caller.subject, action, [thing_of(row) for row in page.items], caller.now)
    items = [show(row) for row, may in zip(page.items, visible, strict=True) if may]
    return Listed[S](items=items, next_cursor=page.next_cursor)


def cut(rows: Sequence[T], ask: Paged, key: Callable[[T], str], show: Callable[[T], S]) -> Listed[S]:
    """A page of rows that are in memory, in the order of `key`."""
    ordered = sorted(rows, key=key)
    if ask.cursor is not None:
        after = _key_in(ask.cursor)
        ordered = [row for row in ordered if key(row) > after]
    page = ordered[: ask.limit]
    cursor = _cursor(key(page[-1])) if len(ordered) > ask.limit else None
    return Listed[S](items=[show(row) for row in page], next_cursor=cursor)


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).rstrip(b"=").decode()


def _key_in(cursor: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        fix = "pass on the cursor that the page before gave, or leave it out to start anew"
        raise InvalidValue(field="cursor", given=cursor, fix=fix) from None
