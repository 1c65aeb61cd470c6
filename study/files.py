"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file under a temporary name, then give it its own: no reader sees half of it.

    A text is written as UTF-8 with its line ends as they are. Raises OSError where the file cannot
    be written; what stood there before then still does. Returns the path.
    """
    data = content.encode() if isinstance(content, str) else content
    if is_stream(path):
        path.write_bytes(data)
        return path
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        return temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def is_stream(path: Path) -> bool:
    """Whether a path is a character device, such as /dev/null: it is written into, not replaced.

    Raises OSError for a pipe, a socket and a block device, which are neither.
    """
    if not path.exists() or path.is_file() or path.is_dir():
        return False
    if path.is_char_device():
        return True
    raise OSError(errno.EINVAL, "neither a file nor a character device", str(path))
