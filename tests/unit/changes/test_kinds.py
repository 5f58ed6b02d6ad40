"""What a record says has changed."""

import pytest

from platform_api.changes.kinds import Changed, changed_by


@pytest.mark.parametrize(
    ("action", "kind", "told"),
    [
        ("grant.active", "grant", True),
        ("grant.active", "activity", False),
        ("grant.active", "environment", False),
        ("access.awaiting-approval", "request", True),
        ("access.awaiting-approval", "activity", False),
        ("environment.provisioning", "environment", True),
        ("contract.accepted", "activity", True),
        ("review.approved", "review", True),
        ("rulebook.live", "rulebook", True),
        ("alarm.grant-behind-aws", "grant", True),
        ("request.rejected", "grant", False),
        ("session.signed-in", "session", False),
        ("grant.active", "decision", False),
        ("something.new", "grant", False),
    ],
)
def test_a_record_speaks_only_of_what_its_action_is_about(action: str, kind: str, told: bool) -> None:
    assert changed_by(action, kind, "id") == (Changed(kind=kind, id="id") if told else None)  # type: ignore[arg-type]
