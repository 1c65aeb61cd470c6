"""The page in Chromium: what a reader sees, reaches and prints. `tox run -e browser` runs this.

JavaScript runs here alone, to ask the page.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from report import page as report_page
from report.colours import contrast
from tests.report.made_up import ABOUT, grid
from tests.report.test_page import STUDIES
from tests.report.test_report_command import make_study

HOSTILE = replace(ABOUT, preset="<img src=x>" + 99 * "long", simulated=False, data_folder=300 * "x")
NAMES = ("whole", "damaged", "budget", "sweep", "exercise alone", "no record")
LOOKED_AT = {name: STUDIES[name] for name in NAMES} | {"hostile": (grid(), HOSTILE)}
SCREEN, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PAPER = {"width": round((210 - 2 * 12) * 96 / 25.4), "height": 1000}  # A4 within its margins
TEXT, SHAPE = 4.5, 3.0  # the contrasts that WCAG 2.2 asks for
OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"
# Each piece of text: its words, its colour and the colour of what it stands on.
TEXTS = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest('style') || !element.checkVisibility()) continue;
    const own = getComputedStyle(element), clear = 'rgba(0, 0, 0, 0)';
    let under = element;
    while (getComputedStyle(under).backgroundColor === clear) under = under.parentElement;
    const colour = element.closest('svg') ? own.fill : own.color;
    found.push([node.data.trim(), colour, getComputedStyle(under).backgroundColor]);
  }
  return found;
}"""
# Each shape of a figure: its id, fill, stroke and opacity. Only grids and translucent areas may be
# faint.
SHAPES = """() => [...document.querySelectorAll('svg :is(path, use, rect, circle, line, polygon)')]
  .filter(one => !one.closest('defs') && !one.matches('[id*=tick_] > [id*=line2d] > path'))
  .map(one => [one, getComputedStyle(one)])
  .filter(([_, own]) => own.opacity * own.fillOpacity === 1 || own.fill === 'none')
  .map(([one, own]) => [one.parentElement.closest('[id]').id, own.fill, own.stroke,
                        own.opacity * own.strokeOpacity])"""
# Boxes that hide a part of what is in them until they are scrolled sideways.
BOXES = """() => [...document.querySelectorAll('main *')].filter(one =>
  one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'visible')
  .map(one => { const own = getComputedStyle(one); one.dataset.box = '';
    return [one.tabIndex, one.getAttribute('role'), !!one.getAttribute('aria-label'),
            own.backgroundAttachment]; })"""


@pytest.fixture(scope="module", params=LOOKED_AT)
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a made-up study."""
    records, about = LOOKED_AT[request.param]
    folder = make_study(tmp_path_factory.mktemp("study"), records, about.plain())
    return report_page.write(folder)[0]


@contextmanager
def watched(browser: Browser, path: Path) -> Iterator[tuple[Page, list[str]]]:
    """A page on a screen, and what it asks for; whatever is done to it, it says nothing."""
    with browser.new_page(viewport=SCREEN) as one:
        told: list[Any] = []
        for event in ("console", "pageerror", "requestfailed"):
            one.on(event, lambda message: told.append(message))
        asked: list[str] = []
        one.on("request", lambda request: asked.append(request.url))
        one.goto(path.as_uri())
        yield one, asked
        assert [str(message) for message in told] == []


@pytest.fixture
def page(browser: Browser, path: Path) -> Iterator[Page]:
    """The report on a screen; whatever a test does, it says nothing and asks for nothing."""
    with watched(browser, path) as (one, asked):
        yield one
        assert {url.partition("#")[0] for url in asked} == {path.as_uri()}


def colour(computed: str, opacity: float = 1.0, ground: str = "#ffffff") -> str:
    """A computed colour such as rgb(0, 114, 178), as it looks on its ground."""
    channels = [float(part) for part in re.findall(r"[\d.]+", computed)]
    below = [int(ground[start : start + 2], 16) for start in (1, 3, 5)]
    alpha = opacity * (channels[3] if len(channels) > 3 else 1)
    mixed = (alpha * c + (1 - alpha) * b for c, b in zip(channels, below, strict=False))
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


def test_nothing_scrolls_sideways_on_a_phone_but_boxes(page):
    page.set_viewport_size(PHONE)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_every_box_that_scrolls_shows_it_and_is_reached_by_keyboard(page):
    page.set_viewport_size(PHONE)
    page.evaluate(OPEN_ALL)
    boxes = page.evaluate(BOXES)
    assert boxes
    for box in boxes:
        assert box == [0, "region", True, "local, local, scroll, scroll"]
    for _ in range(page.evaluate("document.querySelectorAll('a, summary, [tabindex]').length")):
        page.keyboard.press("Tab")
        page.evaluate("delete document.activeElement.dataset.box")
    assert page.evaluate("document.querySelectorAll('[data-box]').length") == 0


def test_every_link_leads_to_what_is_seen(page):
    for link in page.locator("a").all():
        aim = link.get_attribute("href")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
        page.evaluate("location.hash = ''")
        page.evaluate("aim => location.hash = aim", aim)
        top = page.evaluate(
            "aim => { const one = document.querySelector(aim);"
            " return !one.closest('details:not([open])') && one.getBoundingClientRect().top; }",
            aim,
        )
        assert top is not False, aim
        assert 0 <= round(top) < SCREEN["height"], aim


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_stands_out_from_its_ground(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.evaluate(OPEN_ALL)
    texts = page.evaluate(TEXTS)
    faint = {
        (words, text, ground)
        for words, text, ground in texts
        if contrast(colour(text, ground=colour(ground)), colour(ground)) < TEXT
    }
    assert len(texts) > 50
    assert faint == set()

    ground = colour(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert ground == {"light": "#ffffff", "dark": "#161616"}[scheme]
    for name, fill, stroke, opacity in page.evaluate(SHAPES):
        parts = {colour(fill)} if fill != "none" else set()
        parts |= {colour(stroke, opacity, ground)} if stroke != "none" else set()
        if parts - {ground}:  # what has the ground's own colour is not meant to be seen
            assert max(contrast(part, ground) for part in parts) >= SHAPE, (name, parts)


def test_paper_cuts_nothing_off(page):
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]


def test_eight_pages_of_paper_hold_it_with_what_is_folded_left_folded(page):
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 8


@pytest.mark.parametrize("path", ["whole"], indirect=True)
def test_the_answer_and_its_figure_are_the_first_screen(page):
    parts = page.locator("#answer").locator("h2, ul, svg").all()
    assert len(parts) >= 3
    heading, *others = [part.bounding_box() for part in parts]
    for box in others:
        assert heading["y"] + heading["height"] <= box["y"]
        assert box["y"] + box["height"] <= SCREEN["height"]
