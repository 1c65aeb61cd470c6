"""The edge of a command: streams that are closed, full or broken, texts that are hostile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from study.command import Parser, carry_out
from study.errors import StudyError

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from study.command import carry_out, streams
from study.errors import StudyError

def lines():
    yield "first"
    yield StudyError("a piece failed")
    if len(sys.argv) > 1:
        raise StudyError(sys.argv[1])
    return 7

@streams()
def main():
    return carry_out(lines, "interrupted", unheard=5)

sys.exit(main())
"""


def run(redirect, *arguments, **environment):
    """The exit code of a program with its streams as a shell redirects them, and what it said."""
    command = f'exec "$0" -c "$PROGRAM" "$@" {redirect}'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PROGRAM": PROGRAM, **environment},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


FULL = (
    b"standard output: expected room for what is printed, found No space left on device; send it "
    b"elsewhere\n"
)


@pytest.mark.parametrize(
    ("redirect", "expected"),
    [
        ("", (7, b"first\n", b"a piece failed\n")),
        (">&-", (7, b"", b"a piece failed\n")),
        ("2>&-", (7, b"first\n", b"")),
        ("<&- >&- 2>&-", (7, b"", b"")),
        (">/dev/full", (2, b"", FULL)),
        ("2>/dev/full", (7, b"first\n", b"")),
    ],
)
def test_streams_that_are_closed_full_or_broken(redirect, expected):
    assert run(redirect) == expected


def test_a_pipe_that_nobody_reads_ends_a_command_without_a_word(capfd):
    end, written = os.pipe()
    os.close(end)
    with os.fdopen(written, "w") as pipe:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=pipe, stderr=-1, check=False
        )
    assert (done.returncode, done.stderr) == (5, b"")


def test_an_error_is_one_line_whatever_its_text():
    hostile = "a\nb\x1b[31m\udcff\x85\N{RIGHT-TO-LEFT OVERRIDE}é"
    code, _, said = run("", hostile.encode("utf-8", "surrogateescape").decode("utf-8", "ignore"))
    assert code == 2
    assert said.decode() == "a piece failed\na\\nb\\x1b[31m\\x85\\u202eé\n"


def test_what_an_encoding_lacks_is_written_out():
    code, _, said = run("", "6 ± 1 mm", PYTHONIOENCODING="ascii")
    assert (code, said) == (2, b"a piece failed\n6 \\xb1 1 mm\n")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (StudyError("expected this"), 2, "expected this\n"),
        (
            OSError(28, "No space left", "f.csv"),
            2,
            "f.csv: expected to read or write it, found No space left; make room, change its "
            "permissions, or name another\n",
        ),
        (KeyboardInterrupt(), 130, "stopped\n"),
    ],
)
def test_how_a_command_ends(error, code, said, capsys):
    def lines():
        yield "begun"
        raise error

    assert carry_out(lines, "stopped") == code
    assert capsys.readouterr() == ("begun\n", said)


def test_a_mistaken_option_is_one_line(capsys):
    parser = Parser(prog="mine")
    parser.add_argument("--size", type=int)
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args(["--size", "a\nb"])
    assert capsys.readouterr().err == (
        "mine: argument --size: invalid int value: 'a\\nb'; mine --help lists the options\n"
    )
