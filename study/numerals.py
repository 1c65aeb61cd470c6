"""Numbers in files: plain decimal ones, in ASCII digits."""

from __future__ import annotations

import re

from study.errors import StudyError, shown

_DIGITS = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_EXPONENT = r"(?:[eE][+-]?[0-9]+)?"
_PLAIN = re.compile(rf"[ \t]*[+-]?{_DIGITS}{_EXPONENT}[ \t]*")
_POINTLESS = re.compile(rf"[ \t]*[+-]?[0-9]+{_EXPONENT}[ \t]*")
_DECIMAL_COMMA = re.compile(rf"[ \t]*[+-]?[0-9]*,[0-9]+{_EXPONENT}[ \t]*")


def number(text: str) -> float:
    """The number that a text tells; infinite where it is too large.

    Raises ValueError for all else, as for what Python takes for a number, but hardly anyone wrote
    as one: 1_000, the digits of other scripts, inf and nan.
    """
    if not _PLAIN.fullmatch(text):
        raise ValueError(text)
    return float(text)


def is_pointless(text: str) -> bool:
    """Whether a text is a number without a point, such as a part of one with a decimal comma."""
    return _POINTLESS.fullmatch(text) is not None


def has_decimal_comma(text: str) -> bool:
    """Whether a text is a number with a decimal comma."""
    return _DECIMAL_COMMA.fullmatch(text) is not None


def not_a_number(place: str, cell: str, again: str) -> StudyError:
    """The error for a cell that does not hold a number; again: what to do about decimal commas."""
    if has_decimal_comma(cell):
        return StudyError(
            f"{place}: expected a decimal point, found a decimal comma in {shown(cell)}; {again}"
        )
    found = shown(cell) if cell.strip() else "an empty cell"
    return StudyError(
        f"{place}: expected a number, found {found}; correct the cell or remove the row"
    )
