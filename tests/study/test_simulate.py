import csv
import hashlib
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from study.bag import SQUARE
from study.data import load
from study.errors import StudyError
from study.forward import FITTED
from study.seeds import seed
from study.simulate import (
    FAULT,
    FILES,
    MARK,
    rounded,
    simulate,
    simulated_data,
    simulated_file,
    write_data,
)

NAMES = [
    "leakage_dataset_train_100.csv",
    "leakage_dataset_train_1000.csv",
    "leakage_dataset_train_30000.csv",
    "leakage_dataset_validation_1000.csv",
    "leakage_dataset_validation_30000.csv",
    "leakage_dataset_test_10000.csv",
]
# SHA-256 of the files, in the order of NAMES, on every machine. With other files every simulated
# study has other results. If a change means that, put the new checksums here (sha256sum) and tell
# users in CHANGELOG.md. If not, or if only some machines or versions of NumPy write other files,
# something reaches them unrounded, or the random streams are others: mend that.
CHECKSUMS = [
    "fc5be19419db697dce30f2bbb5d697658d0d3ff641749c53aa37c96d3e32b6f8",
    "5fac3a824d3d15257a3911e12a177de0a982d5a1ab720e3c7e38c290757ee943",
    "bc08e539968b1bd141c9f9c5ea9f18d631afd5c1073e5a5f52b8d39172de2060",
    "250e39b3108afda288d4eb6c166d84ee8dbab279791a15db94981a0cd5908b93",
    "e1d8d87dbaf282c2a216c8cde2d7196fe2115efae85a075fbeef7d9fbb6bc578",
    "1d858c161238005ad1987620fe51caac9a8d1bb92b2ce3507bd0b798ad3beedc",
]
QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    assert [path.name for path in write_data(folder)] == NAMES
    return folder


@pytest.fixture(scope="module")
def many():
    return simulate(100_000, np.random.default_rng(1))


# The forward model


def test_a_leak_in_the_middle_draws_equally_on_all_sensors():
    assert_array_equal(FITTED.flows(np.zeros(2)), np.full(4, 0.25))


def test_flows_at_a_corner_by_hand():
    # Squared distances to the ports: 2 * 0.287^2, 0.287^2 + 2.287^2 (twice), 2 * 2.287^2.
    weights = [
        (0.16474 + 0.50566) ** -1.766 + 0.1632,
        (5.31274 + 0.50566) ** -1.766 + 0.1632,
        (10.46074 + 0.50566) ** -1.766 + 0.1632,
        (5.31274 + 0.50566) ** -1.766 + 0.1632,
    ]
    assert_allclose(FITTED.flows(SQUARE.ports[0]), np.array(weights) / sum(weights), atol=2e-5)


def test_a_sensor_sees_most_of_a_leak_at_its_corner():
    assert FITTED.flows(SQUARE.outline).argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert FITTED.flows(SQUARE.outline).max(axis=1).min() > 0.65


def test_forward_takes_any_leading_axes():
    Y = np.random.default_rng(4).uniform(-1, 1, (2, 3, 2))
    assert FITTED.flows(Y).shape == (2, 3, 4)
    assert_allclose(FITTED.flows(Y)[1, 2], FITTED.flows(Y[1, 2]), rtol=1e-12)


def test_the_model_fits_the_exercises_validation_data_to_its_noise(real_data):
    validation = load(real_data).validation
    residuals = validation.X - FITTED.flows(validation.Y)
    assert_allclose(np.sqrt(np.square(residuals).mean()), 0.0094, atol=5e-5)


# The samples


def test_samples_are_normalised_flows_and_positions_on_the_square(many):
    assert many.X.min() > 0
    assert_allclose(many.X.sum(axis=1), 1, rtol=0, atol=1e-14)
    assert -1 <= many.Y.min() < -0.999
    assert 0.999 < many.Y.max() <= 1


def test_positions_are_uniform_so_that_the_zero_predictor_scores_a_third(many):
    assert_allclose(np.square(many.Y).mean(), 1 / 3, atol=0.002)
    assert_allclose(np.abs(many.Y).mean(), 1 / 2, atol=0.002)
    assert abs(np.corrcoef(many.Y.T)[0, 1]) < 0.01


def test_noise_has_the_deviation_of_the_exercises_and_no_bias(many):
    residuals = many.X - FITTED.flows(many.Y)
    assert_allclose(residuals.std(axis=0), 0.0095, atol=0.0007)
    assert_allclose(residuals.mean(axis=0), 0, atol=0.0005)


def test_noise_is_correlated_by_minus_a_third_between_sensors(many):
    correlations = np.corrcoef((many.X - FITTED.flows(many.Y)).T)
    assert_allclose(correlations[~np.eye(4, dtype=bool)], -1 / 3, atol=0.02)


def test_quantiles_are_those_of_the_exercises_validation_data(many, real_data):
    # All sensors together: by symmetry they share one distribution.
    measured = np.quantile(load(real_data).validation.X, QUANTILES)
    assert_allclose(np.quantile(many.X, QUANTILES), measured, rtol=0, atol=0.015)


def test_noise_never_makes_a_flow_negative():
    X = simulate(2000, np.random.default_rng(6), noise=0.2).X
    assert 0 < X.min() < 1e-5
    assert_allclose(X.sum(axis=1), 1, rtol=0, atol=1e-14)


# Rounding


def test_flows_are_rounded_by_hand():
    """Six decimals each; then the largest flow is changed such that the sum is 1."""
    flows = np.array(
        [
            [0.2500004, 0.1000004, 0.3000004, 0.3499988],
            [0.4000006, 0.2999998, 0.1999998, 0.0999998],
            [0.1000000, 0.2000000, 0.3000000, 0.4000000],
        ]
    )
    assert rounded(flows).tolist() == [
        [0.25, 0.1, 0.3, 0.35],
        [0.4, 0.3, 0.2, 0.1],
        [0.1, 0.2, 0.3, 0.4],
    ]


def test_rounded_flows_have_the_sum_1_to_the_last_decimal(many):
    millionths = 1e6 * many.X
    assert_allclose(millionths, np.rint(millionths), rtol=0, atol=1e-9)
    assert set(np.rint(millionths).sum(axis=1)) == {1e6}


def test_rounding_moves_a_flow_by_little():
    flows = np.random.default_rng(9).dirichlet([1, 1, 1, 1], 100_000)
    moved = np.abs(rounded(flows) - flows)
    assert moved.max() <= 1.5e-6 + 1e-12
    assert np.sort(moved, axis=1)[:, :3].max() <= 0.5e-6 + 1e-12


# The fault


def test_the_fault_is_undone_by_the_formula_of_the_exercise():
    right = simulate(500, np.random.default_rng(7))
    faulty = simulate(500, np.random.default_rng(7), offset=FAULT)
    undone = 1.05 * faulty.X - [0, 0, 0, 0.05]
    assert_array_equal(faulty.Y, right.Y)
    assert_allclose(undone, right.X, rtol=0, atol=4e-6)  # two roundings
    assert (faulty.X[:, 3] - right.X[:, 3]).min() > 0.005


def test_the_fault_shifts_the_exercises_training_data_as_it_does_here(real_data):
    train = load(real_data).train[1000]
    here = simulate(100_000, np.random.default_rng(8), offset=FAULT).X.mean(axis=0)
    assert_allclose(train.X.mean(axis=0), here, rtol=0, atol=0.015)


# Seeds


def test_equal_generators_give_equal_samples_and_others_do_not():
    first, again, other = (simulate(20, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.X.tobytes() == again.X.tobytes()
    assert first.Y.tobytes() == again.Y.tobytes()
    assert not np.isin(other.X, first.X).any()
    assert not np.isin(other.Y, first.Y).any()


# The files


@pytest.fixture(scope="module")
def loaded(folder):
    return load(folder)


def test_the_files_load_with_every_check(folder, loaded):
    assert list(loaded.train) == [100, 1000, 30000]
    assert list(loaded.validations) == [1000, 30000]
    assert len(loaded.validation.X) == 1000
    assert len(loaded.test.X) == 10000
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)


def test_only_training_files_carry_the_fault(loaded):
    for samples in loaded.train.values():
        assert (samples.X - FITTED.flows(samples.Y)).mean(axis=0)[3] == pytest.approx(
            0.036, abs=0.004
        )
    for samples in (*loaded.validations.values(), loaded.test):
        assert (samples.X - FITTED.flows(samples.Y)).mean(axis=0)[3] == pytest.approx(0, abs=0.002)


def test_no_two_files_share_a_sample(loaded):
    parts = (*loaded.train.values(), *loaded.validations.values(), loaded.test)
    positions = np.vstack([samples.Y for samples in parts])
    assert len(positions) == sum(rows for _, rows in FILES) == 72_100
    assert len(np.unique(positions, axis=0)) == 72_100


def test_thirty_repetitions_of_1000_rows_fit_in_the_pools(loaded):
    assert max(loaded.train) >= 30 * 1000
    assert max(loaded.validations) >= 30 * 1000


def test_every_machine_writes_the_same_files(folder):
    assert [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in NAMES] == CHECKSUMS


def test_no_number_in_a_file_has_more_than_six_decimals(folder):
    for path in folder.iterdir():
        with path.open(newline="") as file:
            _, *rows = csv.reader(file)
        cells = [cell for row in rows for cell in row]
        assert all(float(cell) == round(float(cell), 6) for cell in cells)
        assert max(map(len, cells)) <= len("-0.123456")


def equal(some, others):
    """Whether samples are equal to the bit."""
    return all(a.tobytes() == b.tobytes() for a, b in zip(some, others, strict=True))


def test_what_is_written_is_what_is_simulated(folder, loaded):
    """Files and arrays hold the same numbers: reading loses nothing."""
    data = simulated_data(folder)
    assert data.checksum == loaded.checksum
    assert data == loaded
    assert list(data.train) == list(loaded.train)
    assert list(data.validations) == list(loaded.validations)
    for rows, samples in loaded.train.items():
        assert equal(samples, data.train[rows])
    for rows, samples in loaded.validations.items():
        assert equal(samples, data.validations[rows])
    assert equal(loaded.test, data.test)


def test_a_file_is_a_stream_of_its_own_by_its_name(loaded):
    rng = np.random.default_rng(seed("simulate", "train_100"))
    assert equal(simulate(100, rng, offset=FAULT), loaded.train[100])
    rng = np.random.default_rng(seed("simulate", "validation_1000"))
    assert equal(simulate(1000, rng), loaded.validation)
    assert equal(simulated_file("train", 100), loaded.train[100])


def test_simulated_data_are_made_once_and_are_where_they_are_said_to_be(tmp_path):
    assert simulated_data(tmp_path) is simulated_data(tmp_path)
    assert simulated_data(tmp_path).folder == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_a_second_study_writes_the_same_bytes(folder, tmp_path):
    for path in write_data(tmp_path / "deep" / "down", data_seed=1):
        assert path.read_bytes() == (folder / path.name).read_bytes()


@pytest.fixture
def small(monkeypatch):
    """Three files of few rows: what is true of how files are written is seen in these."""
    files = (("train", 3), ("validation", 4), ("test", 5))
    monkeypatch.setattr("study.simulate.FILES", files)
    return [f"leakage_dataset_{role}_{rows}.csv" for role, rows in files]


def test_another_seed_gives_other_samples_and_the_first_is_the_usual_one(small, tmp_path):
    texts = {
        data_seed: [path.read_text() for path in write_data(tmp_path / str(data_seed), data_seed)]
        for data_seed in (1, 2, 3)
    }
    usual = [path.read_text() for path in write_data(tmp_path / "usual")]
    again = [path.read_text() for path in write_data(tmp_path / "again", 2)]
    assert usual == texts[1]
    assert again == texts[2]
    for number in range(3):
        rows = [set(texts[data_seed][number].splitlines()[1:]) for data_seed in texts]
        assert all(first.isdisjoint(second) for first, second in combinations(rows, 2))


@pytest.mark.parametrize(("role", "rows"), FILES[:2])
def test_another_seed_changes_every_sample_of_a_file(role, rows):
    first, second = (simulated_file(role, rows, data_seed) for data_seed in (1, 2))
    assert equal(first, simulated_file(role, rows))
    assert not np.isin(second.Y[:, 0], first.Y[:, 0]).all()
    assert not (first.Y == second.Y).all(axis=1).any()
    assert simulated_data(Path("a"), 2).checksum != simulated_data(Path("a"), 1).checksum


def test_files_are_written_like_the_exercises(folder, real_data):
    for name in (NAMES[0], NAMES[3]):
        with (folder / name).open("rb") as here, (real_data / name).open("rb") as there:
            assert here.readline() == there.readline()
            assert here.readline().count(b",") == there.readline().count(b",")


def test_files_that_are_missing_are_made_and_others_never_touched(small, tmp_path):
    write_data(tmp_path)
    whole = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / small[0]).unlink()
    (tmp_path / "README.md").write_text("mine")
    saved_again = tmp_path / small[1]  # by an editor, with other line ends
    saved_again.write_bytes(whole.pop(small[1]).replace(b"\r\n", b"\n"))
    before = saved_again.read_bytes()
    assert [path.name for path in write_data(tmp_path)] == [small[0]]
    assert saved_again.read_bytes() == before
    assert {name: (tmp_path / name).read_bytes() for name in whole} == whole
    times = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert write_data(tmp_path) == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("leakage_dataset_train_3.csv", "found other data; name another folder"),
        ("leakage_dataset_train_7.csv", "found leakage_dataset_train_7.csv; export the table as"),
        ("leakage_dataset_train_3.CSV", "found leakage_dataset_train_3.CSV; export the table as"),
        ("measured.xlsx", "found measured.xlsx; export the table as CSV, or name another folder"),
        ("train.csv.gz", "found train.csv.gz; export"),
        ("notes.txt", "found notes.txt; export"),
        ("more/leakage_dataset_train_3.csv", "found more; export"),
    ],
)
@pytest.mark.parametrize("begun", [False, True])
def test_nothing_is_written_beside_somebodys_own(small, tmp_path, name, found, begun):
    if begun:
        (tmp_path / MARK).write_text("1\n")
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StudyError, match=re.escape(found)):
        write_data(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_simulated_files_of_another_seed_are_other_data(small, tmp_path):
    write_data(tmp_path, 2)
    (tmp_path / small[0]).unlink()
    with pytest.raises(StudyError, match=r"test_5\.csv: expected simulated data of seed 1"):
        write_data(tmp_path, 1)
    assert len(write_data(tmp_path, 2)) == 1


def test_an_interrupted_file_is_not_left_behind(small, tmp_path, monkeypatch):
    def interrupt(unfinished, _):
        assert unfinished.name not in small
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_data(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(write_data(tmp_path)) == 3


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        StudyError,
        match=r"file: expected a folder to write simulated data to, found .+; "
        "name another folder or make room there$",
    ):
        write_data(tmp_path / "file")
