"""The demonstration: the main job played by the sample people, and every claim checked."""

from platform_api.embedded.demo.run import run

__all__ = ["run"]
