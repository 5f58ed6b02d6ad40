"""The databases of a grant, in lines for people: where, as whom, and how to have a token for them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from cli.answer import Doc


def connection_lines(connections: Sequence[Doc]) -> list[str]:
    """Two lines a database. The token is had with the grant's own credentials and is never the platform's to give."""
    return [line for one in connections for line in (_place(one), f"  its token: {shlex.join(_token(one))}")]


def _place(one: Doc) -> str:
    where = f"{one.text('host')} port {one.text('port')}, database {one.text('database')}"
    return f"database user {one.text('user')}: {where} ({one.text('source')})"


def _token(one: Doc) -> list[str]:
    """The command of AWS's own tool that has the token, or for Redshift user and password, for a quarter of an hour."""
    kind, _, rest = one.text("source").partition("://")
    name = (*rest.split("/"), "", "", "")[2]
    region = ["--region", one.text("region")]
    if kind == "redshift":
        named = ["--cluster-identifier", name, "--db-name", one.text("database")]
        return ["aws", "redshift", "get-cluster-credentials-with-iam", *named, *region]
    if kind == "redshift-serverless":
        # The workgroup's name is not in its URI, which holds the id that IAM knows it by.
        named = ["--workgroup-name", "NAME", "--db-name", one.text("database")]
        return ["aws", "redshift-serverless", "get-credentials", *named, *region]
    place = ["--hostname", one.text("host"), "--port", one.text("port"), "--username", one.text("user")]
    return ["aws", "rds", "generate-db-auth-token", *place, *region]
