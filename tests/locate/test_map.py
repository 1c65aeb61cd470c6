"""The map of a bag: what is drawn, and where."""

import numpy as np
import pytest
from matplotlib.patches import Circle

from locate import map as maps
from locate import readings
from locate.leak import load
from study.simulate import simulate
from tests.locate import made_up
from tests.locate.made_up import write

LEAK = "leak, in a circle that holds it with 90 % probability"
UNLIKE = "unlike a single leak"
FLOWS = np.array([(0.3, 0.3, 0.2, 0.2), (0.25, 0.25, 0.25, 0.25), (0.45, 0.05, 0.45, 0.05)])


def circles(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Circle)]


def dots(figure):
    """The dots (n, 2) by their name in the legend."""
    return {line.get_label(): line.get_xydata() for line in figure.axes[0].lines}


def test_answers_have_their_circles_in_mm(leak):
    figure, told = maps.draw(leak, FLOWS, 3), leak(FLOWS)
    drawn = [(*circle.center, circle.radius) for circle in circles(figure)]
    assert drawn == [tuple(row) for row in np.column_stack([told.mm, told.radii_mm])]
    np.testing.assert_array_equal(dots(figure)[LEAK], told.mm[:2])
    np.testing.assert_array_equal(dots(figure)[UNLIKE], told.mm[2:])
    edges = [circle.get_edgecolor()[:3] for circle in circles(figure)]
    assert edges[0] == edges[1] != edges[2]
    assert figure.axes[0].get_title(loc="left") == "3 rows"


def test_the_sensors_stand_at_their_corners(leak):
    figure = maps.draw(leak, FLOWS[:1], 1)
    signs = {text.get_text(): np.sign(text.get_position()) for text in figure.axes[0].texts}
    expected = {"1": (-1, 1), "2": (1, 1), "3": (1, -1), "4": (-1, -1)}
    assert {name: tuple(sign) for name, sign in signs.items()} == expected
    assert figure.axes[0].get_title(loc="left") == "1 row"


def test_without_calibration_there_are_dots_alone(tmp_path):
    figure = maps.draw(load(made_up.save(tmp_path / "plain.h5", None)), FLOWS, 3)
    assert circles(figure) == []
    assert sum(map(len, dots(figure).values())) == 3


def test_of_many_rows_the_first_are_drawn_and_the_map_says_so(leak, tmp_path, monkeypatch):
    monkeypatch.setattr(maps, "MOST", 5)
    path = write(tmp_path / "flows.csv", simulate(1200, np.random.default_rng(1)).X)
    with readings.read(path, np.zeros(4)) as given:
        maps.write(leak, given, tmp_path / "map.svg")
    assert "the first 5 of 1,200 rows" in (tmp_path / "map.svg").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "start"), [("map.svg", b"<?xml"), ("map.png", b"\x89PNG"), ("map.pdf", b"%PDF")]
)
def test_a_map_is_written_in_each_form_and_its_bytes_are_the_same_again(
    name, start, leak, tmp_path
):
    path = write(tmp_path / "flows.csv", FLOWS)
    written = []
    for _ in range(2):
        with readings.read(path, np.zeros(4)) as given:
            maps.write(leak, given, tmp_path / name)
        written.append((tmp_path / name).read_bytes())
    assert written[0].startswith(start)
    assert written[0] == written[1]
