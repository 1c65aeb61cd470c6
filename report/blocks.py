"""What a report is made of, before it becomes HTML or Markdown.

In texts, **bold** and `code` are written as in Markdown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a loud one must not be overlooked."""

    kind: ClassVar[str] = "paragraph"
    text: str
    loud: bool = False


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Bullets:
    """A list."""

    kind: ClassVar[str] = "bullets"
    items: list[str]


@dataclass(frozen=True)
class Table:
    """A caption and columns by header; all but the columns named in `text` are numbers."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: Mapping[str, Iterable[Any]]
    text: tuple[str, ...] = ()

    @property
    def rows(self) -> list[dict[str, str]]:
        """The cells of each row by header."""
        cells = zip(*self.columns.values(), strict=True)
        return [dict(zip(self.columns, map(str, row), strict=True)) for row in cells]


@dataclass(frozen=True)
class Picture:
    """A figure as SVG, with its caption and what it shows in words."""

    kind: ClassVar[str] = "picture"
    name: str
    svg: str
    caption: str
    alt: str


Block = Paragraph | Heading | Bullets | Table | Picture


def loud(text: str) -> list[Block]:
    """The text as a loud paragraph, or nothing where there is no text."""
    return [Paragraph(text, loud=True)] if text else []


@dataclass(frozen=True)
class Section:
    """A part of the report."""

    name: str
    title: str
    blocks: list[Block]
