"""The story, the export and its verification."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from cli.failure import ExitCode
from platform_api.audit.export import StoredRecord, export_line
from platform_api.audit.merkle import Tree, leaf_hash
from tests.unit.cli.conftest import Sluice
from tests.unit.cli.fake_platform import FakePlatform

RECORD = {
    "seq": 1,
    "at": "2030-01-01T00:00:00Z",
    "actor": "pe_1",
    "action": "grant.opened",
    "about": {"grant": "gr_1"},
    "details": {"sources": ["x" * 200], "purpose": "risk"},
}


def log(size: int) -> tuple[bytes, str]:
    """An export of that many records, and its root."""
    tree, lines = Tree(), b""
    for seq in range(1, size + 1):
        record = json.dumps({"action": "a", "seq": seq}, separators=(",", ":")).encode()
        tree = tree.appended(leaf_hash(record))
        lines += export_line(StoredRecord(leaf=leaf_hash(record), record=record))
    return lines, tree.root.hex()


def test_the_story_is_told_in_lines(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/audit", {"items": [RECORD], "next_cursor": None})
    told = sluice("audit", "show", "--grant", "gr_1", "--actor", "pe_1", "--action", "grant.opened")
    for expected in ("pe_1", "grant.opened", "grant: gr_1", "purpose: risk", "sources: 1 items"):
        assert expected in told.out
    query = platform.asked[0].query
    assert (query["grant"], query["actor"], query["action"]) == ("gr_1", "pe_1", "grant.opened")


def test_the_story_of_a_version_of_the_rules(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/audit", {"items": [], "next_cursor": None})
    assert sluice("audit", "show", "--rulebook", "7").code == 0
    assert platform.asked[0].query["rulebook"] == "7"


def test_a_story_that_was_cut_says_so(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/audit", {"items": [RECORD] * 3, "next_cursor": "c1"})
    told = sluice("audit", "show", "--limit", "3")
    assert platform.asked[-1].query["limit"] == "3"
    assert "There are more: the same with --cursor c1" in told.err


def test_an_export_is_cut_to_the_root_that_was_read_first(
    sluice: Sluice, platform: FakePlatform, surroundings: Path
) -> None:
    lines, _ = log(5)
    _, root = log(3)
    platform.answers("GET", "/v1/audit/root", {"size": 3, "root": root})
    platform.answers("GET", "/v1/audit/export", raw=lines, headers={"Content-Type": "application/jsonl"})
    assert sluice("audit", "export", "-o", "log.jsonl").code == 0
    assert (surroundings / "log.jsonl").read_bytes() == log(3)[0]
    assert stat.S_IMODE((surroundings / "log.jsonl").stat().st_mode) == 0o600
    assert json.loads((surroundings / "log.jsonl.root.json").read_text()) == {"size": 3, "root": root}
    words = ("audit", "verify", "--export", "log.jsonl")
    assert sluice(*words, "--root-file", "log.jsonl.root.json").code == 0
    assert sluice(*words, "--root", root, "--size", "3", "--json").json["ok"] is True


def test_an_export_that_breaks_off_leaves_nothing(sluice: Sluice, platform: FakePlatform, surroundings: Path) -> None:
    platform.answers("GET", "/v1/audit/root", {"size": 3, "root": log(3)[1]})
    platform.answers("GET", "/v1/audit/export", raw=log(3)[0][:-5])
    assert sluice("audit", "export", "-o", "log.jsonl").code == ExitCode.FAILED
    assert list(surroundings.glob("log*")) == []


def test_a_changed_byte_is_found_and_its_record_named(sluice: Sluice, surroundings: Path) -> None:
    lines, root = log(4)
    forged = lines.replace(b'"seq":3', b'"seq":7')
    (surroundings / "log.jsonl").write_bytes(forged)
    words = ("audit", "verify", "--export", "log.jsonl", "--root", root, "--size", "4")
    told = sluice(*words)
    assert told.code == ExitCode.FAILED
    assert "record 3" in told.out
    assert 3 in [bad["seq"] for bad in sluice(*words, "--json").json["bad"]]


@pytest.mark.parametrize(
    "words",
    [("--export", "log.jsonl"), ("--root", "00", "--size", "1"),
     ("--export", "log.jsonl", "--root", "zz", "--size", "1"),
     ("--export", "nowhere", "--root", "0" * 64, "--size", "1"), ("--export", "log.jsonl", "--root-file", "nowhere")],
)  # fmt: skip
def test_a_verification_without_its_root_is_a_usage_error(
    sluice: Sluice, surroundings: Path, platform: FakePlatform, words: tuple[str, ...]
) -> None:
    (surroundings / "log.jsonl").write_bytes(log(1)[0])
    assert sluice("audit", "verify", *words).code == ExitCode.USAGE
    assert platform.asked == []


@pytest.mark.parametrize(("ok", "ends"), [(True, ExitCode.DONE), (False, ExitCode.FAILED)])
def test_the_platforms_own_verification_decides_the_exit(
    sluice: Sluice, platform: FakePlatform, ok: bool, ends: ExitCode
) -> None:
    bad = [] if ok else [{"seq": 2, "what": "changed"}]
    platform.answers("POST", "/v1/audit/verify", {"ok": ok, "size": 4, "root": "ab", "bad": bad})
    assert sluice("audit", "verify").code == ends


def test_what_every_record_is_about_is_said_once_and_the_oldest_comes_first(
    sluice: Sluice, platform: FakePlatform
) -> None:
    about = {"grant": "gr_1", "activity": "ac_1"}
    later = {**RECORD, "seq": 2, "action": "grant.revoking", "about": {**about, "request": "rq_1"}}
    platform.answers("GET", "/v1/audit", {"items": [later, {**RECORD, "about": about}], "next_cursor": None})
    told = sluice("audit", "show", "--grant", "gr_1").out
    assert told.count("gr_1") == 1
    assert "request: rq_1" in told
    assert told.index("grant.opened") < told.index("grant.revoking")
