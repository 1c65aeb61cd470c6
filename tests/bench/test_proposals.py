"""Lists of proposals: drawn once, kept among the store's facts, read without KerasTuner."""

import json
from dataclasses import replace

import pytest

from bench import tuning
from bench.proposals import drawn, kept
from study.architectures import ARCHITECTURES
from study.design import Drawing
from study.errors import StudyError
from study.presets import Preset, load_preset
from tests.bench import made_up

DRAWING = Drawing("standard", 1)


@pytest.fixture
def preset(tmp_path) -> Preset:
    return load_preset(str(made_up.write_preset(tmp_path / "tiny.toml")))


@pytest.fixture
def said() -> dict:
    """What the store was told, as JSON brings it back."""
    return {}


@pytest.fixture
def say(said):
    def say(name, value):
        assert name not in said
        said[name] = json.loads(json.dumps(value))

    return say


@pytest.fixture
def undrawn(monkeypatch):
    """No list may be drawn from here on."""
    return lambda: monkeypatch.setattr(tuning, "propose", lambda *_: pytest.fail("was drawn"))


def test_a_list_is_drawn_once_and_told_to_the_store(preset, said, say, undrawn):
    facts: dict = {}
    proposals = drawn(preset, 1, facts, say)
    first = proposals(DRAWING, 3)
    undrawn()
    assert proposals(DRAWING, 3) == first
    assert drawn(preset, 1, facts, say)(DRAWING, 2) == first[:2]
    assert drawn(preset, 1, said, say)(DRAWING, 3) == first
    assert len(said) == 1


def test_who_only_looks_finds_what_was_drawn_and_nothing_else(preset, said, say, undrawn):
    first = drawn(preset, 1, {}, say)(DRAWING, 3)
    undrawn()
    looking = kept(preset, 1, said)
    assert looking(DRAWING, 3) == first
    assert looking(DRAWING, 2) == first[:2]
    assert looking(DRAWING, 4) is None
    assert looking(Drawing("standard", 2), 3) is None
    assert kept(preset, 1, {})(DRAWING, 1) is None


def test_a_longer_list_begins_with_the_shorter_one(preset):
    facts: dict = {}
    proposals = drawn(preset, 1, facts, lambda *_: None)
    assert proposals(DRAWING, 5)[:2] == proposals(DRAWING, 2)
    assert len(facts) == 1


@pytest.mark.parametrize(
    "other", [Drawing("standard", 2), Drawing("standard", 1, 1), Drawing("equivariant_wide", 1)]
)
def test_every_drawing_has_a_list_of_its_own(preset, other):
    proposals = drawn(preset, 1, facts := {}, lambda *_: None)
    assert not set(proposals(DRAWING, 5)) & set(proposals(other, 5))
    assert len(facts) == 2


def test_another_root_seed_has_other_lists(preset):
    facts: dict = {}
    ours, theirs = (drawn(preset, seed, facts, lambda *_: None)(DRAWING, 5) for seed in (1, 2))
    assert not set(ours) & set(theirs)
    assert len(facts) == 2


def test_another_space_has_another_name(preset, said, say):
    drawn(preset, 1, {}, say)(DRAWING, 3)
    wider = ARCHITECTURES["standard"].space.with_values({"width": [16, 32, 64]})
    changed = replace(preset, spaces={"standard": wider})
    assert kept(changed, 1, said)(DRAWING, 3) is None
    drawn(changed, 1, {}, say)(DRAWING, 3)
    assert len(said) == 2


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (3, "expected a list, found '3'"),
        ([3], "expected a list of depth, width, .*, found '3'"),
        ([[2, 16]], r"expected a list of depth, .*, found '\[2, 16\]'"),
        ([[2, "16", "elu", 16, "adam", 0.01, "mse"]], "column width: expected a whole number f"),
        ([[2, 16, "elu", 16, "adam", None, "mse"]], "column learning_rate: expected a number, f"),
        ([[2, 16, "swish", 16, "adam", 0.01, "mse"]], "activation to be one of elu, tanh, found"),
    ],
)  # fmt: skip
def test_a_kept_list_that_is_none_is_told(listed, words, preset, said, say):
    drawn(preset, 1, {}, say)(DRAWING, 1)
    (name,) = said
    with pytest.raises(StudyError, match=f"table facts, row {name}, column value.*{words}"):
        kept(preset, 1, {name: listed})(DRAWING, 1)
