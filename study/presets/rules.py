"""What the values of a preset must be: for each, a rule in words and as a test, and a default."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from study.architectures import ARCHITECTURES
from study.comparisons import COMPARISONS
from study.conditions import CONDITIONS
from study.design import GAP
from study.errors import StudyError, shown
from study.space import HYPERPARAMETERS

CORRECTIONS = ("none", "fitted")  # of a sensor's offset: False, True in a cell
# What a study may ask for at most. Larger values are mistakes, or would fill the memory.
MOST_ROWS = 1_000_000
MOST_COUNTED = 10_000  # repetitions, proposals
MOST_STEPS = 1_000_000
MOST_LISTED = 100  # values in a list
LARGEST_SEED = 2**63 - 1
LARGEST = {"depth": 32, "width": 256, "batch_size": 4096}
RATES = (1e-9, 100.0)  # learning rates, and the standard deviation of starting weights


class Rule(NamedTuple):
    """What a value must be, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]


def _whole(least: int, most: int) -> Rule:
    def holds(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

    return Rule(f"a whole number from {least} to {most:,}", holds)


def _number(low: float, high: float) -> Rule:
    def holds(value: Any) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and low <= value <= high

    return Rule(f"a number from {low:g} to {high:g}", holds)


def _list_of(words: str, example: str, holds: Callable[[Any], bool]) -> Rule:
    return Rule(
        f"a list of {words} such as {example}",
        lambda value: (
            isinstance(value, list) and 0 < len(value) <= MOST_LISTED and all(map(holds, value))
        ),
    )


def _wholes(most: int, example: str) -> Rule:
    return _list_of(f"whole numbers from 1 to {most:,}", example, _whole(1, most).holds)


def some_of(names: Collection[str], least: int = 0) -> Rule:
    def holds(value: Any) -> bool:
        if not isinstance(value, list) or len(value) < least:
            return False
        return all(isinstance(name, str) and name and name in names for name in value)

    return Rule(f"a list of some of {', '.join(filter(None, names))}", holds)


_SIZES = _wholes(MOST_ROWS, "[100, 1000]")
_WHOLES = {name: _wholes(most, "[4, 16]") for name, most in LARGEST.items()}
_ROWS = _whole(1, MOST_ROWS)
_SEED = _whole(1, LARGEST_SEED)
TABLE = Rule("a table", lambda value: isinstance(value, dict))
# Each with its default; ... has none.
TUNING: Mapping[str, tuple[Rule, Any]] = {
    "proposals": (_whole(1, MOST_COUNTED), ...),
    "finalists": (_whole(1, MOST_COUNTED), ...),
    "starts": (_whole(0, MOST_COUNTED), 0),
}
GRID: Mapping[str, tuple[Rule, Any]] = {
    "sizes": (_SIZES, ...),
    "architectures": (some_of(ARCHITECTURES, 1), ["standard", "equivariant"]),
    "corrections": (
        _list_of(
            f"{' and '.join(CORRECTIONS)}, or one of them,",
            str(list(CORRECTIONS)),
            CORRECTIONS.__contains__,
        ),
        list(CORRECTIONS),
    ),
    "repetitions": (_whole(0, MOST_COUNTED), ...),
    "steps": (_whole(GAP, MOST_STEPS), ...),
    "tuning": (TABLE, {"proposals": 27, "finalists": 3}),
    "exercise": (TABLE, {}),
    "conditions": (some_of(CONDITIONS), []),
    "condition_sizes": (
        Rule(f"{_SIZES.words}, or empty", lambda value: value == [] or _SIZES.holds(value)),
        [],
    ),
    "condition_repetitions": (_whole(0, MOST_COUNTED), 0),
    "validation_rows": (
        Rule(f'{_ROWS.words}, or "m"', lambda value: value == "m" or _ROWS.holds(value)),
        1000,
    ),
    "choose_by": (Rule('"mse" or "mae"', ("mse", "mae").__contains__), "mse"),
    "space": (TABLE, {}),
    "seed": (_SEED, 1),
    "primary": (some_of(COMPARISONS), ["built_in", "copies", "symmetry", "both"]),
    "margin": (Rule("a number of per cent from 0.1 to 50", _number(0.1, 50).holds), 5),
}
SWEEP: Mapping[str, tuple[Rule, Any]] = {
    "sizes": (_SIZES, ...),
    "learning_rates": (
        _list_of("numbers from {:g} to {:g}".format(*RATES), "[1e-3, 1e-2]", _number(*RATES).holds),
        ...,
    ),
    "depths": (_WHOLES["depth"], ...),
    "standard_widths": (_WHOLES["width"], ...),
    "repeats": (_whole(1, MOST_COUNTED), ...),
    "batch_size": (_whole(1, LARGEST["batch_size"]), ...),
    "epochs": (_whole(1, MOST_STEPS), ...),
    "patience": (_whole(1, MOST_STEPS), ...),
    "equivariant_stddev": (_number(*RATES), ...),
    "seed": (_SEED, 1),
}


_NAMES = _list_of("names", '["elu", "tanh"]', lambda value: isinstance(value, str) and value != "")
SPACE: dict[str, Rule] = {
    **dict.fromkeys(HYPERPARAMETERS, _NAMES),
    **_WHOLES,
    "learning_rate": Rule(
        "a list of two numbers from {:g} to {:g} such as [1e-3, 1e-1], the smaller one "
        "first".format(*RATES),
        lambda value: (
            isinstance(value, list)
            and len(value) == 2
            and all(map(_number(*RATES).holds, value))
            and value[0] < value[1]
        ),
    ),
}


def checked_values(
    path: Path, values: Mapping[str, Any], rules: Mapping[str, tuple[Rule, Any]], prefix: str = ""
) -> dict[str, Any]:
    """The values, checked, with defaults, and with lists of numbers as sorted tuples."""
    if missing := [k for k, (_, default) in rules.items() if default is ... and k not in values]:
        raise StudyError(f"{path}: expected a value for {prefix}{missing[0]}, found none; add it")
    if unknown := [name for name in values if name not in rules]:
        raise StudyError(
            f"{path}: expected only {', '.join(rules)}, found {prefix}{unknown[0]}; remove it"
        )
    checked = {}
    for name, (rule, default) in rules.items():
        value = values.get(name, default)
        if not rule.holds(value):
            raise StudyError(
                f"{path}: expected {prefix}{name} to be {rule.words}, found {shown(value)}; "
                "correct it"
            )
        checked[name] = _tuple(value) if isinstance(value, list) else value
    return checked


def _tuple(listed: list[Any]) -> tuple[Any, ...]:
    """Numbers sorted, names in their order; without doubles."""
    once = tuple(dict.fromkeys(listed))
    return once if any(isinstance(value, str) for value in once) else tuple(sorted(once))
