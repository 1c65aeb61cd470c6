"""Presets: TOML files that say how large a study is. Copy one and change it for your own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from study.architectures import architecture
from study.conditions import CONDITIONS
from study.errors import StudyError, shown
from study.grid import Grid, Tuning
from study.presets.rules import GRID, SPACE, SWEEP, TABLE, TUNING, checked_values, some_of
from study.space import KNOWN, Space
from study.sweep import MODELS, Sweep
from study.texts import read_text

PRESETS = Path(__file__).parent
FEWEST = 10  # samples in which a sensor's offset is looked for
MOST_TRAININGS = 1_000_000
MOST_BYTES = 100_000  # of a preset's file
_FILE_NAME = re.compile(r"\w[\w.-]{0,59}\.toml")


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


def known_presets() -> str:
    """The names of the presets that come with the project."""
    return ", ".join(sorted(path.stem for path in PRESETS.glob("*.toml")))


def load_preset(name: str) -> Preset:
    """The preset of this name, or of the TOML file at this path; a sweep is one with repeats.

    Raises StudyError for a name or a file that is not there and for a value out of place.
    """
    path = Path(name) if name.endswith(".toml") else PRESETS / f"{name}.toml"
    values = _read(name, path)
    if path.stem in known_presets().split(", ") and path.resolve().parent != PRESETS.resolve():
        raise StudyError(
            f"{path}: expected a name that no preset of the project has, found {path.stem}, whose "
            "studies would stand in the same folder; rename the file"
        )
    if not _FILE_NAME.fullmatch(path.name):
        raise StudyError(
            f"{path}: expected a name of at most 60 letters, digits, points, dashes and "
            f"underscores, which names the study's folder, found {shown(path.name)}; rename the "
            "file"
        )
    preset = _sweep(path, values) if "repeats" in values else _grid(path, values)
    if sum(1 for _ in islice(preset.design.names(), MOST_TRAININGS + 1)) > MOST_TRAININGS:
        raise StudyError(
            f"{path}: expected at most {MOST_TRAININGS:,} trainings, found more; ask for fewer "
            "sizes, repetitions or proposals, or share them among several presets"
        )
    return preset


def _read(name: str, path: Path) -> dict[str, Any]:
    """The values of a TOML file."""
    try:
        return tomllib.loads(read_text(path, "a TOML file", "correct it", MOST_BYTES))
    except FileNotFoundError:
        raise StudyError(
            f"preset {name}: expected one of {known_presets()} or the path of a .toml file, found "
            f"neither; copy one of {PRESETS} to start your own"
        ) from None
    except ValueError as error:  # TOML's errors are among these
        raise StudyError(f"{path}: expected a TOML file, found {error}; correct it") from None
    except RecursionError:
        raise StudyError(
            f"{path}: expected a TOML file, found lists in lists without end; correct it"
        ) from None


def _sweep(path: Path, values: Mapping[str, Any]) -> Preset:
    checked = checked_values(path, values, SWEEP)
    seed = checked.pop("seed")
    sweep = Sweep(**checked)
    return Preset(path.stem, sweep, {name: sweep.space(name) for name in MODELS}, False, seed)


def _grid(path: Path, values: Mapping[str, Any]) -> Preset:
    checked = checked_values(path, values, GRID)
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
    tuning = Tuning(**checked_values(path, values, TUNING, f"{name}."))
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
        checked = checked_values(path, {name: changed}, {name: (TABLE, ...)}, "space.")[name]
        known = {key: some_of(KNOWN[key], 1) for key in KNOWN} if entry.ties else {}
        rules = {
            key: (rule, list(getattr(entry.space, key))) for key, rule in (SPACE | known).items()
        }
        spaces[name] = entry.space.with_values(
            checked_values(path, checked, rules, f"space.{name}.")
        )
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
