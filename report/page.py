"""Sections -> report.html and report.md, which say the same. Files are written here only."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from report import words
from report.blocks import Picture, Section
from report.sections import sections

if TYPE_CHECKING:
    from bench.store import Results


def _html_text(text: str) -> Markup:
    """Escape a text and turn its **bold** and `code` into HTML."""
    safe = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    return Markup(re.sub(r"`(.+?)`", r"<code>\1</code>", safe))


def _markdown_cell(text: str) -> str:
    """A table cell that cannot break its row."""
    return text.replace("|", "\\|").replace("\n", " ")


def render(template: str, results: Results, parts: list[Section]) -> str:
    """Fill in one of the templates, "report.html" or "report.md"."""
    environment = Environment(
        loader=PackageLoader("report"),
        autoescape=template.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"text": _html_text, "cell": _markdown_cell, "svg": Markup}
    return environment.get_template(f"{template}.j2").render(
        subtitle=words.subtitle(results.study), introduction=words.INTRODUCTION, sections=parts
    )


def write(results: Results, out: Path, timings: pd.DataFrame | None = None) -> list[Path]:
    """Write report.html, report.md and its figures into the folder; return the two pages.

    timings: the rows of speed.csv, where the speed was measured. Each file appears whole or not at
    all. Raises OSError where the folder cannot be written.
    """
    parts = sections(results, timings)
    pictures = [block for part in parts for block in part.blocks if isinstance(block, Picture)]
    (out / "figures").mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        _write(out / "figures" / f"{picture.name}.svg", picture.svg)
    pages = [out / "report.html", out / "report.md"]
    for path in pages:
        _write(path, render(path.name, results, parts))
    return pages


def _write(path: Path, text: str) -> None:
    """Write under a temporary name, then give the file its own."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
