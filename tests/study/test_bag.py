"""A bag as a value, the exercise's square, and what the study makes of another bag."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from study import fitting
from study.bag import SQUARE, Bag
from study.baselines import PLAIN, gaussian_process, symmetric_gaussian_process, tune
from study.data import file_name, load
from study.errors import StudyError
from study.floor import floor
from study.forward import FITTED
from study.inverse import grid, locate, posterior_mean
from study.sensor import find_fault, undo
from study.simulate import NOISE, simulate
from tests.study.bags import HEXAGON, OTHERS, RECTANGLE, SCATTERED, TRAPEZOID

# The value


def test_the_square_is_that_of_the_exercise():
    """Sensors clockwise from the top left; 1 unit is 750 mm."""
    assert SQUARE.ports.tolist() == [[-1, 1], [1, 1], [1, -1], [-1, -1]]
    assert SQUARE.outline.tolist() == SQUARE.ports.tolist()
    assert SQUARE.sensors == ("mfc1", "mfc2", "mfc3", "mfc4")
    assert SQUARE.columns == ("y1", "y2", "mfc1", "mfc2", "mfc3", "mfc4")
    assert (SQUARE.mm, SQUARE.flows, SQUARE.group.order) == (750, 4, 8)


def test_the_box_is_that_of_the_outline():
    bag = Bag([(0, 1), (1, 0)], [(-1, 0), (0, 3), (2, 0), (0, -4)], 1.0, ("a", "b"))
    assert (bag.low.tolist(), bag.high.tolist()) == ([-1, -4], [2, 3])


def test_arrays_are_read_only_copies():
    ports = np.array(SQUARE.ports)
    bag = replace(SQUARE, ports=ports)
    ports[0, 0] = 7
    assert bag.ports[0, 0] == -1
    for points in (bag.ports, bag.outline):
        with pytest.raises(ValueError, match="read-only"):
            points[0, 0] = 0


def test_bags_are_equal_if_their_values_are():
    again = pickle.loads(pickle.dumps(SQUARE))
    assert again == SQUARE
    assert hash(again) == hash(SQUARE)
    changes = {"ports": RECTANGLE.ports, "outline": RECTANGLE.outline, "mm": 1.0}
    for name, value in {**changes, "sensors": HEXAGON.sensors[:4]}.items():
        assert replace(SQUARE, **{name: value}) != SQUARE
    assert SQUARE != "square"


def test_the_symmetries_are_found_once():
    assert SQUARE.group is SQUARE.group


@pytest.mark.parametrize("ports", [RECTANGLE.ports[:3], HEXAGON.ports, np.zeros((4, 3))])
def test_there_is_a_port_for_each_sensor(ports):
    with pytest.raises(ValueError, match=r"^4 sensors, but ports of shape \(\d, \d\)$"):
        replace(SQUARE, ports=ports)


# Another bag, all the way


@pytest.mark.parametrize("bag", OTHERS.values(), ids=OTHERS)
def test_nothing_knows_the_square(bag):
    """A faulty sensor is found and undone, leaks are located, and all baselines beat the middle."""
    model, last = replace(FITTED, bag=bag), bag.flows - 1
    offset = (*[0.0] * last, 0.05)
    samples = simulate(100, np.random.default_rng(1), model=model, offset=offset)
    held_out = simulate(200, np.random.default_rng(2), model=model)
    assert (samples.X.shape, samples.Y.shape) == ((100, bag.flows), (100, 2))
    assert (bag.low <= samples.Y).all()
    assert (bag.high >= samples.Y).all()

    fault = find_fault(samples, bag)
    assert (fault.found, fault.sensor) == (True, last)
    assert fault.offset == pytest.approx(0.05, abs=4 * fault.error)
    clean = samples._replace(X=undo(samples.X, fault))
    assert not find_fault(clean, bag).found
    found = fitting.fit(clean, start=model)
    assert found.model.bag is bag
    assert found.freedom == last * 100 - 4
    assert found.noise == pytest.approx(NOISE, rel=0.2)

    def mse(positions):
        return np.mean((positions - held_out.Y) ** 2)

    covariance = tune(clean)
    fitted = [fit(clean, bag) for fit in PLAIN.values()]
    fitted += [
        gaussian_process(clean, covariance),
        symmetric_gaussian_process(clean, covariance, bag),
    ]
    middle, *errors = [mse(baseline.predict(held_out.X)) for baseline in fitted]
    best = mse(posterior_mean(model, held_out.X, NOISE))
    assert best < min(mse(locate(model, held_out.X)), *errors)
    assert max(errors) < middle
    assert floor(held_out, simulated=True, bag=bag).mse == pytest.approx(best)
    assert floor(held_out, simulated=False, bag=bag).mse < max(errors)


@pytest.mark.parametrize("bag", OTHERS.values(), ids=OTHERS)
def test_to_locate_is_to_invert_in_any_bag(bag):
    model = replace(FITTED, bag=bag)
    Y = grid(9, bag)
    flows = model.flows(Y)
    found = locate(model, flows)
    assert np.square(model.flows(found) - flows).sum(axis=1).max() < (NOISE / 2) ** 2
    # Two bags have places, far from each other, whose flows hardly differ.
    if bag not in (TRAPEZOID, SCATTERED):
        assert_allclose(found, Y, atol=1e-6)
    found = locate(model, model.flows(3 * Y))
    assert (bag.low <= found).all()
    assert (found <= bag.high).all()


def write(folder, bag: Bag, last_row: str) -> None:
    row = ",".join(["0.5", "-0.5", "1", *["0"] * (bag.flows - 1)])
    for role, rows in (("train", [row, last_row]), ("validation", [row.replace("0.5", "0.25")])):
        lines = [",".join(bag.columns), *rows]
        (folder / file_name(role, len(rows))).write_text("\n".join(lines) + "\n")


def test_files_of_another_bag_are_read(tmp_path):
    write(tmp_path, HEXAGON, "-0.79,0.79,0,0,0,0,0.25,0.75")
    data = load(tmp_path, HEXAGON)
    assert_array_equal(data.train[2].X, [[1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0.25, 0.75]])
    assert_array_equal(data.train[2].Y, [[0.5, -0.5], [-0.79, 0.79]])


@pytest.mark.parametrize(
    ("bag", "row", "message"),
    [
        (HEXAGON, "0,0,0,0,0,0,0,2", "columns flow_1 to flow_6: expected flows that sum to 1"),
        (HEXAGON, "0,0,0,0,0,0,2,-1", "column flow_6: expected a flow of at least 0, found -1.0"),
        (
            RECTANGLE,
            "2,1.5,1,0,0,0",
            "column y2: expected a position in [-1, 1], found 1.5; divide positions in mm by 500",
        ),
        (RECTANGLE, "2.5,1.5,1,0,0,0", "column y1: expected a position in [-2, 2], found 2.5"),
    ],
)
def test_files_of_another_bag_are_checked(tmp_path, bag, row, message):
    write(tmp_path, bag, row)
    with pytest.raises(StudyError) as caught:
        load(tmp_path, bag)
    assert message in str(caught.value)


def test_a_file_of_another_bag_is_told_by_its_header(tmp_path):
    write(tmp_path, HEXAGON, "0,0,1,0,0,0,0,0")
    with pytest.raises(StudyError, match="one column mfc1, found none"):
        load(tmp_path)
