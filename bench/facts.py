"""What is true of a study's data, whatever is trained on them: the fault, and the noise floor."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from bench.studies import Study
from study import forward
from study.bag import SQUARE
from study.data import draw
from study.floor import floor
from study.sensor import undo
from study.sweep import Sweep
from study.training import drawn_fault

QUANTILES = {"low": 0.05, "q1": 0.25, "median": 0.5, "q3": 0.75, "high": 0.95}


def facts(study: Study) -> dict[str, Any]:
    """What the report of a grid tells of the data besides their rows."""
    if isinstance(study.preset, Sweep):
        return {}
    corrected = "fitted" in study.preset.corrections
    return {
        "faults": [_fault(study, m) for m in study.preset.sizes if corrected],
        "noise_floor": _noise_floor(study),
    }


def _noise_floor(study: Study) -> dict[str, Any] | None:
    """The noise floor of the rows that errors are told for; None where they are too few."""
    name, rows = (
        ("test", study.data.test) if study.data.test else ("validation", study.data.validation)
    )
    best = floor(rows, simulated=study.simulated)
    return {**asdict(best), "set": name} if best else None


def _fault(study: Study, m: int) -> dict[str, Any]:
    """The fault of draw 0, and the flows' residuals against the forward model with and without."""
    samples, fault = draw(study.data, m, 0), drawn_fault(study.data, m, 0)
    expected = forward.fit(samples, fault.sensor).model.flows(samples.Y)
    flows = {"before": samples.X, "after": undo(samples.X, fault)}
    return {
        "m": m,
        **asdict(fault),
        "sensor": 1 + fault.sensor,
        "found": fault.found,
        "residuals": [
            {"sensor": 1 + sensor, "when": when, **_quantiles((X - expected)[:, sensor])}
            for when, X in flows.items()
            for sensor in range(SQUARE.flows)
        ],
    }


def _quantiles(residuals: np.ndarray) -> dict[str, float]:
    return {name: float(np.quantile(residuals, share)) for name, share in QUANTILES.items()}
