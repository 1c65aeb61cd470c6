"""Sections -> report.html and report.md, which say the same, their figures and tables.

Only here are files written.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from report import colours, marks
from report.blocks import Block, Picture, Section, Table
from report.export import results
from report.formats import MINUS
from report.reading import read_study
from report.sections import sections
from study import places
from study.about import About
from study.errors import StudyError
from study.escapes import inert
from study.files import write_whole

HTML, MARKDOWN, RESULTS = "report.html", "report.md", "results.json"


def write_each(folders: Sequence[Path]) -> Iterator[str | Exception]:
    """Write the reports of these studies; one that can't be read is told, others are written."""
    for folder in folders:
        try:
            yield f"wrote {' and '.join(map(str, write(folder)))}"
        except (StudyError, OSError) as error:
            yield error


def write(folder: Path) -> list[Path]:
    """Write a study's page into its folder in both forms, figures, tables and results.

    Returns the paths of the page.

    Raises StudyError where there is no study, OSError where the folder can't be written.
    """
    files = [folder / name for name in (HTML, MARKDOWN, RESULTS)]
    places.check(files, [folder / "figures", folder / "tables"])
    reading = read_study(folder)
    parts, about = sections(reading), reading.found.about
    texts = {folder / name: render(name, about, parts) for name in (MARKDOWN, HTML)}
    texts[folder / RESULTS] = results(reading)
    blocks = _blocks(parts)
    _fill(folder / "figures", ".svg", {b.name: alone(b) for b in blocks if isinstance(b, Picture)})
    _fill(folder / "tables", ".csv", {b.name: as_csv(b) for b in blocks if isinstance(b, Table)})
    for path, text in texts.items():
        write_whole(path, text)
    return [folder / HTML, folder / MARKDOWN]


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
    environment.filters |= {"html": marks.html, "plain": marks.plain, "cell": marks.cell}
    environment.filters["switched"] = lambda svg: Markup(colours.switched(svg))
    pictures = [block.svg for block in _blocks(parts) if isinstance(block, Picture)]
    return environment.get_template(f"{name}.j2").render(
        preset=marks.foreign(about.preset),
        sections=parts,
        ground=colours.GROUND,
        replacements=colours.replacements(pictures),
    )


def alone(picture: Picture) -> str:
    """The SVG element as a file: on white, wherever it is shown."""
    ground = f'<rect width="100%" height="100%" fill="{colours.WHITE}"/>'
    return re.sub(r"<svg\b[^>]*>", rf"\g<0>{ground}", picture.svg, count=1)


def as_csv(table: Table) -> str:
    """The table's headers and cells without marks; no word in it is a formula to a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(marks.plain(header) for header in table.columns)
    for row in table.rows:
        cells = [marks.plain(cell).replace(MINUS, "-") for cell in row]
        writer.writerow([*map(inert, cells[: table.words]), *cells[table.words :]])
    return buffer.getvalue()


def _blocks(parts: list[Section]) -> list[Block]:
    return [block for part in parts for block in part.blocks]


def _fill(folder: Path, suffix: str, contents: dict[str, str]) -> None:
    """Write these files, and remove those of their kind that an earlier report left there."""
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        write_whole(folder / f"{name}{suffix}", content)
    for path in folder.glob(f"*{suffix}"):
        if path.stem not in contents:
            path.unlink()
