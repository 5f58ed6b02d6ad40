"""Importing table definitions from every account that the platform serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cli.answer import Doc, Json
from cli.client import Client
from cli.failure import CommandFailed
from cli.render import line, note, print_json

IMPORTS = "/v1/catalogue/imports"


def import_each(client: Client, body: Mapping[str, Json], *, as_json: bool, show: Callable[[Doc], None]) -> None:
    """Account after account, each in a transaction of its own; raises `CommandFailed` naming those that failed.

    As JSON: `{"items": […]}`, with `{"account", "failed"}` for one that failed.
    """
    done: list[Mapping[str, Json]] = []
    failed: list[str] = []
    for one in client.every("/v1/catalogue/accounts"):
        account = one.text("account")
        try:
            found = client.act(IMPORTS, {**body, "account": account})
        except CommandFailed as failure:
            done.append({"account": account, "failed": failure.what})
            failed.append(account)
            note(f"account {account}:")
            for text in failure.lines:
                note(text)
            continue
        done.append(found.fields)
        if not as_json:
            line(f"account {account}")
            show(found)
    if as_json:
        print_json({"items": done})
    if failed:
        accounts = ", ".join(failed)
        raise CommandFailed(
            f"{accounts} could not be imported, for the reasons above; every other account was",
            next_step=f"mend that, then `sluice data import --account {failed[0]}`",
        )
