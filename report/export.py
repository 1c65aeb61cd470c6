"""A reading -> results.json: what the page tells of effects, cells and winners, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from report import contrasts, exchange, findings
from report.caveats import caveats
from report.claims import claims
from report.contrasts import Contrast, label_of
from report.findings import Estimate, Findings
from report.marks import plain
from report.methods import Method, exploratory, methods
from report.reading import Reading
from study.design import Cell
from study.model_files import model_file
from study.records import STATUSES, Record
from study.space import HYPERPARAMETERS

SCHEMA = 1  # goes up when a name below changes its meaning
CELL = ("m", "corrected", "architecture", "augmented")
SCORES = (
    "validation_mse", "validation_mae", "test_mse", "test_mae", "orbit_mse", "parameters",
    "equivariance_error", "output_spread",
)  # fmt: skip


def results(reading: Reading) -> str:
    """The results as JSON; what is not known is null."""
    found = reading.found
    told = {
        "schema": SCHEMA,
        "study": found.about.plain(),
        "complete": not found.unfinished,
        "made_with": {
            name: findings.made_with(found, name)
            for name in ("code", "packages", "processor", "trainer", "numbers")
        },
        "answer": [plain(one) for one in claims(found)] if found.settled else [],
        "caveats": [plain(one) for one in caveats(reading)],
        "trainings": _counts(found),
        "cells": [_cell(found, cell) for cell in sorted(found.errors)],
        "primary": [
            {**_contrast(one), "p": p, "p_holm": adjusted}
            for one, (p, adjusted) in zip(found.primary, found.p_values, strict=True)
        ],
        "exploratory": [_contrast(one) for one in exploratory(found)],
        "methods": [_method(one) for place in methods(found).values() for one in place],
        "exchange_rates": [_rate(found, one) for one in reading.rates],
        "winners": [_winner(reading, one) for one in findings.exercise(found)],
        "test_rows_standard_error": [
            {**_names(one, label_of(one.cell)), "standard_error": error}
            for one, error in reading.test_luck
        ],
    }
    known = json.loads(json.dumps(told), parse_constant=lambda _: None)  # NaN and the infinite
    return json.dumps(known, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _counts(found: Findings) -> dict[str, Any]:
    """How many trainings came to what, in all and by stage."""
    stages = findings.stages(found)
    statuses = {one: sum(counts[one] for counts in stages.values()) for one in STATUSES}
    done = {"planned": found.about.planned, "done": len(found.records)}
    return {**done, **statuses, "stages": stages}


def _cell(found: Findings, cell: Cell) -> dict[str, Any]:
    one = found.estimates[cell]
    return {
        **asdict(cell),
        "rows": found.rows,
        "repetitions": one.n,
        "mse": {**_mse(one), "sd_of_log": one.deviation},
        "by_repetition": found.errors[cell],
    }


def _mse(one: Estimate) -> dict[str, float]:
    mean, low, high = one.interval
    return {"geometric_mean": mean, "low": low, "high": high}


def _method(one: Method) -> dict[str, Any]:
    return {
        **asdict(one.cell),
        "averaged_over_symmetries": one.averaged,
        "repetitions": one.estimate.n,
        "mse": _mse(one.estimate),
        "parameters": one.parameters,
        "equivariance_error": one.equivariance_error,
    }


def _names(one: Contrast, label: str) -> dict[str, Any]:
    pair = {"cell": asdict(one.cell), "reference": asdict(one.reference)}
    return {"family": one.name or None, "label": label, **pair}


def _contrast(one: Contrast) -> dict[str, Any]:
    return {
        **_names(one, one.label),
        "pairs": one.n,
        "log_ratio": {**one.interval._asdict(), "sd": one.deviation},
        "level": one.level,
        "verdict": one.verdict,
    }


def _rate(found: Findings, one: exchange.Exchange) -> dict[str, Any]:
    """An exchange rate; where it lies beyond the sizes of the study, it is null and censored."""
    sizes = found.about.sizes
    censored = "above" if one.samples > max(sizes) else "below" if one.samples == 0 else None
    return {
        "m": one.cell.m,
        "corrected": one.cell.corrected,
        "reference": {name: getattr(one.reference, name) for name in CELL[2:4]},
        "samples": None if censored else one.samples,
        "low": one.low,
        "high": one.high,
        "censored": censored,
    }


def _winner(reading: Reading, one: Record) -> dict[str, Any]:
    cell = contrasts.cell_of(one)
    diagonal = reading.diagonals.get(one.key)
    return {
        "file": model_file(cell),
        **{name: getattr(one, name) for name in (*CELL, *HYPERPARAMETERS, *SCORES, "key")},
        "largest_deviation_from_diagonals_mm": diagonal.largest if diagonal else None,
        "starts": [
            {name: getattr(start, name) for name in ("status", *SCORES[:4], "key")}
            for start in reading.found.starts.get(cell, [])
        ],
    }
