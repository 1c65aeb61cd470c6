"""The edge of every command: its options, its lines to the screen, and its end as an exit code."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, TextIO

from study.errors import StudyError
from study.escapes import visible

# What a command does: lines to print, errors of single pieces of work to tell; returns its code.
Lines = Generator[str | Exception, None, int]


class Parser(argparse.ArgumentParser):
    """A parser that answers a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """End the program."""
        self.exit(2, visible(f"{self.prog}: {message}; {self.prog} --help lists the options\n"))


def named_path(text: str) -> Path:
    """A path of the command line, which has a name."""
    if not text.strip():
        raise argparse.ArgumentTypeError("expected the name of a file or folder, found nothing")
    return Path(text)


def call(what: str, *arguments: Any) -> Any:
    """Call "module:function", whose module is loaded now: what others do need not wait for it."""
    module, function = what.split(":")
    return getattr(import_module(module), function)(*arguments)


class UnheardError(Exception):
    """Standard output takes nothing more; its cause is an OSError."""


def carry_out(work: Callable[[], Lines], interrupted: str, unheard: int = 0) -> int:
    """Carry a command out and print its lines; return the exit code.

    interrupted: what to say when it is; the code is 130 then. unheard: the code where whoever reads
    its lines, such as head, has closed the pipe. The code is 2 for wrong input and for a file that
    can't be read or written.
    """
    try:
        return _told(work())
    except UnheardError as error:
        if isinstance(error.__cause__, BrokenPipeError):
            return unheard
        _complain(
            f"standard output: expected room for what is printed, found {error}; send it elsewhere"
        )
        return 2
    except OSError as error:
        _complain(
            f"{error.filename or 'a file'}: expected to read or write it, found "
            f"{error.strerror or error}; make room, change its permissions, or name another"
        )
        return 2
    except StudyError as error:
        _complain(str(error))
        return 2
    except KeyboardInterrupt:
        _complain(interrupted)
        return 130


def _told(lines: Lines) -> int:
    """Print lines as they come; return the exit code."""
    while True:
        try:
            line = next(lines)
        except StopIteration as end:
            return int(end.value)
        if isinstance(line, Exception):
            _complain(str(line))
        else:
            _print(line)


def _print(line: str) -> None:
    try:
        sys.stdout.write(f"{visible(line)}\n")
        sys.stdout.flush()
    except OSError as error:
        raise UnheardError(error.strerror) from error


def _complain(message: str) -> None:
    """Print one line to standard error, as far as that takes it."""
    line = visible(message.strip()).replace("\n", "\\n")
    with suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


@contextmanager
def streams() -> Iterator[None]:
    """Standard input, output and error as they should be, whatever the program was started with.

    Where one is closed, the next file that is opened would take its place. What an encoding does
    not have is written out. At the end nothing is left to be written: where that fails, Python
    would end with a traceback of its own.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, "r" if name == "stdin" else "w"))
    told = (sys.stdout, sys.stderr)
    for stream in told:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        for stream in told:
            try:
                stream.flush()
            except OSError:
                _silence(stream)


def _silence(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
