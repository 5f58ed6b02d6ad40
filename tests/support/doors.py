"""More doors to a running platform: other API processes' worth of it, on settings of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from platform_api.app import create_app
from platform_api.embedded.serving import HOST, Serving, listening, port_of
from platform_api.settings import Settings
from platform_api.wiring import Platform, build
from tests.support.platform import Cast


@contextmanager
def another_door(cast: Cast, settings: Settings) -> Iterator[tuple[Cast, Platform]]:
    """The same people at an API that is built anew from `settings`; it has no worker."""
    bound = listening()
    platform = build(settings)
    serving = Serving(create_app(platform), bound, "another API")
    serving.start()
    try:
        with httpx.Client(base_url=f"http://{HOST}:{port_of(bound)}", trust_env=False, timeout=60) as http:
            yield Cast(platform=cast.platform, http=http), platform
    finally:
        serving.stop()
        platform.close()


@contextmanager
def door_without_aws(cast: Cast) -> Iterator[Cast]:
    """The same people and database, and an AWS that nobody answers for: what needs it is a 503."""
    settings = cast.platform.platform.settings
    nobody = listening()  # bound, but nobody listens: connections are refused, and nothing else takes the port
    aws = settings.aws.model_copy(update={"endpoint_url": f"http://{HOST}:{port_of(nobody)}"})
    try:
        with another_door(cast, settings.model_copy(update={"aws": aws})) as (people, _):
            yield people
    finally:
        nobody.close()
