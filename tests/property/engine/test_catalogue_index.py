"""The catalogue's indexes answer as walking the whole of it would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jit_engine.domain.catalogue import Catalogue, CatalogueItem, PrefixItem, TableItem
from jit_engine.domain.source import S3Prefix
from tests.fakes import world

_SEGMENTS = st.sampled_from(("a", "ab", "a-b", "a.b", "A", "a b", "a'", "b"))
_PREFIXES = st.builds(
    lambda parts, bucket: world.prefix("/".join(parts) + "/", bucket),
    st.lists(_SEGMENTS, min_size=1, max_size=4),
    st.sampled_from((world.LAKE, f"{world.LAKE}-2")),
)
_ITEMS = st.lists(
    _PREFIXES.map(world.prefix_item)
    | st.builds(world.table_item, st.sampled_from([world.table(name) for name in "xyz"]), _PREFIXES),
    max_size=12,
)


@given(items=_ITEMS, asked=_PREFIXES)
def test_a_prefix_is_found_with_all_around_and_beneath_it(items: list[CatalogueItem], asked: S3Prefix) -> None:
    catalogue = Catalogue(generation=1, items=tuple(items))
    around = [item for item in items if isinstance(item, PrefixItem) and item.source.contains(asked)]
    assert catalogue.item(asked) == max(around, key=lambda item: len(item.source.prefix), default=None)
    assert sorted(catalogue.around(asked), key=str) == sorted(around, key=str)
    assert list(catalogue.touching(asked)) == _reached(items, asked)


@given(items=_ITEMS, name=st.sampled_from("xyz"))
def test_a_table_is_found_with_all_that_its_files_touch(items: list[CatalogueItem], name: str) -> None:
    catalogue, asked = Catalogue(generation=1, items=tuple(items)), world.table(name)
    own = next((item for item in items if item.source == asked), None)
    assert catalogue.item(asked) is own
    reached = _reached(items, own.location) if isinstance(own, TableItem) and own.location else []
    assert list(catalogue.touching(asked)) == reached


def _reached(items: list[CatalogueItem], files: S3Prefix) -> list[CatalogueItem]:
    return [
        item
        for item in items
        if (isinstance(item, PrefixItem) and files.contains(item.source))
        or (isinstance(item, TableItem) and item.location is not None and item.location.overlaps(files))
    ]
