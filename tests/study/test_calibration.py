"""A calibration: its places, its text, and what is refused."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from study.calibration import Calibration, region
from study.errors import StudyError
from study.forward import FITTED

ONE = Calibration(
    radii=(0.1, 0.2, 0.3), forward=FITTED.parameters, noise=0.01, rows=99, source="own",
    checksum="ab",
)  # fmt: skip


def test_places_by_hand():
    positions = np.array([(0, 0), (0.69, -0.69), (0.71, 0), (0, -1), (-0.8, 0.9), (1, 1)])
    assert region(positions).tolist() == [0, 0, 1, 1, 2, 2]
    assert ONE.radii_at(positions).tolist() == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3]


def test_its_text_comes_back():
    assert Calibration.of(ONE.text(), "here") == ONE
    assert ONE.model == FITTED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        "{}",
        json.dumps({**asdict(ONE), "noise": float("nan")}),
        json.dumps({**asdict(ONE), "radii": [0.1, 0.2]}),
        json.dumps({**asdict(ONE), "radii": [0.1, 0.2, -1]}),
        json.dumps({**asdict(ONE), "radii": "abc"}),
        json.dumps({**asdict(ONE), "forward": [1, 1, 1, "inf"]}),
        json.dumps({**asdict(ONE), "noise": "0.01"}),
        json.dumps({**asdict(ONE), "source": "guess"}),
        json.dumps({**asdict(ONE), "source": []}),
        json.dumps({**asdict(ONE), "rows": "many"}),
    ],
)
def test_another_text_is_refused(text):
    with pytest.raises(StudyError, match=r"^here: expected a calibration that this program wrote"):
        Calibration.of(text, "here")


def test_what_is_added_later_is_left_out():
    text = json.dumps({**asdict(replace(ONE, rows=5)), "later": 1})
    assert Calibration.of(text, "here").rows == 5
