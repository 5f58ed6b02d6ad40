"""Where the token lies, who could reach it, and to whom it is sent."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.credentials import Session, TokenStore
from cli.failure import ExitCode, UnsafeFile
from tests.unit.cli.conftest import Sluice
from tests.unit.cli.fake_platform import FakePlatform

LATER = datetime(2100, 1, 1, tzinfo=UTC)


def session(**changes: object) -> Session:
    values = {"api_url": "https://sluice.example", "name": "dana", "token": "secret-token", "expires_at": LATER}
    return Session(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "deep" / "sluice")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_what_is_kept_comes_back_and_can_be_forgotten(store: TokenStore) -> None:
    assert store.load() is None
    assert not store.folder.exists()
    store.save(session())
    assert store.load() == session()
    assert store.forget()
    assert store.load() is None
    assert not store.forget()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
@pytest.mark.case("CLI-004")
def test_file_and_folders_are_their_owners_alone_whatever_the_umask(store: TokenStore, umask: int) -> None:
    before = os.umask(umask)
    try:
        if umask == 0o277:
            store.folder.mkdir(parents=True, mode=0o700)
            for folder in (store.folder.parent, store.folder):
                folder.chmod(0o700)
        store.save(session())
    finally:
        os.umask(before)
    assert mode(store.folder / "session.json") == 0o600
    assert mode(store.folder) == 0o700
    assert mode(store.folder.parent) & 0o022 == 0


@pytest.mark.parametrize("opened", [0o640, 0o604, 0o620, 0o666])
def test_a_token_that_others_could_read_or_write_is_refused(store: TokenStore, opened: int) -> None:
    store.save(session())
    (store.folder / "session.json").chmod(opened)
    with pytest.raises(UnsafeFile, match="others"):
        store.load()


@pytest.mark.parametrize("opened", [0o750, 0o705, 0o777])
def test_a_folder_that_others_could_enter_is_refused(store: TokenStore, opened: int) -> None:
    store.save(session())
    store.folder.chmod(opened)
    with pytest.raises(UnsafeFile):
        store.load()
    with pytest.raises(UnsafeFile):
        store.save(session())


@pytest.mark.case("CLI-005")
def test_a_linked_token_is_not_read_and_its_target_is_not_overwritten(store: TokenStore, tmp_path: Path) -> None:
    store.save(session())
    precious = tmp_path / "precious"
    precious.write_text("mine")
    precious.chmod(0o600)
    kept = store.folder / "session.json"
    kept.unlink()
    kept.symlink_to(precious)
    with pytest.raises(UnsafeFile):
        store.load()
    store.save(session())
    assert precious.read_text() == "mine"
    assert not kept.is_symlink()


def test_a_token_with_a_second_name_is_refused(store: TokenStore, tmp_path: Path) -> None:
    store.save(session())
    (tmp_path / "second").hardlink_to(store.folder / "session.json")
    with pytest.raises(UnsafeFile):
        store.load()


def test_a_pipe_in_the_place_of_the_token_does_not_hang(store: TokenStore) -> None:
    store.save(session())
    (store.folder / "session.json").unlink()
    os.mkfifo(store.folder / "session.json", 0o600)
    with pytest.raises(UnsafeFile):
        store.load()


@pytest.mark.case("CLI-005")
def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(real)
    with pytest.raises(UnsafeFile):
        TokenStore(tmp_path / "link").save(session())
    assert list(real.iterdir()) == []


@pytest.mark.case("CLI-011")
def test_a_home_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)
    with pytest.raises(UnsafeFile, match="everybody"):
        TokenStore(home / "sluice").save(session())


def test_a_save_that_fails_leaves_the_old_token_and_no_draft(
    store: TokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(session())

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.save(session(token="other"))
    assert store.load() == session()
    assert [file.name for file in store.folder.iterdir()] == ["session.json"]


def test_a_token_is_not_shown_by_its_session() -> None:
    assert "secret-token" not in repr(session())


def test_login_keeps_the_token_of_the_local_identity_provider(
    anyone: Sluice, platform: FakePlatform, surroundings: Path
) -> None:
    profile = surroundings / "var" / "up" / "profile.json"
    profile.parent.mkdir(parents=True)
    profile.write_text(json.dumps({"api_url": platform.url, "issuer_url": platform.url}))
    platform.answers("POST", "/token", {"access_token": "abc.def", "token_type": "Bearer", "expires_in": 3600})
    platform.answers("GET", "/v1/me", {"name": "Dana"})
    told = anyone("login", "--as", "dana")
    assert told.code == 0
    assert "abc.def" not in told.out + told.err
    assert platform.asked[0].body == {"login": "dana"}
    assert mode(surroundings / ".config" / "sluice" / "session.json") == 0o600
    assert "Dana" in anyone("whoami").out
    assert platform.asked[-1].headers["Authorization"] == "Bearer abc.def"
    anyone("logout")
    assert anyone("whoami").code == ExitCode.SIGNED_OUT


def test_an_unknown_login_is_answered_with_those_that_there_are(
    anyone: Sluice, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_API", platform.url)
    monkeypatch.setenv("SLUICE_ISSUER", platform.url)
    platform.answers("POST", "/token", {"error": "invalid_grant"}, status=400)
    platform.answers("GET", "/people", [{"login": "dana", "name": "Dana", "role": "data scientist"}])
    told = anyone("login", "--as", "nobody")
    assert told.code == ExitCode.SIGNED_OUT
    assert "data scientist" in told.err


def kept(home: Path, **changes: object) -> None:
    TokenStore(home / ".config" / "sluice").save(session(**changes))


def test_an_ended_token_is_not_sent(anyone: Sluice, platform: FakePlatform, surroundings: Path) -> None:
    kept(surroundings, api_url=platform.url, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    told = anyone("whoami")
    assert told.code == ExitCode.SIGNED_OUT
    assert "sluice login --as dana" in told.err
    assert platform.asked == []


def test_a_kept_token_is_never_sent_to_another_platform(
    anyone: Sluice, platform: FakePlatform, surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(surroundings, api_url="https://sluice.example")
    monkeypatch.setenv("SLUICE_API", platform.url)
    assert anyone("whoami").code == ExitCode.SIGNED_OUT
    assert platform.asked == []


@pytest.mark.parametrize(
    "api",
    ["http://sluice.example", "http://10.0.0.1:8400", "http://127.0.0.1.evil.example", "https://u:p@sluice.example",
     "file:///etc/passwd", "ftp://sluice.example", "https://", "http://[::1", "https://sluice.example/?next=x"],
)  # fmt: skip
@pytest.mark.case("CLI-007")
def test_a_token_is_sent_neither_in_clear_nor_to_what_is_no_address(
    anyone: Sluice, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    monkeypatch.setenv("SLUICE_API", api)
    monkeypatch.setenv("SLUICE_TOKEN", "token")
    told = anyone("whoami")
    assert told.code == ExitCode.USAGE
    assert "SLUICE_API" in told.err


def test_a_strangers_profile_cannot_name_a_platform_elsewhere(
    anyone: Sluice, surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = surroundings / "profile.json"
    profile.write_text(json.dumps({"api_url": "https://evil.example", "issuer_url": "https://evil.example"}))
    monkeypatch.setenv("SLUICE_PROFILE", str(profile))
    monkeypatch.setenv("SLUICE_TOKEN", "token")
    told = anyone("whoami")
    assert told.code == ExitCode.USAGE
    assert "not on this machine" in told.err


def test_a_pipeline_gives_its_token_in_a_file(
    anyone: Sluice, platform: FakePlatform, surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_API", platform.url)
    monkeypatch.setenv("SLUICE_TOKEN", "weaker")
    (surroundings / "token").write_text("from-file\n")
    platform.answers("GET", "/v1/me", {"name": "pipeline"})
    assert anyone("--token-file", "token", "whoami").code == 0
    assert platform.asked[0].headers["Authorization"] == "Bearer from-file"


@pytest.mark.parametrize("token", ["two\nlines", "a b", "x\r\nX-Evil: 1", "é"])
def test_what_is_no_token_never_reaches_a_header(
    anyone: Sluice, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("SLUICE_API", platform.url)
    monkeypatch.setenv("SLUICE_TOKEN", token)
    assert anyone("whoami").code == ExitCode.USAGE
    assert platform.asked == []
