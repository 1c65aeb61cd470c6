"""Blocks: what they hold, and what they come to wherever and beside whatever they are done."""

import hashlib
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple, replace
from functools import partial
from itertools import product

import numpy as np
import pytest

from bench.blocks import Block, carry_out, carry_out_elsewhere, pack
from bench.provenance import provenance, versions
from bench.scores import Outcome, errors
from bench.trainers import TRAINERS
from study import lanes, samples
from study.architectures import ARCHITECTURES, Shape, architecture
from study.bag import SQUARE
from study.design import Cell, Protocol, Request, Stage, Training, hyperparameters
from study.errors import StudyError
from study.lanes import Lane, Trained
from study.records import COLUMNS, Record
from study.space import NONE, Hyperparameters
from study.version import NUMBERS

CHOSEN = Hyperparameters(2, 16, "elu", 16, "adam", 0.01, "mse")


def training(
    name: str = "standard",
    augmented: bool = False,
    stage: Stage = "full",
    *,
    m: int = 20,
    corrected: bool = False,
    condition: str = "",
    repetition: int = 1,
    rank: int = 0,
    proposal: int = 0,
    steps: int = 60,
    **chosen: object,
) -> Training:
    chosen = {"width": 4 if name in ("equivariant", "wrong_group") else 16, **chosen}
    request = Request(Cell(m, corrected, name, augmented, condition), repetition, stage, rank)
    if stage == "fitted":
        return Training(request, NONE, 0, Protocol(0))
    schedule = "constant" if stage == "proposal" else "cosine"
    point = replace(CHOSEN, **chosen)
    return Training(request, point, proposal, Protocol(steps, schedule))


@pytest.fixture
def carried(context) -> Callable[..., list[Record]]:
    """Carry trainings out as one block."""
    return lambda *trainings: carry_out(Block(trainings), context)


def numbers(records: Sequence[Record]) -> list[tuple]:
    """The records without how fast they were made."""
    return [astuple(replace(record, seconds=0.0)) for record in records]


def weights(record: Record) -> np.ndarray:
    return np.frombuffer(record.weights, "<f4")


# Blocks


def test_trainings_of_one_shape_and_batch_size_share_a_block_whatever_else_they_are():
    alike = [
        training(m=m, augmented=augmented, repetition=repetition, stage=stage, loss=loss)
        for m, augmented, repetition, stage, loss in product(
            (20, 40), (False, True), (1, 2), ("proposal", "full"), ("mse", "mae")
        )
    ]
    (block,) = pack(alike)
    assert list(block.trainings) == alike
    assert (block.seats, len(block.trainings)) == (32, 32)


@pytest.mark.parametrize("other", [{"depth": 3}, {"batch_size": 64}, {"name": "equivariant_wide"}])
def test_another_shape_or_batch_size_has_another_block(other):
    assert [len(block.trainings) for block in pack([training(), training(**other)])] == [1, 1]


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (16, [16]), (17, [17]), (32, [32]), (70, [32, 32, 6])]
)
def test_a_block_has_32_trainings_at_most(count, sizes):
    found = pack(training(repetition=1 + k) for k in range(count))
    assert [len(block.trainings) for block in found] == sizes
    assert [block.seats for block in found] == [16 if size <= 16 else 32 for size in sizes]
    assert [one.request.repetition for b in found for one in b.trainings] == [*range(1, 1 + count)]


def test_the_longest_block_is_first():
    small, large = training(depth=2), training(depth=5, batch_size=64)
    assert [block.trainings for block in pack([small, large, small])] == [(large,), (small, small)]


def test_baselines_of_a_kind_share_a_block():
    names = [("zero", False, 20), ("zero", False, 40), ("gaussian_process", True, 20)]
    wave = [
        training(name, augmented, "fitted", m=m, repetition=repetition)
        for repetition in (1, 2)
        for name, augmented, m in names
    ]
    assert [len(block.trainings) for block in pack(wave)] == [2, 2, 2]


def test_a_baseline_is_fitted_by_no_trainer_and_foreign_layers_are_trained_by_keras(monkeypatch):
    (fit,) = pack([training("zero", stage="fitted")])
    assert [fit.trainer(asked) for asked in TRAINERS] == list(TRAINERS)
    (one,) = pack([training()])
    assert one.trainer("loop") == "loop"
    foreign = replace(architecture("standard"), ties=None)
    monkeypatch.setitem(ARCHITECTURES, "standard", foreign)
    assert one.trainer("loop") == "keras"


# Records


def test_records_stand_in_the_order_of_their_trainings_under_their_keys(carried, context):
    wave = [
        training(repetition=r, augmented=a, stage=s)
        for r, a, s in product((2, 1), (True, False), ("full", "proposal"))
    ]
    found = carried(*wave)
    assert [record.key for record in found] == [context.keys.key(one) for one in wave]
    for one, record in zip(wave, found, strict=True):
        assert asdict(one.request.cell).items() <= asdict(record).items()
        request = (record.repetition, record.stage, record.rank)
        assert request == (one.request.repetition, one.request.stage, one.request.rank)
        assert hyperparameters(record) == one.hyperparameters
        assert (record.steps, record.schedule) == (60, one.protocol.schedule)


def test_a_record_says_what_made_it(carried, context):
    (record,) = carried(training(proposal=3))
    assert (record.proposal, record.trainer, record.parameters) == (3, "loop", 386)
    assert (record.numbers, record.code) == (NUMBERS, "code")
    assert (record.packages, record.processor) == ("packages", "cpu")
    assert record.seconds > 0
    assert (record.validation_rows, record.last_step) == (200, 60)
    assert record.best_step in (50, 60)


# A training's numbers depend on nothing but itself


@pytest.fixture(scope="module")
def wave() -> list[Training]:
    """40 trainings of one shape, of all kinds: more than a block has seats."""
    return [
        training(
            repetition=k % 3,
            augmented=k % 2 == 1,
            stage=("full", "proposal", "start", "full")[k % 4],
            rank=k,
            proposal=k,
            activation=("elu", "tanh")[k % 5 % 2],
            optimizer=("adam", "nadam")[k % 7 % 2],
            loss=("mse", "mae", "huber")[k % 3],
            learning_rate=1e30 if k == 11 else 0.003 * (1 + k % 4),
        )
        for k in range(40)
    ]


@pytest.fixture(scope="module")
def together(wave, context) -> dict[str, tuple]:
    """What they come to in blocks, by key."""
    return by_key(record for block in pack(wave) for record in carry_out(block, context))


def by_key(records) -> dict[str, tuple]:
    return {record.key: numbers([record])[0] for record in records}


def test_a_training_is_the_same_alone(wave, together, carried):
    for one in wave[::6]:
        assert by_key(carried(one)).items() <= together.items()


def test_trainings_are_the_same_among_others(wave, together, carried):
    """Some in blocks of 16 seats, some in blocks of 32 that are filled again."""
    for part in (wave[:5], wave[3:20], wave):
        found = by_key(carried(*part))
        assert len(found) == len(part)
        assert found.items() <= together.items()


def test_trainings_are_the_same_in_another_order(wave, together, carried):
    assert by_key(carried(*wave[::-1])) == together


def test_trainings_are_the_same_in_two_threads(wave, together, context):
    """Whose caches of samples are empty: both fill them."""
    for cached in (samples.train, samples.validation_and_test):
        cached.cache_clear()
    parts = [Block(tuple(wave[k::4])) for k in range(4)]
    with ThreadPoolExecutor(2) as executor:
        found = list(executor.map(partial(carry_out, context=context), parts))
    assert by_key(record for records in found for record in records) == together


def test_another_root_seed_is_another_study(carried, context):
    (ours,) = carried(training())
    keys = replace(context.keys, root_seed=2)
    (theirs,) = carry_out(Block((training(),)), replace(context, keys=keys))
    assert ours.key != theirs.key
    assert ours.weights != theirs.weights


# What a lane is given


@pytest.fixture
def seated(monkeypatch) -> list[Lane]:
    """The lanes that are asked for; none is trained."""
    asked: list[Lane] = []

    def note(shapes, batch, work, halt):
        asked.extend(work)
        return [Trained("finished", lane.weights, 0.5, 1, 1, np.ones(1)) for lane in work]

    monkeypatch.setitem(TRAINERS, "loop", TRAINERS["loop"]._replace(train=note))
    return asked


@pytest.mark.parametrize("repetition", [0, 1, 2])
def test_the_cells_of_a_repetition_share_samples_and_those_of_an_architecture_all_luck(
    repetition, carried, seated, data
):
    for name, augmented in product(("standard", "equivariant"), (False, True)):
        carried(training(name, augmented, repetition=repetition))
    raw, augmented, *_ = seated
    assert [lane.copies for lane in seated] == [False, True, False, True]
    assert len({id(lane.samples) for lane in seated}) == 1
    np.testing.assert_array_equal(raw.weights, augmented.weights)
    assert raw.seed == augmented.seed
    assert raw.seed != seated[2].seed
    if repetition == 0:
        np.testing.assert_array_equal(raw.samples.X, data.train[20].X)
        np.testing.assert_array_equal(raw.validation.X, data.validation.X)


def test_starts_proposals_and_repetitions_have_weights_and_orders_of_their_own(carried, seated):
    kinds = [{}, {"proposal": 1}, {"repetition": 2}, {"stage": "start"}]
    kinds.append({"stage": "start", "rank": 1})
    carried(*(training(**kind) for kind in kinds))
    assert len({lane.weights.tobytes() for lane in seated}) == 5
    assert len({lane.seed for lane in seated}) == 5


@pytest.mark.parametrize(
    ("condition", "differs"),
    [("weights_1", ["weights"]), ("orders_1", ["seed"]), ("samples_1", ["samples"]),
     ("proposals_1", [])],
)  # fmt: skip
def test_a_further_draw_of_one_source_of_luck_leaves_the_others(
    condition, differs, carried, seated
):
    carried(training())
    carried(training(condition=condition))
    first, other = (
        {"weights": lane.weights.tobytes(), "seed": lane.seed, "samples": lane.samples.X.tobytes()}
        for lane in seated
    )
    changed = [name for name in first if first[name] != other[name]]
    assert changed == differs


def test_a_lane_is_given_what_its_protocol_says(carried, seated):
    protocol = Protocol(40, "cosine", gap=8, patience=24, validation_rows=30)
    carried(replace(training(augmented=True, loss="huber"), protocol=protocol))
    (lane,) = seated
    assert (lane.steps, lane.schedule, lane.gap, lane.patience) == (40, "cosine", 8, 24)
    assert len(lane.validation.X) == 30
    assert (lane.loss, lane.learning_rate, lane.copies) == ("huber", 0.01, True)


# Statuses


def test_a_diverged_network_has_a_record_with_a_reason_and_no_scores(carried):
    diverged, sound = carried(training(learning_rate=1e30), training())
    assert (diverged.status, sound.status) == ("diverged", "sound")
    assert diverged.reason == "its validation error was not finite at step 50"
    assert diverged.last_step == 50
    unscored = Outcome()
    for name in asdict(unscored).keys() - {"status", "reason", "last_step"}:
        assert getattr(diverged, name) == getattr(unscored, name), name
    assert sound.reason == ""
    assert sound.validation_mse < 1


def test_a_block_in_which_all_diverge_is_one_too(carried):
    (record,) = carried(training(learning_rate=1e30))
    assert record.status == "diverged"


@pytest.mark.parametrize("stage", ["proposal", "full"])
def test_a_dead_network_is_called_dead(stage, carried, monkeypatch):
    """All its weights are zero: its outputs do not depend on the flows."""

    def kill(shapes, batch, work, halt):
        return [Trained("finished", np.zeros(7, np.float32), 0.33, 1, 1, np.ones(1))]

    monkeypatch.setitem(TRAINERS, "loop", TRAINERS["loop"]._replace(train=kill))
    (record,) = carried(training("equivariant", stage=stage))
    assert (record.status, record.reason) == ("dead", "its outputs spread by only 0")
    assert record.validation_mse > 0.2


def test_elsewhere_a_block_comes_to_the_same_and_tells_where_it_was_made(carried, context):
    work = Block((training(),)), context, versions()
    (found,) = carry_out_elsewhere(pickle.loads(pickle.dumps(work)))
    (here,) = carried(training())
    assert replace(found, seconds=0.0, **vars(context.made)) == replace(here, seconds=0.0)
    assert found.packages == provenance().packages != here.packages


def test_a_process_of_other_versions_carries_nothing_out(context):
    other = {**versions(), "code": "another"}
    with pytest.raises(StudyError, match="found code another;"):
        carry_out_elsewhere((Block((training(),)), context, other))


def test_who_is_told_to_stop_stops(context):
    with pytest.raises(lanes.Halted):
        carry_out(Block((training(steps=10**4),)), context, halt=lambda: True)


# Scores


def test_a_proposal_is_only_chosen_by(carried):
    (record,) = carried(training(stage="proposal"))
    assert record.validation_mse > 0
    assert record.output_spread > 0
    for name in ("weights", "curve", "train_mse", "orbit_mse", "equivariance_error"):
        assert getattr(record, name) is None
    assert not any(getattr(record, c.name) for c in COLUMNS if c.name.startswith("test_"))


@pytest.mark.parametrize("name", ["standard", "equivariant", "equivariant_wide", "wrong_group"])
@pytest.mark.parametrize("augmented", [False, True])
@pytest.mark.parametrize("stage", ["full", "start"])
def test_a_full_trainings_weights_make_its_scores(name, augmented, stage, carried, data):
    one = training(name, augmented, stage, activation="tanh")
    (record,) = carried(one)
    seen = samples.shown(data, one, 1)
    ties = Shape(name, record.depth, record.width, "tanh").ties

    def network(X: np.ndarray) -> np.ndarray:
        return lanes.predict(ties, "tanh", weights(record)[None], X)[0]

    for rows, scored in (("validation", seen.validation), ("test", seen.test)):
        found = errors(network(scored.X), scored.Y).of(rows)
        assert {field: getattr(record, field) for field in found} == found
    symmetric = architecture(name).symmetric
    assert (record.equivariance_error < 1e-5) == symmetric
    assert record.output_spread == pytest.approx(network(seen.validation.X).std(axis=0).min())
    assert record.parameters == len(weights(record)) == ties.parameters
    if augmented or symmetric:
        assert record.orbit_mse is None
    else:
        average = SQUARE.group.average(seen.test.X, network)
        assert record.orbit_mse == pytest.approx(errors(average, seen.test.Y).mse, rel=1e-6)


def test_the_best_of_the_curve_is_the_validation_error(carried):
    (record,) = carried(training(steps=230))
    curve = np.frombuffer(record.curve, "<f4")
    assert len(curve) == 5
    best = curve.argmin()
    assert record.best_step == [50, 100, 150, 200, 230][best]
    assert curve[best] == pytest.approx(record.validation_mse, rel=1e-6)


def test_a_sweeps_training_has_its_training_error_and_no_weights(carried, data):
    one = replace(training(stage="sweep"), protocol=Protocol(steps=60, gap=2, patience=20))
    (record,) = carried(one)
    assert record.weights is None
    assert record.train_mse < record.test_mse
    assert record.equivariance_error > 0


def test_all_trainings_of_a_sweep_see_the_same_samples(carried, seated):
    carried(*(training(stage="sweep", repetition=r) for r in (1, 2)))
    first, other = seated
    assert first.samples is other.samples
    assert first.seed != other.seed


def test_without_a_test_file_the_files_themselves_are_not_scored(context, data):
    without = replace(data, test=None, checksum="without a test file")
    keys = replace(context.keys, data=without.checksum)
    mine = replace(context, data=without, keys=keys)
    exercise, own = carry_out(Block((training(repetition=0), training(repetition=1))), mine)
    assert (exercise.test_mse, exercise.orbit_mse) == (None, None)
    assert (exercise.validation_rows, own.validation_rows) == (50, 100)
    assert own.test_mse > 0


def test_a_corrected_training_says_which_sensor_is_off_and_by_how_much(carried):
    faulty, corrected = carried(training(m=100), training(m=100, corrected=True))
    assert (faulty.offset_sensor, faulty.offset, faulty.offset_error) == (None, None, None)
    assert corrected.offset_sensor == 4
    assert corrected.offset == pytest.approx(0.05, abs=4 * corrected.offset_error)
    assert corrected.weights != faulty.weights


def test_baselines_have_records_too(carried, context):
    wave = [training("least_squares", stage="fitted", repetition=r) for r in (1, 2)]
    found = carried(*wave)
    assert [record.key for record in found] == [context.keys.key(one) for one in wave]
    for record in found:
        assert (record.status, record.parameters, record.depth) == ("sound", 8, 0)
        assert (record.weights, record.schedule, record.steps) == (None, "constant", 0)
        assert record.test_mse > 0


@pytest.mark.parametrize("augmented", [False, True])
@pytest.mark.parametrize("name", ["standard", "equivariant"])
def test_every_cell_learns(name, augmented, carried):
    rate = 0.003 if name == "standard" else 0.02
    (record,) = carried(training(name, augmented, steps=600, learning_rate=rate, m=100))
    assert record.validation_mse < 0.1  # the middle of the bag: 0.33
    assert record.output_spread > 0.3


# The numbers of this version

# If this fails, a change has changed what trainings come to, or what is told of them, if only by
# a bit. If it was not meant to, something is wrong with it: find out what. If it was, raise NUMBERS
# in study/version.py, so that results before and after are never mixed, and pin the digest that
# this prints now. Another machine is no reason: numbers do not depend on it.
DIGEST = "82537d3bd02dcedfec88ab71d0293b036e6211692c13da5e8684c124ab9522c2"
# offset_error is a fit's, whose last bits depend on the machine; the others tell how it was made.
LEFT_OUT = ("key", "seconds", "code", "packages", "processor", "offset_error")


def test_the_records_are_those_of_this_version(carried):
    sizes = {"standard": 8, "equivariant": 4, "equivariant_wide": 8, "wrong_group": 4}
    records = [
        record
        for name, width in sizes.items()
        for record in carried(
            *(
                training(name, *kind, width=width, corrected=c, m=m, repetition=r)
                for kind in product((False, True), ("proposal", "full", "start", "sweep"))
                for c, m, r in ((False, 20, 0), (True, 40, 1))
            )
        )
    ]
    assert len(records) == 64
    bits = hashlib.sha256()
    for record in records:
        told = {name: value for name, value in asdict(record).items() if name not in LEFT_OUT}
        bits.update(repr(told).encode())
    assert bits.hexdigest() == DIGEST
