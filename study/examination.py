"""Whether data are what they claim to be, before anything is trained on them.

Files in which nothing can be found, or that are in another convention than their bag's, are
refused; what else is odd about them is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np

from study import convention
from study.about import Remark
from study.bag import SQUARE, Bag
from study.convention import Judgement, judge, narrow
from study.data import Data, Samples, file_name
from study.errors import StudyError
from study.forward import PARAMETERS
from study.meetings import TOLERANCE, meeting, repeated
from study.simulate import NOISE

ROUNDED = 6  # decimals that tell positions and flows apart
NOISY = 2 * NOISE  # more noise than this is told
LOUD = 0.01  # share of a file's rows


def examine(data: Data, bag: Bag = SQUARE, *, trust: bool = False) -> tuple[Remark, ...]:
    """What is odd about data that were given.

    trust: go on where files seem to be in another convention. Raises StudyError for these
    otherwise, and for files in which a fit would find nothing.
    """
    for file, samples in data.files.items():
        _check_determined(data.folder / file_name(*file), samples)
    return (*_conventions(data, bag, trust), *_doubles(data, bag))


def _check_determined(path: Path, samples: Samples) -> None:
    """Refuse samples whose fit is singular: fewer different ones than it has parameters."""
    needed = PARAMETERS + 1  # and the offset of a sensor
    if len(samples.X) < needed:
        return
    for what, values in (("positions", samples.Y), ("flows", samples.X)):
        different = len(np.unique(values.round(ROUNDED), axis=0))
        if different < needed:
            raise StudyError(
                f"{path}: expected {needed} different {what} at least, without which the fit of "
                f"the forward model, and so of a sensor's offset, is singular, found {different} "
                f"in {len(values):,} rows; restore the file"
            )


def _conventions(data: Data, bag: Bag, trust: bool) -> Iterator[Remark]:
    """Judge each file alone."""
    few = []
    for file, samples in data.files.items():
        name = file_name(*file)
        if len(samples.X) < convention.FEWEST:
            few.append(name)
            continue
        judged = judge(samples, bag)
        if not judged.is_sound and not trust:
            raise StudyError(
                f"{data.folder / name}: expected {_convention(bag)}, found that {_found(judged)}; "
                "mend the file, or go on all the same with --trust-data"
            )
        if not judged.is_sound:
            text = f"{name} seems to be in another convention: {_found(judged)}. It was trusted."
            yield Remark(text, loud=True)
        elif judged.noise > NOISY:
            yield Remark(
                f"The flows of {name} are noisy: the forward model leaves {judged.noise:.3f} of a "
                f"flow, {NOISE} in the exercise's data."
            )
        yield from _narrow(name, samples, bag)
    if few:
        yield Remark(
            f"Too short to check whether positions and sensors are in the right convention, which "
            f"takes {convention.FEWEST} rows: {', '.join(few)}."
        )


def _convention(bag: Bag) -> str:
    first, second = bag.columns[:2]
    ports = ", ".join(f"({x:g}, {y:g})" for x, y in bag.ports)
    sensors = ", ".join(bag.sensors)
    return f"{first} to the right, {second} upwards and the sensors {sensors} at {ports}"


def _found(judged: Judgement) -> str:
    """How badly samples fit, and what fits instead."""
    leaves = f"the forward model leaves {judged.noise:.3f} of a flow"
    if judged.instead:
        return f"{leaves}, but {judged.instead.noise:.3f} with {judged.instead.words}"
    return (
        f"{leaves} and explains {100 * max(0.0, judged.explained):.0f} % of the variance, and that "
        "no other order of the sensors or direction of the positions fits (do the position and the "
        "flows of a row belong together?)"
    )


def _narrow(name: str, samples: Samples, bag: Bag) -> Iterator[Remark]:
    for k in narrow(samples, bag):
        low, high = samples.Y[:, k].min(), samples.Y[:, k].max()
        yield Remark(
            f"{bag.columns[k]} of {name} covers [{low:.3g}, {high:.3g}] only, of "
            f"[{bag.low[k]:g}, {bag.high[k]:g}]: is it in another unit?"
        )


def _doubles(data: Data, bag: Bag) -> Iterator[Remark]:
    """Samples that are there more than once, in one file or in files of different roles."""
    same = f"up to a symmetry and to {TOLERANCE:g}"
    for file, samples in data.files.items():
        if count := repeated(samples, bag):
            text = f"{_of(count, samples, file)} are in it more than once, {same}."
            yield Remark(text, loud=count > LOUD * len(samples.X))
    for (file, samples), (other, held_out) in combinations(data.files.items(), 2):
        if file[0] != other[0] and (count := meeting(held_out, samples, bag)):
            text = f"{_of(count, held_out, other)} are in {file_name(*file)} as well, {same}."
            back = meeting(samples, held_out, bag)
            loud = count > LOUD * len(held_out.X) or back > LOUD * len(samples.X)
            yield Remark(text, loud)


def _of(count: int, samples: Samples, file: tuple[str, int]) -> str:
    return f"{count:,} of the {len(samples.X):,} rows of {file_name(*file)}"
