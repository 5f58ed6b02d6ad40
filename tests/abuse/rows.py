"""Rows of a parametrised test that say which abuse case they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def rows(table: Mapping[str, T]) -> list[Any]:
    """A parameter set a row, marked with the case that its name begins with (`MINT-001 an asterisk inside`)."""
    return [pytest.param(row, id=name, marks=pytest.mark.case(name.partition(" ")[0])) for name, row in table.items()]
