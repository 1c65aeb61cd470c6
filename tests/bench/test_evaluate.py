from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from bench import evaluate
from bench.evaluate import Extent
from study import networks
from study.architectures import Shape, initial_weights
from study.data import Samples
from study.old_symmetry import SYMMETRIES, act_on_flows, act_on_positions

STANDARD = Shape("standard", 2, 16, "elu")
EQUIVARIANT = Shape("equivariant", 2, 4, "elu")


def weights(shape: Shape, count: int = 1) -> np.ndarray:
    """Starting weights of several networks: (count, parameters)."""
    seeds = range(count)
    return np.stack([initial_weights(shape, np.random.default_rng(seed), 0.6) for seed in seeds])


def on_all_copies(function, X: np.ndarray) -> np.ndarray:
    """What a function makes of X (n, 4), moved by each symmetry: (8, n, 2)."""
    return np.stack([function(act_on_flows(symmetry, X)) for symmetry in SYMMETRIES])


def centre(X: np.ndarray) -> np.ndarray:
    """The flows' centre of gravity: an equivariant function by hand."""
    return X @ np.array([[-1.0, 1.0], [1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])


# Errors by hand


def test_errors_of_one_position_by_hand():
    """0.3 and 0.4 off: 0.5 away, which is 375 mm."""
    errors = evaluate.errors(np.array([[0.3, -0.4]]), np.zeros((1, 2)))
    assert errors == pytest.approx(
        {"mse": (0.09 + 0.16) / 2, "mae": 0.35, "distance_mm": 375, "p95_mm": 375}
    )


def test_errors_are_means_over_samples_and_coordinates():
    predicted = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    errors = evaluate.errors(predicted, np.zeros((4, 2)))
    assert (errors["mse"], errors["mae"], errors["distance_mm"]) == (0.25, 0.25, 375)


def test_the_95th_percentile_leaves_5_of_100_beyond():
    predicted = np.column_stack([np.arange(101) / 750, np.zeros(101)])
    assert evaluate.errors(predicted, np.zeros((101, 2)))["p95_mm"] == pytest.approx(95)


def test_a_square_of_1500_mm_is_two_units_wide():
    assert 2 * evaluate.MM_PER_UNIT == 1500


# Symmetry scores by hand


def test_an_equivariant_function_has_no_equivariance_error(validation):
    X, Y = validation
    scores = evaluate.symmetry_scores(on_all_copies(centre, X), Y)
    assert scores["equivariance_error"] < 1e-15
    assert scores["equivariance_error_rms"] < 1e-15
    assert scores["orbit_mse"] == pytest.approx(evaluate.errors(centre(X), Y)["mse"], rel=1e-12)


def test_a_constant_is_wrong_by_twice_its_size_at_most(validation):
    """f = (c, 0): two symmetries leave it, two turn it about (2c off), four turn it by 90 degrees
    (sqrt 2 c off); its average is 0."""
    X, Y = validation
    c = 0.75
    scores = evaluate.symmetry_scores(on_all_copies(lambda X: np.full((len(X), 2), [c, 0]), X), Y)
    assert scores["equivariance_error"] == pytest.approx(2 * c)
    assert scores["equivariance_error_rms"] == pytest.approx(
        c * np.sqrt((2 * 0 + 2 * 4 + 4 * 2) / 8)
    )
    assert scores["orbit_mse"] == pytest.approx(np.mean(Y**2))
    assert scores["output_spread"] == pytest.approx(0, abs=1e-15)


def test_one_bad_row_and_symmetry_is_the_largest_error(validation):
    X, Y = validation
    predicted = on_all_copies(centre, X)
    predicted[5, 7] += [0.3, 0.4]
    scores = evaluate.symmetry_scores(predicted, Y)
    assert scores["equivariance_error"] == pytest.approx(0.5)
    assert scores["equivariance_error_rms"] == pytest.approx(0.5 / np.sqrt(8 * len(X)))


def test_averaging_over_the_orbit_takes_a_bias_away(validation):
    """The average of centre + (c, c) is centre: what is not equivariant about it cancels."""
    X, Y = validation
    scores = evaluate.symmetry_scores(on_all_copies(lambda X: centre(X) + 0.2, X), Y)
    assert scores["orbit_mse"] == pytest.approx(evaluate.errors(centre(X), Y)["mse"])
    assert scores["equivariance_error"] == pytest.approx(0.2 * 2 * np.sqrt(2))


@pytest.mark.parametrize("moved", SYMMETRIES[1:], ids=lambda symmetry: symmetry.name)
def test_the_averaged_network_is_equivariant(validation, moved):
    """Its error is the same on moved samples, as the network's own is not."""
    X, Y = validation

    def function(X):
        (predicted,) = evaluate.predict(STANDARD, weights(STANDARD), X)
        return predicted.astype(float)

    scores = evaluate.symmetry_scores(on_all_copies(function, X), Y)
    X, Y = act_on_flows(moved, X), act_on_positions(moved, Y)
    there = evaluate.symmetry_scores(on_all_copies(function, X), Y)
    assert there["orbit_mse"] == pytest.approx(scores["orbit_mse"], rel=1e-6)
    assert evaluate.errors(function(X), Y)["mse"] != pytest.approx(
        evaluate.errors(function(validation.X), validation.Y)["mse"], rel=1e-3
    )


def test_the_spread_is_that_of_the_duller_coordinate():
    predicted = np.zeros((8, 2, 2))
    predicted[0] = [[1, 0.5], [-1, 0.7]]
    scores = evaluate.symmetry_scores(predicted, np.zeros((2, 2)))
    assert scores["output_spread"] == pytest.approx(0.1)


# Scores of networks


def test_scores_are_those_of_each_network(given):
    flat = weights(STANDARD, 3)
    for scores, one in zip(evaluate.scores(STANDARD, flat, given, Extent.TEST), flat, strict=True):
        model = networks.with_weights(STANDARD, one)
        for role, samples in (("validation", given.validation), ("test", given.test)):
            errors = evaluate.errors(model(samples.X.astype(np.float32)).numpy(), samples.Y)
            assert {name: scores[f"{role}_{name}"] for name in errors} == pytest.approx(errors)
        copies = on_all_copies(lambda X, model=model: model(X).numpy(), given.validation.X)
        expected = evaluate.symmetry_scores(copies, given.validation.Y)
        assert {name: scores[name] for name in expected} == pytest.approx(expected, rel=1e-5)
        assert scores["parameters"] == 386


def test_scores_do_not_depend_on_what_is_scored_beside(given):
    flat = weights(STANDARD, 8)
    together = evaluate.scores(STANDARD, flat, given, Extent.TEST)
    for number in range(8):
        assert evaluate.scores(STANDARD, flat[number : number + 1], given, Extent.TEST) == [
            together[number]
        ]


def test_without_a_test_file_there_are_no_test_scores(given):
    (scores,) = evaluate.scores(
        EQUIVARIANT, weights(EQUIVARIANT), replace(given, test=None), Extent.TEST
    )
    assert "validation_mse" in scores
    assert not [name for name in scores if name.startswith("test")]


def test_a_trial_never_sees_the_test_set(given):
    (scores,) = evaluate.scores(STANDARD, weights(STANDARD), given, Extent.VALIDATION)
    assert "orbit_mse" in scores
    assert not [name for name in scores if name.startswith("test")]


def test_the_averaged_network_is_scored_on_the_test_set_too(given):
    flat = weights(STANDARD)
    (scores,) = evaluate.scores(STANDARD, flat, given, Extent.TEST_ORBIT)
    (plain,) = evaluate.scores(STANDARD, flat, given, Extent.TEST)
    assert {name: scores[name] for name in plain} == pytest.approx(plain, rel=1e-6)
    averaged = networks.orbit_average(networks.with_weights(STANDARD, flat[0]))
    predicted = averaged(given.test.X.astype(np.float32)).numpy()
    expected = evaluate.errors(predicted, given.test.Y)["mse"]
    assert scores["test_orbit_mse"] == pytest.approx(expected, rel=1e-5)
    assert scores["test_orbit_mse"] < plain["test_mse"]


def test_a_board_by_hand():
    """Four leaks, two of them in the lower left field, one on the upper right corner."""
    (flat,) = weights(STANDARD)
    X = np.random.default_rng(5).dirichlet([4, 4, 4, 4], 4)
    Y = np.array([[-0.99, -0.99], [-0.76, -1], [1, 1], [0.01, -0.01]])
    squares = np.mean((networks.with_weights(STANDARD, flat)(X).numpy() - Y) ** 2, axis=1)
    board = evaluate.board(STANDARD, flat, Samples(X, Y))
    assert len(board) == 64
    full = {(field["column"], field["row"]): field for field in board if field["n"]}
    assert {place: field["n"] for place, field in full.items()} == {(0, 0): 2, (7, 7): 1, (4, 3): 1}
    assert full[0, 0]["mse"] == pytest.approx(squares[:2].mean(), rel=1e-5)
    assert full[7, 7]["mse"] == pytest.approx(squares[2], rel=1e-5)
    assert {field["mse"] for field in board if not field["n"]} == {None}


def test_only_the_equivariant_network_is_equivariant(given):
    (equivariant,) = evaluate.scores(EQUIVARIANT, weights(EQUIVARIANT), given, Extent.TEST)
    (standard,) = evaluate.scores(STANDARD, weights(STANDARD), given, Extent.TEST)
    assert equivariant["equivariance_error"] < 1e-6
    assert standard["equivariance_error"] > 0.1
    assert equivariant["orbit_mse"] == pytest.approx(equivariant["validation_mse"], rel=1e-5)
    assert standard["orbit_mse"] < standard["validation_mse"]


# The diagonals


@pytest.mark.parametrize(
    ("name", "share", "flows"),
    [
        ("x1 + x3 = 0.5", 0.1, [0.1, 0.25, 0.4, 0.25]),
        ("x1 + x3 = 0.5", 0.5, [0.5, 0.25, 0, 0.25]),
        ("x2 + x4 = 0.5", 0.1, [0.25, 0.1, 0.25, 0.4]),
    ],
)
def test_the_diagonals_flows_by_hand(name, share, flows):
    assert_allclose(evaluate.DIAGONALS[name](np.array([share])), [flows])


def test_an_equivariant_network_maps_the_two_sets_to_the_diagonals_of_the_square():
    (flat,) = weights(EQUIVARIANT)
    rows = evaluate.diagonals(EQUIVARIANT, flat)
    falling, rising = (
        [row for row in rows if row["diagonal"] == name] for name in evaluate.DIAGONALS
    )
    assert [row["share"] for row in falling] == [row["share"] for row in rising]
    assert_allclose([row["share"] for row in falling], np.arange(51) / 100)
    assert_allclose([row["y1"] for row in falling], [-row["y2"] for row in falling], atol=1e-6)
    assert_allclose([row["y1"] for row in rising], [row["y2"] for row in rising], atol=1e-6)
    for diagonal in (falling, rising):
        assert np.std([row["y1"] for row in diagonal]) > 0.01


def test_a_standard_network_leaves_the_diagonals():
    (flat,) = weights(STANDARD)
    rows = evaluate.diagonals(STANDARD, flat)
    assert max(abs(abs(row["y1"]) - abs(row["y2"])) for row in rows) > 0.05


@pytest.mark.parametrize("shape", [STANDARD, EQUIVARIANT], ids=lambda shape: shape.architecture)
def test_predictions_are_those_of_the_keras_model(shape, validation):
    flat = weights(shape, 2)
    X = validation.X.astype(np.float32)
    predicted = evaluate.predict(shape, flat, X)
    for one, expected in zip(predicted, flat, strict=True):
        assert_allclose(one, networks.with_weights(shape, expected)(X), rtol=0, atol=1e-6)
