"""What a study says of itself, and of its data: the noise floor."""

from __future__ import annotations

from typing import Any

from bench.studies import Study
from study.about import About
from study.errors import StudyError
from study.floor import Floor, floor
from study.grid import Grid, Tuning
from study.sweep import Sweep

NONE = Tuning(0, 0)


def about_study(study: Study, known: dict[str, Any] | None) -> About:
    """What a study says of itself; known: what it said before, of which the floor is kept."""
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
        sizes=study.design.sizes,
        planned=len(study.names),
        failed=0,
        choose_by=study.design.choose_by,
        floor_mse=best.mse if best else None,
        floor_error=best.error if best else None,
        floor_source=best.how if best else "",
        floor_rows="test" if data.test else "validation",
        **_design(study),
    )


def _design(study: Study) -> dict[str, Any]:
    """What it says of its design."""
    design = study.design
    repeats = design.repeats if isinstance(design, Sweep) else 0
    grid = design if isinstance(design, Grid) else None
    exercise = grid.exercise if grid and grid.exercise_sizes else NONE
    tuning = grid.tuning if grid else NONE
    named = grid.architectures if grid else ()
    longest = max(design.protocol_of(name).steps for name in study.names)
    return {
        "repetitions": grid.repetitions if grid else repeats,
        "condition_repetitions": grid.condition_repetitions if grid else 0,
        "steps": grid.steps if grid else longest,
        "proposals": tuning.proposals,
        "finalists": tuning.finalists,
        "exercise_proposals": exercise.proposals,
        "exercise_finalists": exercise.finalists,
        "exercise_starts": exercise.starts,
        "validation_rows": str(grid.validation_rows if grid else 1000),
        "spaces": tuple((name, study.preset.space(name)) for name in named),
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
