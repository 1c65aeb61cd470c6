"""A study: its data, its folders and its name, and where it stands."""

import csv
from pathlib import Path

import numpy as np
import pytest

from bench import studies
from bench.studies import Folders, Study, open_study, standing, study_name
from study import simulate
from study.data import file_name
from study.design import Keys, Shard
from study.errors import StudyError
from study.presets import load_preset
from study.simulate import FILES, simulated_data
from tests.bench import made_up
from tests.bench.made_up import PLANNED, contents, opened

DEFAULT = "0123456789abcdef"  # the checksum of the default's data


@pytest.fixture
def smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let simulated data be few."""
    monkeypatch.setattr("study.simulate.FILES", (("train", 30), ("validation", 40)))
    simulated_data.cache_clear()
    yield
    simulated_data.cache_clear()


def looked_at(home: Path, *, simulate: bool = False, **options: object) -> Study:
    preset = load_preset(str(made_up.write_preset(home / "tiny.toml", sizes=[20])))
    folders = Folders(home / "data", home / "results", home / "models")
    return open_study(preset, folders, simulate=simulate, **options)


# Names


@pytest.mark.parametrize(
    ("data", "trainer", "root_seed", "name"),
    [
        (DEFAULT, "loop", 1, "default"),
        (DEFAULT, "loop", 2, "default-seed2"),
        (DEFAULT, "keras", 1, "default-keras"),
        ("fedcba9876543210", "loop", 1, "default-fedcba98"),
        ("fedcba9876543210", "keras", 3, "default-seed3-keras-fedcba98"),
    ],
)
def test_a_study_is_named_by_what_differs_from_the_default(data, trainer, root_seed, name):
    assert study_name("default", Keys(data, trainer, root_seed), DEFAULT) == name


def test_a_shard_has_a_name_and_the_whole_study_is_none(home):
    keys = Keys(DEFAULT, "loop", 2)
    assert study_name("default", keys, DEFAULT, Shard(1, 4)) == "default-seed2-shard1of4"
    assert study_name("default", keys, DEFAULT, Shard(0, 1)) == "default-seed2"


def test_shards_part_a_study_by_whole_repetitions(home):
    """By hand: repetitions 0, 1 and 2, of which 0 and 2 are even; none leaves 3 of 4."""
    whole = opened(home)
    parts = [opened(home, shard=Shard(number, 2)) for number in (0, 1)]
    found = [{name.repetition for name in part.names} for part in parts]
    assert found == [{0, 2}, {1}]
    assert sorted(name for part in parts for name in part.names) == sorted(whole.names)
    with pytest.raises(
        StudyError, match=r"--shard 3/4: .* found none among those up to 2; ask for 3"
    ):
        opened(home, shard=Shard(3, 4))


@pytest.mark.usefixtures("smaller")
def test_studies_have_folders_of_their_own(home):
    given = opened(home, sizes=[20])
    (home / "data").rename(home / "given")
    (home / "data").mkdir()
    found = [
        looked_at(home),
        looked_at(home, root_seed=2),
        looked_at(home, trainer="keras"),
        looked_at(home, data_seed=2),
        given,
    ]
    names = [study.name for study in found]
    other = found[3].data.checksum[:8]
    mine = given.data.checksum[:8]
    assert names == ["tiny", "tiny-seed2", "tiny-keras", f"tiny-{other}", f"tiny-{mine}"]
    for study in found:
        assert study.out == home / "results" / study.name
        assert study.models == home / "models" / study.name
        assert study.store.parent == study.out


def test_a_presets_own_seed_is_the_default_s_other(home):
    assert opened(home, seed=5).keys.root_seed == 5
    made_up.write_preset(home / "seven.toml", seed=7)
    folders = Folders(home / "data", home / "results", home / "models")
    preset = load_preset(str(home / "seven.toml"))
    study = open_study(preset, folders)
    assert study.keys.root_seed == 7
    assert study.name.startswith("seven-seed7-")
    assert open_study(preset, folders, root_seed=1).keys.root_seed == 1


# Data: given, or simulated where there are none


@pytest.mark.usefixtures("smaller")
def test_looking_at_a_study_without_data_writes_nothing(tmp_path):
    (tmp_path / "data").mkdir()
    study = looked_at(tmp_path)
    assert (study.simulated, study.without_files) == (True, True)
    assert list(study.data.train) == [30]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["data", "tiny.toml"]


@pytest.mark.usefixtures("smaller")
@pytest.mark.parametrize("data_seed", [1, 2])
def test_data_are_simulated_for_a_study_that_has_none(data_seed, tmp_path):
    (tmp_path / "data").mkdir()
    before = looked_at(tmp_path, data_seed=data_seed)
    study = looked_at(tmp_path, simulate=True, data_seed=data_seed)
    names = [file_name("train", 30), file_name("validation", 40)]
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == names
    again = looked_at(tmp_path, simulate=True, data_seed=data_seed)
    assert before.data == study.data == again.data
    assert before.name == study.name == again.name
    assert study.simulated
    assert again.simulated
    assert not again.without_files


@pytest.mark.usefixtures("smaller")
def test_an_interrupted_simulation_is_completed(tmp_path, monkeypatch):
    """After one file of two, so that a study of half the data can't be taken for one of all."""
    (tmp_path / "data").mkdir()
    write, names = simulate.write_whole, []

    def interrupted(path, content):
        names.append(path.name)
        if len(names) > 2:
            raise KeyboardInterrupt
        return write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(simulate, "write_whole", interrupted)
        with pytest.raises(KeyboardInterrupt):
            looked_at(tmp_path, simulate=True)
    assert len(list((tmp_path / "data").glob("*.csv"))) == 1
    with pytest.raises(StudyError, match="found a part of those of seed 1; ask for that seed"):
        looked_at(tmp_path, simulate=True, data_seed=2)
    before = looked_at(tmp_path)
    study = looked_at(tmp_path, simulate=True)
    assert before.data == study.data == simulated_data(tmp_path / "data")
    assert [one for one in (tmp_path / "data").iterdir() if one.suffix != ".csv"] == []


@pytest.mark.parametrize(
    "name", ["mine.xlsx", "train.csv.gz", "flows.txt", "more/leakage_dataset_train_100.csv"]
)
@pytest.mark.parametrize("wanted", [True, False])
def test_nothing_is_simulated_beside_somebodys_files(name, wanted, tmp_path):
    path = tmp_path / "data" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    before = contents(tmp_path / "data")
    found = Path(name).parts[0]
    with pytest.raises(StudyError, match=f"an empty folder to simulate them in, found {found}"):
        looked_at(tmp_path, simulate=wanted)
    assert contents(tmp_path / "data") == before


def test_names_in_capitals_are_the_users_own(home):
    lower = opened(home)
    for path in list((home / "data").iterdir()):
        path.rename(path.with_suffix(".CSV"))
    upper = opened(home)
    assert upper.data == lower.data
    assert not upper.simulated


@pytest.mark.usefixtures("smaller")
@pytest.mark.parametrize("wanted", [True, False])
def test_a_mixture_of_simulated_and_given_files_is_refused(wanted, tmp_path):
    """Files of one's own were copied over some of the simulated ones."""
    (tmp_path / "data").mkdir()
    looked_at(tmp_path, simulate=True)
    made_up.write_file(
        tmp_path / "data" / file_name("train", 30), simulate.simulate(30, np.random.default_rng(3))
    )
    before = contents(tmp_path / "data")
    with pytest.raises(StudyError) as told:
        looked_at(tmp_path, simulate=wanted)
    assert str(told.value) == (
        f"{tmp_path / 'data'}: expected files of one origin, found "
        "leakage_dataset_validation_40.csv, which this program simulated, beside "
        "leakage_dataset_train_30.csv; move those or these away"
    )
    assert contents(tmp_path / "data") == before


@pytest.mark.usefixtures("smaller")
def test_a_part_of_the_simulated_files_is_no_mixture(tmp_path):
    (tmp_path / "data").mkdir()
    looked_at(tmp_path, simulate=True)
    (tmp_path / "data" / file_name("train", 30)).rename(tmp_path / "elsewhere")
    with pytest.raises(StudyError, match="expected a train file"):
        looked_at(tmp_path, simulate=True)


@pytest.mark.usefixtures("smaller")
def test_a_readme_is_no_data(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "README.md").write_text("the CSV files go here")
    assert looked_at(tmp_path, simulate=True).simulated


@pytest.mark.usefixtures("smaller")
def test_simulated_data_of_another_seed_are_other_data(tmp_path):
    (tmp_path / "data").mkdir()
    first, second = (looked_at(tmp_path, data_seed=seed) for seed in (1, 2))
    assert first.data != second.data


def test_the_default_simulates_a_file_for_each_size_of_the_exercise():
    assert {("train", 100), ("train", 1000)} <= set(FILES)


def test_given_data_are_used_as_they_are(home):
    before = contents(home / "data")
    study = opened(home)
    assert (study.simulated, study.without_files) == (False, False)
    with (home / "data" / file_name("train", 20)).open(encoding="utf-8") as file:
        first = list(csv.reader(file))[1]
    np.testing.assert_array_equal(study.data.train[20].Y[0], [float(cell) for cell in first[:2]])
    assert contents(home / "data") == before


@pytest.mark.parametrize("simulate", [True, False])
def test_a_folder_with_some_data_is_never_simulated_into(simulate, tmp_path):
    made_up.write_data(tmp_path / "data", left_out=("validation",))
    before = contents(tmp_path / "data")
    with pytest.raises(StudyError, match="expected a validation file"):
        looked_at(tmp_path, simulate=simulate)
    assert contents(tmp_path / "data") == before


@pytest.mark.parametrize("simulate", [True, False])
def test_a_folder_that_is_not_there_is_no_reason_to_simulate(simulate, tmp_path):
    with pytest.raises(StudyError, match="found no folder there; name the folder that holds the"):
        looked_at(tmp_path, simulate=simulate)
    assert not (tmp_path / "data").exists()


def test_given_data_are_examined_and_may_be_trusted(home):
    made_up.turn_down(home / "data" / file_name("validation", 200))
    with pytest.raises(StudyError, match=r"go on all the same with --trust-data$"):
        opened(home)
    short, doubt = sorted(opened(home, trust=True).remarks, key=lambda one: one.loud)
    assert doubt.loud
    assert "leakage_dataset_validation_200.csv seems to be in another conv" in doubt.text
    assert short.text.endswith("which takes 50 rows: leakage_dataset_train_20.csv.")


@pytest.mark.usefixtures("smaller")
def test_simulated_data_need_no_examination(tmp_path, monkeypatch):
    monkeypatch.setattr("study.examination.examine", None)
    (tmp_path / "data").mkdir()
    assert looked_at(tmp_path, simulate=True).remarks == ()
    assert looked_at(tmp_path).remarks == ()


def test_a_single_validation_row_cannot_both_choose_and_score(home):
    for path in (home / "data").glob("*validation*"):
        path.unlink()
    one = simulate.simulate(1, np.random.default_rng(3))
    made_up.write_file(home / "data" / file_name("validation", 1), one)
    assert opened(home).data.test
    (home / "data" / file_name("test", 60)).unlink()
    with pytest.raises(StudyError, match="expected a validation file of 2 rows at least, one half"):
        opened(home)


@pytest.mark.parametrize("repetitions", [0, 2])
def test_more_samples_than_there_are(repetitions, home):
    with pytest.raises(StudyError) as told:
        opened(home, sizes=[20, 121], repetitions=repetitions)
    assert str(told.value) == (
        f"{home / 'data'}: expected m from 1 to 120, the rows of the largest training file, found "
        "m = 121; ask for fewer samples or add a larger file"
    )
    assert len(opened(home, sizes=[20, 120], repetitions=repetitions).names) > 0


@pytest.mark.parametrize("place", ["results", "models"])
def test_a_file_where_a_folder_should_go_is_told(place, home):
    (home / place).write_text("in the way")
    with pytest.raises(StudyError) as told:
        opened(home)
    assert str(told.value) == (
        f"{home / place}: expected a folder to write to, found a file; name another"
    )


def test_only_sizes_with_a_file_of_their_own_have_the_exercise(home):
    exercise = [name for name in opened(home).names if name.repetition == 0]
    assert {name.cell.m for name in exercise} == {20}
    assert {name.cell.m for name in opened(home).names} == {20, 40}
    without = opened(home, **made_up.SMALL)
    assert {name.repetition for name in without.names} == {1}


# Where it stands


def test_a_study_that_has_not_begun_lacks_all_and_draws_nothing(home):
    before = contents(home)
    study = opened(home)
    assert standing(study) == ({}, [])
    assert len(study.names) == len(set(study.names)) == PLANNED
    assert contents(home) == {**before, "tiny.toml": contents(home)["tiny.toml"]}


def test_another_programs_file_is_told(home):
    study = opened(home)
    study.out.mkdir(parents=True)
    study.store.write_text("no database" * 100)
    with pytest.raises(
        StudyError, match="found a file that is not a database; name another folder"
    ):
        standing(study)
    assert study.store.name == studies.FILE
