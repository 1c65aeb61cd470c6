"""Designs: streams, keys, and where a study stands by the records that it has."""

import re
from dataclasses import fields, replace
from itertools import product

import pytest

from study import design as designs
from study.conditions import LUCK
from study.design import (
    Cell,
    Drawing,
    Keys,
    Protocol,
    Request,
    Shard,
    Training,
    after,
    best_first,
    hyperparameters,
    settle,
    winners,
)
from study.errors import StudyError
from study.grid import Tuning
from study.records import Record
from study.space import Hyperparameters
from tests.study.made_up import GRID, KEYS, RAW, carried_out, proposals, recorded, trainings, usual

CHOSEN = Hyperparameters(2, 16, "elu", 16, "adam", 0.01, "mse")
CELL = Cell(25, False, "standard", False)
ONE = Training(Request(CELL, 1, "full", 0), CHOSEN, 7, Protocol(steps=900, schedule="cosine"))


def test_a_cell_of_another_model_is_like_it_in_all_else():
    cell = Cell(25, True, "standard", False, "identity")
    assert cell.model == ("standard", False)
    assert cell.of(("equivariant", True)) == Cell(25, True, "equivariant", True, "identity")


def changed(training: Training, **names) -> Training:
    """The training with another name, wherever it has it."""
    for field, value in names.items():
        if field in Cell.__dataclass_fields__:
            cell = replace(training.request.cell, **{field: value})
            training = replace(training, request=replace(training.request, cell=cell))
        elif field in Request.__dataclass_fields__:
            training = replace(training, request=replace(training.request, **{field: value}))
        else:
            training = replace(training, **{field: value})
    return training


# Streams


def test_a_stream_by_hand():
    assert ONE.stream == ("standard", 1, 7, 0)
    assert changed(ONE, stage="start", rank=2).stream == ("standard", 1, 7, 3)
    assert changed(ONE, stage="proposal", rank=7).stream == ONE.stream
    follows = changed(ONE, architecture="wrong_group", condition="wrong_symmetry")
    assert follows.stream == ("equivariant", 1, 7, 0)
    assert changed(ONE, stage="sweep", rank=7).stream == ONE.stream


@pytest.mark.parametrize(
    "names",
    [
        {"augmented": True},
        {"corrected": True},
        {"m": 1000},
        {"hyperparameters": replace(CHOSEN, width=32)},
        {"protocol": Protocol(steps=8)},
        {"rank": 5},
        {"condition": "small_validation"},
        {"condition": "weights_1"},  # whose draw is told beside the stream
    ],
    ids=str,
)
def test_what_is_paired_shares_its_streams(names):
    """Raw and augmented, corrected or not, any number of samples: a difference is no luck."""
    other = changed(ONE, **names)
    assert other != ONE
    assert other.stream == ONE.stream


@pytest.mark.parametrize(
    "names", [{"architecture": "equivariant"}, {"repetition": 2}, {"proposal": 8}], ids=str
)
def test_what_is_independent_has_a_stream_of_its_own(names):
    assert changed(ONE, **names).stream != ONE.stream


def test_the_four_cells_of_a_repetition_are_paired_in_the_whole_grid():
    """Trainings of one proposal have one stream in all cells of their architecture."""
    both = replace(GRID, corrections=(False, True), conditions=())
    streams = {}
    for one in trainings(both).values():
        if one.request.stage == "proposal":
            streams.setdefault(one.stream, set()).add(one.request.cell)
    assert len(streams) == 2 * (4 + 4 + 5)
    for (architecture, repetition, *_), cells in streams.items():
        assert {cell.architecture for cell in cells} == {architecture}
        assert {(cell.m, cell.corrected, cell.augmented) for cell in cells} == set(
            product((100,) if repetition == 0 else (25, 100), (False, True), (False, True))
        )


def test_further_starts_have_streams_of_their_own():
    found = trainings(GRID).values()
    mine = [o for o in found if o.request.cell == replace(RAW, m=100) and o.request.repetition == 0]
    full = [one for one in mine if one.request.stage == "full"]
    # A full training begins as its proposal did, and nothing else shares a stream.
    assert len({one.stream for one in mine}) == len(mine) - len(full) == 7
    assert {one.stream for one in full} < {o.stream for o in mine if o.request.stage == "proposal"}


def test_only_its_own_source_of_luck_is_drawn_anew():
    for luck, draw in product(LUCK, (1, 8)):
        one = changed(ONE, condition=f"{luck}_{draw}")
        assert {name: one.draw(name) for name in LUCK} == dict.fromkeys(LUCK, 0) | {luck: draw}
    assert {ONE.draw(luck) for luck in LUCK} == {0}
    assert {changed(ONE, condition="identity").draw(luck) for luck in LUCK} == {0}


def test_the_trainings_of_a_sweep_see_the_same_samples():
    assert ONE.samples_of == 1
    assert changed(ONE, repetition=9).samples_of == 9
    assert changed(ONE, repetition=9, stage="sweep").samples_of == 1


# Keys

OTHER_NAMES = [
    {"architecture": "equivariant"},
    {"augmented": True},
    {"corrected": True},
    {"m": 26},
    {"condition": "small_validation"},
    {"repetition": 2},
    {"stage": "start"},
    {"rank": 1},
    {"proposal": 8},
]
OTHER_HYPERPARAMETERS = {
    "depth": 3,
    "width": 17,
    "activation": "tanh",
    "batch_size": 17,
    "optimizer": "nadam",
    "learning_rate": 0.010000000000000002,
    "loss": "mae",
}
OTHER_PROTOCOLS = {
    "steps": 901,
    "schedule": "constant",
    "gap": 51,
    "patience": 900,
    "validation_rows": 999,
    "equivariant_stddev": 0.2,
}


def test_a_key_is_the_same_for_the_same_training_and_writes_as_16_digits():
    again = Keys("0" * 64, "loop", 1).key(replace(ONE, hyperparameters=replace(CHOSEN)))
    assert KEYS.key(ONE) == again
    assert re.fullmatch("[0-9a-f]{16}", again)


def test_keys_stay_what_they_are(monkeypatch):
    """Golden: whoever changes these has every study of every user made anew."""
    monkeypatch.setattr(designs, "NUMBERS", 2)
    assert KEYS.key(ONE) == "6cee5922d3606c86"


@pytest.mark.parametrize("names", OTHER_NAMES, ids=str)
def test_a_key_knows_its_training(names):
    assert KEYS.key(changed(ONE, **names)) != KEYS.key(ONE)


@pytest.mark.parametrize("name", OTHER_HYPERPARAMETERS)
def test_a_key_knows_every_hyperparameter(name):
    other = replace(CHOSEN, **{name: OTHER_HYPERPARAMETERS[name]})
    assert KEYS.key(replace(ONE, hyperparameters=other)) != KEYS.key(ONE)


@pytest.mark.parametrize("name", OTHER_PROTOCOLS)
def test_a_key_knows_the_protocol(name):
    other = replace(ONE.protocol, **{name: OTHER_PROTOCOLS[name]})
    assert KEYS.key(replace(ONE, protocol=other)) != KEYS.key(ONE)


@pytest.mark.parametrize(
    "keys",
    [
        replace(KEYS, data="1" * 64),
        replace(KEYS, trainer="keras"),
        replace(KEYS, root_seed=2),
    ],
    ids=["data", "trainer", "root seed"],
)
def test_a_key_knows_whose_numbers_they_are(keys):
    assert keys.key(ONE) != KEYS.key(ONE)


def test_a_key_knows_the_version_of_the_numbers(monkeypatch):
    before = KEYS.key(ONE)
    monkeypatch.setattr(designs, "NUMBERS", designs.NUMBERS + 1)
    assert KEYS.key(ONE) != before


def test_every_field_that_there_is_has_been_changed():
    """What is added to a training is added to the tests of keys."""
    assert {*OTHER_HYPERPARAMETERS} == {field.name for field in fields(Hyperparameters)}
    assert {*OTHER_PROTOCOLS} == {field.name for field in fields(Protocol)}
    names = {name for one in OTHER_NAMES for name in one}
    assert names == {f.name for f in (*fields(Cell), *fields(Request))} - {"cell"} | {"proposal"}
    assert {f.name for f in fields(Training)} == {
        "request", "hyperparameters", "proposal", "protocol"
    }  # fmt: skip
    assert {field.name for field in fields(Keys)} == {"data", "trainer", "root_seed"}


def test_no_two_trainings_of_a_study_share_a_key():
    many = replace(
        GRID,
        corrections=(False, True),
        conditions=(*GRID.conditions, "baselines", "several_channels", "first_3", "orders_1"),
    )
    found = trainings(many)
    assert len({KEYS.key(one) for one in found.values()}) == len(found) == 360


# Where a study stands

MORE = {
    "a repetition": replace(GRID, repetitions=3),
    "a size": replace(GRID, sizes=(25, 50, 100)),
    "a size of the exercise": replace(GRID, exercise_sizes=(25, 100)),
    "a correction": replace(GRID, corrections=(False, True)),
    "an architecture": replace(GRID, architectures=("standard", "equivariant", "equivariant_wide")),
    "a condition": replace(GRID, conditions=(*GRID.conditions, "baselines", "first_3")),
    "a size of conditions": replace(GRID, condition_sizes=(25, 100)),
    "a repetition of conditions": replace(GRID, condition_repetitions=2),
    "further starts": replace(GRID, exercise=Tuning(5, 3, 4), tuning=Tuning(4, 2, 1)),
    "a finalist": replace(GRID, exercise=Tuning(5, 4, 2), tuning=Tuning(4, 3)),
}


def stored_of(records):
    return {record.key: record for record in records.values()}


@pytest.mark.parametrize("more", MORE.values(), ids=MORE)
def test_a_study_that_grows_retrains_nothing(more):
    """Every key that was there is asked for again, and nothing that was there is carried out."""
    _, before = carried_out(GRID)
    growth, after_it = carried_out(more, stored=stored_of(before))
    new = [one.request for wave in growth for one in wave]
    assert set(GRID.names()) < set(more.names())
    assert set(new) == set(more.names()) - set(GRID.names())
    assert before.items() <= after_it.items()
    assert set(after_it) == set(more.names())


def test_a_study_that_was_interrupted_goes_on_where_it_was():
    """After any number of records the rest is carried out, to the same end."""
    _, whole = carried_out(GRID)
    for done in (0, 1, 17, 60, 90, len(whole)):
        stored = stored_of(dict(list(whole.items())[:done]))
        waves, records = carried_out(GRID, stored=stored)
        assert records == whole
        assert sum(map(len, waves)) == len(whole) - done


def test_a_complete_study_asks_for_nothing():
    _, records = carried_out(GRID)
    state = settle(GRID, stored_of(records), proposals, KEYS)
    assert (state.records, state.wave) == (records, [])


def test_records_of_other_keys_are_left_aside():
    _, records = carried_out(GRID)
    other = replace(KEYS, root_seed=2)
    state = settle(GRID, stored_of(records), proposals, other)
    assert state.records == {}
    assert len(state.wave) == 8 * 2 * 4 + 4 * 5


def test_a_full_training_that_more_proposals_have_beaten_is_left_aside():
    """Of five proposals the last two are best, 4 and 3; before, 3 and 2 had been trained in full.

    Proposals, which are the first of the same list, are not trained again.
    """
    _, before = carried_out(GRID)
    more = replace(GRID, tuning=Tuning(5, 2))
    waves, records = carried_out(more, stored=stored_of(before))
    mine = {
        r.rank: one
        for r, one in records.items()
        if (r.cell, r.repetition, r.stage) == (RAW, 1, "full")
    }
    assert [mine[rank].proposal for rank in (0, 1)] == [4, 3]
    stale = before[Request(RAW, 1, "full", 1)]
    assert stale.proposal == 2
    assert stale not in records.values()
    new = [one.request for one in waves[0]]
    assert {(one.stage, one.rank) for one in new} == {("proposal", 4)}
    assert set(records) == set(more.names())


def test_a_full_training_that_more_proposals_have_not_beaten_stays():
    def errors(one):
        return 1.0 if one.proposal == 4 and one.request.repetition else usual(one)

    _, before = carried_out(GRID)
    waves, records = carried_out(
        replace(GRID, tuning=Tuning(5, 2)), errors, stored=stored_of(before)
    )
    assert {one.request.stage for wave in waves for one in wave} == {"proposal"}
    assert before.items() <= records.items()


def test_what_follows_a_winner_that_was_beaten_is_trained_anew():
    _, before = carried_out(GRID)
    waves, records = carried_out(replace(GRID, tuning=Tuning(5, 2)), stored=stored_of(before))
    control = Request(
        replace(RAW, architecture="wrong_group", condition="wrong_symmetry"), 1, "full", 0
    )
    assert before[control].proposal == 3
    assert records[control].proposal == 4
    assert control in {one.request for one in waves[-1]}


@pytest.mark.parametrize("stage", ["proposal", "full"])
def test_what_failed_is_not_asked_for_and_what_depends_on_it_is_left_out(stage):
    lost = Request(RAW, 1, stage, 1)
    waves, records = carried_out(GRID, without=frozenset({lost}))
    missing = set(GRID.names()) - set(records)
    assert lost not in {one.request for wave in waves for one in wave}
    following = {
        Request(Cell(25, True, architecture, augmented, condition), 1, "full", 0)
        for architecture, augmented, condition in [
            ("wrong_group", False, "wrong_symmetry"),
            ("equivariant", True, "identity"),
        ]
    }
    own = {Request(RAW, 1, "full", rank) for rank in range(2)} if stage == "proposal" else set()
    assert missing == {lost} | own | following


def test_a_further_start_that_failed_leaves_its_cell_a_winner():
    lost = Request(replace(RAW, m=100), 0, "start", 0)
    _, records = carried_out(GRID, without=frozenset({lost}))
    assert set(GRID.names()) - set(records) == {lost}
    assert winners(records, "mse")[lost.cell, 0] is not None


def test_what_failed_is_asked_for_again_by_the_next_run():
    lost = Request(RAW, 1, "proposal", 2)
    _, records = carried_out(GRID, without=frozenset({lost}))
    state = settle(GRID, stored_of(records), proposals, KEYS)
    assert [one.request for one in state.wave] == [lost]


def test_records_that_are_known_to_count_need_not_be_found():
    waves, whole = carried_out(GRID)
    known = {one.request: whole[one.request] for one in waves[0]}
    state = settle(GRID, {}, proposals, KEYS, records=known)
    assert state.records == known
    assert state.wave == waves[1]
    assert known == {
        one.request: whole[one.request] for one in waves[0]
    }  # and are left as they are


# The best


def named(*errors: tuple[float | None, float | None]):
    """Records with these errors, mse and mae, under requests in their order; none: diverged."""
    return {
        Request(RAW, 1, "full", rank): replace(
            recorded(ONE),
            rank=rank,
            validation_mse=mse,
            validation_mae=mae,
            status="sound" if mse is not None else "diverged",
        )
        for rank, (mse, mae) in enumerate(errors)
    }


@pytest.mark.parametrize(
    ("choose_by", "ranks"), [("mse", [2, 0, 3, 1]), ("mae", [3, 0, 2, 1])], ids=["mse", "mae"]
)
def test_the_best_come_first_and_those_that_failed_last(choose_by, ranks):
    records = named((0.2, 0.2), (None, None), (0.1, 0.3), (0.3, 0.1))
    found = best_first(records, list(records), choose_by)
    assert [one.rank for one in found] == ranks


def test_a_dead_network_comes_behind_sound_ones_whatever_its_error():
    records = named((0.4, 0.4), (0.1, 0.1))
    dead = Request(RAW, 1, "full", 1)
    records[dead] = replace(records[dead], status="dead")
    assert [one.rank for one in best_first(records, list(records), "mse")] == [0, 1]


def test_a_repetitions_winner_is_its_best_full_training():
    records = named((0.2, 0.2), (0.1, 0.3))
    records[Request(RAW, 1, "proposal", 0)] = replace(recorded(ONE), validation_mse=0.01)
    records[Request(RAW, 2, "full", 0)] = replace(recorded(ONE), validation_mse=0.02)
    assert {name: one.validation_mse for name, one in winners(records, "mse").items()} == {
        (RAW, 1): 0.1,
        (RAW, 2): 0.02,
    }
    assert winners(records, "mae")[RAW, 1].validation_mae == 0.2


def test_a_repetition_without_a_sound_training_has_no_winner():
    _, records = carried_out(GRID, lambda one: None)
    found = winners(records, "mse")
    assert found[RAW, 1] is None
    assert set(found.values()) == {None}
    assert len(found) == 8 * 2 + 4 + 4  # a study with failures alone is complete all the same


def test_winners_do_not_depend_on_the_order_of_records():
    records = named((0.2, 0.2), (0.1, 0.3), (0.1, 0.1))
    turned = dict(reversed(records.items()))
    assert winners(records, "mse") == winners(turned, "mse")
    assert winners(turned, "mse")[RAW, 1].rank == 1


def test_a_training_after_a_record_has_its_hyperparameters_and_proposal():
    record = recorded(ONE)
    request, protocol = Request(RAW, 3, "full", 0), Protocol(steps=8)
    assert hyperparameters(record) == CHOSEN
    assert after(request, record, protocol) == Training(request, CHOSEN, 7, protocol)


@pytest.mark.parametrize("name", ["architecture", "repetition", "rank", "optimizer", "proposal"])
def test_a_record_that_is_not_what_its_key_says_is_told(name):
    _, records = carried_out(GRID)
    stored = stored_of(records)
    key = next(iter(stored))
    other = {str: "other", int: 77}[type(getattr(stored[key], name))]
    stored[key] = replace(stored[key], **{name: other})
    with pytest.raises(StudyError, match=f"key {key}, column {name}: expected .*, found {other};"):
        settle(GRID, stored, proposals, KEYS)


# Shards


@pytest.mark.parametrize("of", [2, 3])
def test_shards_come_to_the_whole_study_each_alone(of):
    """Each asks for no training, and no proposals, of another's repetitions."""
    _, whole = carried_out(GRID)
    found: dict[Request, Record] = {}
    for shard in (Shard(number, of) for number in range(of)):
        stored: dict[str, Record] = {}
        drawn: list[Drawing] = []

        def mine(drawing, n, drawn=drawn):
            drawn.append(drawing)
            return proposals(drawing, n)

        while (state := settle(GRID, stored, mine, KEYS, shard=shard)).wave:
            stored |= {KEYS.key(one): recorded(one, usual, KEYS) for one in state.wave}
        assert {name.repetition % of for name in state.records} <= {shard.number}
        assert {drawing.repetition % of for drawing in drawn} <= {shard.number}
        assert not found.keys() & state.records.keys()
        found |= state.records
    assert found == whole
