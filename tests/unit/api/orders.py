"""Orders for activities that tests register."""

import secrets
from datetime import datetime, timedelta
from typing import Any


def order(now: datetime, **changed: Any) -> dict[str, Any]:
    """An order that the fast path would approve, under a name of its own, with these members changed."""
    return {
        "name": f"test-{secrets.token_hex(6)}",
        "title": "A test",
        "purposes": ["lending/credit-risk-research"],
        "contracts": [],
        "data_classification": "internal",
        "cost_center": "CC-1",
        "monthly_budget_usd": 10,
        "ends_at": (now + timedelta(days=30)).replace(microsecond=0).isoformat(),
        "template": "standard-research",
        **changed,
    }
