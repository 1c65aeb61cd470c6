"""How a command ends that is told to: Ctrl-C, SIGTERM and SIGHUP mean the same.

The first of them raises KeyboardInterrupt, so that the lock, the store and unfinished files are let
go. Where that takes too long, the process ends all the same; so it does amid an import, where C
code would turn the exception into another one. Whatever was finished is on the disk by then. The
death of who started it counts as SIGHUP, unless nohup or a session of its own detached it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from fcntl import F_DUPFD_CLOEXEC, fcntl
from threading import Thread
from types import FrameType
from typing import Any, NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 2.0  # seconds for letting go
WATCHED = 1.0  # seconds between looks for who started it
CODE = 130
TOLD = b"interrupted; what was finished is kept\n"
SHOW_CURSOR = b"\x1b[?25h"  # a bar hides it


class Interruptible:
    """This process, which ends with 130 when it is interrupted: at first at once.

    Signals that it was started to ignore, as by nohup, stay ignored.
    """

    def __init__(self) -> None:
        with suppress(OSError):  # a closed one
            # Which TensorFlow's import does not redirect, and no closed stream's number.
            self._screen = fcntl(2, F_DUPFD_CLOEXEC, 3)
        self._parent, self._interrupted = os.getppid(), False
        self._heard = [one for one in SIGNALS if signal.getsignal(one) != signal.SIG_IGN]
        self._answer(self._leave)

    def carry_out(self, main: Callable[[], int]) -> NoReturn:
        """Carry a command out and end with its exit code."""
        signal.signal(signal.SIGALRM, self._leave)
        sys.unraisablehook = self._swallowed
        if signal.SIGHUP in self._heard and os.getsid(0) != os.getpid():
            Thread(target=self._watch, daemon=True).start()
        try:
            self._answer(self._interrupt)
            code = main()
        except BaseException:
            if self._interrupted:  # whatever became of the exception
                self._leave()
            raise
        self._answer(self._leave)
        if self._interrupted and code != CODE:  # somebody caught the exception, and went on
            self._leave()
        if code == CODE:  # threads may be busy yet, and nothing of theirs counts any more
            with suppress(OSError):
                sys.stdout.flush()
            os._exit(code)
        sys.exit(code)

    def _watch(self) -> None:
        """Hang up once who started this process is gone."""
        while os.getppid() == self._parent:
            time.sleep(WATCHED)
        os.kill(os.getpid(), signal.SIGHUP)

    def _answer(self, how: Callable[[int, FrameType | None], None]) -> None:
        for one in self._heard:
            signal.signal(one, how)

    def _interrupt(self, _: int, frame: FrameType | None) -> None:
        self._interrupted = True
        self._answer(self._leave)  # the next time
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        if _is_importing(frame):
            self._leave()
        raise KeyboardInterrupt

    def _swallowed(self, unraisable: Any) -> None:
        """End where a destructor, say, was interrupted: nobody else is told of that."""
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            self._leave()
        sys.__unraisablehook__(unraisable)

    def _leave(self, *_: object) -> NoReturn:
        with suppress(OSError, AttributeError):
            os.write(self._screen, TOLD)
        with suppress(OSError):
            if os.isatty(1):
                os.write(1, SHOW_CURSOR)
        os._exit(CODE)


def _is_importing(frame: FrameType | None) -> bool:
    while frame:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
