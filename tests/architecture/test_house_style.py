"""The rules of CONTRIBUTING.md that reading the code can check."""

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.support.sources import PACKAGES, Module, committed_files, modules

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc", "manager"}
LONGEST_FILE = 400

MAY_READ_THE_CLOCK = (
    "cli/",  # entry points
    "platform_api/db/engine.py",  # the database's time, which for SQLite is this process's
    "platform_api/wiring.py",  # the one place that builds the system's clock
    "platform_api/embedded/",  # a local identity provider and a local AWS are entry points of their own
)

CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("time", "time_ns"),
}  # fmt: skip


def everything() -> tuple[Module, ...]:
    """Every Python file; read when a test asks, for every process of a run collects this module."""
    return modules(*PACKAGES, "migrations", "tests")


def clock_reads(tree: ast.AST) -> Iterator[int]:
    """The line of every use, called or handed on, of a function that tells the time of day."""
    from_time = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
        if alias.name in ("time", "time_ns")
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                if (owner, name) in CLOCKS:
                    yield node.lineno
            case ast.Name(id=name) if name in from_time:
                yield node.lineno


def is_declaration(statement: ast.stmt) -> bool:
    """Whether `statement` may stand in an `__init__.py`: it names things and runs nothing."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.FunctionDef(name="__getattr__" | "__dir__"):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "__version__")]) | ast.Assign(value=ast.Attribute()):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body):
            return all(is_declaration(inner) for inner in body)
    return False


def runs_at_import(statement: ast.stmt) -> bool:
    """Whether `statement`, at the top of a module, does more than define: a bare call, a loop, a `with`."""
    match statement:
        case ast.Expr(value=ast.Constant()):
            return False
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return False
        case ast.Expr() | ast.For() | ast.While() | ast.With() | ast.Delete():
            return True
    return False


def lines(module: Module, wrong: Callable[[ast.stmt], bool]) -> list[int]:
    """The lines of `module` at which a top-level statement is `wrong`."""
    return [statement.lineno for statement in module.tree.body if wrong(statement)]


def test_a_file_is_named_by_what_it_holds() -> None:
    parts = {module.path: set(module.path.removesuffix(".py").split("/")) for module in everything()}
    assert {path: names & EMPTY_NAMES for path, names in parts.items() if names & EMPTY_NAMES} == {}


def test_a_file_is_a_small_room() -> None:
    lengths = {module.path: module.text.count("\n") for module in everything()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_module_says_what_it_gives() -> None:
    assert [module.path for module in modules(*PACKAGES) if not ast.get_docstring(module.tree)] == []


def test_nothing_happens_at_import() -> None:
    assert {module.path: found for module in modules(*PACKAGES) if (found := lines(module, runs_at_import))} == {}


def test_a_front_door_only_names_what_is_inside() -> None:
    doors = [module for module in modules(*PACKAGES) if module.path.endswith("__init__.py")]
    assert doors
    loud = {door.path: lines(door, lambda statement: not is_declaration(statement)) for door in doors}
    assert {path: found for path, found in loud.items() if found} == {}


def test_only_the_wiring_and_the_entry_points_read_the_clock() -> None:
    others = [module for module in modules(*PACKAGES) if not module.path.startswith(MAY_READ_THE_CLOCK)]
    assert {module.path: found for module in others if (found := list(clock_reads(module.tree)))} == {}


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import datetime, UTC\nx = datetime.now(UTC)",
        "import datetime\nx = datetime.datetime.utcnow()",
        "import datetime\nx = datetime.date.today",
        "import time\nx = time.time()",
        "from time import time as clock\nx = clock()",
    ],
)
def test_reading_the_clock_is_recognised_in_every_spelling(code: str) -> None:
    assert list(clock_reads(ast.parse(code))) == [2]


@pytest.mark.parametrize("code", ["now = grant.now", "import time\nx = time.monotonic()", "f(now=now)"])
def test_a_clock_that_was_handed_in_is_not_a_reading(code: str) -> None:
    assert list(clock_reads(ast.parse(code))) == []


@pytest.mark.parametrize("code", ["print(1)", "for x in y: pass", "with open('f'): pass"])
def test_work_at_import_is_recognised(code: str) -> None:
    (statement,) = ast.parse(code).body
    assert runs_at_import(statement)
    assert not is_declaration(statement)


def test_no_test_folder_is_a_package() -> None:
    inside = [name for name in committed_files() if name.startswith("tests/")]
    assert inside
    assert [name for name in inside if name.endswith("__init__.py")] == []
