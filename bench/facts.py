"""What a study says of itself, and of its data: the noise floor."""

from __future__ import annotations

from typing import Any

from bench.studies import Study
from study.about import About
from study.errors import StudyError
from study.floor import Floor, floor
from study.grid import Grid, Tuning

NONE = Tuning(0, 0)


def about_study(study: Study, known: dict[str, Any] | None) -> About:
    """What a study says of itself, in each of its shards the same.

    known: what it said before, of which the floor is kept.
    """
    data, best = study.data, _floor(study, known)
    return About(
        preset=study.preset.name,
        trainer=study.keys.trainer,
        root_seed=study.keys.root_seed,
        data_folder=str(data.folder),
        data_checksum=data.checksum,
        simulated=study.simulated,
        train_files=tuple(data.train),
        validation_files=tuple(data.validations),
        test_rows=len(data.test.X) if data.test else 0,
        remarks=study.remarks,
        sizes=study.design.sizes,
        planned=sum(1 for _ in study.design.names()),
        failed=0,
        choose_by="mse" if study.design.choose_by == "mse" else "mae",
        primary=study.preset.primary,
        margin=study.preset.margin,
        floor_mse=best.mse if best else None,
        floor_error=best.error if best else None,
        floor_source=best.how if best else "",
        floor_rows="test" if data.test else "validation",
        **_design(study),
    )


def _design(study: Study) -> dict[str, Any]:
    """What it says of its design; a sweep tunes nothing and has no conditions."""
    design = study.design
    if isinstance(design, Grid):
        exercise = design.exercise if design.exercise_sizes else NONE
        return {
            "repetitions": design.repetitions,
            "condition_repetitions": design.condition_repetitions,
            "steps": design.steps,
            **_budgets(design.tuning, exercise),
            "validation_rows": str(design.validation_rows),
            "spaces": tuple((name, study.preset.space(name)) for name in design.architectures),
        }
    names = list(design.names())
    protocols = [design.protocol_of(name) for name in names]
    return {
        "repetitions": max(name.repetition for name in names),
        "condition_repetitions": 0,
        "steps": max(protocol.steps for protocol in protocols),
        **_budgets(NONE, NONE),
        "validation_rows": str(protocols[0].validation_rows),
        "spaces": (),
    }


def _budgets(tuning: Tuning, exercise: Tuning) -> dict[str, int]:
    """The tuning of a repetition, and that of repetition 0."""
    return {
        "proposals": tuning.proposals,
        "finalists": tuning.finalists,
        "exercise_proposals": exercise.proposals,
        "exercise_finalists": exercise.finalists,
        "exercise_starts": exercise.starts,
    }


def _floor(study: Study, known: dict[str, Any] | None) -> Floor | None:
    """The noise floor of the rows that score; what a study told before has not changed."""
    try:
        said = About.of(known, str(study.store)) if known else None
    except StudyError:  # another version of this program said it
        said = None
    if said and said.floor_mse is not None and said.floor_error is not None:
        return Floor(said.floor_mse, said.floor_error, said.floor_source)
    return floor(study.data.test or study.data.validation, simulated=study.simulated)
