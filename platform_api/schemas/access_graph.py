"""Who has access to what through which activity, on the wire."""

from __future__ import annotations

from platform_api.schemas.wire import Moment, Shown


class DatasetShown(Shown):
    """Data that a grant gives; the title is its URI where the catalogue no longer has it."""

    uri: str
    title: str
    classification: str | None


class AccessPathShown(Shown):
    """One live grant: from its person through its activity to its data."""

    grant: str
    person: str
    activity: str
    activity_title: str
    environment: str
    tier: str
    purpose: str
    ends_at: Moment
    data: list[DatasetShown]


class AccessGraphShown(Shown):
    """The newest live grants that the caller may see. `truncated`: there are more, so that a filter is needed."""

    grants: list[AccessPathShown]
    truncated: bool
