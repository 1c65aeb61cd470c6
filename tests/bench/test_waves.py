"""A study that runs, is interrupted, grows, fails in part, and goes on."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench import facts, waves
from bench.studies import Folders, Study, open_study, standing
from bench.verify import LEFT_OUT
from bench.waves import Result, Step, carry_out_waves
from study import about
from study.about import About
from study.design import Request
from study.errors import StudyError
from study.presets import load_preset
from study.records import Record
from study.store import Store, read, read_facts
from tests.bench import made_up
from tests.bench.made_up import PLANNED, opened

ROOT = Path(__file__).parents[2]


def silent(step: Step) -> None:
    """Show nothing."""


def run(study: Study, show: Callable[[Step], None] = silent, workers: int = 1) -> Result:
    return carry_out_waves(study, workers, show)


def timeless(records: dict[Request, Record]) -> dict[Request, Record]:
    return {request: replace(record, seconds=0.0) for request, record in records.items()}


@pytest.fixture
def untrainable(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on nothing may be carried out."""

    def fail(*_: object, **__: object) -> None:
        pytest.fail("a block was carried out")

    return lambda: monkeypatch.setattr(waves, "carry_out", fail)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A study that was never interrupted."""
    home = tmp_path_factory.mktemp("whole")
    made_up.write_data(home / "data")
    return home, run(opened(home))


# A run


def test_every_request_has_its_record(whole):
    home, result = whole
    study = opened(home)
    assert set(result.records) == set(study.names)
    assert len(result.records) == PLANNED
    assert not result.failed
    assert timeless(standing(study).records) == timeless(result.records)
    assert standing(study).wave == []
    assert len(read(study.store)) == PLANNED


# If this fails, a change has changed what a study comes to: its proposals, which of them go on, its
# trainings or what is told of them. See the digest of tests/bench/test_blocks.py.
DIGEST = "2605ea70f362c9677cdda9b52e87c922332af7f4cdb8578b0d512bd042493083"


def test_the_records_of_a_tiny_study_are_those_of_this_version(whole):
    """All of it: KerasTuner's proposals, promotions, the exercise with its further starts, keys."""
    _, result = whole
    bits = hashlib.sha256()
    for _, record in sorted(result.records.items()):
        told = {name: value for name, value in asdict(record).items() if name not in LEFT_OUT}
        bits.update(repr(told).encode())
    assert bits.hexdigest() == DIGEST


def test_a_run_takes_three_waves_and_says_so(home):
    steps: list[Step] = []
    result = run(opened(home), steps.append)
    assert sorted({step.wave for step in steps}) == [1, 2, 3]
    counted = [sum(len(s.records) for s in steps if s.wave == wave) for wave in (1, 2, 3)]
    # By hand: 20 repetitions of a cell with 2 proposals, 1 in full, and 4 with 1 further start.
    assert counted == [40, 20, 4]
    assert all(step.error is None for step in steps)
    assert {step.missing for step in steps} == {PLANNED}
    for wave in (1, 2, 3):
        left = [step.left for step in steps if step.wave == wave]
        assert left == sorted(left, reverse=True)
        assert left[-1] == 0
    assert result.lanes == PLANNED
    assert result.seats >= result.lanes


def test_finalists_are_the_best_of_their_proposals(whole):
    _, result = whole
    for request, record in result.records.items():
        if request.stage == "full":
            rivals = [
                result.records[replace(request, stage="proposal", rank=rank)] for rank in (0, 1)
            ]
            best = min(rivals, key=lambda one: one.validation_mse)
            assert (record.proposal, record.learning_rate) == (best.proposal, best.learning_rate)


@pytest.mark.parametrize("workers", [2, 5])
def test_the_number_of_workers_changes_no_record(workers, whole, home):
    assert timeless(run(opened(home), workers=workers).records) == timeless(whole[1].records)


def test_what_is_done_in_threads_is_done_in_as_many_as_there_are_workers(home, monkeypatch):
    threads = set()
    carry_out = waves.carry_out

    def note(*arguments, **options):
        threads.add(threading.current_thread().name)
        return carry_out(*arguments, **options)

    monkeypatch.setattr(waves, "carry_out", note)
    run(opened(home), workers=2)
    assert 1 <= len(threads) <= 2
    assert threading.current_thread().name not in threads


# Going on


def test_a_second_run_trains_nothing(home, untrainable):
    study = opened(home)
    first = run(study)
    before = read(study.store)
    untrainable()
    steps: list[Step] = []
    again = run(opened(home), steps.append)
    assert again.records == first.records
    assert (steps, again.lanes, again.seats) == ([], 0, 0)
    assert read(study.store) == before


@pytest.mark.parametrize("blocks", [1, 7, 12])
def test_an_interrupted_study_goes_on_to_the_same_records(blocks, home, whole):
    seen: list[Step] = []

    def stop(step: Step) -> None:
        seen.append(step)
        if len(seen) == blocks:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(opened(home), stop)
    study = opened(home)
    finished = {record.key for step in seen for record in step.records}
    assert {record.key for record in read(study.store)} == finished
    assert 0 < len(finished) < PLANNED
    trained: list[Step] = []
    result = run(study, trained.append)
    assert {step.missing for step in trained} == {PLANNED - len(finished)}
    assert timeless(result.records) == timeless(whole[1].records)
    assert sum(len(step.records) for step in trained) == PLANNED - len(finished)


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({"repetitions": 3}, 8 * 3),
        ({"sizes": [20, 30, 40]}, 4 * 2 * 3),
        (
            {"conditions": ["wrong_symmetry"], "condition_sizes": [20], "condition_repetitions": 2},
            2,
        ),
        ({"exercise": {"proposals": 2, "finalists": 1, "starts": 2}}, 4),
        ({"exercise": {"proposals": 3, "finalists": 1, "starts": 0}}, None),
    ],
    ids=["repetition", "size", "condition", "start", "proposal"],
)
def test_a_study_that_grows_trains_only_what_is_new(change, more, whole, tmp_path):
    home, before = whole
    (tmp_path / "data").symlink_to(home / "data")
    with Store(opened(tmp_path).store) as store:
        store.add(before.records.values())
    grown = opened(tmp_path, **change)
    steps: list[Step] = []
    result = run(grown, steps.append)
    assert set(result.records) == set(grown.names)
    fresh = {record.key for step in steps for record in step.records}
    assert not fresh & {record.key for record in before.records.values()}
    if more is not None:
        assert len(fresh) == more
        assert before.records.items() <= result.records.items()


def test_fewer_repetitions_leave_the_others_out_and_lose_none(home, untrainable):
    run(opened(home))
    untrainable()
    fewer = opened(home, repetitions=1)
    assert set(run(fewer).records) == set(fewer.names)
    assert len(read(fewer.store)) == len(fewer.names)
    assert len(read(fewer.store, counted=False)) == PLANNED


@pytest.mark.parametrize("change", [{"steps": 150}, {"validation_rows": 100}], ids=str)
def test_another_protocol_starts_its_trainings_anew(change, home):
    run(opened(home, **made_up.SMALL))
    assert standing(opened(home, **made_up.SMALL)).wave == []
    other = standing(opened(home, **{**made_up.SMALL, **change}))
    assert len(other.records) < 12


def test_the_presets_name_is_no_part_of_a_key(home):
    study = opened(home)
    renamed = replace(study, preset=replace(study.preset, name="mine"))
    run(study)
    assert standing(renamed).wave == []


# Errors


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Request], bool]], None]:
    """Blocks that hold such a request raise an error; the original comes back with None."""
    carry_out = waves.carry_out

    def fail_where(wrong: Callable[[Request], bool] | None) -> None:
        def carried(block, context, halt):
            if wrong and any(wrong(one.request) for one in block.trainings):
                raise ZeroDivisionError("a fault of the program")
            return carry_out(block, context, halt)

        monkeypatch.setattr(waves, "carry_out", carried)

    return fail_where


def is_equivariant(request: Request) -> bool:
    return request.cell.architecture == "equivariant"


def test_a_block_that_raises_is_left_out_with_all_that_depends_on_it(home, failing, whole):
    failing(is_equivariant)
    steps: list[Step] = []
    study = opened(home)
    result = run(study, steps.append)
    assert {request.cell.architecture for request in result.records} == {"standard"}
    assert len(result.records) == PLANNED // 2
    assert all(request.stage == "proposal" for request in result.failed)
    assert len(result.failed) == 20
    told = [step for step in steps if step.error]
    assert {repr(step.error) for step in told} == {"ZeroDivisionError('a fault of the program')"}
    assert all(step.records == [] for step in told)
    assert About.of(read_facts(study.store)[about.NAME], "here").failed == 20
    failing(None)
    again = run(opened(home))
    assert timeless(again.records) == timeless(whole[1].records)
    assert About.of(read_facts(study.store)[about.NAME], "here").failed == 0


def test_who_wants_to_stop_at_the_first_failure_stops_there(home, failing, whole):
    failing(is_equivariant)
    steps: list[Step] = []
    result = carry_out_waves(opened(home), 1, steps.append, fail_fast=True)
    assert [step.error is not None for step in steps] == [False] * (len(steps) - 1) + [True]
    assert result.failed == {one.request for one in steps[-1].block.trainings}
    kept = {record.key for step in steps for record in step.records}
    assert {record.key for record in result.records.values()} == kept
    assert {record.key for record in read(opened(home).store)} == kept
    failing(None)
    assert timeless(run(opened(home)).records) == timeless(whole[1].records)


def test_a_late_failure_keeps_what_came_before(home, failing):
    failing(lambda request: request.stage == "start")
    result = run(opened(home))
    assert len(result.records) == PLANNED - 4
    assert {request.stage for request in result.failed} == {"start"}


def test_an_exit_is_none_of_a_blocks_errors(home, monkeypatch):
    def leave(*_: object, **__: object) -> None:
        raise SystemExit(5)

    monkeypatch.setattr(waves, "carry_out", leave)
    with pytest.raises(SystemExit):
        run(opened(home))


def test_proposals_that_cannot_be_drawn_are_told_before_anything_is_trained(home, untrainable):
    untrainable()
    narrow = {
        "depth": [2], "width": [4], "activation": ["elu"], "batch_size": [16],
        "optimizer": ["adam"], "loss": ["mse"],
    }  # fmt: skip
    study = opened(home, space={"standard": narrow})
    spaces = {"standard": replace(study.preset.space("standard"), learning_rate=(0.01, 0.01))}
    study = replace(study, preset=replace(study.preset, spaces=spaces))
    with pytest.raises(StudyError, match="expected at least 2 points to propose, found 1"):
        run(study)


# What a study says of itself


def test_a_study_says_what_it_is(whole):
    home, _ = whole
    study = opened(home)
    told = About.of(read_facts(study.store)[about.NAME], "here")
    assert (told.preset, told.trainer, told.root_seed) == ("tiny", "loop", 1)
    assert (told.data_folder, told.data_checksum) == (str(home / "data"), study.data.checksum)
    assert not told.simulated
    assert told.remarks == study.remarks != ()
    assert (told.train_files, told.validation_files, told.test_rows) == ((20, 120), (50, 200), 60)
    assert (told.planned, told.failed) == (PLANNED, 0)
    assert (told.steps, told.proposals, told.finalists) == (100, 2, 1)
    assert (told.validation_rows, told.choose_by) == ("1000", "mse")
    assert {name: space.width for name, space in told.spaces} == {
        "standard": (16, 32),
        "equivariant": (4,),
    }
    assert (told.sizes, told.repetitions, told.condition_repetitions) == ((20, 40), 2, 0)
    # Of 60 test rows of which the model is not told: too few.
    assert (told.floor_mse, told.floor_error, told.floor_rows) == (None, None, "test")


def test_the_floor_is_that_of_the_rows_that_errors_are_told_for(home):
    for path in (home / "data").glob("*test*"):
        path.unlink()
    study = replace(opened(home, **made_up.SMALL), simulated=True)
    run(study)
    told = About.of(read_facts(study.store)[about.NAME], "here")
    assert told.floor_rows == "validation"
    assert told.floor_source.startswith("exact posterior mean")
    assert told.floor_mse == pytest.approx(0.0039, abs=4 * told.floor_error)


def test_the_floor_is_taken_once(home, monkeypatch):
    study = replace(opened(home, **made_up.SMALL), simulated=True)
    run(study)
    first = read_facts(study.store)[about.NAME]
    monkeypatch.setattr(facts, "floor", lambda *_, **__: pytest.fail("was taken again"))
    run(study)
    assert read_facts(study.store)[about.NAME] == first


def test_a_sweep_runs_too(home):
    sweep = home / "sweep.toml"
    sweep.write_text(
        "sizes = [20]\nlearning_rates = [1e-3, 1e-2]\ndepths = [2]\nstandard_widths = [4]\n"
        "repeats = 2\nbatch_size = 32\nepochs = 6\npatience = 6\nequivariant_stddev = 0.2\n"
    )
    folders = Folders(home / "data", home / "results", home / "models")
    study = open_study(load_preset(str(sweep)), folders)
    result = run(study)
    assert len(result.records) == len(study.names) == 4 * 2 * 2
    # By hand: 20 rows are 1 batch of 32, 160 copies are 5; six epochs each.
    found = {(one.augmented, one.last_step) for one in result.records.values()}
    assert found == {(False, 6), (True, 30)}
    told = About.of(read_facts(study.store)[about.NAME], "here")
    assert (told.steps, told.proposals, told.spaces) == (30, 0, ())


# Killed

# It kills itself, as nothing else could at the same place, once so many blocks are stored.
KILLED = """
import os, signal, sys
from pathlib import Path
from bench.waves import carry_out_waves
from tests.bench.made_up import opened

seen = []

def kill(step):
    seen.append(step)
    if len(seen) == 3:
        os.kill(os.getpid(), signal.SIGKILL)

carry_out_waves(opened(Path(sys.argv[1])), 1, kill)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no process is killed here")
def test_who_is_killed_loses_only_what_was_not_finished(home, whole):
    with Store(opened(home).store) as store:  # so that it need not wait for TensorFlow
        for name, value in read_facts(opened(whole[0]).store).items():
            if name != about.NAME:
                store.say(name, value)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, home],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    kept = {record.key for record in read(opened(home).store)}
    assert 3 <= len(kept) < PLANNED
    steps: list[Step] = []
    result = run(opened(home), steps.append)
    assert timeless(result.records) == timeless(whole[1].records)
    assert not kept & {record.key for step in steps for record in step.records}
