"""The proposals of a study: drawn when they are first asked for, and kept in its store.

Whoever only plans or looks reads what was drawn, without KerasTuner, which takes TensorFlow along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from functools import cache
from typing import Any

from study.design import Drawing, Proposals
from study.errors import StudyError
from study.presets import Preset
from study.quiet import quiet_tensorflow
from study.records import columns
from study.seeds import seed
from study.space import HYPERPARAMETERS, Hyperparameters, Space

KINDS = columns(Hyperparameters)
Say = Callable[[str, Any], None]  # keeps a fact under its name


def kept(preset: Preset, root_seed: int, facts: Mapping[str, Any]) -> Proposals:
    """What proposes from the lists among a study's facts; None where one is not there."""
    checked: dict[str, list[Hyperparameters]] = {}  # lists, since many cells share one

    def proposals(drawing: Drawing, n: int) -> Sequence[Hyperparameters] | None:
        name = _name(preset, root_seed, drawing)
        found, listed = checked.setdefault(name, []), facts.get(name, [])
        if not isinstance(listed, list):
            raise _wrong(_place(name), "a list", listed)
        if len(listed) < n:
            return None
        space = preset.space(drawing.architecture)
        found += [_checked(one, space, name) for one in listed[len(found) : n]]
        return found[:n]

    return proposals


def drawn(preset: Preset, root_seed: int, facts: dict[str, Any], say: Say) -> Proposals:
    """What proposes from those lists, and draws and keeps the ones that are not there."""
    known = kept(preset, root_seed, facts)

    def proposals(drawing: Drawing, n: int) -> Sequence[Hyperparameters]:
        found = known(drawing, n)
        if found is None:
            with quiet_tensorflow():
                from bench.tuning import propose  # it loads TensorFlow, which takes seconds

            found = propose(preset.space(drawing.architecture), _seed(root_seed, drawing), n)
            name = _name(preset, root_seed, drawing)
            facts[name] = [astuple(one) for one in found]
            say(name, facts[name])
        return found

    return proposals


def _checked(values: Any, space: Space, name: str) -> Hyperparameters:
    """A kept proposal, where it is one of the space."""
    place = _place(name)
    if not isinstance(values, list | tuple) or len(values) != len(HYPERPARAMETERS):
        raise _wrong(place, f"a list of {', '.join(HYPERPARAMETERS)}", values)
    found = Hyperparameters(
        *(kind.check(value, place) for kind, value in zip(KINDS, values, strict=True))
    )
    for hyperparameter in HYPERPARAMETERS:
        choices = getattr(space, hyperparameter)
        value = getattr(found, hyperparameter)
        if hyperparameter != "learning_rate" and value not in choices:
            choices = ", ".join(map(str, choices))
            raise _wrong(place, f"{hyperparameter} to be one of {choices}", value)
    return found


def _place(name: str) -> str:
    return f"table facts, row {name}, column value"


def _wrong(place: str, expected: str, found: Any) -> StudyError:
    return StudyError(
        f"{place}: expected {expected}, found {str(found)[:40]!r}; delete the row to "
        "have it made anew"
    )


def _seed(root_seed: int, drawing: Drawing) -> int:
    return seed("proposals", root_seed, *drawing)


def _name(preset: Preset, root_seed: int, drawing: Drawing) -> str:
    """The name of a list among the facts: it holds all that the list depends on."""
    space = _described(preset.space(drawing.architecture))
    return f"proposals {seed(space, _seed(root_seed, drawing)):016x}"


@cache
def _described(space: Space) -> str:
    return repr(astuple(space))
