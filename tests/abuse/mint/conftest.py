"""An AWS for cases of the minter alone: no worker sweeps it, so that a test may leave roles lying about for a while."""

from __future__ import annotations

import pytest

from jit_engine.aws.minter import AwsMinter
from tests.contract.minter.cloud import Cloud
from tests.crash.conftest import cloud, empty_ledger, new_setting, player

__all__ = ["cloud", "empty_ledger", "new_setting", "player"]


@pytest.fixture
def minter(cloud: Cloud) -> AwsMinter:
    """The real adapter; its waits do not wait."""
    return AwsMinter(calls=cloud.broker(), external_id=cloud.account.external_id, sleep=lambda _: None)
