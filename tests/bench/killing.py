"""A command that kills itself at a moment that can be found again: after so many calls and returns.

`python -m tests.bench.killing MOMENT SIGNAL run ...` starts as a user's command does, imports and
all. `python -m tests.bench.killing serve run ...` carries the command out once, and then forks for
each line of JSON on standard input, [moment, signal, arguments], so that nothing is imported again;
it answers with the exit code of each, behind the number of its calls where its moment is 0.
"""

import contextlib
import io
import json
import os
import runpy
import signal
import sys
from collections.abc import Callable


def set_off(moment: int, number: int) -> Callable[[], int]:
    """Send this process a signal after so many calls and returns of its main thread.

    Returns what tells how many there were so far.
    """
    count = 0

    def called(*_: object) -> None:
        nonlocal count
        count += 1
        if count == moment:
            sys.setprofile(None)
            os.kill(os.getpid(), number)

    sys.setprofile(called)
    return lambda: count


def start(moment: int, number: int, arguments: list[str]) -> None:
    """The command as a user starts it."""
    sys.argv[1:] = arguments
    set_off(moment, number)
    runpy.run_module("bench", run_name="__main__", alter_sys=True)


def serve(arguments: list[str]) -> None:
    """Fork for each command."""
    from bench.__main__ import main

    with contextlib.redirect_stdout(io.StringIO()):
        main(arguments)
    for line in sys.stdin:
        moment, number, asked = json.loads(line)
        child = os.fork()
        if not child:
            carry_out(moment, number, asked)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def carry_out(moment: int, number: int, arguments: list[str]) -> None:
    """The command in this process, which ends with it: moment 0 never comes."""
    from bench.__main__ import main
    from study.interrupts import Interruptible

    process = Interruptible()
    screen = sys.stdout
    sys.stdout = io.StringIO()

    def counted() -> int:
        count = set_off(moment, number)
        code = main(arguments)
        sys.setprofile(None)
        if not moment:
            screen.write(f"{count()} ")
            screen.flush()
        elif count() < moment:  # it varies by some dozens: this is the last one
            os.kill(os.getpid(), number)
        return code

    process.carry_out(counted)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and one that nohup starts this
    if sys.argv[1] == "serve":
        serve(sys.argv[2:])
    else:
        start(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
