"""Texts that are not ours, such as a folder's name, where they could do harm as they are."""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a formula of a spreadsheet begins with


def visible(text: str) -> str:
    """A text as a terminal may show it: escapes and the like are written out."""
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text
    )


def inert(text: str) -> str:
    """A text as a cell of a CSV file: no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
