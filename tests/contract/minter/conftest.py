"""One embedded AWS for each worker's tests of the minter."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from jit_engine.aws.minter import AwsMinter
from platform_api.embedded.aws_bootstrap import bootstrap
from platform_api.embedded.aws_process import EmbeddedAws
from tests.contract.minter.cloud import Cloud, lay_down


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The embedded AWS with the sample company's lake and environments."""
    folder = tmp_path_factory.mktemp("minter-aws")
    with EmbeddedAws(state_dir=folder, environment={"PATH": os.environ["PATH"]}) as aws:
        yield lay_down(bootstrap(endpoint_url=aws.endpoint_url, state_dir=folder))


@pytest.fixture
def minter(cloud: Cloud) -> AwsMinter:
    """The real adapter; its waits do not wait."""
    return AwsMinter(calls=cloud.broker(), external_id=cloud.account.external_id, sleep=lambda _: None)
