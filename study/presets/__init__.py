"""Presets: TOML files that say how large a study is. Copy one and change it for your own."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from study.architectures import ARCHITECTURES, architecture
from study.comparisons import COMPARISONS
from study.conditions import CONDITIONS
from study.design import GAP
from study.errors import StudyError
from study.grid import Grid, Tuning
from study.space import HYPERPARAMETERS, KNOWN, Space
from study.sweep import MODELS, Sweep

PRESETS = Path(__file__).parent
FEWEST = 10  # samples in which a sensor's offset is looked for
CORRECTIONS = ("none", "fitted")  # of a sensor's offset: False, True in a cell


@dataclass(frozen=True)
class Preset:
    """A design, but for what the data say, and the space of each architecture that is tuned."""

    name: str
    design: Grid | Sweep
    spaces: Mapping[str, Space]
    exercise: bool  # whether it has the exercise, at each size with a training file of its own
    seed: int
    primary: tuple[str, ...] = ()  # of COMPARISONS: what it sets out to compare
    margin: float = 0  # per cent: a smaller change counts as none

    def on(self, train_files: Collection[int]) -> Grid | Sweep:
        """The design on data with training files of so many rows."""
        if not (self.exercise and isinstance(self.design, Grid)):
            return self.design
        mine = tuple(m for m in self.design.sizes if m in train_files)
        return replace(self.design, exercise_sizes=mine)

    def space(self, name: str) -> Space:
        """The search space of an architecture."""
        return self.spaces.get(name, architecture(name).space)


class Rule(NamedTuple):
    """What a value must be, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]


def _is_whole(value: Any, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_positive(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value < math.inf


def _whole(least: int) -> Rule:
    return Rule(f"a whole number from {least}", lambda value: _is_whole(value, least))


def _list_of(words: str, example: str, holds: Callable[[Any], bool]) -> Rule:
    return Rule(
        f"a list of {words} such as {example}",
        lambda value: isinstance(value, list) and bool(value) and all(map(holds, value)),
    )


def _some_of(names: Collection[str], least: int = 0) -> Rule:
    def holds(value: Any) -> bool:
        if not isinstance(value, list) or len(value) < least:
            return False
        return all(isinstance(name, str) and name and name in names for name in value)

    return Rule(f"a list of some of {', '.join(filter(None, names))}", holds)


_WHOLES = _list_of("whole numbers from 1", "[100, 1000]", _is_whole)
_SIZES = Rule(
    "a list of whole numbers from 1, or an empty list",
    lambda value: value == [] or _WHOLES.holds(value),
)
_TABLE = Rule("a table", lambda value: isinstance(value, dict))
# Each with its default; ... has none.
_TUNING: Mapping[str, tuple[Rule, Any]] = {
    "proposals": (_whole(1), ...),
    "finalists": (_whole(1), ...),
    "starts": (_whole(0), 0),
}
_GRID: Mapping[str, tuple[Rule, Any]] = {
    "sizes": (_WHOLES, ...),
    "architectures": (_some_of(ARCHITECTURES, 1), ["standard", "equivariant"]),
    "corrections": (
        _list_of(
            f"{' and '.join(CORRECTIONS)}, or one of them,",
            str(list(CORRECTIONS)),
            CORRECTIONS.__contains__,
        ),
        list(CORRECTIONS),
    ),
    "repetitions": (_whole(0), ...),
    "steps": (_whole(GAP), ...),
    "tuning": (_TABLE, {"proposals": 27, "finalists": 3}),
    "exercise": (_TABLE, {}),
    "conditions": (_some_of(CONDITIONS), []),
    "condition_sizes": (_SIZES, []),
    "condition_repetitions": (_whole(0), 0),
    "validation_rows": (
        Rule('a whole number from 1, or "m"', lambda value: value == "m" or _is_whole(value)),
        1000,
    ),
    "choose_by": (Rule('"mse" or "mae"', ("mse", "mae").__contains__), "mse"),
    "space": (_TABLE, {}),
    "seed": (_whole(1), 1),
    "primary": (_some_of(COMPARISONS), ["built_in", "copies", "symmetry", "both"]),
    "margin": (Rule("a positive number of per cent", _is_positive), 5),
}
_SWEEP: Mapping[str, tuple[Rule, Any]] = {
    "sizes": (_WHOLES, ...),
    "learning_rates": (_list_of("positive numbers", "[1e-3, 1e-2]", _is_positive), ...),
    "depths": (_WHOLES, ...),
    "standard_widths": (_WHOLES, ...),
    "repeats": (_whole(1), ...),
    "batch_size": (_whole(1), ...),
    "epochs": (_whole(1), ...),
    "patience": (_whole(1), ...),
    "equivariant_stddev": (Rule("a positive number", _is_positive), ...),
    "seed": (_whole(1), 1),
}


_NAMES = _list_of("names", '["elu", "tanh"]', lambda value: isinstance(value, str) and value != "")
_SPACE: dict[str, Rule] = {
    **dict.fromkeys(HYPERPARAMETERS, _NAMES),
    **dict.fromkeys(("depth", "width", "batch_size"), _WHOLES),
    "learning_rate": Rule(
        "a list of two positive numbers such as [1e-3, 1e-1], the smaller one first",
        lambda value: (
            isinstance(value, list)
            and len(value) == 2
            and all(map(_is_positive, value))
            and value[0] < value[1]
        ),
    ),
}


def known_presets() -> str:
    """The names of the presets that come with the project."""
    return ", ".join(sorted(path.stem for path in PRESETS.glob("*.toml")))


def load_preset(name: str) -> Preset:
    """The preset of this name, or of the TOML file at this path; a sweep is one with repeats.

    Raises StudyError for a name or a file that is not there and for a value out of place.
    """
    path = Path(name) if name.endswith(".toml") else PRESETS / f"{name}.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudyError(
            f"preset {name}: expected one of {known_presets()} or the path of a .toml file, found "
            f"neither; copy one of {PRESETS} to start your own"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StudyError(f"{path}: expected a TOML file, found {error}; correct it") from None
    if path.stem in known_presets().split(", ") and path.resolve().parent != PRESETS.resolve():
        raise StudyError(
            f"{path}: expected a name that no preset of the project has, found {path.stem}, whose "
            "studies would stand in the same folder; rename the file"
        )
    return _sweep(path, values) if "repeats" in values else _grid(path, values)


def _sweep(path: Path, values: Mapping[str, Any]) -> Preset:
    checked = _checked(path, values, _SWEEP)
    seed = checked.pop("seed")
    sweep = Sweep(**checked)
    return Preset(path.stem, sweep, {name: sweep.space(name) for name in MODELS}, False, seed)


def _grid(path: Path, values: Mapping[str, Any]) -> Preset:
    checked = _checked(path, values, _GRID)
    seed, spaces, exercise = (checked.pop(name) for name in ("seed", "space", "exercise"))
    primary, margin = checked.pop("primary"), float(checked.pop("margin"))
    checked["tuning"] = _tuning(path, "tuning", checked["tuning"])
    tuned = _tuning(path, "exercise", exercise) if exercise else checked["tuning"]
    checked["corrections"] = tuple(sorted(name == "fitted" for name in checked["corrections"]))
    grid = Grid(**checked, exercise_sizes=(), exercise=tuned)
    _check_sizes(path, grid)
    _check_conditions(path, grid)
    return Preset(path.stem, grid, _spaces(path, spaces), bool(exercise), seed, primary, margin)


def _tuning(path: Path, name: str, values: Mapping[str, Any]) -> Tuning:
    tuning = Tuning(**_checked(path, values, _TUNING, f"{name}."))
    if tuning.finalists > tuning.proposals:
        raise StudyError(
            f"{path}: expected {name}.finalists to be at most the {tuning.proposals} proposals, "
            f"found {tuning.finalists}; make it smaller"
        )
    return tuning


def _spaces(path: Path, values: Mapping[str, Any]) -> dict[str, Space]:
    """The spaces of the architectures for which a preset changes them, checked as its values."""
    spaces = {}
    for name, changed in values.items():
        entry = architecture(name)
        checked = _checked(path, {name: changed}, {name: (_TABLE, ...)}, "space.")[name]
        known = {key: _some_of(KNOWN[key], 1) for key in KNOWN} if entry.ties else {}
        rules = {
            key: (rule, list(getattr(entry.space, key))) for key, rule in (_SPACE | known).items()
        }
        spaces[name] = entry.space.with_values(_checked(path, checked, rules, f"space.{name}."))
        if entry.ties is not None:
            for width in spaces[name].width:
                entry.ties(1, width)  # raises where there is no such network
    return spaces


def _check_sizes(path: Path, grid: Grid) -> None:
    """Refuse conditions beside cells that are not there, and too few samples to correct."""
    if grid.conditions and not (grid.condition_sizes and grid.condition_repetitions):
        raise StudyError(
            f"{path}: expected condition_sizes and condition_repetitions for the conditions "
            f"{', '.join(grid.conditions)}, found none; add both, or remove the conditions"
        )
    if strange := set(grid.condition_sizes) - set(grid.sizes):
        raise StudyError(
            f"{path}: expected condition_sizes to be among the sizes {list(grid.sizes)}, found "
            f"{min(strange)}; add it to sizes or remove it"
        )
    if grid.condition_repetitions > grid.repetitions:
        raise StudyError(
            f"{path}: expected condition_repetitions to be among the {grid.repetitions} "
            f"repetitions, found {grid.condition_repetitions}; make it smaller"
        )
    if True in grid.corrections and grid.sizes[0] < FEWEST:
        raise StudyError(
            f"{path}: expected sizes from {FEWEST} for the correction of a faulty sensor, found "
            f"m = {grid.sizes[0]}; leave it out, or set corrections to ['none']"
        )


def _check_conditions(path: Path, grid: Grid) -> None:
    """Refuse conditions that would wait for ever for trainings that the grid does not have."""
    for name in grid.conditions:
        condition = CONDITIONS[name]
        followed = (condition.follows,) if condition.follows else condition.models
        needed = [model for model, _ in followed] if condition.way == "follows" else []
        if missing := [model for model in needed if model not in grid.architectures]:
            raise StudyError(
                f"{path}: expected {missing[0]} among the architectures for the condition {name}, "
                f"found {', '.join(grid.architectures)}; add it, or remove the condition"
            )
        if condition.shared and condition.proposals > grid.tuning.proposals:
            raise StudyError(
                f"{path}: expected tuning.proposals from {condition.proposals} for the condition "
                f"{name}, found {grid.tuning.proposals}; make it larger, or remove the condition"
            )


def _checked(
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
                f"{path}: expected {prefix}{name} to be {rule.words}, found {value!r}; correct it"
            )
        checked[name] = _tuple(value) if isinstance(value, list) else value
    return checked


def _tuple(listed: list[Any]) -> tuple[Any, ...]:
    """Numbers sorted, names in their order; without doubles."""
    once = tuple(dict.fromkeys(listed))
    return once if any(isinstance(value, str) for value in once) else tuple(sorted(once))
