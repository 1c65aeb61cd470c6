"""What a page is made of: sections of paragraphs, tables and pictures, in either form."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Paragraph:
    """Sentences; **bold** and `code` are marked as in Markdown."""

    text: str
    loud: bool = False
    kind: str = field(default="paragraph", init=False)


@dataclass(frozen=True)
class Table:
    """A caption, headers and rows of cells; the first columns hold words, the others numbers."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1  # columns of words
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Picture:
    """A figure, as an SVG element; alt: what it shows, for who can't see it."""

    name: str
    alt: str
    caption: str
    svg: str
    kind: str = field(default="picture", init=False)


Block = Paragraph | Table | Picture


@dataclass(frozen=True)
class Section:
    """A title and what stands below it."""

    title: str
    blocks: tuple[Block, ...]
