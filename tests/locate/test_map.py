"""The map of a bag: what is drawn of few answers and of many."""

from typing import NamedTuple

import numpy as np
import pytest
from matplotlib.patches import Circle

from report import maps
from report.figures import svg
from study.errors import StudyError


class Answers(NamedTuple):
    positions: np.ndarray
    radii: np.ndarray
    unlike: np.ndarray


def answers(n, odd=(), seed=0):
    """Answers all over the bag; those whose numbers are in `odd` are unlike a leak."""
    positions = np.random.default_rng(seed).uniform(-1, 1, size=(n, 2))
    return Answers(positions, np.linspace(0.1, 0.2, n), np.isin(np.arange(n), odd))


def gathered(*parts):
    found = maps.Gathered()
    for part in parts:
        found.add(part)
    return found


def circles(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Circle)]


def dots(figure):
    """The dots (n, 2) by their name in the legend."""
    return {line.get_label(): line.get_xydata() for line in figure.axes[0].lines}


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


LEAK = "leak; its circle holds it with 90 % probability"
UNLIKE = "unlike a single leak"


def test_few_answers_have_their_circles_in_mm():
    some = answers(5, odd=[3])
    figure = maps.bag(gathered(some), 2000.0)
    drawn = {tuple(circle.center): circle.radius for circle in circles(figure)}
    assert drawn == {
        tuple(1000 * y): pytest.approx(1000 * radius)
        for y, radius in zip(some.positions, some.radii, strict=True)
    }
    found = dots(figure)
    np.testing.assert_array_equal(found[LEAK], 1000 * some.positions[[0, 1, 2, 4]])
    np.testing.assert_array_equal(found[UNLIKE], 1000 * some.positions[[3]])
    assert figure.axes[0].get_title(loc="left") == "5 rows"
    assert legend(figure) == [LEAK, UNLIKE, "sensor"]


def test_odd_answers_have_another_colour():
    figure = maps.bag(gathered(answers(4, odd=[0, 2])), 1500.0)
    colours = {line.get_label(): line.get_color() for line in figure.axes[0].lines}
    assert colours[LEAK] != colours[UNLIKE]
    edges = [circle.get_edgecolor()[:3] for circle in circles(figure)]
    assert sorted(map(edges.count, set(edges))) == [2, 2]


def test_the_sensors_stand_at_their_corners():
    figure = maps.bag(gathered(answers(1)), 1500.0)
    signs = {text.get_text(): np.sign(text.get_position()) for text in figure.axes[0].texts}
    expected = {"1": (-1, 1), "2": (1, 1), "3": (1, -1), "4": (-1, -1)}
    assert {name: tuple(sign) for name, sign in signs.items()} == expected


def test_many_answers_are_a_density_and_the_figure_says_so():
    parts = [answers(300, odd=[7], seed=1), answers(1000, odd=[0, 1], seed=2)]
    figure = maps.bag(gathered(*parts), 1500.0)
    assert circles(figure) == []
    (image,) = figure.axes[0].images
    counts = image.get_array()
    assert counts.sum() == 1300
    assert figure.axes[0].get_title(loc="left") == (
        "1,300 rows; too many to draw their search circles"
    )
    assert len(dots(figure)[UNLIKE]) == 3


def test_the_density_is_the_right_way_up():
    top_left = Answers(np.tile([-0.9, 0.9], (500, 1)), np.ones(500), np.zeros(500, dtype=bool))
    figure = maps.bag(gathered(top_left), 1500.0)
    (image,) = figure.axes[0].images
    ((row, column),) = np.argwhere(image.get_array().filled(0))
    assert row > maps.CELLS / 2 > column
    assert image.origin == "lower"


def test_what_is_kept_does_not_grow(monkeypatch):
    monkeypatch.setattr(maps, "ODD", 10)
    many = gathered(*(answers(500, odd=range(6), seed=seed) for seed in range(20)))
    assert (many.rows, many.unlike) == (10_000, 120)
    assert (len(many.first), len(many.odd)) == (maps.CIRCLES, 10)
    assert "unlike a single leak (the first 10 of 120)" in legend(maps.bag(many, 1500.0))


@pytest.mark.parametrize("rows", [3, 400])
def test_answers_off_the_map_are_counted(rows):
    some = answers(rows)
    some.positions[:2] = [(1.5, 0), (0, -9)]
    assert maps.bag(gathered(some), 1500.0).axes[0].get_title(loc="left").endswith("2 off the map")


def test_equal_answers_give_equal_bytes():
    for rows in (20, 400):
        pictures = {svg(maps.bag(gathered(answers(rows)), 1500.0), "map") for _ in range(2)}
        assert len(pictures) == 1


def test_a_map_is_written(tmp_path):
    maps.write(gathered(answers(3)), 1500.0, tmp_path / "map.svg")
    assert (tmp_path / "map.svg").read_text("utf-8").startswith("<svg")
    with pytest.raises(StudyError, match="expected a place to write the map to"):
        maps.write(gathered(answers(3)), 1500.0, tmp_path / "nowhere" / "map.svg")
