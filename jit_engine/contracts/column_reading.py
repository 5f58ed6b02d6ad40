"""From a document's `masking` and `accessProfile` to typed terms; what is wrong goes to the findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from jit_engine.contracts.durations import read_duration
from jit_engine.contracts.problems import Path, Problem
from jit_engine.contracts.profiles import AccessProfile, DescribedColumn, DescribedTable, PrincipalKind
from jit_engine.contracts.row_filters import FilterUnfit, parse_filter
from jit_engine.contracts.schemas import masking_problems, profile_problems
from jit_engine.contracts.view import Findings, Node, columns, custom, inner_columns
from jit_engine.domain.classification import Classification
from jit_engine.domain.row_filter import RowFilter
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.treatment import Treatment, strictest

MASKING: Final = "masking"
PROFILE: Final = "accessProfile"
_HASHES: Final = frozenset({"hash", "sha256", "hmac-sha256", "tokenize"})


def column_terms_problems(root: Node, lines: Mapping[Path, int]) -> Iterator[Problem]:
    """What keeps the document's masking and access profiles from being what their schema says."""
    for column in columns(root):
        for name, value in custom(column):
            if name == MASKING:
                yield from masking_problems(value.value, value.path, lines)
    for role in root["roles"]:
        for name, value in custom(role):
            if name == PROFILE:
                yield from profile_problems(value.value, value.path, lines)


def read_described(root: Node) -> tuple[DescribedTable, ...]:
    """The tables with their columns, where masking or an access profile speaks of any; else nothing is needed."""
    has_masking = any(name == MASKING for column in columns(root) for name, _ in custom(column))
    has_profile = any(name == PROFILE for role in root["roles"] for name, _ in custom(role))
    if not has_masking and not has_profile:
        return ()
    return tuple(
        DescribedTable(
            table=_physical(table),
            columns=tuple(
                DescribedColumn(name=_physical(column), caps=_caps((column, *inner_columns(column))))
                for column in table["properties"]
            ),
        )
        for table in root["schema"]
    )


def _caps(nodes: tuple[Node, ...]) -> dict[Tier, Treatment]:
    """What a column is capped to in each tier: the strictest of it and all within it, which is not treated apart."""
    caps: dict[Tier, Treatment] = {}
    for node in nodes:
        masking = dict(custom(node)).get(MASKING)
        if masking is None:
            continue
        method = masking["method"].text
        treatment = Treatment.HASHED if method in _HASHES else Treatment.MASKED
        if method == "exclude":
            treatment = Treatment.EXCLUDED
        for tier in Tier:
            if tier.value not in masking["unless"].texts:
                caps[tier] = strictest(caps.get(tier, Treatment.CLEAR), treatment)
    return caps


def read_profiles(root: Node, findings: Findings) -> tuple[AccessProfile, ...]:
    """The access profiles in the document's order; no two of them fit one and the same use."""
    tables = tuple(_Table.of(table) for table in root["schema"])
    if not tables and any(server["type"].text == "glue" for server in root["servers"]):
        return ()  # a finding already: there is nothing to name
    profiles: list[AccessProfile] = []
    for role in root["roles"]:
        node = dict(custom(role)).get(PROFILE)
        if node is None:
            continue
        profile = _profile(role, node, tables, findings)
        for other in profiles:
            if shared := _shared(profile, other):
                fix = "let each stage, operation and kind of principal have one profile"
                findings.add(node, f"fits {shared}, and so does the profile of {other.role}", fix)
        profiles.append(profile)
    return tuple(profiles)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A described table: its name, and for each column's name in the document, the catalogue's name and type."""

    name: str
    columns: Mapping[str, str]
    types: Mapping[str, str]

    @classmethod
    def of(cls, table: Node) -> _Table:
        columns = {column["name"].text: _physical(column) for column in table["properties"]}
        types = {_physical(column): column["logicalType"].text for column in table["properties"]}
        return cls(name=_physical(table), columns=columns, types=types)

    def named(self, text: str) -> str | None:
        """The column that `text` names, alone or as `table.column`."""
        name = text.removeprefix(f"{self.name}.")
        return self.columns.get(name) or (name if name in self.types else None)


def _profile(role: Node, node: Node, tables: tuple[_Table, ...], findings: Findings) -> AccessProfile:
    included = _included(node, tables, findings)
    span = read_duration(node["maxDuration"].text) if node["maxDuration"].is_there else None
    if node["maxDuration"].is_there and span is None:
        findings.add(node["maxDuration"], f"is {node['maxDuration'].text[:40]!r}", "give a duration such as PT8H")
    level = node["autoApproveUpTo"]
    kinds = node["principals"].texts or tuple(PrincipalKind)
    return AccessProfile(
        role=role["role"].text,
        stages=frozenset(Tier(text) for text in node["stages"].texts),
        operations=frozenset(Operation(text) for text in node["operations"].texts),
        kinds=frozenset(PrincipalKind(kind) for kind in kinds),
        columns=included,
        row_filters=_filters(node, tables, included, findings),
        max_duration=span,
        auto_approve_up_to=Classification(level.text) if level.is_there else None,
    )


def _included(node: Node, tables: tuple[_Table, ...], findings: Findings) -> dict[str, frozenset[str]] | None:
    """The columns by table. A profile without a list gets every column that is described, and none that comes later."""
    found: dict[str, set[str]] = {table.name: set() for table in tables}
    for entry in node["columns"]["include"]:
        holding = [(table.name, column) for table in tables if (column := table.named(entry.text)) is not None]
        if not holding:
            known = ", ".join(f"{table.name}.{name}" for table in tables for name in table.columns)[:300]
            findings.add(entry, f"names the unknown column {entry.text[:60]}", f"name columns of the schema: {known}")
        for table, column in holding:
            found[table].add(column)
    if not node["columns"].is_there:
        found = {table.name: set(table.types) for table in tables if table.types}
    return {table: frozenset(names) for table, names in found.items()} or None


def _filters(
    node: Node, tables: tuple[_Table, ...], included: Mapping[str, frozenset[str]] | None, findings: Findings
) -> dict[str, RowFilter]:
    """The row filter for each table that the profile shows anything of; it has to hold for each of them."""
    place = node["rowFilter"]
    if not place.is_there:
        return {}
    shown = [table for table in tables if included is None or included.get(table.name)]
    if not shown:
        findings.add(place, "filters no table", "describe the table and its columns in the schema")
    found: dict[str, RowFilter] = {}
    for table in shown:
        types = {**table.types, **{name: table.types[physical] for name, physical in table.columns.items()}}
        try:
            found[table.name] = parse_filter(place.text, types)
        except FilterUnfit as unfit:
            findings.add(place, f"for table {table.name} {unfit.why}", unfit.fix)
    return found


def _shared(one: AccessProfile, other: AccessProfile) -> str:
    """A use that both fit, in words; empty where there is none."""
    for tier in Tier:
        for operation in sorted(one.operations & other.operations):
            for kind in PrincipalKind:
                if one.fits(tier, operation, kind) and other.fits(tier, operation, kind):
                    return f"{tier.value} {operation.value} ({kind.value})"
    return ""


def _physical(node: Node) -> str:
    return node["physicalName"].text or node["name"].text
