"""The sweep: every combination by hand, and the published protocol."""

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest

from study.architectures import Shape
from study.design import Cell, Drawing, Keys, Request, settle
from study.presets import load_preset
from study.space import Hyperparameters, Space
from study.sweep import MODELS, Sweep
from tests.study.made_up import KEYS, carried_out

SMALL = Sweep(
    sizes=(8, 10),
    learning_rates=(0.001, 0.01),
    depths=(1, 2),
    standard_widths=(4, 16),
    repeats=3,
    batch_size=4,
    epochs=5,
    patience=2,
    equivariant_stddev=0.2,
)
FIRST = Request(Cell(8, False, "standard", True), 1, "sweep", 0)


def no_proposals(drawing: Drawing, n: int):
    raise AssertionError("a sweep tunes nothing")


def all_of(sweep: Sweep):
    return {one.request: one for one in sweep.ready({}, no_proposals)}


def test_a_sweep_crosses_everything():
    """Two sizes, raw and augmented; equivariant 1 x 2 x 2, standard 2 x 2 x 2; 3 repeats each."""
    names = list(SMALL.names())
    assert len(names) == len(set(names)) == 2 * 2 * (4 + 8) * 3
    assert Counter((one.cell.m, one.cell.architecture, one.cell.augmented) for one in names) == {
        (m, name, augmented): {"equivariant": 12, "standard": 24}[name]
        for m, name, augmented in product((8, 10), MODELS, (False, True))
    }
    assert {(one.stage, one.cell.corrected, one.cell.condition) for one in names} == {
        ("sweep", False, "")
    }
    assert {one.repetition for one in names} == {1, 2, 3}


def test_a_rank_is_a_combination_by_hand():
    cell = Cell(8, False, "standard", False)
    found = all_of(SMALL)
    combinations = [found[Request(cell, 2, "sweep", rank)].hyperparameters for rank in range(8)]
    assert [(h.width, h.depth, h.learning_rate) for h in combinations] == [
        (4, 1, 0.001), (4, 1, 0.01), (4, 2, 0.001), (4, 2, 0.01),
        (16, 1, 0.001), (16, 1, 0.01), (16, 2, 0.001), (16, 2, 0.01),
    ]  # fmt: skip
    assert combinations[0] == Hyperparameters(1, 4, "elu", 4, "nadam", 0.001, "mse")
    equivariant = [
        found[Request(replace(cell, architecture="equivariant"), 1, "sweep", rank)].hyperparameters
        for rank in range(4)
    ]
    assert [(h.width, h.depth, h.learning_rate) for h in equivariant] == [
        (4, 1, 0.001), (4, 1, 0.01), (4, 2, 0.001), (4, 2, 0.01),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("m", "augmented", "epoch"), [(8, False, 2), (8, True, 16), (10, False, 3), (10, True, 20)]
)
def test_epochs_are_counted_over_the_rows_of_the_cell(m, augmented, epoch):
    """In batches of 4: 8 rows are 2 steps, 10 rows 3; augmented ones are 64 and 80 rows."""
    request = replace(FIRST, cell=Cell(m, False, "standard", augmented))
    protocol = SMALL.protocol_of(request)
    assert (protocol.steps, protocol.gap, protocol.patience) == (5 * epoch, epoch, 2 * epoch)
    assert (protocol.schedule, protocol.equivariant_stddev) == ("constant", 0.2)
    assert all_of(SMALL)[request].protocol == protocol


def test_all_trainings_are_one_wave_and_are_carried_out_once():
    waves, records = carried_out(SMALL, proposals=no_proposals)
    assert [len(wave) for wave in waves] == [144]
    assert set(records) == set(SMALL.names())
    assert [one.request for one in waves[0]] == list(SMALL.names())


def test_every_training_has_a_stream_of_its_own_but_for_its_pairs():
    """Raw and augmented, and the sizes, are paired."""
    shared = Counter(one.stream for one in all_of(SMALL).values())
    assert set(shared.values()) == {4}
    assert len(shared) == (4 + 8) * 3


def test_every_training_has_a_key_of_its_own():
    found = all_of(SMALL).values()
    assert len({KEYS.key(one) for one in found}) == len(found)


@pytest.mark.parametrize(
    "change", [{"batch_size": 5}, {"epochs": 6}, {"patience": 3}, {"equivariant_stddev": 0.3}]
)
def test_a_key_differs_where_the_protocol_does(change):
    other = all_of(replace(SMALL, **change))[FIRST]
    assert KEYS.key(other) != KEYS.key(all_of(SMALL)[FIRST])


@pytest.mark.parametrize("keys", [replace(KEYS, data="other"), replace(KEYS, root_seed=2)])
def test_a_key_knows_whose_numbers_they_are(keys: Keys):
    assert keys.key(all_of(SMALL)[FIRST]) != KEYS.key(all_of(SMALL)[FIRST])


@pytest.mark.parametrize("more", [{"repeats": 4}, {"sizes": (8, 10, 12)}])
def test_a_sweep_that_grows_retrains_nothing(more):
    _, before = carried_out(SMALL, proposals=no_proposals)
    larger = replace(SMALL, **more)
    stored = {record.key: record for record in before.values()}
    state = settle(larger, stored, no_proposals, KEYS)
    assert state.records == before
    assert {one.request for one in state.wave} == set(larger.names()) - set(SMALL.names())


def test_the_published_protocol():
    published = load_preset("published").design
    found = all_of(published)
    assert len(found) == 1800
    networks = {
        (one.request.cell.architecture, one.hyperparameters.width) for one in found.values()
    }
    assert networks == {("equivariant", 4), ("standard", 4), ("standard", 16)}
    # By hand: 256 rows in batches of 32 are 8 steps an epoch, their copies 64.
    assert {
        (one.request.cell.augmented, one.protocol.steps, one.protocol.gap, one.protocol.patience)
        for one in found.values()
    } == {(False, 8000, 8, 800), (True, 64000, 64, 6400)}
    assert {one.protocol.equivariant_stddev for one in found.values()} == {0.2}
    fixed = {(h.hyperparameters.optimizer, h.hyperparameters.loss) for h in found.values()}
    assert fixed == {("nadam", "mse")}


def test_its_spaces_are_what_it_trains():
    assert SMALL.space("standard") == Space(
        depth=(1, 2),
        width=(4, 16),
        activation=("elu",),
        batch_size=(4,),
        optimizer=("nadam",),
        learning_rate=(0.001, 0.01),
        loss=("mse",),
    )
    assert SMALL.space("equivariant").width == (4,)


def test_every_network_of_a_sweep_can_be_built():
    for one in all_of(SMALL).values():
        chosen = one.hyperparameters
        name = one.request.cell.architecture
        shape = Shape(name, chosen.depth, chosen.width, chosen.activation)
        assert shape.ties.sizes == (4, *[chosen.width] * chosen.depth, 2)
