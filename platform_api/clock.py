"""Where "now" comes from: a function, handed in, so that time is an argument everywhere else."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Gives the time (aware, UTC)."""
