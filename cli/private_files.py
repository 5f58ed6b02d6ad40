"""Files that only their owner may read, written whole or not at all, and never through a link."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.failure import UnsafeFile

MOST_BYTES = 1 << 20
_CLOSED = 0o077
"""The permission bits that a group or others may not have."""


@contextmanager
def private_folder(folder: Path) -> Iterator[int]:
    """A descriptor of `folder`, made when it is missing; raises `UnsafeFile` unless it is its owner's alone.

    Every file is then reached from the descriptor, so that a folder swapped meanwhile is not the one used.
    """
    try:
        for place in reversed(folder.parents):
            _made(place)
        _check_above(folder.parent)
        made = _made(folder)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise UnsafeFile(
            f"{folder} cannot be used to keep a token: {_reason(error)}",
            next_step="name a folder of your own with SLUICE_HOME; a symbolic link is not followed",
        ) from error
    try:
        if made:
            os.fchmod(descriptor, 0o700)  # whatever the umask is
        _check_owned(os.fstat(descriptor), folder, "chmod 700")
        yield descriptor
    finally:
        os.close(descriptor)


def read_private(folder: int, name: str, shown: Path) -> bytes | None:
    """The file's bytes, None when there is none; raises `UnsafeFile` when others could read or have planted it."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnsafeFile(
            f"{shown} is not read: {_reason(error)}", next_step=f"look at it, remove it (rm {shown}), sign in again"
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise UnsafeFile(f"{shown} is not a plain file of its own", next_step=f"remove it: rm {shown}")
        _check_owned(found, shown, "chmod 600")
        return file.read(MOST_BYTES)


def write_private(folder: int, name: str, content: bytes) -> None:
    """Replaces the file in one step, readable by its owner alone; a link of that name is replaced, not followed."""
    draft = f".{name}.{secrets.token_hex(8)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(draft, dir_fd=folder)
        raise


def remove_private(folder: int, name: str) -> bool:
    """Whether there was such a file to remove; a link is removed, not followed."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def read_shared(file: Path) -> str:
    """The text of a file that other programs use too; empty when there is none. A link is not followed."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise UnsafeFile(
            f"{file} is not read: {_reason(error)}", next_step="name a plain file with --file; links are not followed"
        ) from error
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_size > MOST_BYTES:
            raise UnsafeFile(f"{file} is not a plain file of your own", next_step="name another with --file")
        try:
            return opened.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise UnsafeFile(f"{file} is not text in UTF-8", next_step="name another with --file") from error


def replace_shared(file: Path, text: str) -> None:
    """Replaces such a file in one step, readable by its owner alone; its folder may stay as open as it is."""
    try:
        for place in reversed(file.parents):
            _made(place)
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise UnsafeFile(f"{file} cannot be written: {_reason(error)}") from error
    try:
        write_private(folder, file.name, text.encode())
    finally:
        os.close(folder)


def _made(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return False
    return True


def _check_owned(found: os.stat_result, shown: Path, command: str) -> None:
    if found.st_uid != os.geteuid():
        raise UnsafeFile(f"{shown} belongs to somebody else", next_step="name a folder of your own with SLUICE_HOME")
    if found.st_mode & _CLOSED:
        raise UnsafeFile(
            f"{shown} can be reached by others (mode {stat.S_IMODE(found.st_mode):03o})",
            next_step=f"take that away: {command} {shown}",
        )


def _check_above(folder: Path) -> None:
    """Refuses a place whose way others may rewrite: a folder writable by all without the sticky bit."""
    at = folder.resolve()
    for place in (at, *at.parents):
        try:
            mode = place.stat().st_mode
        except FileNotFoundError:
            continue
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise UnsafeFile(
                f"{place} can be written by everybody, so nothing beneath it is safe",
                next_step=f"take that away (chmod o-w {place}) or name another folder with SLUICE_HOME",
            )


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
