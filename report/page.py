"""Sections -> report.html and report.md, which say the same. Only here are files written."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from report.blocks import Picture, Section
from report.findings import Findings, gather
from report.sections import sections
from report.setup import INTRODUCTION
from study.about import NAME, About
from study.errors import StudyError
from study.files import write_whole
from study.store import FILE, read, read_facts

HTML, MARKDOWN = "report.html", "report.md"


def write(folder: Path) -> list[Path]:
    """Write the page of the study in a folder in both forms, and its figures; return the two.

    Raises StudyError where there is no study, OSError where the folder can't be written.
    """
    found = read_findings(folder)
    parts = sections(found)
    texts = {folder / name: render(name, found.about, parts) for name in (MARKDOWN, HTML)}
    (folder / "figures").mkdir(exist_ok=True)
    for block in (block for part in parts for block in part.blocks):
        if isinstance(block, Picture):
            write_whole(folder / "figures" / f"{block.name}.svg", block.svg)
    for path, text in texts.items():
        write_whole(path, text)
    return [folder / HTML, folder / MARKDOWN]


def read_findings(folder: Path) -> Findings:
    """The findings of the study in a folder. Raises StudyError where there is none."""
    path = folder / FILE
    plain = read_facts(path).get(NAME)
    if plain is None:
        raise StudyError(
            f"{path}: expected what the study says of itself, found nothing; run `make study` again"
        )
    return gather(read(path), About.of(plain, str(path)))


def render(name: str, about: About, parts: list[Section]) -> str:
    """Fill in one of the templates, that of HTML or of MARKDOWN."""
    environment = Environment(
        loader=PackageLoader("report"),
        autoescape=name == HTML,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"text": _html_text, "cell": _markdown_cell, "svg": Markup}
    template = environment.get_template(f"{name}.j2")
    return template.render(preset=about.preset, introduction=INTRODUCTION, sections=parts)


def _html_text(text: str) -> Markup:
    """Escape a text and turn its **bold** and `code` into HTML."""
    safe = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    return Markup(re.sub(r"`(.+?)`", r"<code>\1</code>", safe))


def _markdown_cell(text: str) -> str:
    """A table cell that cannot break its row."""
    return text.replace("|", "\\|").replace("\n", " ")
