"""Made-up studies whose errors can be checked by hand."""

from dataclasses import replace
from itertools import product
from math import prod

import numpy as np

from study.about import About
from study.architectures import ARCHITECTURES
from study.comparisons import COMPARISONS
from study.records import Record

STANDARD_RAW, STANDARD_AUGMENTED = ("standard", False), ("standard", True)
EQUIVARIANT_RAW, EQUIVARIANT_AUGMENTED = ("equivariant", False), ("equivariant", True)
FIRST = Record(
    key="0123456789abcdef",
    architecture="standard",
    augmented=False,
    corrected=False,
    m=25,
    condition="",
    repetition=1,
    stage="full",
    rank=0,
    proposal=7,
    depth=2,
    width=16,
    activation="elu",
    batch_size=16,
    optimizer="adam",
    learning_rate=0.01,
    loss="mse",
    steps=10_000,
    schedule="cosine",
    validation_rows=1000,
    status="sound",
    reason="",
    best_step=550,
    last_step=10_000,
    parameters=386,
    validation_mse=0.005,
    validation_mae=0.05,
    test_mse=0.006,
    test_mae=0.06,
    equivariance_error=0.25,
    output_spread=0.5,
    numbers=2,
    trainer="loop",
    code="a17d93b",
    packages="numba 0.68.1",
    processor="AMD EPYC",
    seconds=0.5,
)
ABOUT = About(
    preset="made-up",
    trainer="loop",
    root_seed=1,
    data_folder="data",
    data_checksum="0123456789abcdef",
    simulated=True,
    train_files=(100, 30_000),
    validation_files=(1000,),
    test_rows=10_000,
    remarks=(),
    sizes=(25, 100),
    repetitions=3,
    condition_repetitions=3,
    planned=177,
    failed=0,
    steps=10_000,
    proposals=27,
    finalists=3,
    exercise_proposals=81,
    exercise_finalists=9,
    exercise_starts=8,
    validation_rows="1000",
    choose_by="mse",
    primary=("built_in", "copies", "symmetry", "both"),
    margin=5.0,
    spaces=tuple((name, ARCHITECTURES[name].space) for name in ("standard", "equivariant")),
    floor_mse=0.004,
    floor_error=0.0001,
    floor_source="Gaussian process",
    floor_rows="test",
)
# The parts of standard raw's error that the models come to.
MODELS = {
    STANDARD_RAW: 1.0,
    STANDARD_AUGMENTED: 0.75,
    EQUIVARIANT_RAW: 0.5,
    EQUIVARIANT_AUGMENTED: 0.5,
}
# The parts of a cell's error that its repetitions come to: pairing takes them out.
REPETITIONS = {1: 1.1, 2: 1.0, 3: 0.9}
SHAPES = {"standard": (3, 16, 626), "equivariant": (8, 4, 25)}  # depth, width, parameters


def full(model, m=25, corrected=False, repetition=1, error=0.006, **changes) -> Record:
    """A full training whose test MSE is `error`, and its validation MSE too."""
    name, augmented = model
    depth, width, parameters = SHAPES.get(name, (0, 0, 8))
    one = replace(
        FIRST,
        architecture=name,
        augmented=augmented,
        m=m,
        corrected=corrected,
        repetition=repetition,
        depth=depth,
        width=width,
        parameters=parameters,
        validation_mse=error,
        validation_mae=10 * error,
        test_mse=error,
        equivariance_error=3e-7 if name == "equivariant" else 0.25,
    )
    return replace(one, **changes)


def grid() -> list[Record]:
    """Four models at two sizes, with both corrections, in three repetitions and the exercise.

    Each has a full training that is worse than the winner, and one proposal, which is better than
    either but does not count.
    """
    records = []
    for (model, part), m, corrected in product(MODELS.items(), (25, 100), (False, True)):
        size = prod([0.016 if m == 25 else 0.012, part, 0.8 if corrected else 1.0])
        luck = {**REPETITIONS, **({0: 1.0} if m == 100 else {})}
        for repetition, factor in luck.items():
            where = {"m": m, "corrected": corrected, "repetition": repetition}
            records += [
                full(model, error=0.001, stage="proposal", steps=1100, seconds=0.1, **where),
                full(model, error=size * factor, batch_size=64, **where),
                full(model, error=2 * size * factor, rank=1, **where),
            ]
    return records


def with_conditions() -> list[Record]:
    """The grid, and a control and two baselines at m = 25, uncorrected, in each repetition."""
    records = grid()
    for repetition, factor in REPETITIONS.items():
        wrong = full(("wrong_group", False), repetition=repetition, error=0.016 * factor)
        records.append(replace(wrong, condition="wrong_symmetry"))
        for name, error in (("zero", 0.32), ("gaussian_process", 0.006)):
            fitted = full((name, False), repetition=repetition, error=error, stage="fitted")
            records.append(replace(fitted, condition="baselines", parameters=None))
    return records


def damaged() -> list[Record]:
    """The same, where a repetition diverged, one is missing, and two versions of the code ran."""
    records = []
    for one in with_conditions():
        place = (one.architecture, one.augmented, one.m, one.corrected, one.repetition)
        if place == (*EQUIVARIANT_RAW, 100, True, 3):
            continue
        if place == (*STANDARD_RAW, 25, False, 2):
            one = replace(
                one,
                status="diverged",
                reason="the loss is not finite",
                validation_mse=None,
                validation_mae=None,
                test_mse=None,
            )
        records.append(replace(one, code="b28e04c") if one.m == 100 else one)
    return records


def budget() -> list[Record]:
    """Equivariant raw against both standard models under each tuning budget; m = 25."""
    records = []
    gains = {"": 0.8, "first_3": 0.5, "first_9": 0.6, "first_27": 0.7}
    gains |= {"quarter_steps": 0.4, "half_steps": 0.55, "double_steps": 0.9}
    for (condition, gain), repetition in product(gains.items(), REPETITIONS):
        luck = REPETITIONS[repetition]
        for model, error in (
            (STANDARD_RAW, 0.02),
            (STANDARD_AUGMENTED, 0.01),
            (EQUIVARIANT_RAW, 0.01 * gain * luck),
        ):
            records.append(full(model, repetition=repetition, error=error, condition=condition))
    return records


def sweep() -> list[Record]:
    """Three trainings of each model and width: good, bad and diverged."""
    records = []
    for (name, augmented), width in (
        (STANDARD_RAW, 4),
        (STANDARD_RAW, 16),
        (STANDARD_AUGMENTED, 16),
        (EQUIVARIANT_RAW, 4),
    ):
        for rank, (error, train) in enumerate(((0.005, 0.01), (0.3, 0.33), (None, None))):
            one = full((name, augmented), m=256, stage="sweep", rank=10 * width + rank)
            mine = {"width": width, "validation_mse": error, "test_mse": error, "train_mse": train}
            status = "sound" if error else "diverged"
            records.append(replace(one, **mine, status=status))
    return records


def sweep_about() -> About:
    """What a sweep says of itself."""
    none = {"proposals": 0, "finalists": 0, "exercise_proposals": 0, "exercise_finalists": 0}
    sizes = {"sizes": (256,), "condition_repetitions": 0, "exercise_starts": 0, "planned": 12}
    return replace(ABOUT, preset="made-up sweep", spaces=(), **none, **sizes)


def repeated(
    parts=None, *, sizes=(25, 100), repetitions=10, noise=0.01, corrections=(False, True)
) -> list[Record]:
    """The four models in so many repetitions, each with luck of its own.

    parts: of standard raw's error that the models come to. noise: standard deviation of the luck
    of a model in a repetition, in logarithms.
    """
    rng = np.random.default_rng(5)
    records = []
    models = {**MODELS, **(parts or {})}
    for (model, part), m, corrected in product(models.items(), sizes, corrections):
        size = prod([0.016 if m == 25 else 0.012, part, 0.8 if corrected else 1.0])
        luck = np.exp(noise * rng.normal(size=repetitions)).tolist()
        records += [
            full(model, m=m, corrected=corrected, repetition=repetition, error=size * factor)
            for repetition, factor in enumerate(luck, 1)
        ]
    return records


def whole() -> list[Record]:
    """A study with enough repetitions for a verdict: the exercise, controls, baselines, curves."""
    curve = np.linspace(0.02, 0.005, 200).astype("<f4").tobytes()
    records = [
        replace(
            one,
            curve=curve,
            orbit_mse=0.9 * (one.test_mse or 0),
            offset=0.05 + 0.001 * one.repetition if one.corrected else None,
            offset_error=0.001 if one.corrected else None,
            offset_sensor=4 if one.corrected else None,
        )
        for one in [*repeated(), *(one for one in grid() if not one.repetition)]
    ]
    for one in [one for one in records if one.m == 25 and one.repetition]:
        if (one.architecture, one.augmented) == STANDARD_AUGMENTED:
            records.append(replace(one, condition="matched_epochs", test_mse=0.8 * one.test_mse))
        if (one.architecture, one.augmented) == EQUIVARIANT_RAW:
            wrong = full(("wrong_group", False), repetition=one.repetition, error=0.16)
            records.append(replace(wrong, condition="wrong_symmetry", corrected=one.corrected))
            fitted = replace(one, architecture="gaussian_process", test_mse=0.9 * one.test_mse)
            records.append(
                replace(fitted, condition="baselines", stage="fitted", parameters=None, curve=None)
            )
    return records


WHOLE_ABOUT = replace(
    ABOUT,
    repetitions=10,
    condition_repetitions=10,
    planned=len(whole()),
    primary=tuple(COMPARISONS),
)
