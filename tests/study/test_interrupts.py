"""How a command ends that is told to: in a process of its own."""

import signal
import subprocess
import sys

import pytest

from study.interrupts import SIGNALS, TOLD
from tests.conftest import ROOT

BEFORE = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and one that nohup starts this
from study.interrupts import Interruptible
number = int(sys.argv[1])
"""
AT_WORK = """
def main():
    try:
        os.kill(os.getpid(), number)
        while True:
            pass
    except KeyboardInterrupt:
        print("let go")
        return 130
Interruptible().carry_out(main)
"""
BEFORE_WORK = """
process = Interruptible()
os.kill(os.getpid(), number)
"""
IMPORTING = """
from importlib import import_module
from pathlib import Path
Path(sys.argv[2], "slow.py").write_text("import os, sys; os.kill(os.getpid(), int(sys.argv[1]))")
sys.path.insert(0, sys.argv[2])
def main():
    try:
        import slow
    except BaseException:
        print("turned into something else")
    return 0
Interruptible().carry_out(main)
"""
DEAF = """
def main():
    while True:
        try:
            os.kill(os.getpid(), number)
            while True:
                pass
        except KeyboardInterrupt:
            number_of_times.append(1)
            signal.pause()
number_of_times = []
Interruptible().carry_out(main)
"""
NOBODY_CATCHES = """
Interruptible().carry_out(lambda: os.kill(os.getpid(), number))
"""
SWALLOWED = """
class Careless:
    def __del__(self):
        os.kill(os.getpid(), number)
def main():
    Careless()
    return 0
Interruptible().carry_out(main)
"""
CAUGHT = """
def main():
    try:
        os.kill(os.getpid(), number)
    except BaseException:
        return 0
Interruptible().carry_out(main)
"""
CHANGED = """
def main():
    try:
        os.kill(os.getpid(), number)
    except KeyboardInterrupt:
        raise RuntimeError("generator didn't stop")
Interruptible().carry_out(main)
"""
BUSY_THREAD = """
import threading
def main():
    threading.Thread(target=time.sleep, args=(600,)).start()
    return 130
Interruptible().carry_out(main)
"""
IGNORED = """
signal.signal(number, signal.SIG_IGN)
def main():
    os.kill(os.getpid(), number)
    print("goes on")
    return 3
Interruptible().carry_out(main)
"""


STARTS_ONE = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]]).wait()
"""
OUTLIVES = """
process = Interruptible()
print(os.getpid(), flush=True)
def main():
    while True:
        time.sleep(600)
process.carry_out(main)
"""


def ended(program: str, *arguments: object) -> tuple[int, str, str]:
    """The exit code of a program, and what it wrote."""
    done = subprocess.run(
        [sys.executable, "-c", BEFORE + program, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", SIGNALS)
def test_who_is_at_work_lets_go(number):
    assert ended(AT_WORK, number.value) == (130, "let go\n", "")


@pytest.mark.parametrize("program", [BEFORE_WORK, NOBODY_CATCHES, DEAF, SWALLOWED, CAUGHT, CHANGED])
def test_who_cannot_let_go_ends_all_the_same(program):
    assert ended(program, signal.SIGTERM.value) == (130, "", TOLD.decode())


def test_who_imports_ends_at_once(tmp_path):
    assert ended(IMPORTING, signal.SIGINT.value, tmp_path) == (130, "", TOLD.decode())


def test_nobody_waits_for_a_thread_that_is_busy():
    assert ended(BUSY_THREAD, 0) == (130, "", "")


def test_nobody_outlives_who_started_it():
    """The end of its output is the end of the process: nobody else has it open."""
    program = BEFORE + OUTLIVES
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE, program, "0"], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as parent:  # fmt: skip
        assert parent.stdout
        assert parent.stderr
        assert int(parent.stdout.readline()) != parent.pid
        parent.kill()
        assert parent.stdout.read() == ""
        assert parent.stderr.read() == TOLD.decode()


def test_what_it_was_started_to_ignore_it_ignores():
    assert ended(IGNORED, signal.SIGHUP.value) == (3, "goes on\n", "")
