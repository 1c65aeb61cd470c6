"""The page: against a golden file that someone looked at, and what both forms promise."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from report import page
from report.blocks import Block, Lines, Paragraph, Picture, Section, Table
from report.findings import gather
from report.reading import Reading
from report.sections import sections
from study.about import About, Remark
from study.architectures import ARCHITECTURES
from study.conditions import BASELINES, CONDITIONS
from study.records import Record
from tests.report.made_up import (
    ABOUT,
    WHOLE_ABOUT,
    budget,
    damaged,
    full,
    grid,
    sweep,
    sweep_about,
    whole,
    with_conditions,
)

GOLDEN = Path(__file__).with_name("golden")
DAMAGED_ABOUT = replace(ABOUT, failed=1)
REMARKS = (Remark("Few rows."), Remark("Wrong data.", loud=True))
EXERCISE = [one for one in grid() if not one.repetition]
STUDIES: dict[str, tuple[Sequence[Record], About]] = {
    "damaged": (damaged(), DAMAGED_ABOUT),
    "whole": (whole(), WHOLE_ABOUT),
    "too few": (with_conditions(), replace(ABOUT, planned=177)),
    "budget": (budget(), replace(ABOUT, proposals=81, finalists=9, exercise_proposals=0)),
    "sweep": (sweep(), sweep_about()),
    "exercise alone": (EXERCISE, replace(ABOUT, repetitions=0, condition_repetitions=0)),
    "without a test": (
        [replace(one, test_mse=one.test_mse if one.repetition else None) for one in grid()],
        replace(ABOUT, test_rows=0, floor_rows="validation"),
    ),
    "one record": ([full(("standard", False))], ABOUT),
    "draws of luck": ([*grid(), full(("standard", False), condition="samples_1")], ABOUT),
    "no record": ([], ABOUT),
    "doubtful data": (grid(), replace(ABOUT, remarks=REMARKS)),
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
    return page.render(name, about, sections(Reading(gather(records, about))))


class Words(HTMLParser):
    """What a page says, without its tags, styles and figures."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "svg", "title", "nav"} & set(self.open):
            self.found += data.split()


def words_of_html(text: str) -> list[str]:
    parser = Words()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser.found


def words_of_markdown(text: str) -> list[str]:
    text = re.sub(r"!\[.*\]\(.*\)", "", text)  # a figure
    text = re.sub(r'<a id=".*"></a>', "", text)
    text = re.sub(r"\[(.+?)\]\(#.+?\)", r" \1 ", text)  # a link
    text = re.sub(r"^\|[ :|-]+\|$", "", text, flags=re.MULTILINE)  # a table's rule
    text = re.sub(r"^(#+|>|-) ", "", text, flags=re.MULTILINE)
    return re.sub(r"[|*`]", " ", text).split()


@pytest.mark.parametrize("study", ["whole", "damaged"])
def test_the_page_is_the_one_that_someone_looked_at(study):
    text = rendered(study, page.MARKDOWN)
    golden = (GOLDEN / f"{study}.md").read_text(encoding="utf-8")
    assert text == golden, "write it anew, and read every sentence"


@pytest.mark.parametrize("study", STUDIES)
def test_both_forms_say_the_same(study):
    html, markdown = (rendered(study, name) for name in (page.HTML, page.MARKDOWN))
    plain = re.sub(r"<(strong|/strong|/?code|a href[^>]*|/a)>", " ", html)
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
        name: [part.title for part in sections(Reading(gather(*study)))]
        for name, study in STUDIES.items()
    }
    assert titles["whole"] == [
        "Answer",
        "The exercise",
        "Caveats",
        "Effects",
        "Exchange rate",
        "Computing and tuning",
        "All methods",
        "The sensor's offset",
        "Method",
        "Appendix",
    ]
    assert titles["too few"][:2] == ["The exercise", "Answer"]
    assert "Effects" not in titles["too few"]
    assert titles["budget"][0] == "Answer"
    assert "The tuning budget" in titles["budget"]
    assert titles["sweep"] == ["Answer", "The sweep", "Method", "Appendix"]
    assert titles["exercise alone"][0] == "The exercise"
    assert titles["no record"] == ["Answer", "Method"]


def test_doubtful_data_are_told_before_all_else_and_among_the_caveats():
    first, *others = sections(Reading(gather(*STUDIES["doubtful data"])))
    assert first.blocks[0] == Paragraph(
        "The data of this study are doubtful, and so is all that follows: see the "
        "[caveats](#caveats).",
        loud=True,
    )
    (lines,) = [one.blocks[0] for one in others if one.anchor == "caveats"]
    assert lines.items[:2] == ("**Wrong data.**", "Few rows.")
    quiet = replace(ABOUT, remarks=REMARKS[:1])
    assert "doubtful" not in page.render(
        page.MARKDOWN, quiet, sections(Reading(gather(grid(), quiet)))
    )


def test_a_noise_floor_that_is_no_bound_is_not_printed():
    records, about = STUDIES["whole"]
    assert "Noise floor: 0.0040" in rendered("whole", page.MARKDOWN)
    found = gather(records, replace(about, floor_mse=0.4321))
    text = page.render(page.MARKDOWN, about, sections(Reading(found)))
    assert "Noise floor" not in text
    assert "0.4321" not in text


def test_errors_are_called_by_the_rows_that_they_are_of():
    text = rendered("without a test", page.MARKDOWN)
    assert "There is no test file. Half of the validation rows chose, the other half scores" in text
    assert "the other half of a repetition's validation rows" in text


def test_a_pool_too_small_for_its_repetitions_is_told_aloud():
    """Two sets of 1,000 rows of their own in a file of 2,000, for three repetitions."""
    about = replace(ABOUT, train_files=(100, 2000))
    words = "has 2,000 rows, too few for 3 repetitions with rows of their own at m = 25 and 100"
    for one, there in ((about, True), (ABOUT, False)):
        text = page.render(page.MARKDOWN, one, sections(Reading(gather(with_conditions(), one))))
        assert (words in text) == there


def test_where_repetitions_share_all_their_rows_intervals_are_refused_and_that_is_told():
    about = replace(ABOUT, train_files=(100,), sizes=(25, 100))
    text = page.render(page.MARKDOWN, about, sections(Reading(gather(with_conditions(), about))))
    assert "(Nadeau and Bengio 2003), and refused at m = 100." in text


# What the page makes of any sections


TABLE = Table(
    "worst-case",
    "A caption with **bold** words.",
    ("Model", "Note", "Change (%)"),
    (("standard", "=1+1", "**\N{MINUS SIGN}1.5** [-2, -1]"), ("\\<b\\>\\|", "@`a`", "1,000")),
    words=2,
)
PICTURE = Picture(
    "curves",
    "Errors fall",
    "A caption.",
    '<svg width="9" height="9"><defs><path id="curves-facade"/></defs><use href="#curves-facade"'
    ' style="fill: #0072b2; stroke: none"/><path stroke="#ffffff"/></svg>',
)


def made(*blocks: Block, name: str = page.HTML, **looks: bool) -> str:
    """A page whose second section has these blocks."""
    first = Section("Answer", (Paragraph("See [more](#more)."),), "answer")
    return page.render(name, ABOUT, [first, Section("More", blocks, "more", **looks)])


def test_a_list_is_one_in_both_forms():
    lines = Lines(("One **bold** word.", "Two."))
    assert "<li>One <strong>bold</strong> word.</li>\n<li>Two.</li>\n</ul>" in made(lines)
    assert "\n\n- One **bold** word.\n- Two.\n" in made(lines, name=page.MARKDOWN)


def test_a_table_scrolls_in_a_box_that_the_keyboard_reaches():
    box = 'tabindex="0" role="region" aria-label="Table: worst case"'
    text = made(TABLE)
    assert '<figure id="worst-case">\n<figcaption id="worst-case-caption">A caption' in text
    assert f'<div class="wide" {box}>\n<table aria-labelledby="worst-case-caption">' in text


def test_what_is_folded_opens_where_a_link_leads():
    """A browser opens what holds the link's aim, so the anchor stands within."""
    text = made(Paragraph("Hidden."), folded=True)
    assert '<details>\n<summary><h2>More</h2></summary>\n<div id="more">\n<p>Hidden.</p>' in text
    assert "<details>" not in made(Paragraph("Seen."))
    assert '<p class="small">Seen.</p>' in made(Paragraph("Seen.", small=True))
    assert "## More\n\nHidden.\n" in made(Paragraph("Hidden."), name=page.MARKDOWN, folded=True)


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("name", [page.HTML, page.MARKDOWN])
def test_every_link_leads_to_one_place(study, name):
    text = rendered(study, name)
    places = re.findall(r'\bid="(.*?)"', text)
    assert len(set(places)) == len(places)
    links = re.findall(r'(?:href="|\]\(|url\()#(.*?)[")]', text)
    assert set(links) <= set(places)
    assert links or name == page.MARKDOWN


def test_the_page_is_small_and_the_same_again():
    records, about = STUDIES["whole"]
    text = rendered("whole", page.HTML)
    assert len(text.encode()) < 3_000_000
    assert page.render(page.HTML, about, sections(Reading(gather(records, about)))) == text
    assert not re.findall(r"<script|<link|https?://(?!www\.w3\.org|purl|creativecommons)", text)


def test_dark_mode_replaces_the_colours_of_a_figure_and_no_others():
    text = made(PICTURE)
    assert "fill: var(--c-0072b2, #0072b2); stroke: none" in text
    assert '<path stroke="var(--c-ffffff, #ffffff)"/>' in text
    assert 'href="#curves-facade"' in text
    (dark,) = re.findall(r"@media screen and \(prefers-color-scheme: dark\) { (:root .*) }", text)
    assert "--paper: #161616;" in dark
    assert "--c-ffffff: #161616;" in dark
    assert set(re.findall(r"--c-(\w+):", dark)) == {"000000", "0072b2", "ffffff"}


def test_a_figure_alone_stands_on_white():
    ground = '<svg width="9" height="9"><rect width="100%" height="100%" fill="#ffffff"/><defs>'
    assert page.alone(PICTURE).startswith(ground)
    assert "var(" not in page.alone(PICTURE)


def test_a_table_as_csv_has_no_marks_and_no_formula():
    text = page.as_csv(TABLE)
    assert list(csv.reader(io.StringIO(text))) == [
        ["Model", "Note", "Change (%)"],
        ["standard", "'=1+1", "-1.5 [-2, -1]"],
        ["<b>|", "'@a", "1,000"],
    ]


def test_foreign_words_are_shown_as_they_are():
    hostile = "<img src=x>|[a](http://b)`**c_\n# d\u202e"
    about = replace(ABOUT, preset=hostile, simulated=False, data_folder=hostile)
    parts = sections(Reading(gather([], about)))
    html, markdown = (page.render(name, about, parts) for name in (page.HTML, page.MARKDOWN))
    shown = "&lt;img src=x&gt;|[a](http://b)`**c_\ufffd# d\ufffd"
    assert html.count(shown) == 4  # title, subtitle, and two facts of the study
    assert "<img" not in html
    escaped = r"\<img src=x\>\|\[a\]\(http://b\)\`\*\*c\_" + "\ufffd" + r"\# d" + "\ufffd"
    assert markdown.count(escaped) == 3
