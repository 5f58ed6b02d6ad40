"""Groups of commands whose modules are imported only when they are typed, with help rendered plainly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

if TYPE_CHECKING:
    from typer._click.core import Command, Context
    from typer._click.formatting import HelpFormatter


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Where a command lies (`module:attribute`, a `Typer`), and what the list of commands says of it."""

    at: str
    help: str
    section: str


class LazyGroup(TyperGroup):
    """A group that lists its commands without importing them."""

    later: ClassVar[Mapping[str, Later]] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        # What the help lists and what a typing error is compared with; `get_command` gives the real ones.
        for name, later in self.later.items():
            self.commands[name] = TyperCommand(name, help=later.help, rich_markup_mode=None)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command itself, its module imported now."""
        later = self.later.get(cmd_name)
        if later is None:
            return None
        module, _, attribute = later.at.partition(":")
        found = getattr(import_module(module), attribute)
        if not isinstance(found, typer.Typer):
            raise TypeError(f"{later.at} is not a Typer")
        command = get_command(found)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """The commands by section, in the order of the table."""
        width = max((len(name) for name in self.later), default=0)
        for section in dict.fromkeys(later.section for later in self.later.values()):
            rows = [(name.ljust(width), later.help) for name, later in self.later.items() if later.section == section]
            with formatter.section(section):
                formatter.write_dl(rows)


def group(help: str) -> typer.Typer:
    """An empty group of commands (or a single command, when it gets only one)."""
    return typer.Typer(
        help=help,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def single() -> typer.Typer:
    """The place of one command that stands by itself."""
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
