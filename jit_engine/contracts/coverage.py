"""What a contract is about: its servers as prefixes and tables, and the sensitivity of its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from jit_engine.contracts.terms import TableScope
from jit_engine.contracts.view import VENDOR, Findings, Node, columns, custom
from jit_engine.domain.classification import Classification
from jit_engine.domain.names import check_account
from jit_engine.domain.services import ServiceSource
from jit_engine.domain.source import GlueTable, Operation, S3Prefix
from jit_engine.errors import InvalidValue
from jit_engine.sources.kinds import KINDS, kind_of, source_of_uri

# What cannot be in a prefix is refused here already, so that what is left is either right or lacks its slash.
_LOCATION: Final = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<prefix>[^*?$%\x00-\x1f\x7f-\U0010ffff]*)\Z")

OURS: Final = {
    "server": frozenset({"awsRegion", "awsAccount", "lakeFormationManaged", "kmsKeyAlias", "source"}),
    "column": frozenset({"masking", "dataCategory"}),
    "role": frozenset({"accessProfile"}),
    "document": frozenset({"usageContract"}),
}
"""Every custom property of ours, by where it may stand; another of our vendor is a mistake, not a remark."""


SERVED: Final = {
    "kinesis": frozenset({"kinesis-stream"}),
    "redshift": frozenset({"redshift-database", "redshift-workgroup"}),
    "postgres": frozenset({"rds-database"}),
    "postgresql": frozenset({"rds-database"}),
    "mysql": frozenset({"rds-database"}),
    "api": frozenset({"public-endpoint"}),
    "custom": frozenset({"dynamodb-table", "bedrock-model", "secret", "image-repository", "package-repository"}),
}
"""The types of server of ODCS that hold what is not made of files, and which kinds of source each may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The sources that a contract covers, and the account they lie in."""

    account: str
    prefixes: tuple[S3Prefix, ...]
    tables: tuple[TableScope, ...]
    services: tuple[ServiceSource, ...] = ()


def read_coverage(document: Node, findings: Findings) -> Coverage:
    """The coverage that the document's servers state; what is wrong goes to `findings`."""
    servers = list(document["servers"])
    if not servers:
        findings.add(document["servers"], "names no server", "add the server where the data lies, such as s3 or glue")
    glue_accounts = {s["account"].text for s in servers if s["type"].text == "glue"}
    accounts: set[str] = set()
    prefixes: list[S3Prefix] = []
    tables: list[TableScope] = []
    services: list[ServiceSource] = []
    for server in servers:
        kind = server["type"].text
        if kind in SERVED:
            service = read_service(server, findings)
            if service is not None:
                services.append(service)
                accounts |= {service.account} - {""}
            continue
        if kind not in ("s3", "glue"):
            findings.add(server["type"], f"is {kind}", f"use one of: s3, glue, {', '.join(sorted(SERVED))}")
            continue
        account = _account(server, glue_accounts, findings)
        if account is None:
            continue
        accounts.add(account)
        if kind == "glue":
            tables.extend(_tables(document, server, account, findings))
        if kind == "s3" or server["location"].is_there:
            prefixes.extend(read_prefix(server["location"], account, findings))
    if len(accounts) > 1:
        findings.add(
            document["servers"],
            f"lies in several accounts ({', '.join(sorted(accounts))})",
            "write one contract for each account",
        )
    return Coverage(
        account=min(accounts, default=""),
        prefixes=tuple(dict.fromkeys(prefixes)),
        tables=tuple(tables),
        services=tuple(dict.fromkeys(services)),
    )


def read_service(server: Node, findings: Findings) -> ServiceSource | None:
    """What a server names by its `source`, where ODCS has no fields that say it; None, and a finding, when it does not.

    The URI's kind has to be one that servers of this type hold.
    """
    allowed = SERVED[server["type"].text]
    given = dict(custom(server)).get("source")
    forms = " or ".join(kind.form for kind in KINDS if kind.name in allowed)
    if given is None:
        fix = f"add {{property: source, value: {forms}, vendor: {VENDOR}}} to its customProperties"
        findings.add(server, "does not say which source it is", fix)
        return None
    try:
        source = source_of_uri(given.text, account="")
    except InvalidValue as error:
        findings.add(given, f"{error.field} {error.given!r} cannot be used", error.fix)
        return None
    if source.kind not in allowed or isinstance(source, S3Prefix | GlueTable):
        findings.add(given, f"is a {source.kind}", f"a {server['type'].text} server holds {forms}")
        return None
    return source


def read_prefix(location: Node, account: str, findings: Findings) -> tuple[S3Prefix, ...]:
    """The prefix of an `s3://bucket/prefix/`; none, and a finding, when it is not exactly that."""
    match = _LOCATION.match(location.text)
    if match is None:
        findings.add(
            location,
            f"is {location.text[:80]!r}",
            "give s3://bucket/prefix/ in ASCII, with its last slash and no wildcard",
        )
        return ()
    try:
        return (S3Prefix(account=account, bucket=match["bucket"], prefix=match["prefix"]),)
    except InvalidValue as error:
        fix = error.fix
        if error.corrected is not None:
            fix = f"end it with a slash: s3://{match['bucket']}/{error.corrected}"
        findings.add(location, f"{error.field} {error.given!r} cannot be used", fix)
        return ()


def read_target(to: Node, account: str, findings: Findings) -> tuple[S3Prefix | ServiceSource, ...]:
    """Where a contract lets be written: a prefix, or the URI of a source of a kind that offers `insert`.

    None, and a finding, when it is neither or lies in another account.
    """
    if to.text.startswith("s3://"):
        return read_prefix(to, account, findings)
    takers = [kind for kind in KINDS if Operation.INSERT in kind.offers]
    try:
        source = source_of_uri(to.text, account=account)
    except InvalidValue as error:
        findings.add(to, f"{error.field} {error.given!r} cannot be used", error.fix)
        return ()
    if isinstance(source, S3Prefix | GlueTable) or Operation.INSERT not in kind_of(source).offers:
        forms = " or ".join(kind.form for kind in takers)
        findings.add(to, f"is a {source.kind}, which nothing can be inserted into", f"give {forms}")
        return ()
    if source.account != account:
        findings.add(to, f"lies in account {source.account}", f"name a target in the contract's account, {account}")
        return ()
    return (source,)


def read_classifications(document: Node, findings: Findings) -> frozenset[Classification]:
    """The classifications of all columns; a column without one, or of another word, is a finding."""
    levels = ", ".join(Classification)
    found: set[Classification] = set()
    for column in columns(document):
        given = column["classification"]
        if given.text in set(Classification):
            found.add(Classification(given.text))
        elif given.is_there:
            findings.add(given, f"is {given.text!r}", f"use one of: {levels}")
        else:
            findings.add(column, "has no classification", f"add classification, one of: {levels}")
    return frozenset(found)


def check_custom(document: Node, findings: Findings) -> None:
    """Notes every custom property of ours that is misspelt, misplaced or given twice."""
    places = [("document", document)]
    places += [("server", server) for server in document["servers"]]
    places += [("role", role) for role in document["roles"]]
    places += [("column", column) for column in columns(document)]
    places += [("table", table) for table in document["schema"]]
    for kind, holder in places:
        seen: set[str] = set()
        known = OURS.get(kind, frozenset())
        for name, value in custom(holder):
            if name not in known:
                fix = f"use one of: {', '.join(sorted(known))}" if known else f"a {kind} has none of {VENDOR}'s"
                findings.add(value, f"{name!r} is no custom property of a {kind}", fix)
            if name in seen:
                findings.add(value, f"{name} is given twice", "keep one of the two")
            seen.add(name)


def _account(server: Node, glue_accounts: set[str], findings: Findings) -> str | None:
    """A glue server's own account; an s3 server's awsAccount, or that of the document's only glue account."""
    own = dict(custom(server)).get("awsAccount")
    if server["type"].text == "glue":
        place = server["account"]
        if own is not None and own.text != place.text:
            findings.add(own, "differs from the server's account", "leave awsAccount out")
    elif own is not None:
        place = own
    elif len(glue_accounts) == 1:
        return next(iter(glue_accounts))
    else:
        findings.add(
            server,
            "does not say whose account it lies in",
            f'add {{property: awsAccount, value: "111122223333", vendor: {VENDOR}}} to its customProperties',
        )
        return None
    try:
        check_account(place.text)
    except InvalidValue as error:
        findings.add(place, f"is {place.value!r}", f"{error.fix}, quoted")
        return None
    return place.text


def _tables(document: Node, server: Node, account: str, findings: Findings) -> tuple[TableScope, ...]:
    region = dict(custom(server)).get("awsRegion")
    if region is None:
        findings.add(
            server,
            "does not say its region (a glue server has no field for it)",
            f"add {{property: awsRegion, value: us-east-1, vendor: {VENDOR}}} to its customProperties",
        )
        return ()
    database = server["database"].text
    names: set[str] = set()
    for table in document["schema"]:
        place = table["physicalName"] if table["physicalName"].is_there else table["name"]
        try:
            GlueTable(account=account, region=region.text, database=database, table=place.text)
        except InvalidValue as error:
            culprit = {"region": region, "database": server["database"]}.get(error.field, place)
            findings.add(culprit, f"{error.field} {error.given!r} cannot be used", error.fix)
            continue
        if place.text in names:
            findings.add(place, f"{place.text} is described twice", "describe each table once")
        names.add(place.text)
    if not list(document["schema"]):
        findings.add(document["schema"], "describes no table", "describe the tables that the glue server holds")
    if not names:
        return ()
    managed = dict(custom(server)).get("lakeFormationManaged", Node(False))
    if not isinstance(managed.value, bool):
        findings.add(managed, f"is {str(managed.value)[:40]!r}", "give true or false, without quotes")
    return (
        TableScope(
            account=account,
            region=region.text,
            database=database,
            tables=frozenset(names),
            lake_formation=managed.value is True,
        ),
    )
