"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file under a temporary name, then give it its own; its folder is made.

    Text is written as UTF-8 with line feeds, whatever the system's habit is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        return temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
