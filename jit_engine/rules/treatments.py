"""Columns and rows: what a contract leaves of a table, what the rules leave of that, and what can be enforced at all.

A column is shown in clear or it is left out: hashed and masked copies are not catalogued yet, so whatever may be seen
only hashed or masked is left out, with the reason. A table of which something is left out is never read as files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta

from jit_engine.contracts.effective import Use, limited_tables, longest_duration, profiles_of, table_terms
from jit_engine.contracts.profiles import kind_of
from jit_engine.contracts.terms import Contract
from jit_engine.domain.catalogue import CatalogueItem, ColumnGroup, TableItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.databases import DatabaseSource
from jit_engine.domain.ids import ContractId
from jit_engine.domain.obligations import ColumnTreatment, Obligations
from jit_engine.domain.request import AccessRequest, SourceAsk
from jit_engine.domain.source import GlueTable, Operation, S3Prefix
from jit_engine.domain.treatment import Treatment, strictest
from jit_engine.domain.verdict import Breach, ColumnVerdict
from jit_engine.errors import InvalidValue
from jit_engine.ports import Facts
from jit_engine.rules.containers import contracts_inside
from jit_engine.rules.database_terms import database_breaches
from jit_engine.rules.entities import group_ref
from jit_engine.rules.questions import Ask, questions_about
from jit_engine.rules.views import with_bases
from policy import Decision

READS = frozenset({Operation.DESCRIBE, Operation.SELECT})
_ACTIONS: Mapping[Treatment, str] = {
    Treatment.CLEAR: "readClear",
    Treatment.HASHED: "readHashed",
    Treatment.MASKED: "readMasked",
}
_REGISTER = "have the data's owner let Lake Formation manage it and say so in the contract (lakeFormationManaged)"


def use_of(ask: SourceAsk, request: AccessRequest, facts: Facts) -> Use:
    """The use of data that one ask is."""
    if facts.environment is None:
        raise ValueError("gather the facts first")
    return Use(tier=facts.environment.tier, operations=ask.operations, kind=kind_of(request.subject))


def durations_of(
    asks: Sequence[SourceAsk], request: AccessRequest, facts: Facts, inside: Collection[tuple[ContractId, str]] = ()
) -> list[timedelta]:
    """The longest that the contracts let a grant last, for each of these and of what is given with it; a grant for all
    lasts the shortest. `inside` are the contracts that bind for what lies inside of one and is not withheld.
    """
    binding = [contract for contract in facts.contracts if contract.key in inside]
    return [
        longest_duration(contract, use_of(ask, request, facts))
        for ask in with_bases(asks, facts.catalogue)
        for contract in (
            *(contract for contract in facts.contracts if contract.covers(ask.source)),
            *contracts_inside(ask, facts.catalogue, binding),
        )
    ]


# ---- what is asked ---------------------------------------------------------------------------------


def separable(ask: SourceAsk, facts: Facts) -> TableItem | None:
    """The table, where its columns and rows can be kept apart: Lake Formation manages it, by its one contract.

    No view: Lake Formation's filters know none.
    """
    item = facts.catalogue.item(ask.source)
    covering = [contract for contract in facts.contracts if contract.covers(ask.source)]
    if not isinstance(ask.source, GlueTable) or not isinstance(item, TableItem) or len(covering) != 1:
        return None
    if item.view is not None:
        return None
    managed = any(scope.lake_formation and scope.contains(ask.source) for scope in covering[0].tables)
    return item if managed and ask.operations <= READS else None


def groups_asked(ask: SourceAsk, table: TableItem) -> tuple[ColumnGroup, ...]:
    """The groups that hold a wanted column."""
    return tuple(g for g in table.groups if ask.columns is None or ask.columns & set(g.columns))


def choices(ask: SourceAsk, facts: Facts) -> tuple[ColumnGroup, ...]:
    """The groups of which any may be left out; none where the table is had whole or not at all."""
    table = separable(ask, facts)
    return () if table is None else groups_asked(ask, table)


def questions_for(ask: SourceAsk, facts: Facts) -> tuple[Ask, ...]:
    """Every question about one source: those that have to be permitted, then for each group all its treatments."""
    table = separable(ask, facts)
    if table is None:
        return questions_about(ask, facts.catalogue)
    own = {group_ref(table, group) for group in table.groups}
    needed = [question for question in questions_about(ask, facts.catalogue) if question[1] not in own]
    each = [(action, group_ref(table, group)) for group in groups_asked(ask, table) for action in _ACTIONS.values()]
    return (*needed, *each)


def optional_questions(ask: SourceAsk, facts: Facts) -> frozenset[Ask]:
    """Those of `questions_for` whose refusal leaves columns out, and not the source."""
    table = separable(ask, facts)
    if table is None:
        return frozenset()
    return frozenset((action, group_ref(table, g)) for g in groups_asked(ask, table) for action in _ACTIONS.values())


def telling_questions(ask: SourceAsk, facts: Facts) -> tuple[Ask, ...]:
    """`questions_for` with one question a group: whoever compares decisions asks for every treatment anyway."""
    extra = {action for treatment, action in _ACTIONS.items() if treatment is not Treatment.CLEAR}
    return tuple(question for question in questions_for(ask, facts) if question[0] not in extra)


def check_columns(ask: SourceAsk, facts: Facts, field: str) -> None:
    """Raises `InvalidValue` for a wanted column that the catalogue does not have."""
    item = facts.catalogue.item(ask.source)
    if ask.columns is None or not isinstance(item, TableItem):
        return
    known = [column for group in item.groups for column in group.columns]
    unknown = sorted(ask.columns - set(known))
    if unknown:
        raise InvalidValue(field=field, given=", ".join(unknown), fix="name columns of it: " + ", ".join(known)[:300])


# ---- what the contract leaves ----------------------------------------------------------------------


def classification_reached(
    ask: SourceAsk, request: AccessRequest, facts: Facts, reached: Sequence[CatalogueItem]
) -> Classification:
    """The highest classification of what is reached; of a separable table only the columns that the contract leaves."""
    table = separable(ask, facts)
    levels = [item.classification for item in reached]
    if table is not None:
        contract = next(one for one in facts.contracts if one.covers(ask.source))
        terms = table_terms(contract, table.source.table, use_of(ask, request, facts))
        left = [
            group.classification
            for group in table.groups
            for column in group.columns
            if terms is not None
            and terms.of(column) is Treatment.CLEAR
            and (ask.columns is None or column in ask.columns)
        ]
        # Where everything is left, it is read as files, with all that lies beside it.
        whole = (
            terms is not None and terms.row_filter is None and len(left) == sum(len(g.columns) for g in table.groups)
        )
        levels = left if left and not whole else levels
    return max(levels, key=lambda level: level.rank)


def column_breaches(ask: SourceAsk, request: AccessRequest, facts: Facts, contract: Contract) -> Iterator[Breach]:
    """What of the contract's columns, rows and profiles stands in the way of one ask."""
    use = use_of(ask, request, facts)
    if profiles_of(contract, use) is None:
        yield Breach(
            code="no-access-profile",
            clause="roles.accessProfile",
            given=f"{', '.join(sorted(ask.operations))} in {use.tier.value} ({use.kind.value})",
            allowed=_profiles_offered(contract),
            next_step="ask as a profile allows, or have the data's owner add one",
        )
        return
    if not ask.operations & READS:
        return
    if others := _others_limited(ask, use, facts, contract):
        yield Breach(
            code="raw-files-hold-more",
            clause="roles.accessProfile",
            given=f"{ask.source.uri} is read as it lies, with all columns and rows of {', '.join(others)}",
            allowed="only columns and rows that the contract leaves, which files and plain views cannot be cut to",
            next_step="ask for the table itself",
        )
    item = facts.catalogue.item(ask.source)
    if isinstance(ask.source, GlueTable) and isinstance(item, TableItem):
        yield from _of_table(ask, item, use, facts, contract)
    if isinstance(ask.source, DatabaseSource):
        yield from database_breaches(ask.source, use, contract)


def _of_table(ask: SourceAsk, table: TableItem, use: Use, facts: Facts, contract: Contract) -> Iterator[Breach]:
    terms = table_terms(contract, table.source.table, use)
    columns = [column for group in table.groups for column in group.columns]
    left = [column for column in columns if terms is not None and terms.of(column) is Treatment.CLEAR]
    wanted = columns if ask.columns is None else [column for column in columns if column in ask.columns]
    beyond = [column for column in wanted if column not in left]
    if ask.columns is not None and beyond:
        yield Breach(
            code="column-not-covered",
            clause="roles.accessProfile.columns",
            given=", ".join(beyond),
            allowed=", ".join(left) or "no column in clear",
            next_step="leave them out of the columns that you name",
        )
    elif not left:
        yield Breach(
            code="no-column-left",
            clause="roles.accessProfile.columns",
            given=table.source.uri,
            allowed="no column in clear",
            next_step="have the data's owner include columns in clear, or certify a treated copy",
        )
    rows = terms is not None and terms.row_filter is not None
    if separable(ask, facts) is None and (rows or set(left) != set(columns) or set(wanted) != set(columns)):
        what = "certain rows" if rows else f"only {', '.join(c for c in wanted if c in left) or 'no column'}"
        yield Breach(
            code="columns-not-enforceable",
            clause="servers.lakeFormationManaged",
            given=f"{what} of {table.source.uri}, which is read as whole files",
            allowed="tables of which every column and row may be read, or that Lake Formation manages",
            next_step=_REGISTER if ask.columns is None or rows else f"leave the columns out, or {_REGISTER}",
        )


def _others_limited(ask: SourceAsk, use: Use, facts: Facts, contract: Contract) -> list[str]:
    """Tables whose files are reached besides the one asked for, and of which this use does not see everything."""
    found: set[str] = set()
    if isinstance(ask.source, S3Prefix) and any(prefix.overlaps(ask.source) for prefix in contract.prefixes):
        found |= set(limited_tables(contract, use))
    for item in facts.catalogue.touching(ask.source):
        if not isinstance(item, TableItem) or item.source == ask.source:
            continue
        for other in facts.contracts:
            if not other.covers(item.source):
                continue
            terms = table_terms(other, item.source.table, use)
            if (
                terms is None
                or terms.row_filter
                or any(terms.of(column) is not Treatment.CLEAR for group in item.groups for column in group.columns)
            ):
                found.add(item.source.table)
    return sorted(found)


def _profiles_offered(contract: Contract) -> str:
    return "; ".join(
        f"{one.role}: {', '.join(sorted(one.operations))} in {', '.join(sorted(one.stages))}"
        f" ({', '.join(sorted(one.kinds))})"
        for one in contract.profiles
    )


# ---- what the rules leave of that ------------------------------------------------------------------


def column_verdict(
    ask: SourceAsk, request: AccessRequest, facts: Facts, gates: Sequence[Mapping[Ask, Decision]]
) -> ColumnVerdict | None:
    """The columns and rows of a table after contract and rules; None for a source without columns of its own.

    1. For each group the best treatment that invariants and rules both allow.
    2. Of that and of what the contract shows, the stricter.
    3. What is not clear is left out, for no treated copy or certified view is catalogued.
    """
    table = facts.catalogue.item(ask.source)
    covering = [contract for contract in facts.contracts if contract.covers(ask.source)]
    if not isinstance(ask.source, GlueTable) or not isinstance(table, TableItem) or len(covering) != 1:
        return None
    terms = table_terms(covering[0], table.source.table, use_of(ask, request, facts))
    if terms is None:
        return None
    treatments: list[ColumnTreatment] = []
    for group in groups_asked(ask, table):
        asked = [(t, (action, group_ref(table, group))) for t, action in _ACTIONS.items()]
        if not any(question in gate for gate in gates for _, question in asked):
            best, by = Treatment.CLEAR, ""  # describing a table whose columns are not told apart
        else:
            best = next((t for t, q in asked if all(q in g and g[q].allowed for g in gates)), Treatment.EXCLUDED)
            by = ", ".join(
                dict.fromkeys(
                    r.id for g in gates for _, q in asked[:1] if q in g and not g[q].allowed for r in g[q].rules
                )
            )
        for contract_shows in Treatment:
            columns = tuple(
                c for c in group.columns if terms.of(c) is contract_shows and (ask.columns is None or c in ask.columns)
            )
            if columns:
                treatments.append(_treatment(group, columns, best, contract_shows, by))
    return _with_breaches(
        ask,
        table,
        treatments,
        Obligations(columns=None, row_filter=terms.row_filter, treatments=tuple(treatments)),
        facts,
    )


def _treatment(
    group: ColumnGroup, columns: tuple[str, ...], rules: Treatment, contract: Treatment, by: str
) -> ColumnTreatment:
    allowed = strictest(rules, contract)
    why = None
    if allowed in (Treatment.HASHED, Treatment.MASKED):
        why = f"{allowed.value} at most, and no treated copy or view of it is certified: have its owner certify one"
    elif allowed is Treatment.EXCLUDED:
        culprit = "the contract" if contract is Treatment.EXCLUDED else f"the rules ({by or 'none permits it'})"
        why = f"left out by {culprit}"
    return ColumnTreatment(
        group=group.name,
        columns=columns,
        classification=group.classification,
        rules=rules,
        contract=contract,
        shown=Treatment.CLEAR if allowed is Treatment.CLEAR else Treatment.EXCLUDED,
        why=why,
    )


def _with_breaches(
    ask: SourceAsk, table: TableItem, treatments: Sequence[ColumnTreatment], found: Obligations, facts: Facts
) -> ColumnVerdict:
    hidden = {c for one in treatments if one.shown is not Treatment.CLEAR for c in one.columns}
    shown = {c for one in treatments if one.shown is Treatment.CLEAR for c in one.columns} - hidden
    columns = list(dict.fromkeys(column for group in table.groups for column in group.columns))
    left = tuple(column for column in columns if column in shown)
    limited = left if set(left) != set(columns) else None
    breaches: list[Breach] = []
    if ask.columns is not None and hidden:
        breaches.append(_withheld(treatments, hidden, left))
    elif not left:
        breaches.append(
            Breach(
                code="no-column-left",
                clause="columns",
                given=table.source.uri,
                allowed="no column in clear",
                next_step=_reasons(treatments),
            )
        )
    if separable(ask, facts) is None and (limited is not None or found.row_filter is not None) and left:
        breaches.append(
            Breach(
                code="columns-not-enforceable",
                clause="servers.lakeFormationManaged",
                given=f"only {', '.join(left)} of {table.source.uri}, which is read as whole files",
                allowed="tables of which every column and row may be read, or that Lake Formation manages",
                next_step=f"{_REGISTER}; then {', '.join(left)} can be had without the rest",
            )
        )
    obligations = Obligations(columns=limited, row_filter=found.row_filter, treatments=tuple(treatments))
    return ColumnVerdict(obligations=obligations, breaches=tuple(breaches))


def _withheld(treatments: Sequence[ColumnTreatment], hidden: set[str], left: tuple[str, ...]) -> Breach:
    return Breach(
        code="column-withheld",
        clause="columns",
        given=", ".join(sorted(hidden)),
        allowed=", ".join(left) or "no column in clear",
        next_step=f"leave them out of the columns that you name: {_reasons(treatments)}",
    )


def _reasons(treatments: Sequence[ColumnTreatment]) -> str:
    return "; ".join(f"{', '.join(one.columns)}: {one.why}" for one in treatments if one.why)
