"""A study that has run, verified: as it is, and with something changed."""

import re
import sqlite3
from collections.abc import Callable

import h5py
import pytest

from bench import equivalence
from bench.__main__ import main
from study.store import FILE
from tests.bench import made_up

# By hand: twice the 64 trainings of the tiny preset, and 6 baselines for each of two repetitions
# and corrections at m = 40.
CHANGES = {
    "steps": 400,
    "corrections": ["none", "fitted"],
    "conditions": ["baselines"],
    "condition_sizes": [40],
    "condition_repetitions": 2,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A study of 128 trainings and 24 baselines, with ten saved networks."""
    home = tmp_path_factory.mktemp("verified")
    made_up.write_data(home / "data")
    made_up.write_preset(home / "tiny.toml", **{**made_up.PRESET, **CHANGES})
    assert main(["run", *places(home)]) in (0, 3)
    return home


def places(home):
    return [
        f"--preset={home / 'tiny.toml'}",
        f"--data={home / 'data'}",
        f"--out={home / 'results'}",
        f"--models={home / 'models'}",
    ]


def store_of(home):
    (folder,) = (home / "results").iterdir()
    return folder / FILE


@pytest.fixture
def change(home) -> Callable[[str, tuple], None]:
    """Changes the store by a statement, and takes it back afterwards."""
    path = store_of(home)
    before = path.read_bytes()

    def changed(statement: str, values: tuple = ()) -> None:
        with sqlite3.connect(path) as database:
            database.execute(statement, values)
        database.close()

    yield changed
    path.write_bytes(before)


def test_a_study_that_has_run_is_verified(home, capsys):
    assert main(["verify", *places(home), "--runs=30"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "training 30 and fitting 6 baselines of 152 records again" in lines[0]
    assert lines[-1] == (
        "verified: 30 trainings ended at the same bits, 6 baselines at the same numbers within "
        "1e-06, and 10 saved networks hold their records' weights"
    )
    assert lines[-2].startswith("checked on ")


def test_one_bit_of_one_score_is_found(home, change, capsys):
    """All are trained again, so that it can't be missed."""
    change(
        "UPDATE records SET validation_mse = validation_mse * (1 + 1e-15) "
        "WHERE stage = 'full' AND m = 40 AND repetition = 2 AND architecture = 'equivariant' "
        "AND augmented = 1 AND corrected = 0"
    )
    assert main(["verify", *places(home), "--runs=128"]) == 4
    lines = capsys.readouterr().out.splitlines()
    assert "NOT verified:" in lines
    (told,) = [line for line in lines if "validation_mse" in line]
    assert "equivariant augmented, uncorrected, m = 40, repetition 2, full 0" in told


@pytest.mark.parametrize(("factor", "found"), [(1 + 1e-8, 0), (1 + 1e-5, 4)])
def test_a_baseline_may_differ_by_what_linear_algebra_makes_of_it(factor, found, home, change):
    change("UPDATE records SET test_mse = test_mse * ? WHERE stage = 'fitted'", (factor,))
    assert main(["verify", *places(home), "--runs=1"]) == found


def test_where_and_when_a_record_was_made_is_no_difference(home, change):
    change("UPDATE records SET processor = 'another', code = 'older', seconds = 9.0")
    assert main(["verify", *places(home), "--runs=10"]) == 0


def test_a_networks_file_that_is_not_its_records_is_found(home, capsys):
    path = next((home / "models").glob("*/model_standard_20.h5"))
    before = path.read_bytes()
    with h5py.File(path, "r+") as file:
        found = []
        file["model_weights"].visititems(
            lambda _, one: found.append(one) if isinstance(one, h5py.Dataset) else None
        )
        found[0][...] = found[0][...] + 1
    assert main(["verify", *places(home), "--runs=1"]) == 4
    assert f"{path}: weights is" in capsys.readouterr().out
    path.unlink()
    assert main(["verify", *places(home), "--runs=1"]) == 4
    assert f"{path}: network is run_" in capsys.readouterr().out
    path.write_bytes(before)


def test_the_same_records_are_chosen_again(home, monkeypatch, capsys):
    seen = []
    monkeypatch.setattr(
        "bench.verify.compared", lambda name, stored, found: seen.append(stored.key) or iter(())
    )
    for _ in range(2):
        assert main(["verify", *places(home), "--runs=3"]) == 0
    assert len(seen) == 8
    assert seen[:4] == seen[4:]


def test_a_study_that_has_not_run_is_told(tmp_path, capsys):
    made_up.write_data(tmp_path / "data")
    made_up.write_preset(tmp_path / "tiny.toml", **made_up.PRESET)
    assert main(["verify", *places(tmp_path)]) == 2
    assert (
        "whose bits are promised, found none among 0; run `make study`" in capsys.readouterr().err
    )


def test_a_study_reproduces_in_a_second_folder(home, change, capsys):
    again = f"--again={home / 'again'}"
    assert main(["reproduce", *places(home), again]) == 0
    out = capsys.readouterr().out
    assert "verified: 128 trainings ended at the same bits, 24 baselines at the same numbers" in out
    assert "and 20 saved networks hold their" in out
    assert len(list((home / "again").glob("*/models/*.h5"))) == 10
    change("UPDATE records SET test_mse = test_mse * 2 WHERE stage = 'full' AND repetition = 1")
    assert main(["reproduce", *places(home), again]) == 4  # which trains nothing again
    assert "repetition 1, full 0: test_mse is" in capsys.readouterr().out


def test_keras_comes_to_the_same_ends(home, monkeypatch, capsys):
    """One cell of them, for the time that Keras takes."""

    def first_cell(study, records, ends=equivalence.ends):
        cell = min(one.cell for one in records if not one.cell.condition)
        mine = {one: record for one, record in records.items() if one.cell == cell}
        return ends(study, mine)

    monkeypatch.setattr(equivalence, "ends", first_cell)
    assert main(["verify", *places(home), "--trainer=keras", "--runs=1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "1 of them are about as near to float64 in the loop as in Keras" in lines
    assert re.fullmatch(r"  equivariant raw, uncorrected, m = 20: (0.9|1.0)\d\d in 3 .*", lines[-2])
    assert lines[-1] == "of 1 cells, 0 are equal within 5%, 0 are different"
