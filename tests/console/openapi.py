"""The OpenAPI document of the API, for the console's types: `python -m tests.console.openapi FILE`."""

import json
import sys
from pathlib import Path
from typing import Any, cast

from platform_api.app import create_app, described
from platform_api.wiring import Platform


def document() -> dict[str, Any]:
    """The document. No route is called, so no platform is needed."""
    return described(create_app(cast(Platform, None)))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
