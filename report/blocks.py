"""What a page is made of: sections of paragraphs, lists, tables and pictures, in either form.

All texts may be marked as `report.marks` says; names and anchors are in lower case with hyphens.
No two of a page's sections, tables and pictures share one: it is where [words](#name) lead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Paragraph:
    """Sentences; loud: a warning; small: in small type."""

    text: str
    loud: bool = False
    small: bool = False
    kind: str = field(default="paragraph", init=False)


@dataclass(frozen=True)
class Lines:
    """A list of short sentences."""

    items: tuple[str, ...]
    kind: str = field(default="lines", init=False)


@dataclass(frozen=True)
class Table:
    """A caption, headers and rows of cells; the first columns hold words, the others numbers."""

    name: str  # also of its CSV file
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1  # columns of words
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Picture:
    """A figure, as an SVG element; alt: what it shows, for who can't see it."""

    name: str  # also of its SVG file
    alt: str
    caption: str
    svg: str
    kind: str = field(default="picture", init=False)


Block = Paragraph | Lines | Table | Picture


def tables(
    name: str,
    caption: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
    words: int = 1,
) -> list[Block]:
    """The table in a list, which is empty where the table would be."""
    listed = tuple(rows)
    return [Table(name, caption, columns, listed, words)] if listed else []


@dataclass(frozen=True)
class Section:
    """A title and what stands below it; folded: behind its title, until a reader opens it."""

    title: str
    blocks: tuple[Block, ...]
    anchor: str
    folded: bool = False
