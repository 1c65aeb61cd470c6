"""Plain lines for logs and pipes, a bar for people."""

from types import SimpleNamespace

import pytest

from bench import progress
from tests.bench import made_up


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in made_up.TERMINAL:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that stands still until it is set."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def show_three_cells(clock: SimpleNamespace) -> None:
    with progress.progress(SimpleNamespace(missing=30)) as show:
        for cell in ("standard_50", "equivariant_50", "equivariant_100"):
            clock.now += 60
            show(cell, 10)


def test_lines_where_there_is_no_terminal(clock, capsys):
    show_three_cells(clock)
    assert capsys.readouterr().out == (
        "10/30 runs, about 120 s left; standard_50\n"
        "20/30 runs, about 60 s left; equivariant_50\n"
        "30/30 runs, about 0 s left; equivariant_100\n"
    )


def test_a_long_line_is_one_line(monkeypatch, capsys, clock):
    monkeypatch.setenv("COLUMNS", "20")
    with progress.progress(SimpleNamespace(missing=0)) as show:
        show("word " * 50, 0)
    assert capsys.readouterr().out == f"0/0 runs, about 0 s left; {'word ' * 50}\n"


def test_a_bar_on_a_terminal(clock, monkeypatch, capsys):
    for name, value in {"TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "1", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    show_three_cells(clock)
    shown = capsys.readouterr().out
    assert "\x1b[" in shown
    assert "━━━" in shown
    assert "30/30" in shown
    assert "left" in shown
    assert "standard_50\n" in shown
    assert "runs, about" not in shown
