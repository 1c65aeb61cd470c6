"""What a study leaves besides its store: a table, and the exercise's winners as .h5 files."""

from dataclasses import fields, replace
from pathlib import Path

import h5py
import keras
import numpy as np
import pandas as pd
import pytest

import locate
from bench import export
from bench.export import export_table, export_winners, saved_name, table
from bench.scores import errors
from bench.studies import Study
from bench.waves import carry_out_waves
from locate.network import Network
from study import networks
from study.bag import SQUARE
from study.design import Request, winners
from study.errors import StudyError
from study.records import Record
from tests.bench import made_up
from tests.bench.made_up import PLANNED, opened

NAMES = [
    "model_equivariant_20.h5",
    "model_equivariant_20_augmented.h5",
    "model_standard_20.h5",
    "model_standard_20_augmented.h5",
    "model_standard_20_orbit_average.h5",
]
Records = dict[Request, Record]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Records]:
    """A study that has run; all its networks pass for sound."""
    home = tmp_path_factory.mktemp("finished")
    made_up.write_data(home / "data")
    study = opened(home, steps=400)
    records = carry_out_waves(study, 1, lambda step: None).records
    return study, {name: replace(one, status="sound") for name, one in records.items()}


@pytest.fixture
def study(finished, tmp_path) -> Study:
    """The study, with no winner saved yet."""
    return replace(finished[0], models=tmp_path / "models", out=tmp_path / "out")


@pytest.fixture
def records(finished) -> Records:
    return finished[1]


def predict(path: Path, X: np.ndarray) -> np.ndarray:
    return np.asarray(networks.load(path)(X.astype("float32")))


# The table


def test_the_table_has_a_row_for_every_record_and_a_column_for_every_field(study, records):
    found = table(records)
    assert len(found) == PLANNED
    named = [field.name for field in fields(Record) if field.name not in ("weights", "curve")]
    assert list(found.columns) == named
    pd.testing.assert_frame_equal(table(dict(reversed(records.items()))), found)
    order = found[["m", "corrected", "architecture", "augmented", "condition", "repetition"]]
    pd.testing.assert_frame_equal(order, order.sort_values(list(order.columns), kind="stable"))


def test_the_file_comes_back_and_its_bytes_are_the_same_again(study, records):
    path = export_table(study, records)
    assert path == study.out / "runs.csv"
    first = path.read_bytes()
    back = pd.read_csv(path, keep_default_na=False, na_values=[""])
    assert back["key"].tolist() == table(records)["key"].tolist()
    assert back["validation_mse"].tolist() == table(records)["validation_mse"].tolist()
    assert export_table(study, dict(reversed(records.items()))).read_bytes() == first
    assert [one.name for one in study.out.iterdir()] == ["runs.csv"]


# The winners


def test_winners_are_named_as_the_exercise_asks(study, records):
    paths = export_winners(study, records)
    assert sorted(path.name for path in paths) == NAMES
    assert sorted(path.name for path in study.models.iterdir()) == NAMES


def test_corrections_stand_in_the_names(finished, study, records):
    changed = {}
    for request, record in records.items():
        cell = replace(request.cell, corrected=True)
        changed[replace(request, cell=cell)] = replace(record, corrected=True)
    names = sorted(path.name for path in export_winners(study, changed))
    assert names[0] == "model_equivariant_20_augmented_corrected.h5"


def test_a_saved_network_is_its_records(study, records):
    export_winners(study, records)
    data = study.data
    best = winners(records, "mse")
    exercise = {cell: one for (cell, repetition), one in best.items() if repetition == 0}
    assert len(exercise) == 4
    for cell, record in exercise.items():
        path = study.models / f"model_{cell.architecture}_20{'_augmented' * cell.augmented}.h5"
        assert saved_name(path) == f"run_{record.key}"
        for rows, samples in (("validation", data.validation), ("test", data.test)):
            found = errors(predict(path, samples.X), samples.Y).of(rows)
            assert found == pytest.approx({name: getattr(record, name) for name in found}, rel=1e-4)
        assert networks.load(path).count_params() == record.parameters


def test_the_average_is_equivariant_and_scored_by_the_record(study, records):
    export_winners(study, records)
    path, samples = study.models / "model_standard_20_orbit_average.h5", study.data.test
    (record,) = (
        one
        for (cell, r), one in winners(records, "mse").items()
        if (cell.architecture, cell.augmented, r) == ("standard", False, 0)
    )
    assert saved_name(path) == f"run_{record.key}"
    found = errors(predict(path, samples.X), samples.Y).mse
    assert found == pytest.approx(record.orbit_mse, rel=1e-4)
    for permutation, matrix in zip(SQUARE.group.permutations, SQUARE.group.matrices, strict=True):
        moved = predict(path, samples.X[:, permutation])
        np.testing.assert_allclose(moved, predict(path, samples.X) @ matrix.T, atol=1e-5)


def test_locate_answers_as_keras_does_and_finds_the_calibration(study, records):
    X = study.data.test.X
    for path in export_winners(study, records):
        leak = locate.load(path)
        assert isinstance(leak.predict, Network)  # no Keras
        np.testing.assert_allclose(leak(X).positions, predict(path, X), atol=2e-6)
        assert (leak.calibration.rows, leak.calibration.source) == (30, "test")
        assert leak.calibration.checksum == study.data.checksum


def test_data_that_cannot_calibrate_leave_a_winner_without(study, records, monkeypatch):
    monkeypatch.setattr("study.conformal.FEWEST", 1000)
    export._calibrator.cache_clear()
    (path, *_) = export_winners(study, records)
    export._calibrator.cache_clear()
    assert locate.load(path).calibration is None


def test_locate_takes_other_networks_through_keras(tmp_path):
    four, three = (
        keras.Sequential([keras.Input((flows,)), keras.layers.Dense(2)]) for flows in (4, 3)
    )
    networks.save(four, tmp_path / "four.h5")
    leak = locate.load(tmp_path / "four.h5")
    X = np.random.default_rng(1).dirichlet([1] * 4, size=5)
    np.testing.assert_allclose(leak(X).positions, four(X.astype("float32")), atol=1e-6)
    networks.save(three, tmp_path / "three.h5")
    with pytest.raises(StudyError, match="from 4 flows to 2 coordinates"):
        locate.load(tmp_path / "three.h5")


def test_the_best_start_is_the_one_that_is_saved(study, records):
    for (cell, repetition), record in winners(records, "mse").items():
        rivals = [
            one.validation_mse
            for request, one in records.items()
            if (request.cell, request.repetition) == (cell, repetition)
            and request.stage in ("full", "start")
        ]
        assert len(rivals) == (2 if repetition == 0 else 1)
        assert record.validation_mse == min(rivals)


def test_what_is_saved_is_not_written_twice(study, records):
    paths = export_winners(study, records)
    times = {path: path.stat().st_mtime_ns for path in paths}
    assert export_winners(study, records) == []
    assert {path: path.stat().st_mtime_ns for path in paths} == times


@pytest.mark.parametrize("name", ["model_equivariant_20.h5", "model_standard_20_orbit_average.h5"])
@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_text("no network")])
def test_a_file_that_is_lost_or_spoilt_is_saved_again(name, lose, study, records):
    export_winners(study, records)
    lose(study.models / name)
    written = export_winners(study, records)
    assert study.models / name in written
    stem = name.removesuffix(".h5").removesuffix("_orbit_average")
    assert all(path.name.startswith(stem) for path in written)
    assert saved_name(study.models / name).startswith("run_")


def test_another_winner_takes_the_files_place(study, records):
    export_winners(study, records)
    path = study.models / "model_equivariant_20.h5"
    before = saved_name(path)
    mine = {
        request: one
        for request, one in records.items()
        if request.cell.architecture == "equivariant"
        and not request.cell.augmented
        and request.repetition == 0
        and request.stage in ("full", "start")
    }
    worst = max(mine, key=lambda request: mine[request].validation_mse)
    others = {name: replace(one, status="dead") for name, one in mine.items() if name != worst}
    assert export_winners(study, {**records, **others}) == [path]
    assert saved_name(path) == f"run_{mine[worst].key}" != before


@pytest.mark.parametrize("tampered", ["weights", "validation_mse", "activation"])
def test_a_network_that_is_not_its_records_is_refused(tampered, study, records):
    changed = {}
    for request, one in records.items():
        values = {
            "weights": (np.frombuffer(one.weights or b"", "<f4") * np.float32(1.01)).tobytes(),
            "validation_mse": (one.validation_mse or 1.0) * 1.001,
            "activation": {"elu": "tanh", "tanh": "elu"}[one.activation],
        }
        changed[request] = replace(one, **{tampered: values[tampered]})
    with pytest.raises(StudyError, match=r"model_\w+.h5: expected a network with a validation err"):
        export_winners(study, changed)


def test_a_file_that_is_refused_is_not_taken_for_saved(study, records):
    changed = {
        request: replace(one, validation_mse=one.validation_mse * 1.001)
        for request, one in records.items()
    }
    for _ in range(2):
        with pytest.raises(StudyError, match=r"model_equivariant_20\.h5: .* is a fault of the pro"):
            export_winners(study, changed)
        assert list(study.models.iterdir()) == []


def test_a_repetition_without_a_sound_network_has_no_file(study, records):
    dead = {name: replace(one, status="dead") for name, one in records.items()}
    assert export_winners(study, dead) == []
    assert not study.models.exists()


def test_only_the_exercises_winners_are_saved(study, records):
    others = {name: one for name, one in records.items() if name.repetition}
    assert export_winners(study, others) == []


@pytest.mark.parametrize("spoil", [None, "no network", {}, {"model_config": "[1"}])
def test_what_holds_no_network_has_no_name(spoil, tmp_path):
    path = tmp_path / "model.h5"
    if isinstance(spoil, str):
        path.write_text(spoil)
    elif spoil is not None:
        with h5py.File(path, "w") as file:
            file.attrs.update(spoil)
    assert saved_name(path) is None


def test_the_choice_by_another_error_is_taken(study, records):
    by_mae = replace(study, design=replace(study.design, choose_by="mae"))
    flipped = {
        request: replace(one, validation_mae=-(one.validation_mse or 0))
        for request, one in records.items()
    }
    first = {path.name: saved_name(path) for path in export_winners(study, flipped)}
    second = {path.name: saved_name(path) for path in export_winners(by_mae, flipped)}
    assert set(first.values()).isdisjoint(second.values())


@pytest.mark.parametrize("name", ["model_standard_20.h5", "model_standard_20_orbit_average.h5"])
def test_somebodys_own_file_is_not_overwritten(name, study, records):
    study.models.mkdir(parents=True)
    with h5py.File(study.models / name, "w") as file:
        file["weights"] = [1.0, 2.0]
    before = (study.models / name).read_bytes()
    with pytest.raises(StudyError, match=f"{name}: expected no file, or a network that this"):
        export_winners(study, records)
    assert (study.models / name).read_bytes() == before
