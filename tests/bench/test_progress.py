"""Plain lines for logs and pipes, a bar for people."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from bench import progress
from bench.blocks import Block, Context, carry_out
from bench.waves import Step
from study.design import Cell, Protocol, Request, Training
from study.records import Record
from study.space import Hyperparameters

CHOSEN = Hyperparameters(2, 16, "elu", 16, "adam", 0.01, "mse")


def block(repetition: int) -> Block:
    """Ten trainings."""
    requests = [
        Request(Cell(20, False, "standard", False), repetition, "full", k) for k in range(10)
    ]
    return Block(tuple(Training(one, CHOSEN, 0, Protocol(50)) for one in requests))


@pytest.fixture(scope="module")
def record(context: Context) -> Record:
    """A record of a sound network with an error of 0.0123."""
    (one,) = carry_out(Block(block(1).trainings[:1]), context)
    return replace(one, status="sound", validation_mse=0.0123)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that stands still until it is set."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def show_three_blocks(clock: SimpleNamespace, record: Record, seconds: float = 60) -> None:
    """The second has two networks that failed; the third raises an error."""
    cost = block(1).cost
    records = [[record] * 10, [record] * 8 + [replace(record, status="dead")] * 2, []]
    with progress.progress() as (show, _):
        for number, mine in enumerate(records):
            clock.now += seconds
            error = None if mine else ZeroDivisionError("too dry")
            show(Step(30, 1 + number // 2, block(number), mine, error, (2 - number) * cost))


def test_lines_where_there_is_no_terminal(clock, record, capsys):
    """A block took 60 s, and two are left."""
    show_three_blocks(clock, record)
    assert capsys.readouterr().out.splitlines() == [
        "wave 1: 10 of 30 trainings, about 120 s left in this wave, best validation MSE 0.0123",
        "wave 1: 20 of 30 trainings, 2 dead or diverged, about 60 s left in this wave, best "
        "validation MSE 0.0123",
        "a block failed (standard raw, uncorrected, m = 20, full: repetition 2): "
        "ZeroDivisionError('too dry'); it is left out",
        "wave 2: 30 of 30 trainings, 2 dead or diverged, about 0 s left in this wave, best "
        "validation MSE 0.0123",
    ]


def test_lines_come_every_ten_seconds_and_at_the_end(clock, record, capsys):
    show_three_blocks(clock, record, seconds=4)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0].split(" (")[0] for line in lines] == ["a block failed", "wave 2"]


def test_a_long_line_is_one_line(clock, record, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "20")
    show_three_blocks(clock, record)
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_before_any_sound_network_no_best_is_told(clock, record, capsys):
    with progress.progress() as (show, _):
        clock.now += 60
        diverged = replace(record, status="diverged", validation_mse=None)
        show(Step(10, 1, block(1), [diverged], None, 0))
    assert capsys.readouterr().out == (
        "wave 1: 10 of 10 trainings, 1 dead or diverged, about 0 s left in this wave\n"
    )


def test_a_bar_on_a_terminal(clock, record, monkeypatch, capsys):
    for name, value in {"TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "1", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    show_three_blocks(clock, record)
    shown = capsys.readouterr().out
    assert "\x1b[" in shown
    assert "━━━" in shown
    assert "30/30" in shown
    assert "left in this wave" in shown
    assert "a block failed" in shown
