"""Where a command will write: looked at before it starts its work."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from study.errors import StudyError, shown

LONGEST = 240  # bytes of a name: most systems take 255, and a file has a longer one while written


def check(files: Iterable[Path], folders: Iterable[Path] = (), inputs: Iterable[Path] = ()) -> None:
    """Raise StudyError where one of these files or folders could not be written.

    They need not be there, nor the folders that they stand in. No file may be an input, or another
    one once more.
    """
    taken = {path.resolve() for path in inputs}
    for path in files:
        if path.resolve() in taken and not path.is_char_device():
            raise _refused(path, "a place of its own", "another file's", "name another")
        taken.add(path.resolve())
        if path.is_dir():
            raise _refused(path, "a place for a file", "a folder", "move it away, or name another")
        _check_folder(path.parent)
        _check_name(path)
    for path in folders:
        _check_folder(path)


def _check_folder(path: Path) -> None:
    """Refuse a folder that can't be made or written to."""
    _check_name(path)
    nearest = next(one for one in (path, *path.absolute().parents) if os.path.lexists(one))
    if not nearest.is_dir():
        raise _refused(nearest, "a folder to write to", "a file", "name another")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise _refused(
            nearest, "a folder to write to", "one that is read-only", "change its permissions"
        )


def _check_name(path: Path) -> None:
    for part in path.parts:
        if len(os.fsencode(part)) > LONGEST:
            raise StudyError(
                f"{shown(part)}: expected names of at most {LONGEST} bytes, found "
                f"{len(os.fsencode(part))}; choose a shorter one"
            )


def _refused(path: Path, expected: str, found: str, remedy: str) -> StudyError:
    return StudyError(f"{path}: expected {expected}, found {found}; {remedy}")
