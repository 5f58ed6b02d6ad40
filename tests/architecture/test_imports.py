"""The import contracts of pyproject.toml hold, and cover the packages that exist."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.support.sources import PACKAGES, ROOT, modules


def test_every_import_contract_holds(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--cache-dir", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 broken" in ended.stdout


def imported(tree: ast.AST) -> set[str]:
    """Every dotted name that `tree` imports, wherever the import stands."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=module, names=aliases):
                names |= {f"{module}.{alias.name}" for alias in aliases} | {str(module)}
    return names


def test_no_module_imports_the_program_that_is_the_embedded_aws() -> None:
    child = "platform_api.embedded.aws_child"
    assert [module.path for module in modules(*PACKAGES) if child in imported(module.tree)] == []


def test_every_folder_of_code_is_a_package_that_the_contracts_see() -> None:
    folders = {Path(module.path).parent for module in modules(*PACKAGES)}
    assert [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").is_file()] == []


def test_the_contracts_cover_every_package_of_the_product() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    built = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(project["tool"]["importlinter"]["root_packages"]) == set(PACKAGES)
    assert set(built) == {*PACKAGES, "migrations"}
