"""No committed file ties the project to one machine or to one package host."""

import re

import pytest

from tests.support.sources import ROOT, committed_files

# In pieces, so that this file passes its own test.
MACHINE_PATHS = ("wo" + "rk", "ro" + "ot", "ho" + "me", "Use" + "rs")
PACKAGE_HOSTS = ("pypi" + r"\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.(org|com)", "debian" + r"\.org")

# A path starts a word: `lake/home/alice` in an ARN and `${x}/home/` in a policy are not paths of a machine.
FORBIDDEN = re.compile(rf"(?<![\w.$}}*~-])/({'|'.join(MACHINE_PATHS)})/" + "|" + rf"\b({'|'.join(PACKAGE_HOSTS)})\b")


def traces(text: str) -> list[str]:
    """Every forbidden place named in `text`."""
    return [found[0] for found in FORBIDDEN.finditer(text)]


def test_no_committed_file_names_a_machine_path_or_a_package_host() -> None:
    names = committed_files()
    assert "pyproject.toml" in names
    read = {name: (ROOT / name).read_bytes().decode("utf-8", errors="replace") for name in names}
    assert {name: found for name, text in read.items() if (found := traces(text))} == {}


@pytest.mark.parametrize("path", MACHINE_PATHS)
def test_a_machine_path_is_recognised(path: str) -> None:
    assert traces(f"see /{path}/somebody/notes and sqlite:////{path}/x.db") == [f"/{path}/"] * 2


def test_a_package_host_is_recognised() -> None:
    host = PACKAGE_HOSTS[0].replace("\\", "")
    assert traces(f"https://{host}/simple") == [host]


@pytest.mark.parametrize("text", ["arn:aws:s3:::lake/home/alice/*", "${aws:username}/home/x", "the work/life"])
def test_a_key_in_a_bucket_is_no_machine_path(text: str) -> None:
    assert traces(text) == []
