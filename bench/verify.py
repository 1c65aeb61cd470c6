"""Does a study reproduce? Trains some of its records again and loads its networks."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isclose
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from bench.blocks import Context, carry_out, pack
from bench.equivalence import compare
from bench.export import network_name, saved_name, to_be_saved
from bench.options import Options
from bench.plan import describe
from bench.provenance import provenance
from bench.studies import Study, standing
from study.design import Request, after
from study.errors import StudyError
from study.model_files import saved_files
from study.quiet import keras_networks
from study.records import COLUMNS, Record
from study.seeds import seed

# What tells where and when a record was made, and a fit's error, whose last bits depend on the
# machine; all else must come out the same, to the bit but for baselines.
LEFT_OUT = ("code", "packages", "processor", "seconds", "offset_error")
# Of the numbers of a baseline, relative: its linear algebra differs between processors, by 1e-8 of
# an MSE between those that OpenBLAS can be told to take this one for.
TOLERANCE = 1e-6
TRAININGS = 5  # that are trained again for each baseline that is fitted again


@dataclass(frozen=True)
class Difference:
    """What did not come out the same."""

    what: str  # a training or a file
    field: str
    stored: str
    found: str


def verify(study: Study, options: Options) -> Generator[str, None, int]:
    """Check a study, in lines to print; returns the exit code: 4 where something differs."""
    records = standing(study).records
    chosen = _chosen(promised(study, records), options.runs, study.keys.root_seed)
    if options.trainer == "keras":
        return (yield from compare(study, records, chosen))
    refitted = _chosen(fitted(records), ceil(options.runs / TRAININGS), study.keys.root_seed)
    words = f" and fitting {len(refitted)} baselines" * bool(refitted)
    yield f"{study.name}: training {len(chosen)}{words} of {len(records):,} records again"
    chosen |= refitted
    differences = list(_retrained(study, chosen))
    files = saved_networks(study, records)
    yield f"loading {len(files)} saved networks"
    differences += loaded(files)
    yield from verdict(list(chosen.values()), len(files), differences)
    return 4 if differences else 0


def promised(study: Study, records: Mapping[Request, Record]) -> dict[Request, Record]:
    """Those of a study's records whose bits are promised: the loop's, but for the baselines.

    Raises StudyError where there is none.
    """
    found = {
        request: one
        for request, one in sorted(records.items())
        if one.trainer == "loop" and one.stage != "fitted"
    }
    if not found:
        remedy = "verify a study that the loop trained" if records else "run `make study` first"
        raise StudyError(
            f"{study.store}: expected records of trainings by the loop, whose bits are promised, "
            f"found none among {len(records)}; {remedy}"
        )
    return found


def fitted(records: Mapping[Request, Record]) -> dict[Request, Record]:
    """The baselines among a study's records."""
    return {request: one for request, one in sorted(records.items()) if one.stage == "fitted"}


def _chosen(records: Mapping[Request, Record], runs: int, root_seed: int) -> dict[Request, Record]:
    """So many of these records, chosen by a seed."""
    names = list(records)
    places = np.random.default_rng(seed("verify", root_seed)).permutation(len(names))[:runs]
    return {names[place]: records[names[place]] for place in sorted(places.tolist())}


def _retrained(study: Study, chosen: Mapping[Request, Record]) -> Iterator[Difference]:
    """Train these records again; what differs."""
    trainings = [
        after(request, one, study.design.protocol_of(request)) for request, one in chosen.items()
    ]
    context = Context(study.data, study.keys, provenance())
    for block in pack(trainings):
        with threadpool_limits(1):
            found = carry_out(block, context)
        for training, one in zip(block.trainings, found, strict=True):
            name = describe(training.request)
            yield from compared(name, chosen[training.request], one)


def compared(name: str, stored: Record, found: Record) -> Iterator[Difference]:
    """The fields in which a training does not come out the same, or a baseline nearly so."""
    for column in COLUMNS:
        values = [getattr(one, column.name) for one in (stored, found)]
        near = column.type is float and stored.stage == "fitted" and None not in values
        same = isclose(*values, rel_tol=TOLERANCE) if near else values[0] == values[1]
        if column.name not in LEFT_OUT and not same:
            yield Difference(name, column.name, *map(_shown, values))


def _shown(value: Any) -> str:
    """A value of a record; of weights and curves, how they begin."""
    if isinstance(value, bytes):
        return f"{len(value)} bytes, {value[:4].hex()}..."
    return str(value)


def saved_networks(study: Study, records: Mapping[Request, Record]) -> list[tuple[Path, Record]]:
    """The files of the exercise's winners, with the records that they are of."""
    return [
        (study.models / name, record)
        for cell, record in to_be_saved(study, records)
        for name in saved_files(cell)
    ]


def loaded(files: Sequence[tuple[Path, Record]]) -> Iterator[Difference]:
    """Load the saved networks; which of them have not the weights of their records."""
    if not files:
        return
    networks = keras_networks()
    for path, record in files:
        expected = network_name(record)
        if (found := saved_name(path)) != expected:
            yield Difference(str(path), "network", expected, str(found or "no network"))
            continue
        arrays = networks.load(path).get_weights()
        flat = np.concatenate([array.ravel() for array in arrays]).astype("<f4").tobytes()
        if flat != record.weights:
            yield Difference(str(path), "weights", *map(_shown, (record.weights, flat)))


def verdict(
    compared: Sequence[Record], files: int, differences: Sequence[Difference]
) -> Iterator[str]:
    """What was compared and where, and what differs."""
    here = provenance()
    made = sorted({one.processor for one in compared})
    yield f"made on {'; '.join(made)}, code {', '.join(sorted({one.code for one in compared}))}"
    yield f"checked on {here.processor}, code {here.code}"
    if not differences:
        near = sum(one.stage == "fitted" for one in compared)
        parts = [f"{len(compared) - near:,} trainings ended at the same bits"]
        parts += [f"{near:,} baselines at the same numbers within {TOLERANCE:g}"] * bool(near)
        parts += [f"{files} saved networks hold their records' weights"] * bool(files)
        yield f"verified: {', '.join(parts[:-1])}{', and ' * (len(parts) > 1)}{parts[-1]}"
        return
    yield "NOT verified:"
    for one in differences:
        yield f"  {one.what}: {one.field} is {one.stored} in the records, {one.found} here"
