"""The page for those without Python, in Chromium: its numbers are Python's; all can use it."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from locate.leak import Leak, load
from locate.page import write
from report.colours import contrast
from study.architectures import Shape
from study.simulate import simulate
from tests.browser.test_page_in_browser import PHONE, TEXT, TEXTS, colour, watched
from tests.locate import made_up

LEAK = (0.3, 0.3, 0.2, 0.2)
SEVERAL = (0.45, 0.05, 0.45, 0.05)
NETWORKS = {
    "linear": (made_up.SHAPE, False),
    "standard": (Shape("standard", 3, 16, "tanh"), False),
    "averaged": (Shape("standard", 2, 8, "elu"), True),
    "equivariant": (Shape("equivariant", 2, 4, "elu"), False),
}


def saved(folder: Path, name: str) -> Leak:
    shape, averaged = NETWORKS[name]
    weights = np.random.default_rng(2).normal(scale=0.8, size=shape.parameters)
    chosen = made_up.WEIGHTS if name == "linear" else weights
    calibration = made_up.calibration(rows=200)
    return load(made_up.save(folder / f"{name}.h5", calibration, shape, chosen, averaged=averaged))


@pytest.fixture(scope="module")
def leak(tmp_path_factory: pytest.TempPathFactory) -> Leak:
    return saved(tmp_path_factory.mktemp("network"), "linear")


@pytest.fixture
def page(browser: Browser, leak: Leak, tmp_path: Path) -> Iterator[Page]:
    """The page on a screen; whatever a test does, it says nothing and asks for nothing."""
    write(leak, tmp_path / "locate.html")
    with watched(browser, tmp_path / "locate.html") as (one, asked):
        yield one
        assert len(asked) == 1


def fill(page: Page, flows: tuple[object, ...]) -> None:
    for number, flow in enumerate(flows, start=1):
        page.get_by_label(f"Sensor {number}").fill(str(flow))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_thousand_answers_are_pythons(name, browser, tmp_path):
    leak = saved(tmp_path, name)
    write(leak, tmp_path / "locate.html")
    rng = np.random.default_rng(3)
    flows = np.concatenate([simulate(900, rng).X, rng.dirichlet([1] * 4, 100)]) * 7
    with browser.new_page() as one:
        one.goto((tmp_path / "locate.html").as_uri())
        told = one.evaluate("rows => rows.map(answer)", flows.tolist())
    found = leak(flows)
    assert found.positions.std(axis=0).min() > 0.05
    np.testing.assert_allclose([row["y"] for row in told], found.positions, rtol=0, atol=1e-6)
    np.testing.assert_allclose([row["radius"] for row in told], found.radii_mm, rtol=1e-9)
    assert [row["unlike"] for row in told] == found.unlike.tolist()
    assert [row["outside"] for row in told] == found.outside.tolist()
    assert 50 < found.unlike.sum() < 500


def test_four_fields_give_the_answer_and_the_map_at_once(page, leak):
    assert page.locator("#leak").is_hidden()
    fill(page, LEAK)
    radius = leak(LEAK).radii_mm[0]
    assert page.locator("#answer").inner_text() == (
        "The leak is 0 mm to the right and 225 mm up from the middle of the bag. Search within "
        f"{radius:.0f} mm of that: with 90 % probability it is there."
    )
    circle = page.locator("#circle")
    assert float(circle.get_attribute("cy")) == pytest.approx(-225, abs=1e-3)
    assert float(circle.get_attribute("r")) == pytest.approx(radius)
    assert page.locator("#leak").is_visible()
    assert page.locator("#warning").inner_text() == ""


@pytest.mark.parametrize(
    "row", ["0.3 0.3 0.2 0.2", "3,3,2,2", "0,3;0,3;0,2;0,2", "0.3\t0.3\t0.2\t0.2", "3, 3, 2, 2"]
)
def test_a_pasted_row_fills_the_fields_in_the_sensors_order(row, page):
    page.get_by_label("row of four").fill(row)
    values = [page.get_by_label(f"Sensor {number}").input_value() for number in (1, 2, 3, 4)]
    numbers = [float(value.replace(",", ".")) for value in values]
    assert np.array(numbers) / sum(numbers) == pytest.approx(LEAK)
    assert "225 mm up" in page.locator("#answer").inner_text()


@pytest.mark.parametrize(
    ("flows", "message"),
    [
        (SEVERAL, "No single leak makes such flows"),
        ((0.97, 0.01, 0.01, 0.01), "The answer is outside the bag."),
        ((1, -2, 3, 4), "Sensor 2: expected a number from 0, found “-2”."),
        ((1, 2, "1_000", 4), "Sensor 3: expected a number from 0, found “1_000”."),
        ((1, 2, "NaN", 4), "Sensor 3: expected a number from 0, found “NaN”."),
        ((0, 0, 0, 0), "All four flows are 0"),
    ],
)
def test_a_warning_stands_in_words(flows, message, page):
    fill(page, flows)
    assert message in page.locator("#warning").inner_text()
    if flows == SEVERAL:
        assert "probability" not in page.locator("#answer").inner_text()


def test_flows_in_litres_are_divided_by_their_sum_and_it_says_so(page):
    fill(page, tuple(20 * flow for flow in LEAK))
    assert page.locator("#note").inner_text() == "The flows were divided by their sum, 20.00."
    fill(page, LEAK)
    assert page.locator("#note").inner_text() == ""


def test_a_pasted_row_of_another_length_is_told(page):
    page.get_by_label("row of four").fill("1 2 3")
    assert page.locator("#warning").inner_text() == "A row: expected 4 flows, found 3."


def test_the_keyboard_is_enough(page):
    for flow in LEAK:
        page.keyboard.press("Tab")
        page.keyboard.type(str(flow))
    assert "225 mm up" in page.locator("#answer").inner_text()


def test_the_footer_says_what_it_rests_on(page, leak):
    footer = page.locator("footer").inner_text()
    for part in ("linear.h5", "200 test rows", leak.calibration.checksum[:8], "one leak in ten"):
        assert part in footer


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it_and_every_word_stands_out(scheme, page):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(PHONE)
    fill(page, SEVERAL)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    texts = [one for one in page.evaluate(TEXTS) if not re.fullmatch(r"\d|.*\{.*", one[0], re.S)]
    assert len(texts) > 8
    for words, text, ground in texts:
        assert contrast(colour(text, ground=colour(ground)), colour(ground)) >= TEXT, words


def test_one_sheet_of_paper_holds_it(page):
    fill(page, LEAK)
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1
