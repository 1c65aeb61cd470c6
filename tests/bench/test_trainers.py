"""The loop and Keras as trainers of a study, and architectures that a user adds."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bench import reference
from bench.export import export_table, export_winners
from bench.studies import Study, standing
from bench.trainers import TRAINERS, name_for
from bench.waves import Result, Step, carry_out_waves
from study import lanes, networks
from study.architectures import ARCHITECTURES, Architecture, Shape
from study.bag import SQUARE
from study.data import load
from study.lanes import Lane
from tests.bench import foreign, made_up
from tests.bench.made_up import opened

ONE_SHAPE = {
    "depth": [2], "width": [4], "activation": ["elu"], "batch_size": [16], "optimizer": ["adam"],
    "loss": ["mse"],
}  # fmt: skip
# By hand: 4 requests; of one shape, so that Keras compiles one program.
TINY = {**made_up.SMALL, "architectures": ["equivariant"], "space": {"equivariant": ONE_SHAPE}}
TINY["tuning"] = {"proposals": 2, "finalists": 1}
EXERCISE = {"exercise": {"proposals": 2, "finalists": 1, "starts": 0}, "repetitions": 0}


@pytest.fixture(autouse=True)
def _uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Keras take its steps without XLA, which would take seconds to compile."""
    monkeypatch.setattr(reference, "train", partial(reference.train, jit_compile=False))


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Callable[[Architecture], str]:
    """Register an architecture for a test."""

    def register(one: Architecture) -> str:
        monkeypatch.setitem(ARCHITECTURES, one.name, one)
        return one.name

    return register


def run(study: Study) -> Result:
    return carry_out_waves(study, 1, lambda step: None)


def shapes_and_lane(data, **changes) -> tuple[list[Shape], Lane]:
    shape = Shape("equivariant", 2, 4, "tanh")
    one = Lane(
        samples=data.train[20],
        validation=data.validation,
        weights=TRAINERS["loop"].start(shape, 3, 0.6),
        activation="tanh",
        optimizer="adam",
        loss="mse",
        learning_rate=0.01,
        seed=5,
        steps=20,
        gap=10,
    )
    return [shape], replace(one, **changes)


# The trainers side by side


def test_both_start_from_the_same_weights():
    shape = Shape("standard", 2, 16, "elu")
    ours, keras = (TRAINERS[name].start(shape, 7, 0.6) for name in ("loop", "keras"))
    np.testing.assert_array_equal(ours, keras)
    assert not np.array_equal(ours, TRAINERS["loop"].start(shape, 8, 0.6))


def test_both_come_to_the_same_network_but_for_rounding(data):
    shapes, lane = shapes_and_lane(data)
    (ours,), (keras,) = (TRAINERS[n].train(shapes, 16, [lane], lanes.never) for n in TRAINERS)
    np.testing.assert_allclose(ours.weights, keras.weights, rtol=0, atol=1e-3)
    assert ours.error == pytest.approx(keras.error, rel=1e-3)
    assert (ours.steps, len(ours.curve)) == (keras.steps, len(keras.curve)) == (20, 2)


@pytest.mark.parametrize("name", TRAINERS)
def test_both_stop_when_they_are_told_to(name, data):
    shapes, lane = shapes_and_lane(data)
    with pytest.raises(lanes.Halted):
        TRAINERS[name].train(shapes, 16, [lane], lambda: True)


def test_without_ties_keras_alone_can_train(registered):
    assert [name_for(asked, "standard") for asked in TRAINERS] == list(TRAINERS)
    assert {name_for(asked, registered(foreign.KERAS_ALONE)) for asked in TRAINERS} == {"keras"}


def test_starting_weights_of_foreign_layers_are_keras_own_and_a_function_of_the_seed(registered):
    shape = Shape(registered(foreign.KERAS_ALONE), 1, 4, "tanh")
    start = TRAINERS["keras"].start
    assert start(shape, 1, 0.6).shape == ((8 * 4 + 4) + (4 * 2 + 2),)
    np.testing.assert_array_equal(start(shape, 1, 0.6), start(shape, 1, 0.6))
    assert not np.array_equal(start(shape, 1, 0.6), start(shape, 2, 0.6))


# Studies


def test_a_study_by_keras_says_so_and_has_a_folder_of_its_own(home):
    study, ours = opened(home, trainer="keras", **TINY), opened(home, **TINY)
    data = study.data.checksum[:8]
    assert (study.name, ours.name) == (f"tiny-keras-{data}", f"tiny-{data}")
    result = run(study)
    assert set(result.records) == set(study.names)
    assert {record.trainer for record in result.records.values()} == {"keras"}
    assert {record.status for record in result.records.values()} <= {"sound", "dead"}
    assert standing(ours).records == {}
    for request, record in run(ours).records.items():
        theirs = result.records[request]
        assert record.trainer == "loop"
        assert record.key != theirs.key
        if request.stage == "proposal":  # else another proposal may have won
            assert record.validation_mse == pytest.approx(theirs.validation_mse, rel=0.05)


def test_a_block_that_keras_fails_in_is_left_out(home, monkeypatch):
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a fault of the program")

    monkeypatch.setattr(reference, "train", fail)
    steps: list[Step] = []
    result = carry_out_waves(opened(home, trainer="keras", **TINY), 1, steps.append)
    assert result.records == {}
    assert len(result.failed) == 4
    assert all(isinstance(step.error, ZeroDivisionError) for step in steps)


def test_an_architecture_of_keras_layers_goes_through_a_study(home, registered):
    """Beside one that the loop trains; its winner is saved, and answers as its record says."""
    name = registered(foreign.KERAS_ALONE)
    study = opened(home, **{**TINY, **EXERCISE, "architectures": ["equivariant", name]})
    result = run(study)
    assert not result.failed
    made = {(one.architecture, one.trainer) for one in result.records.values()}
    assert made == {("equivariant", "loop"), (name, "keras")}
    mine = [one for one in result.records.values() if one.architecture == name]
    assert len(mine) == 2 * 3
    assert {one.parameters for one in mine} == {46}
    assert all(one.validation_mse < 0.5 for one in mine)
    raw = next(one for one in mine if one.stage == "full" and not one.augmented)
    assert raw.equivariance_error > 1e-3
    assert raw.orbit_mse > 0
    assert len(export_table(study, result.records).read_text().splitlines()) == 1 + 12
    check_saved(study, export_winners(study, result.records), name, raw.validation_mse)
    assert run(study).lanes == 0


@pytest.mark.parametrize("trainer", TRAINERS)
def test_an_architecture_of_ties_goes_through_a_study(trainer, home, registered):
    name = registered(foreign.TIES_ALONE)
    study = opened(home, trainer=trainer, **{**TINY, **EXERCISE, "architectures": [name]})
    result = run(study)
    assert not result.failed
    assert {one.trainer for one in result.records.values()} == {trainer}
    (raw,) = (one for one in result.records.values() if one.stage == "full" and not one.augmented)
    # By hand: the 16 entries of a matrix are 8 pairs, the 8 of the output 4.
    assert raw.parameters == 8 + 4
    check_saved(study, export_winners(study, result.records), name, raw.validation_mse)


def test_ties_of_half_turns_commute_with_half_turns():
    ties = foreign.half_turns(1, 4)
    weights = np.random.default_rng(1).normal(size=(1, ties.parameters))
    X = np.random.default_rng(2).dirichlet([3, 3, 3, 3], 5)
    there, back = lanes.predict(ties, "tanh", weights, X)[0], X[:, [2, 3, 0, 1]]
    np.testing.assert_allclose(lanes.predict(ties, "tanh", weights, back)[0], -there, atol=1e-6)


def check_saved(study: Study, paths: list[Path], name: str, error: float) -> None:
    stem = f"model_{name}_20"
    assert {path.name for path in paths if name in path.name} == {
        f"{stem}.h5",
        f"{stem}_orbit_average.h5",
        f"{stem}_augmented.h5",
    }
    X, Y = load(study.data.folder).validation
    model = networks.load(study.models / f"{stem}.h5")
    found = np.mean((np.asarray(model(X.astype("float32"))) - Y) ** 2)
    assert found == pytest.approx(error, rel=1e-4)
    average = networks.load(study.models / f"{stem}_orbit_average.h5")

    def network(X: np.ndarray) -> np.ndarray:
        return np.asarray(average(X.astype("float32")))

    permutation, matrix = SQUARE.group.permutations[3], SQUARE.group.matrices[3]
    np.testing.assert_allclose(network(X[:, permutation]), network(X) @ matrix.T, atol=1e-5)
