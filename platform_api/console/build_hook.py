"""Hatchling's hook: a wheel holds the built console. An editable install leaves the building to `make`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConsoleHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds before packing. From an sdist, which carries what was built, nothing is built again."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling for each target."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root)))
        from platform_api.console.build import build

        build(tell=self.app.display_info)
        build_data["artifacts"].append("platform_api/console/built/**")
