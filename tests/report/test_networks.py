"""What kept networks answer: where that can be known beforehand."""

from dataclasses import replace

import numpy as np
import pytest

from report import networks
from report.findings import gather
from study.architectures import Shape
from study.data import Samples
from tests.report.made_up import ABOUT, EQUIVARIANT_RAW, STANDARD_RAW, full

DEPTHS = {"standard": (2, 16), "equivariant": (4, 4)}


def network(model=EQUIVARIANT_RAW, *, scale=1.0, **changes):
    """A record with random weights of its shape, or with none of them but zero."""
    depth, width = DEPTHS[model[0]]
    shape = Shape(model[0], depth, width, "elu")
    weights = scale * np.random.default_rng(3).normal(size=shape.parameters)
    one = full(model, **changes)
    return replace(
        one,
        depth=depth,
        width=width,
        parameters=len(weights),
        weights=weights.astype("<f4").tobytes(),
    )


def test_an_equivariant_network_stays_on_both_diagonals_and_a_standard_one_does_not():
    records = [network(), network(STANDARD_RAW, key="f" * 16)]
    equivariant, standard = networks.diagonals(records).values()
    assert equivariant.largest < 0.01 < 10 < standard.largest
    assert equivariant.deviations.shape == (2, networks.POINTS)


def test_deviations_are_told_in_millimetres_from_the_right_diagonal(monkeypatch):
    """Answers at (0.2, 0) are 0.2 / sqrt 2 from either diagonal, on its other side."""
    answers = np.tile([0.2, 0.0], (2 * networks.POINTS, 1))
    monkeypatch.setattr(networks, "answers", lambda records, X: [answers])
    (one,) = networks.diagonals([network()]).values()
    assert np.abs(one.deviations) == pytest.approx(750 * 0.2 / np.sqrt(2))
    assert one.largest == pytest.approx(750 * 0.2 / np.sqrt(2))


def test_the_flows_of_the_diagonals_are_those_of_the_exercise():
    flows = networks._flows()
    assert flows.sum(axis=1) == pytest.approx(1)
    first, second = np.split(flows, 2)
    assert (first[:, [1, 3]] == 0.25).all()
    assert (first[:, 0] + first[:, 2] == 0.5).all()
    assert (second[:, [0, 2]] == 0.25).all()


def test_networks_of_different_shapes_answer_in_the_order_of_their_records():
    records = [network(), network(STANDARD_RAW), network(scale=0.0)]
    X = np.array([[0.4, 0.3, 0.2, 0.1]])
    together = networks.answers(records, X)
    alone = [networks.answers([one], X)[0] for one in records]
    assert [one.tolist() for one in together] == [one.tolist() for one in alone]
    assert together[2].tolist() == [[0.0, 0.0]]


def test_what_keras_alone_knows_is_left_out():
    assert networks.has_network(network())
    assert not networks.has_network(replace(network(), weights=None))
    assert not networks.has_network(replace(network(), architecture="unknown"))


def zeros(errors=(1,)):
    """Networks that answer with the middle of the bag."""
    return gather([network(scale=0.0, repetition=r, error=0.1 * r) for r in errors], ABOUT)


def test_a_map_tells_the_root_mean_square_distance_by_place():
    """The middle is told for a leak in a corner and for one near it: 750 sqrt 2 mm, and 0."""
    test = Samples(np.full((3, 4), 0.25), np.array([[1.0, 1.0], [0.0, 0.0], [0.9, 0.0]]))
    (one,) = networks.maps(zeros(), test)
    assert one.tiles[-1, -1] == pytest.approx(750 * np.sqrt(2))
    assert one.tiles[6, 6] == 0
    assert one.regions == pytest.approx((0, 750 * 0.9, 750 * np.sqrt(2)))
    assert np.isnan(one.tiles[0, 0])
    assert (one.n, one.cell.architecture) == (1, "equivariant")


def test_residuals_are_quantiles_by_the_true_coordinate():
    """The middle is told for leaks at y1 = -0.95 and y2 = 0.05, 0.07 and 0.09, so in two bins."""
    Y = np.array([[-0.95, 0.05], [-0.95, 0.07], [-0.95, 0.09]])
    (one,) = networks.maps(zeros(errors=(1, 2)), Samples(np.full((3, 4), 0.25), Y))
    assert one.residuals.shape == (3, 10)
    assert one.residuals[:, 0] == pytest.approx([750 * 0.95] * 3)
    assert one.residuals[1, 5] == pytest.approx(-750 * 0.07)
    assert one.residuals[0, 5] < -750 * 0.08 < -750 * 0.06 < one.residuals[2, 5]
    assert np.isnan(one.residuals[:, [1, 4, 6, 9]]).all()


def test_equal_networks_differ_by_nothing_whatever_the_test_rows():
    records = [
        network(model, scale=0.0, repetition=r, error=0.1 * r)
        for model in (EQUIVARIANT_RAW, ("standard", True))
        for r in (1, 2)
    ]
    rng = np.random.default_rng(2)
    test = Samples(np.full((50, 4), 0.25), rng.uniform(-1, 1, (50, 2)))
    ((one, error),) = networks.test_luck(gather(records, ABOUT), test)
    assert (one.name, error) == ("built_in", 0)


def test_the_luck_of_the_test_rows_is_that_of_drawing_others():
    """A network with random weights against zeros: other rows give ratios that spread as told."""
    rng = np.random.default_rng(4)
    records = [
        network(("standard", True), scale=0.5),
        network(scale=0.0, error=0.2),
    ]
    found = gather(records, ABOUT)

    def drawn():
        return Samples(rng.dirichlet(np.ones(4), 200), rng.uniform(-1, 1, (200, 2)))

    told = [networks.test_luck(found, drawn())[0][1] for _ in range(20)]
    ratios = []
    for _ in range(400):
        test = drawn()
        mine, other = (((y - test.Y) ** 2).mean() for y in networks.answers(records, test.X))
        ratios.append(np.log(mine / other))
    assert np.mean(told) == pytest.approx(np.std(ratios), rel=0.12)


def test_without_its_folder_there_are_no_data(tmp_path):
    assert networks.data_of(replace(ABOUT, data_folder=str(tmp_path / "gone"))) is None
