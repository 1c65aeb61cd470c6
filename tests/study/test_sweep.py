"""The sweep's design, and the published protocol as a preset."""

from dataclasses import replace

import pytest

from study.errors import StudyError
from study.presets import PRESETS, load_preset
from study.sweep import Sweep, SweepCell, SweepRun, sweep_cells, sweep_runs

SMALL = Sweep(
    name="small",
    sizes=(8,),
    learning_rates=(0.001, 0.01),
    depths=(1, 2),
    standard_widths=(4,),
    repeats=3,
    batch_size=4,
    epochs=5,
    patience=2,
    equivariant_stddev=0.2,
)
CELL = SweepCell("standard", 4, 2, augmented=True, m=8)


def runs_of(sweep: Sweep) -> list[SweepRun]:
    return [run for cell in sweep_cells(sweep) for run in sweep_runs(sweep, cell)]


def test_a_sweep_crosses_everything():
    # By hand: 2 models x raw and augmented x 2 depths are 8 cells, of 2 rates x 3 repeats.
    assert len(list(sweep_cells(SMALL))) == 8
    assert len(set(runs_of(SMALL))) == 48


def test_the_published_protocol():
    published = load_preset("published")
    assert published.models == [("equivariant", 4), ("standard", 4), ("standard", 16)]
    assert (published.sizes, published.repeats) == ((256,), 10)
    assert published.learning_rates == (1e-4, 1e-3, 1e-2)
    assert published.depths == tuple(range(1, 11))
    assert (published.batch_size, published.epochs, published.patience) == (32, 1000, 100)
    assert published.equivariant_stddev == 0.2
    assert len(runs_of(published)) == 1800


def test_cells_that_share_a_program_are_neighbours():
    kinds = [(cell.architecture, cell.width, cell.depth) for cell in sweep_cells(SMALL)]
    assert kinds[0::2] == kinds[1::2]
    assert len(set(kinds)) == 4


def test_every_run_has_seeds_and_a_key_of_its_own():
    runs = runs_of(SMALL)
    assert len({run.seed("weights") for run in runs}) == len(runs)
    assert {run.seed("weights") for run in runs}.isdisjoint(run.seed("order") for run in runs)
    assert len({run.key(SMALL, "checksum") for run in runs}) == len(runs)


@pytest.mark.parametrize(
    "change", [{"batch_size": 5}, {"epochs": 6}, {"patience": 3}, {"equivariant_stddev": 0.3}]
)
def test_a_key_differs_where_the_protocol_does(change):
    run = SweepRun(CELL, 0.01, 0)
    assert run.key(replace(SMALL, **change), "checksum") != run.key(SMALL, "checksum")
    assert run.key(replace(SMALL, repeats=9), "checksum") == run.key(SMALL, "checksum")
    assert run.key(SMALL, "other data") != run.key(SMALL, "checksum")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("learning_rates", "[0.001, -0.1]", r"a list of positive numbers such as \[1e-3, 1e-2\]"),
        ("depths", "3", "a list of whole numbers from 1"),
        ("repeats", "0", "a whole number from 1"),
        ("equivariant_stddev", '"wide"', "a positive number"),
    ],
)
def test_a_value_out_of_place_is_named(tmp_path, name, value, message):
    lines = (PRESETS / "published.toml").read_text().splitlines()
    changed = [f"{name} = {value}" if line.startswith(name) else line for line in lines]
    path = tmp_path / "mine.toml"
    path.write_text("\n".join(changed))
    with pytest.raises(StudyError, match=rf"mine\.toml: expected {name} to be {message}.*found"):
        load_preset(str(path))
