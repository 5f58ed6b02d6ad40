"""The session of one of the platform's roles: renewed well ahead of its end, and never in the way of a call meanwhile.

botocore renews in whatever call comes by first, for as long as that takes. Here a call that may wait does it, so that
a Deny finds a session that holds although STS does not answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.credentials import DeferredRefreshableCredentials

AHEAD = 30 * 60
"""Seconds before its end from which on a session is renewed: half of its hour, and more than any sweep is apart."""
LEAST_LEFT = 60
"""Seconds that a session has to last for a call to be signed with it."""
NOT_AGAIN_WITHIN = 30.0
"""Seconds after a renewal that failed until the next is tried: until then calls go on with the session that holds."""


class OwnSession(DeferredRefreshableCredentials):
    """Credentials that botocore opens at the first call and when they end; `renew_ahead` is to come before that."""

    _advisory_refresh_timeout = LEAST_LEFT
    _mandatory_refresh_timeout = LEAST_LEFT
    _frozen_credentials: object | None
    _refresh_lock: threading.Lock
    _protected_refresh: Callable[[bool], None]

    def __init__(self, opened: Callable[[], Any], monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(method="assume-role", refresh_using=opened)
        self._monotonic = monotonic
        self._not_before = float("-inf")

    def renew_ahead(self) -> None:
        """Renews a session of which less than `AHEAD` is left, where nobody does yet; one that fails changes nothing.

        A session that was never opened, or does not hold any more, is left to the call itself, which tells why not.
        """
        if self._frozen_credentials is None or not self.refresh_needed(AHEAD) or self._monotonic() < self._not_before:
            return
        if self.refresh_needed(LEAST_LEFT) or not self._refresh_lock.acquire(blocking=False):
            return
        try:
            with suppress(RuntimeError):  # what was answered had ended already: the call itself tells so
                self._protected_refresh(False)  # whether it is mandatory: then it would raise
            if self.refresh_needed(AHEAD):
                self._not_before = self._monotonic() + NOT_AGAIN_WITHIN
        finally:
            self._refresh_lock.release()
