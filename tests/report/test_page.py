"""The whole report: against a golden file that someone looked at, and what both pages promise."""

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bench.store import Results
from report import page
from report.models import EQUIVARIANT_RAW, STANDARD_AUGMENTED, STANDARD_RAW, WIDE, WRONG_GROUP
from report.sections import sections
from tests.report.made_up import (
    FLOOR,
    change,
    diverge,
    make_results,
    make_sweep,
    make_timings,
    of,
    without,
)

GOLDEN = {
    "damaged": Path(__file__).with_name("golden.md"),
    "damaged sweep": Path(__file__).with_name("golden_sweep.md"),
}
VOID = {"meta", "link", "br", "hr", "img"}
TITLES = [
    "In short",
    "Is it all there?",
    "The winners",
    "Error against training size",
    "Paired comparisons",
    "Controls",
    "At equal numbers of parameters",
    "The fault",
    "Parameters and equivariance",
    "Where each fails",
    "The diagonal check",
    "How it was done",
]
FIGURES = [
    "error",
    "parameters",
    "fault",
    "places",
    "places_corrected",
    "diagonals",
    "diagonals_corrected",
]
SWEEP_TITLES = [
    "In short",
    "Is it all there?",
    "Error by depth and learning rate",
    "How it was done",
]


def damaged() -> Results:
    """A study in which a run diverged, a winner is dead, and some runs are missing."""
    results = make_results()
    results = diverge(results, of(results, EQUIVARIANT_RAW, 100) & (results.runs["draw"] == 3))
    winner = of(results, STANDARD_RAW, 1000) & (results.runs["role"] == "winner")
    results = change(results, winner, status="dead", reason="a | b <b>bold</b>")
    results = diverge(results, of(results, WRONG_GROUP, 100, True) & (results.runs["draw"] == 5))
    results = without(results, of(results, STANDARD_AUGMENTED, 1000) & (results.runs["draw"] > 10))
    fits = results.runs["role"] == "baseline"
    results = without(results, fits & (results.runs["m"] == 1000) & (results.runs["draw"] == 12))
    return without(results, of(results, WIDE, 1000, True))


def unbegun() -> Results:
    """A study of which nothing has been run."""
    results = make_results()
    study = {key: value for key, value in results.study.items() if key != "seconds"}
    study |= {"faults": [], "noise_floor": None}
    pictures = (table.iloc[:0] for table in (results.diagonals, results.maps))
    return Results(results.runs.iloc[:0], *pictures, study)


def damaged_sweep() -> Results:
    """A sweep in which trainings diverged, ended dead or stayed bad, and some are missing."""
    results = make_sweep()
    runs = results.runs
    raw = ~runs["augmented"]
    equivariant, standard = (runs["architecture"] == name for name in ("equivariant", "standard"))
    first, last = runs["start"] == 0, runs["start"] == 2
    narrow, wide = standard & (runs["width"] == 4), standard & (runs["width"] == 16)
    bad = {"train_mse": 0.33, "validation_mse": 0.33, "test_mse": 0.33, "test_augmented_mse": 0.33}
    dead = equivariant & raw & (runs["learning_rate"] == 0.001) & ~first
    results = change(results, dead, **bad, status="dead", reason="a | b")
    results = change(results, narrow & raw & first & (runs["depth"] == 2), **bad)
    results = diverge(results, wide & raw & last & (runs["depth"] == 1))
    return without(results, wide & runs["augmented"] & (runs["depth"] == 2))


def unbegun_sweep() -> Results:
    """A sweep of which nothing has been run."""
    results = make_sweep()
    study = {key: value for key, value in results.study.items() if key != "seconds"}
    return replace(results, runs=results.runs.iloc[:0].astype(object), study=study)


def diverged_sweep() -> Results:
    """A sweep in which nothing came to anything."""
    results = make_sweep()
    return diverge(results, results.runs["run"] > 0)


SWEEPS = {
    "sweep": make_sweep,
    "damaged sweep": damaged_sweep,
    "untested sweep": lambda: make_sweep(test_rows=0),
    "sweep of two sizes": lambda: make_sweep(sizes=[64, 256]),
    "unbegun sweep": unbegun_sweep,
    "diverged sweep": diverged_sweep,
}
STUDIES = {
    "whole": make_results,
    "damaged": damaged,
    "exercise": lambda: make_results(
        draws=0, starts=10, test_rows=0, pool=1000, data="given", noise_floor=GUESSED_FLOOR
    ),
    "smoke": lambda: make_results(m=[50, 100], draws=3, control_sizes=[50]),
    "one size": lambda: make_results(m=[100]),
    "as they are": lambda: make_results(corrections=["none"], control_sizes=[100]),
    "corrected": lambda: make_results(corrections=["fitted"]),
    "no controls": lambda: make_results(controls=[], control_sizes=[]),
    "unbegun": unbegun,
    **SWEEPS,
}


GUESSED_FLOOR = FLOOR | {"set": "validation", "how": "cross-validated Gaussian process"}


def render(template: str, results: Results) -> str:
    return page.render(template, results, sections(results))


@cache
def rendered(name: str) -> tuple[str, str]:
    """The two pages of one of STUDIES, as Markdown and as HTML."""
    results = STUDIES[name]()
    parts = sections(results, make_timings() if name == "damaged sweep" else None)
    return page.render("report.md", results, parts), page.render("report.html", results, parts)


class Page(HTMLParser):
    """Notes a page's tags, and fails where they aren't closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", GOLDEN)
def test_the_golden_report(name, tmp_path):
    """To renew it, read the new report and copy it over the golden one."""
    written = tmp_path / "report.md"
    written.write_text(rendered(name)[0], encoding="utf-8")
    assert written.read_text("utf-8") == GOLDEN[name].read_text("utf-8"), f"compare with {written}"


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_has_all_sections_in_order_in_both_pages(name):
    markdown, html = rendered(name)
    titles = SWEEP_TITLES if name in SWEEPS else TITLES
    if name == "no controls":
        titles = [title for title in titles if title != "Controls"]
    titles = titles + ["How fast is it?"] * (name == "damaged sweep")
    assert re.findall(r"(?m)^## (.*)$", markdown) == titles
    assert re.findall(r"<h2>(.*?)</h2>", html) == titles
    assert not re.search(r"\bnan\b|>None<", re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL))


@pytest.mark.parametrize("name", STUDIES)
def test_the_page_is_one_well_formed_file_that_needs_no_network_and_no_script(name):
    parsed = Page(rendered(name)[1])
    assert parsed.open == []
    assert not {"script", "link", "img", "iframe"} & set(parsed.tags)
    links = [value for key, value in parsed.attributes if key in {"src", "href", "xlink:href"}]
    assert all(link.startswith("#") for link in links)
    ids = [value for key, value in parsed.attributes if key == "id"]
    assert {link[1:] for link in links} <= set(ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", STUDIES)
def test_markdown_tables_have_as_many_cells_in_every_row(name):
    tables = re.findall(r"(?m)(?:^\|.*\n)+", rendered(name)[0])
    assert tables
    for table in tables:
        cells = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(cells) == 1, table


def test_both_pages_give_the_same_answers():
    markdown, html = rendered("whole")
    answers = html[html.index("Which model worked best") : html.index("Is it all there?</h2>")]
    items = re.findall(r"<li>(.*?)</li>", answers)
    assert len(items) >= 5
    for item in items:
        assert f"- {re.sub('</?strong>', '**', item)}\n" in markdown


def test_reasons_cannot_break_the_pages():
    markdown, html = rendered("damaged")
    assert "a | b &lt;b&gt;bold&lt;/b&gt;" in html
    assert "| a \\| b " in markdown


def test_what_failed_or_is_missing_is_shouted_at_the_top():
    html = rendered("damaged")[1]
    shout = html.index('<p class="loud"><strong>Missing or failed:</strong>')
    assert html.index("<h2>In short</h2>") < shout < html.index("Which model worked best")
    assert "<strong>dead</strong>" in html


def test_failed_trials_are_told_but_not_at_the_top():
    results = make_results(m=[100])
    results = change(results, results.runs["role"] == "trial", status="dead")
    markdown = render("report.md", results)
    answers, rest = markdown.split("## Is it all there?")
    assert "dead" not in answers
    assert "**Missing or failed:** 60 tuning trials ended dead." in rest


def test_a_dead_winner_is_called_dead_and_is_never_the_best():
    results = make_results(m=[1000], corrections=["none"], controls=[], control_sizes=[])
    dead = of(results, STANDARD_RAW, 1000) & (results.runs["role"] == "winner")
    markdown = render("report.md", change(results, dead, status="dead", validation_mae=1e-9))
    errors = next(
        line
        for line in markdown[markdown.index("Errors of the winners") :].splitlines()
        if line.startswith("| 1000 | standard raw |")
    )
    assert "**dead**" in errors
    assert "0.0000" not in errors


def test_writing_leaves_the_pages_and_their_figures_and_nothing_else(tmp_path):
    results = make_results(m=[100])
    assert page.write(results, tmp_path) == [tmp_path / "report.html", tmp_path / "report.md"]
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {
        "report.html",
        "report.md",
        *(f"figures/{name}.svg" for name in FIGURES),
    }
    named = re.findall(r"!\[.*?\]\((.*?)\)", (tmp_path / "report.md").read_text("utf-8"))
    assert named == [f"figures/{name}.svg" for name in FIGURES]


def test_writing_twice_gives_equal_bytes(tmp_path):
    for name in ("first", "second"):
        page.write(make_results(m=[100]), tmp_path / name)
    for path in (tmp_path / "first").rglob("*.*"):
        again = tmp_path / "second" / path.relative_to(tmp_path / "first")
        assert path.read_bytes() == again.read_bytes()


def test_an_interrupted_write_keeps_the_old_page(tmp_path, monkeypatch):
    old = tmp_path / "report.md"
    old.write_text("old", encoding="utf-8")

    def full(self, *args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        page._write(old, "new")
    assert old.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [old]


@pytest.mark.parametrize("name", ["as they are", "corrected"])
def test_one_correction_alone_is_compared_with_nothing(name):
    markdown, _ = rendered(name)
    assert "What is the correction worth?" not in markdown
    assert "| training data |" not in markdown.split("## How it was done")[0]
    assert "On the data as they are" not in markdown
    assert "After the correction" not in markdown
    assert ("All training data are corrected first" in markdown) == (name == "corrected")


def test_two_corrections_are_answered_one_after_the_other():
    answers = rendered("whole")[0].split("## Is it all there?")[0]
    assert answers.count("On the data as they are:") == 3
    assert answers.count("After the correction:") == 3
    assert "### What is the correction worth?" in answers
    assert "**The equivariant lead:**" in answers


def test_without_draws_no_difference_is_clear_in_any_section():
    markdown, _ = rendered("exercise")
    assert "clearly" not in markdown
    assert "p (Holm)" not in markdown
    assert "95 % interval" not in re.sub("Grey: the noise floor.*", "", markdown)


def test_a_failed_identity_check_is_shouted_at_the_top():
    results = make_results(m=[100])
    checked = results.runs["control"] == "identity_check"
    worse = 1.2 * results.runs["test_mse"]
    runs = results.runs.assign(test_mse=worse.where(checked, results.runs["test_mse"]))
    answers = render("report.md", replace(results, runs=runs)).split("## Is it all there?")[0]
    assert "> On the data as they are: **Identity check" in answers
    assert "do NOT agree" in answers


def test_only_cells_that_lack_something_are_listed():
    markdown, _ = rendered("damaged")
    table = markdown.split("Cells in which something failed or is missing")[1].split("\n\n")[1]
    assert len(table.splitlines()) == 2 + 5 + 12  # five cells of networks, twelve baselines
    assert "| 1000 | corrected | equivariant_wide raw | 0 / 14 **(14 missing)** | 6 / 6 |" in table
