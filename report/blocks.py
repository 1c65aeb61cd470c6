"""What a page is made of: sections of paragraphs, lists, tables and pictures, in either form.

All texts may be marked as `report.marks` says; names and anchors are in lower case with hyphens.
No two of a page's sections, tables and pictures share one: it is where [words](#name) lead.
A list or a table without content is false, and is left out of its section.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Table:
    """A caption, headers and rows of cells; the first columns hold words, the others numbers."""

    name: str  # also of its CSV file
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1  # columns of words
    kind: str = field(default="table", init=False)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Picture:
    """A figure, as an SVG element; alt: what it shows, for who can't see it."""

    name: str  # also of its SVG file
    alt: str
    caption: str
    svg: str
    kind: str = field(default="picture", init=False)


Block = Paragraph | Lines | Table | Picture


def table(name: str, caption: str, rows: Iterable[Mapping[str, str]], words: int = 1) -> Table:
    """A table of rows that all have the same columns: the cells by their headers."""
    listed = list(rows)
    columns = tuple(listed[0]) if listed else ()
    cells = tuple(tuple(row[column] for column in columns) for row in listed)
    return Table(name, caption, columns, cells, words)


@dataclass(frozen=True)
class Section:
    """A title and what stands below it; folded: behind its title, until a reader opens it."""

    title: str
    blocks: tuple[Block, ...]
    anchor: str
    folded: bool = False


def section(title: str, blocks: Iterable[Block], anchor: str, *, folded: bool = False) -> Section:
    """A section of those blocks that have content."""
    return Section(title, tuple(block for block in blocks if block), anchor, folded)
