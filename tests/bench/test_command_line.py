"""python -m bench: its exit codes, what it says, and what it leaves alone."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from itertools import product
from pathlib import Path

import pytest

from bench import progress, waves
from bench.__main__ import COMMANDS, main
from bench.plan import describe_status
from bench.proposals import drawn
from bench.studies import standing
from study.design import Drawing
from study.store import Store, read
from tests.bench import made_up
from tests.bench.made_up import PLANNED, contents, opened

ROOT = Path(__file__).parents[2]
PRESETS = ["budget", "corrected", "default", "doubled", "exercise", "published", "smoke", "space"]
CHANGES = {"steps": 400}  # so that the networks live


@pytest.fixture
def arguments(home: Path) -> list[str]:
    """The options of a tiny study of given data; its preset is a copy of the user's own."""
    preset = made_up.write_preset(home / "tiny.toml", **CHANGES)
    folders = {name: home / place for name, place in (("out", "results"), ("models", "models"))}
    options = {"preset": preset, "data": home / "data", **folders, "workers": 1}
    return [word for name, value in options.items() for word in (f"--{name}", str(value))]


@pytest.fixture
def untrainable(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on nothing may be carried out."""

    def fail(*_: object, **__: object) -> None:
        raise pytest.fail.Exception("a block was carried out")

    return lambda: monkeypatch.setattr(waves, "carry_out", fail)


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """From here on records of requests of this kind are other ones."""
    carry_out = waves.carry_out

    def change(wrong: Callable, **values: object) -> None:
        def carried(block, context, halt):
            found = carry_out(block, context, halt)
            pairs = zip(block.trainings, found, strict=True)
            return [replace(r, **values) if wrong(one.request) else r for one, r in pairs]

        monkeypatch.setattr(waves, "carry_out", carried)

    return change


# What works


def test_a_run_says_what_is_done_and_what_became_of_it(arguments, home, capsys):
    assert main(["run", *arguments]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    study = opened(home, **CHANGES)
    first, remark, *lines = said.out.splitlines()
    assert first == f"{study.name}: preset tiny on data in {home / 'data'}, root seed 1"
    assert remark == f"  {study.remarks[0].text}"
    waves_ = [line for line in lines if line.startswith("wave ")]
    assert waves_[-1].startswith(f"wave 3: {PLANNED} of {PLANNED} trainings")
    wrote = [line.removeprefix("wrote ") for line in lines if line.startswith("wrote ")]
    assert sorted(wrote) == sorted(map(str, [study.out / "runs.csv", *study.models.iterdir()]))
    *status, filled = lines[len(waves_) + len(wrote) :]
    assert status == list(describe_status(study, standing(study).records))
    assert re.fullmatch(r"blocks were filled to \d+ %", filled)
    assert {path.name for path in home.iterdir()} == {"data", "results", "models", "tiny.toml"}


def test_a_second_run_has_nothing_to_do(arguments, home, untrainable, capsys):
    main(["run", *arguments])
    untrainable()
    before = contents(home)
    first = capsys.readouterr().out.splitlines()
    assert main(["run", *arguments]) == 0
    again = capsys.readouterr().out.splitlines()
    assert not [line for line in again if line.startswith(("wave ", "blocks "))]
    assert again[2:] == [line for line in first[:-1] if line in again[2:]]
    kept = {name: text for name, text in contents(home).items() if "records" not in name}
    assert kept == {name: text for name, text in before.items() if "records" not in name}


@pytest.mark.parametrize("command", ["plan", "status"])
@pytest.mark.parametrize("begun", [False, True])
def test_looking_starts_nothing_and_writes_nothing(
    command, begun, arguments, untrainable, home, capsys
):
    if begun:
        main(["run", *arguments])
        next((home / "models").rglob("*.h5")).unlink()
    before = contents(home)
    untrainable()
    assert main([command, *arguments]) == 0
    assert contents(home) == before
    assert str(PLANNED) in capsys.readouterr().out


@pytest.mark.parametrize("command", ["plan", "status"])
def test_looking_simulates_nothing(command, arguments, home):
    empty = home / "empty"
    empty.mkdir()
    before = contents(home)
    assert main([command, *arguments, "--data", str(empty)]) == 0
    assert main([command, *arguments, "--data", str(home / "missing")]) == 2
    assert contents(home) == before


def test_status_after_a_run_is_what_the_run_said(arguments, capsys):
    main(["run", *arguments])
    ran = capsys.readouterr().out
    assert main(["status", *arguments]) == 0
    assert capsys.readouterr().out in ran


def test_another_seed_and_trainer_are_other_studies(arguments, home, capsys):
    names = []
    for more in ([], ["--seed", "2"], ["--trainer", "keras"]):
        assert main(["plan", *arguments, *more]) == 0
        names.append(capsys.readouterr().out.split(":")[0])
    data = opened(home).data.checksum[:8]
    assert names == [f"tiny-{data}", f"tiny-seed2-{data}", f"tiny-keras-{data}"]


@pytest.mark.parametrize(("command", "code"), [("plan", 0), ("status", 0), ("run", 130)])
def test_whoever_reads_may_stop(command, code, arguments, monkeypatch):
    end, written = os.pipe()
    os.close(end)
    with os.fdopen(written, "w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        assert main([command, *arguments]) == code


@pytest.mark.parametrize("command", ["plan", "status"])
def test_data_in_another_convention_may_be_trusted(command, arguments, home, capsys):
    made_up.turn_down(home / "data" / "leakage_dataset_train_120.csv")
    assert main([command, *arguments, "--trust-data"]) == 0
    warning = "  WARNING: leakage_dataset_train_120.csv seems to be in another convention: the "
    assert (warning in capsys.readouterr().out) == (command == "plan")


def test_data_are_written_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("study.simulate.FILES", (("train", 30), ("validation", 40)))
    assert main(["data", "--data", str(tmp_path)]) == 0
    written = capsys.readouterr().out.splitlines()
    assert sorted(written) == sorted(f"wrote {path}" for path in tmp_path.iterdir())
    assert len(written) == 2
    before = contents(tmp_path)
    assert main(["data", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
    assert contents(tmp_path) == before
    assert main(["data", "--data", str(tmp_path / "other"), "--data-seed", "2"]) == 0
    assert set(contents(tmp_path / "other").values()).isdisjoint(before.values())


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_has_an_example(command, capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        main([*filter(None, [command]), "--help"])
    example = f"example: python -m bench {command or ''}"
    assert example in " ".join(capsys.readouterr().out.split())


def test_the_presets_that_help_names_are_there(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["plan", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert f"{', '.join(PRESETS)}, variance, or your own .toml file" in said
    for preset in (*PRESETS, "variance"):
        assert main(["plan", "--preset", preset, "--data", str(tmp_path)]) == 0
        assert f"{preset}: preset {preset} on simulated data" in capsys.readouterr().out


def test_every_command_is_there():

    for place, _ in COMMANDS.values():
        module, function = place.split(":")
        assert callable(getattr(import_module(module), function))


@pytest.mark.parametrize("command", ["plan", "status"])
def test_looking_loads_no_tensorflow_and_no_loop(command, arguments):
    """Of a study that has begun, too: lists of proposals are read, not drawn."""
    main(["run", *arguments])
    program = "import sys; from bench.__main__ import main; main(sys.argv[1:]); print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", program, command, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert str(PLANNED) in said
    loaded = said.splitlines()[-1].split()
    assert "bench.studies" in loaded
    assert not {"tensorflow", "keras", "keras_tuner", "numba", "sklearn"} & set(loaded)


# What is wrong


def set_preset(text: str) -> Callable[[Path], None]:
    return lambda home: (home / "tiny.toml").write_text(text, encoding="utf-8")


def change_preset(**changes: object) -> Callable[[Path], None]:
    return lambda home: made_up.write_preset(home / "tiny.toml", **changes)


def spoil_data(home: Path) -> None:
    path = home / "data" / "leakage_dataset_train_20.csv"
    first, second, *others = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([first, "two" + second[second.index(",") :], *others]), "utf-8")


def spoil_store(home: Path) -> None:
    study = opened(home, **CHANGES)
    study.out.mkdir(parents=True)
    study.store.write_text("no database" * 100, encoding="utf-8")


def put_in_the_way(name: str) -> Callable[[Path], object]:
    return lambda home: (home / name).write_text("in the way", encoding="utf-8")


WRONG = {
    "no preset": (lambda home: (home / "tiny.toml").unlink(), "tiny.toml: expected one of budget"),
    "no TOML": (set_preset("sizes = [4"), "tiny.toml: expected a TOML file, found "),
    "no steps": (set_preset("sizes = [20]\nrepetitions = 1"), "expected a value for steps, found"),
    "unknown": (change_preset(stepz=3), "found stepz; remove it"),
    "steps": (
        change_preset(steps=0),
        "expected steps to be a whole number from 50 to 1,000,000, found 0",
    ),
    "sizes": (change_preset(sizes=[4, "8"]), "expected sizes to be a list of whole numbers"),
    "architecture": (
        change_preset(architectures=["cnn"]),
        "expected architectures to be a list of",
    ),
    "too few samples": (change_preset(sizes=[121]), "expected m from 1 to 120, "),
    "too few to correct": (
        change_preset(sizes=[4], corrections=["fitted"]),
        "expected sizes from 10 for the correction",
    ),
    "no number": (spoil_data, "row 1 (line 2), column y1: expected a number, found 'two'"),
    "no validation": (
        lambda home: [path.unlink() for path in (home / "data").glob("*validation*")],
        "expected a validation file",
    ),
    "no database": (spoil_store, "found a file that is not a database; name another folder"),
    "a file for results": (
        put_in_the_way("results"),
        "expected a folder to write to, found a file",
    ),
    "a file for models": (put_in_the_way("models"), "expected a folder to write to, found a file"),
    "another convention": (
        lambda home: made_up.turn_down(home / "data" / "leakage_dataset_validation_200.csv"),
        "leakage_dataset_validation_200.csv: expected y1 to the right, y2 upwards and the sensors",
    ),
    "misnamed data": (put_in_the_way("data/leakage_dataset_x.csv"), "expected a name like leakage"),
}


@pytest.mark.parametrize("command", ["plan", "run", "status"])
@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_one_line_and_leaves_all_as_it_was(
    command, name, arguments, untrainable, home, capsys
):
    spoil, words = WRONG[name]
    untrainable()
    spoil(home)
    before = contents(home)
    assert main([command, *arguments]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1
    if name != "no database" or command != "run":
        assert said.out == ""
    assert contents(home) == before


def test_a_space_with_too_few_points_is_one_line(arguments, home, untrainable, capsys):
    narrow = {
        "depth": [2], "width": [4], "activation": ["elu"], "batch_size": [16],
        "optimizer": ["adam"], "learning_rate": [0.0999999, 0.1], "loss": ["mse"],
    }  # fmt: skip
    made_up.write_preset(home / "tiny.toml", space={"standard": narrow})
    untrainable()
    assert main(["run", *arguments]) == 2
    assert capsys.readouterr().err == (
        "search space: expected at least 2 points to propose, found 1; ask for fewer proposals, or "
        "widen the space\n"
    )


@pytest.mark.parametrize("option", ["workers", "seed", "data-seed"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "two", "", "1_0", "\u0663"])
def test_counts_and_seeds_are_whole_numbers_from_one(option, value, arguments, home, capsys):
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["run", *arguments, f"--{option}={value}"])
    assert f", found {value}; " in capsys.readouterr().err
    assert not (home / "results").exists()


@pytest.mark.parametrize("wrong", [["--trainer", "torch"], ["--presets", "smoke"]])
def test_unknown_options_are_told(wrong, arguments, home):
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["run", *arguments, *wrong])
    assert not (home / "results").exists()


def test_the_process_ends_with_the_code_and_without_a_traceback(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "bench", "status", "--preset", "mine"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.startswith(f"preset mine: expected one of {', '.join(PRESETS)}, variance")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


# What goes wrong on the way


def is_second_standard(request) -> bool:
    cell = request.cell
    mine = (cell.architecture, cell.augmented, cell.m, request.repetition)
    return mine == ("standard", False, 20, 2)


def test_a_repetition_without_a_sound_network_ends_with_3(arguments, changed, capsys):
    changed(
        lambda request: is_second_standard(request) and request.stage == "full",
        status="dead",
        reason="its outputs spread by only 0",
    )
    assert main(["run", *arguments]) == 3
    said = capsys.readouterr()
    assert "  standard raw, uncorrected, m = 20: 1 dead\n" in said.out
    assert "no sound network: standard raw, uncorrected, m = 20, repetition 2\n" in said.out
    assert said.err == ""
    assert main(["run", *arguments]) == 3
    assert main(["status", *arguments]) == 0


def test_a_failed_proposal_is_no_failure(arguments, changed, capsys):
    changed(
        lambda one: is_second_standard(one) and (one.stage, one.rank) == ("proposal", 0),
        status="dead",
        reason="its outputs spread by only 0",
    )
    assert main(["run", *arguments]) == 0
    assert "  standard raw, uncorrected, m = 20: 1 dead\n" in capsys.readouterr().out


def test_a_block_that_raises_ends_with_1_and_is_tried_again(arguments, monkeypatch, capsys):
    carry_out = waves.carry_out

    def carried(block, context, halt):
        if block.trainings[0].request.cell.architecture == "equivariant":
            raise ZeroDivisionError("a fault of the program")
        return carry_out(block, context, halt)

    with monkeypatch.context() as patch:
        patch.setattr(waves, "carry_out", carried)
        assert main(["run", *arguments]) == 1
    said = capsys.readouterr()
    assert "a block failed (" in said.out
    assert "ZeroDivisionError('a fault of the program'); it is left out\n" in said.out
    assert "\n20 trainings failed: ZeroDivisionError('a fault of the program')\n" in said.out
    assert "  standard raw, uncorrected, m = 20: complete\n" in said.out
    assert "  equivariant raw, uncorrected, m = 20: 10 missing\n" in said.out
    assert said.err == ""
    assert main(["run", *arguments]) == 0
    assert "missing" not in capsys.readouterr().out


def test_an_interrupted_run_keeps_what_is_finished(arguments, home, monkeypatch, capsys):
    count, told = progress.Tally.count, []

    def interrupt(self, step):
        told.append(step)
        if len(told) == 3:
            raise KeyboardInterrupt
        count(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(progress.Tally, "count", interrupt)
        assert main(["run", *arguments]) == 130
    said = capsys.readouterr()
    assert said.err == "interrupted; finished blocks are kept, the same command goes on\n"
    kept = {record.key for record in read(opened(home, **CHANGES).store)}
    assert kept == {record.key for step in told for record in step.records}
    assert main(["status", *arguments]) == 0
    assert f"{len(kept)} of {PLANNED} planned trainings are there" in capsys.readouterr().out
    assert main(["run", *arguments]) == 0


INTERRUPTED = """
import os, signal, sys
from bench import waves
from bench.__main__ import main

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
carry_out = waves.carry_out

def interrupt(block, context, halt):
    if block.trainings[0].request.stage == "proposal":
        return carry_out(block, context, halt)
    os.kill(os.getpid(), signal.SIGINT)
    while not halt():
        pass

waves.carry_out = interrupt
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name != "posix", reason="no process is sent signals here")
def test_a_signal_ends_the_process_at_once_with_130(arguments, home):
    """While a thread trains: it is told to halt."""
    study = opened(home, **CHANGES)
    with Store(study.store) as store:  # so that the process need not wait for TensorFlow
        proposals = drawn(study.preset, 1, {}, store.say)
        for name, repetition in product(("standard", "equivariant"), range(3)):
            proposals(Drawing(name, repetition), 2)
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, "run", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (
        130,
        "interrupted; finished blocks are kept, the same command goes on\n",
    )
    assert len(read(opened(home, **CHANGES).store)) == 40


def test_an_interrupted_look_says_that_nothing_was_written(tmp_path, monkeypatch, capsys):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bench.simulated.write_data", interrupt)
    assert main(["data", "--data", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "interrupted; no file was written\n"


def test_our_own_mistakes_outside_blocks_are_not_hidden(arguments, monkeypatch):
    monkeypatch.setattr("bench.waves.pack", lambda wave: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["run", *arguments])
