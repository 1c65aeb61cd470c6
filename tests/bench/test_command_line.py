"""python -m bench: its exit codes, what it says, and what it leaves alone."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bench import runner
from bench.__main__ import main
from bench.store import FILE
from tests.bench import made_up
from tests.bench.made_up import CELLS

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in made_up.TERMINAL:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """The options of a tiny study of given data; its preset is a copy of the user's own."""
    folders = {name: str(tmp_path / name) for name in ("data", "out", "models")}
    made_up.write_data(tmp_path / "data")
    preset = made_up.write_preset(tmp_path / "tiny.toml")
    options = {"preset": str(preset), **folders, "workers": "1"}
    return [word for name, value in options.items() for word in (f"--{name}", value)]


@pytest.fixture
def completing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable], None]:
    """Let this complete the cells, in this process."""

    def patch(complete: Callable) -> None:
        monkeypatch.setattr(runner, "each", made_up.in_this_process)
        monkeypatch.setattr(runner, "carry_out", complete)

    patch(made_up.complete)
    return patch


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


# What works


def test_a_run_says_what_is_done_and_what_became_of_it(arguments, completing, tmp_path, capsys):
    assert main(["run", *arguments]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    source, *lines = said.out.splitlines()
    assert source == f"preset tiny on data in {tmp_path / 'data'}: 8 cells"
    assert [line.partition("; ")[2].partition(":")[0] for line in lines[:8]] == CELLS
    complete = ["40 of 40 planned runs are there", *(f"  {c}: complete" for c in CELLS)]
    assert lines[8:17] == complete
    # By hand: 8 cells of 1.5 s each, see made_up.complete.
    assert lines[17].endswith(" s by the clock; the workers' 12 s went to")
    assert lines[18].startswith("  training: 12.0 s, ")
    assert {path.name for path in tmp_path.iterdir()} == {"data", "out", "models", "tiny.toml"}


def test_a_second_run_has_nothing_to_show(arguments, completing, capsys):
    main(["run", *arguments])
    capsys.readouterr()
    assert main(["run", *arguments]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "40 of 40 planned runs are there"


@pytest.mark.parametrize("command", ["plan", "status"])
@pytest.mark.parametrize("begun", [False, True])
def test_looking_starts_nothing_and_writes_nothing(
    command, begun, arguments, completing, tmp_path, capsys
):
    if begun:
        main(["run", *arguments])
        (tmp_path / "models" / "model_standard_4.h5").unlink()
    before = contents(tmp_path)
    completing(lambda task: pytest.fail("a cell was trained"))
    assert main([command, *arguments]) == 0
    assert contents(tmp_path) == before
    assert "40" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["plan", "status"])
def test_looking_simulates_nothing(command, arguments, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    before = contents(tmp_path)
    assert main([command, *arguments, "--data", str(empty)]) == 0
    assert main([command, *arguments, "--data", str(tmp_path / "missing")]) == 2
    assert contents(tmp_path) == before


@pytest.mark.parametrize(("command", "code"), [("plan", 0), ("status", 0), ("run", 130)])
def test_whoever_reads_may_stop(command, code, arguments, completing, monkeypatch):
    end, written = os.pipe()
    os.close(end)
    with os.fdopen(written, "w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        assert main([command, *arguments]) == code


def test_data_are_written_once(tmp_path, capsys):
    assert main(["data", "--data", str(tmp_path)]) == 0
    written = capsys.readouterr().out.splitlines()
    assert sorted(written) == sorted(f"wrote {path}" for path in tmp_path.iterdir())
    assert len(written) == 5
    before = contents(tmp_path)
    assert main(["data", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
    assert contents(tmp_path) == before


@pytest.mark.parametrize("command", [[], ["plan"], ["run"], ["status"], ["data"]])
def test_help_has_an_example(command, capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        main([*command, "--help"])
    assert "example: python -m bench " in capsys.readouterr().out


def test_the_presets_that_help_names_are_there(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["plan", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "default, exercise, published, smoke, or your own .toml file" in said
    for preset in ("default", "exercise", "published", "smoke"):
        assert main(["plan", "--preset", preset, "--data", str(tmp_path)]) == 0
        assert f"preset {preset} on simulated data: " in capsys.readouterr().out


def test_looking_loads_no_tensorflow(arguments):
    program = "import sys; from bench.__main__ import main; main(sys.argv[1:]); print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", program, "plan", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "bench.studies" in said
    assert not {"tensorflow", "keras", "keras_tuner"} & set(said)


# What is wrong


def set_preset(text: str) -> Callable[[Path], None]:
    return lambda home: (home / "tiny.toml").write_text(text, encoding="utf-8")


def change_preset(**changes: object) -> Callable[[Path], None]:
    return lambda home: made_up.write_preset(home / "tiny.toml", **changes)


def spoil_data(home: Path) -> None:
    path = home / "data" / "leakage_dataset_train_4.csv"
    path.write_text(path.read_text("utf-8").replace("0.02,", "two,"), encoding="utf-8")


def spoil_database(home: Path) -> None:
    (home / "out").mkdir()
    (home / "out" / "runs.sqlite").write_text("no database" * 100, encoding="utf-8")


@pytest.mark.parametrize("command", ["plan", "run", "status"])
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda home: (home / "tiny.toml").unlink(), "tiny.toml: expected one of default, "),
        (set_preset("sizes = [4"), "tiny.toml: expected a TOML file, found "),
        (set_preset("sizes = [4]"), "tiny.toml: expected a value for corrections, found none; add"),
        (change_preset(stepz=3), "found stepz; remove it"),
        (change_preset(steps=0), "expected steps to be a whole number from 1, found 0"),
        (change_preset(sizes=[4, "8"]), "expected sizes to be a list of whole numbers"),
        (change_preset(oracle="delphi"), "expected oracle to be one of hyperband, random, found"),
        (change_preset(sizes=[21]), "expected m from 1 to 20, "),
        (change_preset(corrections=["fitted"]), "expected sizes from 10 for the correction"),
        (spoil_data, "train_4.csv, row 3 (line 4), column y1: expected a number, found 'two'"),
        (lambda home: next((home / "data").glob("*validation*")).unlink(), "a validation file"),
        (spoil_database, "found file is not a database; name another folder"),
    ],
    ids=[
        "no preset",
        "no TOML",
        "no corrections",
        "unknown value",
        "no steps",
        "no sizes",
        "no oracle",
        "too few samples",
        "too few to correct",
        "no number",
        "no validation",
        "no database",
    ],
)
def test_wrong_input_is_one_line_and_leaves_all_as_it_was(
    command, spoil, words, arguments, completing, tmp_path, capsys
):
    completing(lambda task: pytest.fail("a cell was trained"))
    spoil(tmp_path)
    before = contents(tmp_path)
    assert main([command, *arguments]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert contents(tmp_path) == before


def test_a_file_where_the_rows_should_go(arguments, completing, tmp_path, capsys):
    (tmp_path / "out").write_text("in the way", encoding="utf-8")
    before = contents(tmp_path)
    assert main(["run", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert contents(tmp_path) == before


@pytest.mark.parametrize("workers", ["0", "-1", "1.5", "two", ""])
def test_workers_are_a_whole_number_from_one(workers, arguments, tmp_path, capsys):
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["run", *arguments, f"--workers={workers}"])
    assert f"expected a whole number from 1, found {workers}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


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
    assert result.stderr.startswith("preset mine: expected one of default, exercise, published, ")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


# What goes wrong on the way


def test_a_failed_draw_is_told_and_ends_with_3(arguments, completing, capsys):
    completing(made_up.failing("draw", 2))
    assert main(["run", *arguments]) == 3
    said = capsys.readouterr()
    assert "  standard_4: 1 dead\n" in said.out
    assert said.err == ""
    assert main(["run", *arguments]) == 3
    assert main(["status", *arguments]) == 0


def test_a_failed_trial_is_no_failure(arguments, completing):
    completing(made_up.failing("trial", 0))
    assert main(["run", *arguments]) == 0


def test_an_interrupted_run_keeps_what_is_finished(arguments, completing, capsys):
    def interrupt(task):
        if task.cell.name == CELLS[2]:
            raise KeyboardInterrupt
        return made_up.complete(task)

    completing(interrupt)
    assert main(["run", *arguments]) == 130
    said = capsys.readouterr()
    assert said.err == "interrupted; finished cells are kept, the same command goes on\n"
    completing(made_up.complete)
    assert main(["status", *arguments]) == 0
    assert "10 of 40 planned runs are there" in capsys.readouterr().out
    assert main(["run", *arguments]) == 0


def test_our_own_mistakes_are_not_hidden(arguments, completing):
    completing(lambda task: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["run", *arguments])


@pytest.mark.parametrize("command", ["status", "plan", "run"])
def test_a_database_of_an_older_version_is_one_line(command, arguments, tmp_path):
    (tmp_path / "out").mkdir()
    with closing(sqlite3.connect(tmp_path / "out" / FILE)) as older:
        older.execute("CREATE TABLE runs (run TEXT PRIMARY KEY, role TEXT)")
    assert main([command, *arguments]) == 2


def test_a_misnamed_data_file_is_not_passed_over(arguments, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "leakage_train_100.csv").write_text("y1,y2,mfc1,mfc2,mfc3,mfc4\n")
    assert main(["plan", *arguments, "--data", str(tmp_path / "mine")]) == 2


def test_a_file_for_the_models_is_found_before_training(arguments, completing, tmp_path):
    (tmp_path / "models").write_text("in the way")
    completing(lambda task: pytest.fail("a cell was trained"))
    assert main(["run", *arguments]) == 2


def test_a_file_for_the_data_is_an_error_in_a_plan_too(arguments, tmp_path):
    assert main(["plan", *arguments, "--data", str(tmp_path / "tiny.toml")]) == 2
