"""What a study plans, what is left of it to do, and running it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench import engine, runner
from bench.descriptions import describe, describe_plan, describe_status
from bench.store import read
from bench.studies import Study, open_study
from study.data import file_name
from study.errors import StudyError
from study.grid import Preset
from study.simulate import FILES
from tests.bench import made_up
from tests.bench.made_up import CELLS, PRESET

SIMULATED = [file_name(role, rows) for role, rows in FILES]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return made_up.write_data(tmp_path / "data")


def opened(data: Path, preset: Preset = PRESET, *, simulate: bool = False) -> Study:
    """The study of this preset in the folders beside the data."""
    home = data.parent
    return open_study(preset, data, home / "out", home / "models", simulate=simulate)


def run(study: Study) -> tuple[Study, list[tuple[str, int]]]:
    """Run the study; return it with what was shown."""
    shown: list[tuple[str, int]] = []
    return runner.run(study, 1, lambda said, runs: shown.append((said, runs))), shown


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells are completed here and at once, without training."""
    monkeypatch.setattr(runner, "each", made_up.in_this_process)
    monkeypatch.setattr(runner, "carry_out", made_up.complete)


@pytest.fixture
def finished(data: Path, untrained: None) -> Path:
    """Return the data folder of a study that has run."""
    assert run(opened(data))[0].missing == 0
    return data


def missing(study: Study) -> dict[str, int]:
    """How many runs of each cell are to come, for the cells that are not complete."""
    return {task.cell.name: len(task.missing) for task in study.tasks if not task.complete}


def minutes(study: Study, workers: int) -> float:
    """How long the plan says that the study takes."""
    (found,) = re.findall(r"about (\S+) minutes", "\n".join(describe_plan(study, workers)))
    return float(found)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


# What is planned


def test_every_run_of_every_cell_is_planned_and_missing(data):
    study = opened(data)
    assert missing(study) == dict.fromkeys(CELLS, 1 + 2 + 2)
    assert (study.planned, study.missing, study.lost) == (40, 40, 0)


def test_no_two_planned_runs_share_a_row(data):
    keys = [task.key(planned) for task in opened(data).tasks for planned in task.planned]
    assert len(set(keys)) == len(keys) == 40


@pytest.mark.parametrize(
    ("change", "planned"),
    [
        ({"sizes": (4,)}, 20),
        ({"draws": 0}, 24),
        ({"starts": 5}, 64),
        ({"draw_starts": 3}, 72),
        ({"trial_starts": 4}, 64),
        ({"halvings": 1}, 80),  # 3 trials of 1/3 of the steps, 1 of all, and 2 of all: 6
    ],
    ids=str,
)
def test_planned_runs_by_hand(data, change, planned):
    assert opened(data, replace(PRESET, **change)).planned == planned


def test_the_plan_in_words(data):
    plan = "\n".join(describe_plan(opened(data), workers=2))
    assert f"preset tiny on data in {data}: 8 cells" in plan
    assert "m: 4, 8\n" in plan
    assert "trials: 1 a cell, 1 starts each" in plan
    assert "40 trainings, 40 of them still to do" in plan
    for file in ("out/runs.sqlite", "out/runs.csv", *(f"models/model_{c}.h5" for c in CELLS)):
        assert str(data.parent / file) in plan


def test_the_plan_of_a_finished_study(finished):
    plan = list(describe_plan(opened(finished), workers=2))
    assert "40 trainings, 0 of them still to do" in plan
    assert "about 0.0 minutes with 2 workers" in plan


def test_more_to_do_takes_longer_and_more_workers_less_long(data):
    small, large = opened(data), opened(data, replace(PRESET, steps=10**7))
    assert 0 < minutes(small, 1) < minutes(large, 2) < minutes(large, 1)


def test_what_is_said_of_a_study(data):
    said = describe(opened(data))
    assert json.loads(json.dumps(said)) == said
    assert said["planned"] == {"trial": 8, "run": 32, "baseline": 0}
    assert len(said["cells"]) == 8
    cell = {"architecture": "standard", "augmented": False, "m": 4}
    counts = {"trials": 1, "runs": 4}
    assert said["cells"][0] == cell | {"corrected": False, "control": ""} | counts
    assert (said["preset"], said["m"], said["draws"], said["starts"]) == ("tiny", [4, 8], 2, 2)
    assert (said["train_files"], said["pool"]) == ([4, 20], 20)
    assert (said["validation_rows"], said["test_rows"]) == (5, 0)
    assert said["data"] == "given"
    assert {"name", "standard", "equivariant"} == set.union(*map(set, said["space"]))


# Data: given, or simulated where there are none


def test_a_folder_that_is_not_there_is_no_reason_to_simulate(tmp_path):
    with pytest.raises(StudyError, match="found no folder there; name the folder that holds the"):
        opened(tmp_path / "dtaa", simulate=True)
    assert list(tmp_path.iterdir()) == []


def test_looking_at_a_study_without_data_writes_nothing(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    study = opened(folder)
    assert study.simulated
    assert list(study.data.train) == [100, 1000, 10000]
    assert [path.name for path in tmp_path.rglob("*")] == ["data"]
    assert "preset tiny on simulated data: 8 cells" in describe_plan(study, 1)


def test_data_are_simulated_for_a_study_that_has_none(tmp_path):
    for name in ("data", "elsewhere"):
        (tmp_path / name).mkdir()
    study = opened(tmp_path / "data", simulate=True)
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == sorted(SIMULATED)
    assert (study.simulated, study.data.folder) == (True, tmp_path / "data")
    assert describe(study)["data"] == "simulated"
    looked_at = opened(tmp_path / "elsewhere")
    assert looked_at.data.checksum == study.data.checksum
    again = opened(tmp_path / "data", simulate=True)
    assert (again.simulated, again.data.checksum) == (True, study.data.checksum)


def test_given_data_are_used_as_they_are(data):
    before = contents(data)
    study = opened(data, simulate=True)
    assert not study.simulated
    np.testing.assert_array_equal(study.data.train[4].Y[:, 0], [0, 0.01, 0.02, 0.03])
    assert contents(data) == before


@pytest.mark.parametrize("simulate", [True, False])
def test_a_folder_with_some_data_is_never_simulated_into(data, simulate):
    (data / file_name("validation", 5)).unlink()
    before = contents(data)
    with pytest.raises(StudyError, match="expected a validation file"):
        opened(data, simulate=simulate)
    assert contents(data.parent) == {f"data/{name}": text for name, text in before.items()}


@pytest.mark.parametrize("draws", [0, 2])
def test_more_samples_than_there_are(data, draws):
    with pytest.raises(StudyError, match=r"expected m from 1 to 20, .* found m = 21; ask") as error:
        opened(data, replace(PRESET, sizes=(4, 21), draws=draws))
    assert "\n" not in str(error.value)
    assert opened(data, replace(PRESET, sizes=(4, 20), draws=draws)).missing > 0


# Running


def test_a_run_completes_every_cell_and_keeps_its_rows(data, untrained):
    study, shown = run(opened(data))
    assert (study.missing, study.lost) == (0, 0)
    assert shown == [(f"{cell}: best validation MSE 0.0123", 5) for cell in CELLS]
    assert {path.stem for path in (data.parent / "models").iterdir()} == {
        f"model_{cell}" for cell in CELLS
    }
    results = read(data.parent / "out")
    assert results.runs["role"].value_counts().to_dict() == {"draw": 24, "trial": 8, "winner": 8}
    assert len(results.diagonals) == 8
    assert results.study.items() >= describe(study).items()
    assert results.study["seconds"].items() >= {"training": 8 * 1.5}.items()
    assert len(pd.read_csv(data.parent / "out" / "runs.csv")) == 40


def test_the_study_after_a_run_is_what_opens_from_its_rows(data, untrained):
    after, _ = run(opened(data))
    assert list(describe_status(after)) == list(describe_status(opened(data)))
    assert (opened(data).missing, missing(opened(data))) == (0, {})


class NoWorkers:
    """A pool that must not be asked for anything."""

    def __init__(self, *_: object) -> None:
        pass

    def submit(self, *_: object) -> None:
        pytest.fail("a worker was started")

    def shutdown(self, **_: object) -> None:
        pass


def test_a_finished_study_starts_no_worker(finished, monkeypatch):
    before = read(finished.parent / "out")
    monkeypatch.setattr(runner, "each", engine.each)
    monkeypatch.setattr(engine, "ProcessPoolExecutor", NoWorkers)
    study, shown = run(opened(finished, simulate=True))
    assert (study.missing, shown) == (0, [])
    after = read(finished.parent / "out")
    pd.testing.assert_frame_equal(after.runs, before.runs)
    pd.testing.assert_frame_equal(after.diagonals, before.diagonals)


def test_an_unfinished_study_would_start_workers(data, monkeypatch):
    monkeypatch.setattr(engine, "ProcessPoolExecutor", NoWorkers)
    with pytest.raises(pytest.fail.Exception, match="a worker was started"):
        run(opened(data))


def test_an_interruption_keeps_finished_cells_and_the_rest_follows(data, monkeypatch, untrained):
    def interrupted(*arguments: object) -> Iterator[object]:
        completed = made_up.in_this_process(*arguments)
        yield from (next(completed) for _ in range(3))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(runner, "each", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(opened(data))
    study = opened(data)
    assert missing(study) == dict.fromkeys(CELLS[3:], 5)
    assert len(read(data.parent / "out").runs) == 15
    study, shown = run(study)
    assert [said.split(":")[0] for said, _ in shown] == CELLS[3:]
    assert study.missing == 0
    assert len(read(data.parent / "out").runs) == 40


# What changes, and what of it is done again


def test_more_draws_keep_the_rows_that_are_there(finished):
    before = read(finished.parent / "out").runs
    more = opened(finished, replace(PRESET, draws=3))
    assert missing(more) == dict.fromkeys(CELLS, 1)
    study, shown = run(more)
    assert [runs for _, runs in shown] == [1] * 8
    runs = read(finished.parent / "out").runs
    assert len(runs) == study.planned == 48
    kept = runs[runs["run"].isin(before["run"])]
    assert len(kept) == 40
    assert set(kept["seed"]) == set(before["seed"])


def test_fewer_draws_leave_the_others_out_and_lose_none(finished):
    run(opened(finished, replace(PRESET, draws=1)))
    assert len(read(finished.parent / "out").runs) == 32
    assert missing(opened(finished)) == {}


def test_more_sizes_keep_the_cells_that_are_there(finished):
    study = opened(finished, replace(PRESET, sizes=(4, 6, 8)))
    assert set(missing(study)) == {cell.replace("_4", "_6") for cell in CELLS if "_4" in cell}


@pytest.mark.parametrize(
    "change", [{"steps": 11}, {"patience": 9}, {"halvings": 1}, {"oracle": "hyperband"}], ids=str
)
def test_another_protocol_starts_anew(finished, change):
    study = opened(finished, replace(PRESET, **change))
    assert study.missing == study.planned
    assert missing(opened(finished)) == {}


def test_other_data_start_anew(finished):
    made_up.write_data(finished, pool=19)
    (finished / file_name("train", 20)).unlink()
    assert opened(finished).missing == 40


def test_the_preset_s_name_is_no_reason_to_start_anew(finished):
    assert missing(opened(finished, replace(PRESET, name="mine"))) == {}


def test_a_winner_that_is_lost_is_made_again(finished):
    lost = finished.parent / "models" / "model_standard_4.h5"
    lost.unlink()
    study = opened(finished)
    assert missing(study) == {"standard_4": 0}
    assert f"  standard_4: no {lost}" in describe_status(study)
    _, shown = run(study)
    assert [said.split(":")[0] for said, _ in shown] == ["standard_4"]
    assert lost.exists()
    assert missing(opened(finished)) == {}


# Failures


def test_draws_without_a_sound_run_are_counted_and_told(data, untrained, monkeypatch):
    monkeypatch.setattr(runner, "carry_out", made_up.failing("draw", 2))
    study, shown = run(opened(data))
    assert study.lost == opened(data).lost == 8
    assert shown[0][0] == "standard_4: best validation MSE 0.0123, 1 failed runs"
    assert "  standard_4: 1 dead" in describe_status(study)


def test_a_draw_with_a_sound_start_beside_the_failed_one_is_not_lost(data, untrained, monkeypatch):
    monkeypatch.setattr(runner, "carry_out", made_up.failing("draw", 0))  # start 1; start 0 wins
    study, shown = run(opened(data))
    assert study.lost == 0
    assert shown[0][0] == "standard_4: best validation MSE 0.0123, 1 failed runs"


def test_failed_trials_are_the_tuner_s_business(data, untrained, monkeypatch):
    monkeypatch.setattr(runner, "carry_out", made_up.failing("trial", 0))
    study, shown = run(opened(data))
    assert study.lost == 0
    assert "failed" not in shown[0][0]
    assert "  standard_4: complete" in describe_status(study)


def test_the_status_of_a_study_that_has_not_begun(data):
    assert list(describe_status(opened(data))) == [
        "0 of 40 planned runs are there",
        *(f"  {cell}: 5 missing" for cell in CELLS),
    ]


def test_another_protocol_s_winner_does_not_pass_for_this_one_s(finished):
    run(opened(finished, replace(PRESET, steps=11)))  # overwrites the .h5 files and diagonals
    assert len(missing(opened(finished))) == 8


def test_with_fewer_starts_there_still_is_a_winner(data, monkeypatch):
    def last_start_wins(task):
        done = made_up.complete(task)
        for r in done.rows:
            if r["role"] != "trial" and r["draw"] == 0:
                r["role"] = "winner" if r["start"] == 1 else "draw"
        return done

    monkeypatch.setattr(runner, "each", made_up.in_this_process)
    monkeypatch.setattr(runner, "carry_out", last_start_wins)
    run(opened(data))
    assert len(missing(opened(data, replace(PRESET, starts=1)))) == 8


def test_a_run_that_trains_nothing_keeps_the_provenance(finished, monkeypatch):
    before = read(finished.parent / "out").study["provenance"]
    monkeypatch.setattr(runner, "provenance", lambda: {"commit": "another"})
    run(opened(finished))
    assert read(finished.parent / "out").study["provenance"] == before


def test_times_of_another_study_are_not_this_one_s(finished, monkeypatch):
    def interrupt(task):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "carry_out", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(opened(finished, replace(PRESET, steps=11)))
    assert "seconds" not in read(finished.parent / "out").study
