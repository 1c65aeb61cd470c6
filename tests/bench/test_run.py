"""A whole run from Python: records as a table, files beside them."""

import inspect
from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.export import table
from bench.run import run_study
from bench.studies import standing
from bench.waves import Step
from study.data import file_name
from study.errors import StudyError
from study.records import COLUMNS
from study.simulate import simulated_data
from tests.bench import made_up
from tests.bench.made_up import PLANNED, contents, opened


def run(home: Path, **options: object) -> pd.DataFrame:
    made_up.write_preset(home / "tiny.toml", **options.pop("changes", {}))
    folders = {"data": home / "data", "out": home / "results", "models": home / "models"}
    return run_study(str(home / "tiny.toml"), **{**folders, **options})


def test_a_row_for_every_training_and_a_column_for_every_field(home):
    found = run(home)
    assert len(found) == PLANNED
    assert list(found.columns) == [c.name for c in COLUMNS if c.name not in ("weights", "curve")]
    pd.testing.assert_frame_equal(found, table(standing(opened(home)).records))


def test_it_leaves_its_files_and_says_nothing(home, capsys):
    before = set(contents(home))
    run(home)
    assert capsys.readouterr() == ("", "")
    study = opened(home)
    names = {path.name for path in study.out.iterdir()}
    assert names == {"records.sqlite", "runs.csv", "writer.lock"}
    assert all(path.name.startswith("model_") for path in study.models.iterdir())
    new = {name for name in set(contents(home)) - before if not name.startswith(("res", "mod"))}
    assert new == {"tiny.toml"}


def test_a_second_run_is_the_same_table_to_the_bit(home):
    first = run(home)
    bytes_ = (opened(home).out / "runs.csv").read_bytes()
    pd.testing.assert_frame_equal(run(home), first)
    assert (opened(home).out / "runs.csv").read_bytes() == bytes_


def test_who_wants_to_see_it_go_on_is_shown_every_block(home):
    steps: list[Step] = []
    run(home, show=steps.append, workers=1, changes=made_up.SMALL)
    assert sum(len(step.records) for step in steps) == 12


def test_another_seed_is_another_study_beside_it(home):
    ours, theirs = (run(home, seed=seed, changes=made_up.SMALL) for seed in (None, 2))
    assert not set(ours["key"]) & set(theirs["key"])
    assert not set(ours["validation_mse"]) & set(theirs["validation_mse"])
    assert len(list((home / "results").iterdir())) == 2


def test_the_example_of_its_docstring_works(home, monkeypatch):
    """With a smaller preset in the smoke preset's place, and folders that are there."""
    monkeypatch.chdir(home)
    monkeypatch.setattr("bench.run.load_preset", lambda name: opened(home).preset)
    lines = inspect.getdoc(run_study).splitlines()
    first, second = (line.removeprefix(">>> ") for line in lines if line.startswith(">>>"))
    names = {"run_study": bench.run_study}
    exec(first.partition("  #")[0], names)
    medians = eval(second, names)
    assert medians.index.tolist() == [
        (m, architecture) for m in (20, 40) for architecture in ("equivariant", "standard")
    ]
    assert medians.between(0, 1).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"data": "nowhere"}, "found no folder there"),
        ({"changes": {"sizes": [121]}}, "expected m from 1 to 120"),
        ({"changes": {"steps": 0}}, "expected steps to be a whole number from 50"),
    ],
)
def test_wrong_input_is_told_and_nothing_written(options, words, home):
    with pytest.raises(StudyError, match=words):
        run(home, **options)
    assert not (home / "results").exists()


def test_data_are_simulated_where_there_are_none(tmp_path, monkeypatch):
    monkeypatch.setattr("study.simulate.FILES", (("train", 30), ("validation", 40)))
    monkeypatch.setattr("bench.studies.simulated_data", simulated_data.__wrapped__)
    (tmp_path / "data").mkdir()
    run(tmp_path, changes={**made_up.SMALL, "architectures": ["equivariant"]})
    assert (tmp_path / "data" / file_name("train", 30)).exists()
    assert (tmp_path / "results" / "tiny" / "runs.csv").exists()


def test_bench_has_one_name_for_users():
    assert bench.run_study is run_study
    with pytest.raises(AttributeError, match="module bench has no attribute run_stud"):
        bench.run_stud  # noqa: B018 - it is asked for
