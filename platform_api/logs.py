"""Where the platform's log goes: one JSON object a line. No message, only what code names: never a credential."""

from __future__ import annotations

import logging
from typing import TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from platform_api.settings import LogLevel


def log_to(file: TextIO, level: LogLevel) -> None:
    """Sends the log of this process to `file`, from `level` on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.value.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=file),
        cache_logger_on_first_use=False,
    )


def log_nowhere() -> None:
    """Ends that: what is logged from now on is dropped."""
    structlog.configure(processors=[_drop])


def _drop(_logger: WrappedLogger, _method: str, _event: EventDict) -> EventDict:
    raise structlog.DropEvent
