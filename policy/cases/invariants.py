"""The cases of the invariants, which ship with them: for each, one that it alone refuses and one it lets pass."""

from functools import cache
from importlib.resources import files

from policy.cases.case import Case
from policy.cases.reading import cases_from_text


@cache
def invariant_cases() -> tuple[Case, ...]:
    """The cases, read once."""
    return cases_from_text(files("policy").joinpath("schema", "invariant_cases.yaml").read_text(encoding="utf-8"))
