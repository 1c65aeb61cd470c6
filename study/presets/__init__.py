"""Presets: TOML files that say how large a study is. Copy one and change it for your own."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from study.errors import StudyError
from study.grid import CONTROLS, CORRECTIONS, ORACLES, Preset
from study.sweep import Sweep

PRESETS = Path(__file__).parent


class Rule(NamedTuple):
    """What a value must be, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]


def _whole(least: int) -> Rule:
    def holds(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= least

    return Rule(f"a whole number from {least}", holds)


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _list_of(words: str, example: str, holds: Callable[[Any], bool]) -> Rule:
    return Rule(
        f"a list of {words} such as {example}",
        lambda value: isinstance(value, list) and bool(value) and all(map(holds, value)),
    )


def _some_of(names: tuple[str, ...]) -> Rule:
    def holds(value: Any) -> bool:
        return isinstance(value, list) and all(name in names for name in value)

    return Rule(f"a list of some of {', '.join(names)}", holds)


_WHOLES = _list_of("whole numbers from 1", "[100, 1000]", _whole(1).holds)
_RULES: Mapping[str, Rule] = {
    "sizes": _WHOLES,
    "corrections": _list_of(
        f"{' and '.join(CORRECTIONS)}, or one of them,",
        str(list(CORRECTIONS)),
        CORRECTIONS.__contains__,
    ),
    "controls": _some_of(CONTROLS),
    "control_sizes": Rule(
        "a list of whole numbers from 1, or an empty list",
        lambda value: value == [] or _WHOLES.holds(value),
    ),
    "draws": _whole(0),
    "control_draws": _whole(0),
    "halvings": _whole(0),
    "oracle": Rule(f"one of {', '.join(ORACLES)}", lambda value: value in ORACLES),
    "learning_rates": _list_of("positive numbers", "[1e-3, 1e-2]", _positive),
    "depths": _WHOLES,
    "standard_widths": _WHOLES,
    "equivariant_stddev": Rule("a positive number", _positive),
}


def known_presets() -> str:
    """The names of the presets that come with the project."""
    return ", ".join(sorted(path.stem for path in PRESETS.glob("*.toml")))


def load_preset(name: str) -> Preset | Sweep:
    """The preset of this name, or of the TOML file at this path; a sweep is one with repeats.

    Raises StudyError for a name or a file that is not there and for a value out of place.
    """
    path = Path(name) if name.endswith(".toml") else PRESETS / f"{name}.toml"
    try:
        values = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise StudyError(
            f"preset {name}: expected one of {known_presets()} or the path of a .toml file, found "
            f"neither; copy one of {PRESETS} to start your own"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StudyError(f"{path}: expected a TOML file, found {error}; correct it") from None
    design = Sweep if "repeats" in values else Preset
    checked = _checked(path, values, [field.name for field in fields(design)[1:]])
    strange = set(checked.get("control_sizes", ())) - set(checked["sizes"])
    if strange:
        raise StudyError(
            f"{path}: expected control_sizes to be among the sizes {list(checked['sizes'])}, found "
            f"{min(strange)}; add it to sizes or remove it"
        )
    if checked.get("control_draws", 0) > checked.get("draws", 0):
        raise StudyError(
            f"{path}: expected control_draws to be among the {checked['draws']} draws, found "
            f"{checked['control_draws']}; make it smaller"
        )
    return design(name=path.stem, **checked)


def _checked(path: Path, values: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    """The values, checked, with lists as sorted tuples without doubles."""
    if missing := [name for name in names if name not in values]:
        raise StudyError(f"{path}: expected a value for {missing[0]}, found none; add it")
    if unknown := [name for name in values if name not in names]:
        raise StudyError(f"{path}: expected only {', '.join(names)}, found {unknown[0]}; remove it")
    for name, value in values.items():
        rule = _RULES.get(name, _whole(1))
        if not rule.holds(value):
            raise StudyError(
                f"{path}: expected {name} to be {rule.words}, found {value!r}; correct it"
            )
    return {
        name: tuple(sorted(set(value))) if isinstance(value, list) else value
        for name, value in values.items()
    }
