"""The page: against a golden file that someone looked at, and what both forms promise."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from report import page
from report.findings import gather
from report.sections import sections
from study.about import About
from study.architectures import ARCHITECTURES
from study.conditions import BASELINES, CONDITIONS
from study.records import Record
from tests.report.made_up import (
    ABOUT,
    budget,
    damaged,
    full,
    grid,
    sweep,
    sweep_about,
    with_conditions,
)

GOLDEN = Path(__file__).with_name("golden.md")
DAMAGED_ABOUT = replace(ABOUT, failed=1)
EXERCISE = [one for one in grid() if not one.repetition]
STUDIES: dict[str, tuple[Sequence[Record], About]] = {
    "damaged": (damaged(), DAMAGED_ABOUT),
    "whole": (with_conditions(), ABOUT),
    "budget": (budget(), replace(ABOUT, proposals=81, finalists=9, exercise_proposals=0)),
    "sweep": (sweep(), sweep_about()),
    "exercise alone": (EXERCISE, replace(ABOUT, repetitions=0, condition_repetitions=0)),
    "without a test": (
        [replace(one, test_mse=None) for one in grid()],
        replace(ABOUT, test_rows=0, floor_rows="validation"),
    ),
    "one record": ([full(("standard", False))], ABOUT),
    "draws of luck": ([*grid(), full(("standard", False), condition="samples_1")], ABOUT),
    "no record": ([], ABOUT),
}
IDENTIFIERS = re.compile(
    r"\b("
    + "|".join(
        name
        for name in (*ARCHITECTURES, *CONDITIONS, *(name for name, _ in BASELINES))
        if "_" in name
    )
    + r"|batch_size|learning_rate|test_mse|validation_mse)\b"
)


@cache
def rendered(study: str, name: str) -> str:
    records, about = STUDIES[study]
    return page.render(name, about, sections(gather(records, about)))


class Words(HTMLParser):
    """What a page says, without its tags, styles and figures."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "svg", "title"} & set(self.open):
            self.found += data.split()


def words_of_html(text: str) -> list[str]:
    parser = Words()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser.found


def words_of_markdown(text: str) -> list[str]:
    text = re.sub(r"!\[.*\]\(.*\)", "", text)  # a figure
    text = re.sub(r"^\|[ :|-]+\|$", "", text, flags=re.MULTILINE)  # a table's rule
    text = re.sub(r"^(#+|>) ", "", text, flags=re.MULTILINE)
    return re.sub(r"[|*`]", " ", text).split()


def test_the_page_is_the_one_that_someone_looked_at():
    text = rendered("damaged", page.MARKDOWN)
    assert text == GOLDEN.read_text(encoding="utf-8"), "write it anew, and read every sentence"


@pytest.mark.parametrize("study", STUDIES)
def test_both_forms_say_the_same(study):
    html, markdown = (rendered(study, name) for name in (page.HTML, page.MARKDOWN))
    plain = re.sub(r"(<strong>|</strong>|</?code>)", " ", html)
    assert words_of_html(plain) == words_of_markdown(markdown)


@pytest.mark.parametrize("study", STUDIES)
def test_nothing_is_called_by_its_identifier(study):
    assert not IDENTIFIERS.findall(re.sub(r"`.*?`", "", rendered(study, page.MARKDOWN)))


@pytest.mark.parametrize("study", STUDIES)
def test_no_number_is_missing_and_no_word_is_a_value_of_python(study):
    text = rendered(study, page.MARKDOWN)
    assert not re.findall(r"\b(nan|inf|None|True|False)\b", text)


def test_a_study_has_the_sections_that_it_has_content_for():
    titles = {
        name: [part.title for part in sections(gather(*study))] for name, study in STUDIES.items()
    }
    assert titles["whole"] == [
        "The study",
        "Progress",
        "Errors",
        "Effects",
        "Conditions",
        "What the tuning chose",
        "The exercise",
        "Time",
    ]
    assert titles["budget"][2:6] == ["Errors", "Effects", "The tuning budget", "Conditions"]
    assert titles["sweep"] == ["The study", "Progress", "The sweep", "Time"]
    assert titles["exercise alone"] == ["The study", "Progress", "The exercise", "Time"]
    assert titles["no record"] == ["The study", "Progress"]


@pytest.mark.parametrize("study", ["whole", "exercise alone", "sweep"])
def test_a_noise_floor_that_is_no_bound_is_not_printed(study):
    records, about = STUDIES[study]
    assert "**Noise floor:** test MSE 0.00400" in rendered(study, page.MARKDOWN)
    found = gather(records, replace(about, floor_mse=0.4321))
    text = page.render(page.MARKDOWN, about, sections(found))
    assert "The noise floor is left out" in text
    assert "0.4321" not in text


def test_errors_are_called_by_the_rows_that_they_are_of():
    text = rendered("without a test", page.MARKDOWN)
    assert "Geometric mean of the validation MSE" in text
    assert "the same validation rows" in text
    assert "of the test MSE" not in text


def test_text_is_escaped_and_cannot_break_a_table():
    about = replace(ABOUT, simulated=False, data_folder="<b>a | b")
    parts = sections(gather([], about))
    assert "&lt;b&gt;a | b" in page.render(page.HTML, about, parts)
    assert "<b>a \\| b" in page.render(page.MARKDOWN, about, parts)


def test_a_pool_too_small_for_its_repetitions_is_told_aloud():
    """Two sets of 1,000 rows of their own in a file of 2,000, for three repetitions."""
    about = replace(ABOUT, train_files=(100, 2000))
    words = "has 2,000 rows, too few for 3 repetitions with rows of their own at m = 25 and 100"
    for one, there in ((about, True), (ABOUT, False)):
        text = page.render(page.MARKDOWN, one, sections(gather(with_conditions(), one)))
        assert (words in text) == there
