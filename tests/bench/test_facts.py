"""What is told of the data whatever is trained: the fault and the noise floor."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.facts import facts
from bench.studies import Study
from study.data import Data
from study.grid import CORRECTIONS
from study.simulate import FAULT, simulate


@pytest.fixture(scope="module")
def data() -> Data:
    return Data(
        folder=Path("data"),
        train={300: simulate(300, np.random.default_rng(1), offset=FAULT)},
        validation=simulate(120, np.random.default_rng(2)),
        test=simulate(200, np.random.default_rng(3)),
        checksum="data of these tests",
    )


@pytest.fixture
def study(preset, data) -> Study:
    both = replace(preset, sizes=(100, 300), corrections=CORRECTIONS)
    return Study(
        both, data, simulated=True, without_files=False, out=Path("out"), trainer="loop", tasks=()
    )


def test_the_fault_is_told_for_every_size(study):
    told = facts(study)
    assert json.loads(json.dumps(told)) == told
    assert [(fault["m"], fault["sensor"], fault["found"]) for fault in told["faults"]] == [
        (100, 4, True),
        (300, 4, True),
    ]
    for fault in told["faults"]:
        assert fault["offset"] == pytest.approx(0.05, abs=3 * fault["error"])


def test_the_correction_takes_the_residuals_back_to_zero(study):
    residuals = facts(study)["faults"][1]["residuals"]
    medians = {(one["when"], one["sensor"]): one["median"] for one in residuals}
    assert len(medians) == 8
    assert medians["before", 4] > 0.02
    assert max(abs(medians["after", sensor]) for sensor in (1, 2, 3, 4)) < 0.004
    for one in residuals:
        assert one["low"] < one["q1"] < one["median"] < one["q3"] < one["high"]


def test_the_floor_is_that_of_the_rows_that_errors_are_told_for(study, data):
    floor = facts(study)["noise_floor"]
    assert floor["set"] == "test"
    assert floor["how"].startswith("exact posterior mean")
    assert floor["mse"] == pytest.approx(0.0039, abs=4 * floor["error"])
    given = replace(study, simulated=False, data=replace(data, test=None))
    floor = facts(given)["noise_floor"]
    assert (floor["set"], floor["how"]) == ("validation", "cross-validated Gaussian process")
    few = replace(data, test=None, validation=simulate(20, np.random.default_rng(2)))
    assert facts(replace(given, data=few))["noise_floor"] is None


def test_without_the_correction_no_fault_is_looked_for(study, preset):
    assert facts(replace(study, preset=preset))["faults"] == []
