"""Texts that people hand over: whole, whatever their encoding and line ends, or what they are."""

from __future__ import annotations

from pathlib import Path

from study.errors import StudyError

# How files begin that are often taken for a text.
_KINDS = {
    b"PK\x03\x04": "an Excel workbook or another zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"\x89HDF": "an HDF5 file",
    b"SQLite": "an SQLite database",
}
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # byte order marks


def read_text(path: Path, expected: str, remedy: str, most: int) -> str:
    """The text of a file in UTF-8, or in UTF-16 with a byte order mark; each line ends with "\\n".

    expected, remedy: what a message says the file should be, and what to do where it isn't.
    Raises FileNotFoundError, and StudyError for what is no regular file, of more than `most`
    bytes, or no text: a pipe isn't waited for, and a file without end not read.
    """

    def wrong(found: object) -> StudyError:
        return StudyError(f"{path}: expected {expected}, found {found}; {remedy}")

    if path.exists() and not path.is_file():
        raise wrong("a folder, a device or a pipe")
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise wrong(error.strerror) from None
    if kind := binary_kind(content):
        raise wrong(kind)
    if len(content) > most:
        raise wrong(f"more than {most:,} bytes")
    try:
        text = content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig")
    except UnicodeError as error:
        raise wrong(error) from None
    if "\0" in text:
        raise wrong("bytes of zero, as a binary file has them, or UTF-16 without its mark")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def binary_kind(content: bytes) -> str | None:
    """What a file is that is often taken for a text, by how it begins; none where it may be one."""
    return next((kind for start, kind in _KINDS.items() if content.startswith(start)), None)
