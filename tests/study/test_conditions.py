"""Conditions are declared whole: each names models, ways and sources that there are."""

import pytest

from study.architectures import ARCHITECTURES
from study.baselines import PLAIN
from study.conditions import BASELINES, CONDITIONS, DRAWS, LUCK
from study.presets import PRESETS, load_preset

by_name = pytest.mark.parametrize("name", CONDITIONS)


def test_the_grid_itself_varies_nothing():
    grid = CONDITIONS[""]
    assert (grid.way, grid.times, grid.models, grid.anew, grid.proposals) == (
        "tuned",
        1,
        (),
        None,
        0,
    )


@by_name
def test_models_are_architectures_or_baselines(name):
    condition = CONDITIONS[name]
    known = {model for model, _ in BASELINES} if condition.way == "fitted" else set(ARCHITECTURES)
    named = [*condition.models, *([condition.follows] if condition.follows else [])]
    assert {model for model, _ in named} <= known


@by_name
def test_a_condition_is_one_thing_at_a_time(name):
    """Nobody could tell which of two changes did it."""
    one = CONDITIONS[name]
    changes = [
        one.way != "tuned",
        bool(one.anew),
        one.small_validation,
        one.shared,
        one.way == "tuned" and one.times != 1,
        one.way == "tuned" and bool(one.models),
    ]
    assert sum(changes) == (0 if name == "" else 1)
    assert one.label


def test_labels_are_told_apart():
    labels = [condition.label for condition in CONDITIONS.values()]
    assert len(set(labels)) == len(labels)


def test_every_source_of_luck_has_its_draws():
    drawn = {condition.anew for condition in CONDITIONS.values() if condition.anew}
    assert drawn == {(luck, draw) for luck in LUCK for draw in range(1, DRAWS + 1)}


def test_every_condition_is_in_a_preset():
    presets = [load_preset(path.stem) for path in PRESETS.glob("*.toml")]
    named = {name for p in presets for name in getattr(p.design, "conditions", ())}
    assert named == set(CONDITIONS) - {""}


def test_baselines_are_those_that_can_be_fitted():
    assert {name for name, _ in BASELINES} == {*PLAIN, "gaussian_process"}
    assert {name for name, augmented in BASELINES if augmented} == {"gaussian_process"}
