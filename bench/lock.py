"""One writer: whoever carries a study out holds its lock, and says who that is and since when."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from study.errors import StudyError
from study.files import write_whole

LOCK, WRITER = "writer.lock", "writer.txt"


@contextmanager
def held(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of the study in a folder. The system frees it when its process ends.

    Raises StudyError where another process holds it, unless that is waited for.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK).acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise StudyError(
            f"{folder}: expected no other run of this study, found {_says(folder)}; wait for it "
            "(--wait), or stop it"
        ) from None
    except OSError as error:
        raise StudyError(
            f"{folder}: expected a folder to write to, found {error.strerror or error}; change "
            "its permissions, make room there, or name another"
        ) from None
    with lock:
        since = datetime.now().astimezone().isoformat(" ", "seconds")
        write_whole(folder / WRITER, f"process {os.getpid()} on {platform.node()} since {since}\n")
        try:
            yield
        finally:
            with suppress(OSError):
                (folder / WRITER).unlink(missing_ok=True)


def holder(folder: Path) -> str | None:
    """Who holds the lock of the study in a folder, if anybody does."""
    if not (folder / LOCK).exists():
        return None
    try:
        with FileLock(folder / LOCK).acquire(timeout=0):
            return None
    except Timeout:
        return _says(folder)


def _says(folder: Path) -> str:
    """Who holds the lock, as they say themselves."""
    try:
        return (folder / WRITER).read_text(encoding="utf-8").strip()
    except OSError:  # it has the lock for an instant only
        return "another process"
