"""The error for wrong input or configuration. A training that fails becomes a record."""

import reprlib
from typing import Any


class StudyError(Exception):
    """The input or the configuration is wrong.

    Its message is one line: what was expected, what was found and where, and what to do.
    """


class _Shortener(reprlib.Repr):
    """Shows at most some 80 characters of a text or a number, and a few items of a list."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxlong = self.maxother = 80

    def repr_int(self, value: int, level: int) -> str:
        try:
            return super().repr_int(value, level)
        except ValueError:  # Python shows no number of more than 4300 digits
            return f"a whole number of {value.bit_length():,} bits"


def shown(value: Any) -> str:
    """A value as a message shows it: on one line, its middle left out where it is long."""
    return _Shortener().repr(value)
