"""Simulated samples that the tests of training share.

All use the same validation rows.
"""

from pathlib import Path

import numpy as np
import pytest

from bench import tune
from study.data import Data, Samples
from study.grid import Preset
from study.simulate import FAULT, simulate
from study.space import SPACE, Choice


@pytest.fixture(scope="session")
def samples() -> Samples:
    """64 training samples."""
    return simulate(64, np.random.default_rng(1), offset=FAULT)


@pytest.fixture(scope="session")
def validation() -> Samples:
    """50 samples without the fault."""
    return simulate(50, np.random.default_rng(2))


@pytest.fixture(scope="session")
def given(samples: Samples, validation: Samples) -> Data:
    """A training file of 30 rows and a pool of 64."""
    return Data(
        folder=Path("given"),
        train={30: simulate(30, np.random.default_rng(3), offset=FAULT), 64: samples},
        validation=validation,
        test=simulate(40, np.random.default_rng(4)),
        checksum="checksum",
    )


@pytest.fixture(scope="session")
def preset() -> Preset:
    """By hand: a cell has 6 trials, 3 starts on draw 0 and 2 other draws of 1 start each."""
    return Preset(
        name="tiny",
        sizes=(30,),
        corrections=("none",),
        controls=(),
        control_sizes=(),
        control_draws=2,
        draws=2,
        starts=3,
        draw_starts=1,
        halvings=1,
        trial_starts=2,
        trial_steps=36,
        oracle="hyperband",
        steps=36,
        patience=36,
        validation_gap=2,
    )


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the tuner one shape to choose."""
    free = [one for one in SPACE if one.name in ("learning_rate", "loss")]
    fixed = [
        Choice("depth", (2,)),
        Choice("width", (16,), equivariant=(4,)),
        Choice("activation", ("elu",)),
        Choice("batch_size", (16,)),
        Choice("optimizer", ("adam",)),
    ]
    monkeypatch.setattr(tune, "SPACE", (*fixed, *free))
