"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file under a temporary name, then give it its own: no reader sees half of it.

    A text is written as UTF-8 with its line ends as they are. Raises OSError where the file cannot
    be written; what stood there before then still does. Returns the path.
    """
    with whole(path) as place:
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write what is to stand at a path: a temporary place, renamed once it is whole.

    A character device, such as /dev/null, is written into itself, and stays one. Raises OSError for
    a pipe, a socket and a block device.
    """
    if _is_stream(path):
        yield path
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _is_stream(path: Path) -> bool:
    if not path.exists() or path.is_file() or path.is_dir():
        return False
    if path.is_char_device():
        return True
    raise OSError(errno.EINVAL, "neither a file nor a character device", str(path))
