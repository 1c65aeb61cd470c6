"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from study.errors import StudyError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file under a temporary name, then give it its own: no reader sees half of it.

    A text is written as UTF-8 with its line ends as they are. Raises OSError where the file cannot
    be written, StudyError where there is no room for it; what stood there before then still does.
    Returns the path.
    """
    with whole(path) as place:
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write what is to stand at a path: a temporary place, renamed once it is on the disk.

    A character device, such as /dev/null, is written into itself, and stays one. Raises OSError for
    a pipe, a socket and a block device, StudyError where the disk is full. What a process that was
    killed left of this file is removed.
    """
    try:
        if _is_stream(path):
            yield path
        else:
            yield from _renamed(path)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise StudyError(
            f"{path}: expected room to write to, found {os.strerror(error.errno).lower()}; make "
            "room, and run this again"
        ) from None


def _is_stream(path: Path) -> bool:
    if not path.exists() or path.is_file() or path.is_dir():
        return False
    if path.is_char_device():
        return True
    raise OSError(errno.EINVAL, "neither a file nor a character device", str(path))


def _renamed(path: Path) -> Iterator[Path]:
    """A temporary place beside a path, which takes the path's name in the end."""
    _remove_leavings(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())  # else a machine that dies may leave the name without content
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove_leavings(path: Path) -> None:
    """Remove the temporary places of a path whose processes were killed."""
    for left in path.parent.glob(f".{escape(path.name)}.*.part"):
        number = left.name.split(".")[-2]
        if number.isdecimal() and not _lives(int(number)):
            left.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:  # somebody else's
        return True
    except (OSError, OverflowError):
        return False
    return True
