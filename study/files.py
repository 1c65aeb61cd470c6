"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file under a temporary name, then give it its own: no reader sees half of it.

    A text is written as UTF-8 with its line ends as they are. Raises OSError where the file cannot
    be written; what stood there before then still does. Returns the path.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        return temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
