"""The application with the interoperability scenario's decision point, served on a port of its own."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from platform_api.app import create_app
from platform_api.embedded.serving import Serving, listening, port_of
from tests.e2e.authzen.todo import todo_point
from tests.support.platform import Cast, Somebody


@pytest.fixture(scope="package")
def todo(cast: Cast) -> Iterator[Somebody]:
    """Somebody who may ask about others, before the todo application."""
    bound = listening()
    platform = cast.platform.platform
    settings = platform.settings.model_copy(update={"api_port": port_of(bound)})
    serving = Serving(create_app(replace(platform, settings=settings, evaluation=todo_point())), bound, "todo")
    serving.start()
    try:
        with httpx.Client(base_url=settings.base_url, trust_env=False, timeout=60) as http:
            yield Somebody(platform=cast.platform, login="gus", http=http)
    finally:
        serving.stop()
