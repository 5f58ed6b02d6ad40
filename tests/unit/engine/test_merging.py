"""Statements are merged only where neither side gains: same conditions, or same resources under one list of values."""

from __future__ import annotations

from jit_engine.iam.merging import merged, numbered
from jit_engine.iam.statement import Allow, Conditions


def _allow(
    *resources: str, actions: tuple[str, ...] = ("s3:ListBucket",), about: str = "a", **conditions: dict[str, object]
) -> Allow:
    kept: Conditions = {operator: dict(keys) for operator, keys in conditions.items()}  # type: ignore[arg-type]
    return Allow(sid="One", why="for", about=(about,), actions=actions, resources=resources, conditions=kept)


def test_the_same_actions_under_the_same_conditions_put_their_resources_together() -> None:
    one, other = _allow("r2", about="a"), _allow("r1", about="b")
    (found,) = merged([one, other])
    assert found.resources == ("r1", "r2")
    assert found.why == "for a, b"


def test_one_list_of_values_on_the_same_resource_is_put_together() -> None:
    (found,) = merged([_allow("r", StringLike={"k": ("b/*",)}), _allow("r", StringLike={"k": ("a/*",)})])
    assert found.conditions == {"StringLike": {"k": ("a/*", "b/*")}}


def test_values_of_different_resources_are_never_put_together() -> None:
    found = merged([_allow("r1", StringLike={"k": ("a/*",)}), _allow("r2", StringLike={"k": ("b/*",)})])
    assert [(one.resources, one.conditions["StringLike"]["k"]) for one in found] == [
        (("r1",), ("a/*",)),
        (("r2",), ("b/*",)),
    ]
    assert [one.sid for one in found] == ["One1", "One2"]


def test_what_differs_in_another_condition_or_in_its_actions_stays_apart() -> None:
    for other in (
        _allow("r", StringEquals={"k": "b"}),
        _allow("r", StringLike={"k": ("b",)}, StringEquals={"j": "b"}),
        _allow("r", StringLike={"j": ("a",)}),
        _allow("r", StringLike={"k": ("b",), "j": ("b",)}),
        _allow("r", actions=("s3:GetObject",), StringLike={"k": ("b",)}),
        _allow("r", StringNotLike={"k": ("b",)}),
    ):
        assert len(merged([_allow("r", StringLike={"k": ("a",)}), other])) == 2
    assert len(merged([_allow("r", StringNotLike={"k": "a"}), _allow("r", StringNotLike={"k": "b"})])) == 2


def test_a_name_that_one_statement_has_stays_as_it_is() -> None:
    assert [one.sid for one in numbered([_allow("r")])] == ["One"]
