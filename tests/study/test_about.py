"""What a study says of itself comes back from JSON as it was."""

import json
from dataclasses import replace

import pytest

from study.about import About

ABOUT = About(
    preset="default",
    trainer="loop",
    root_seed=1,
    data_folder="data",
    data_checksum="0" * 64,
    simulated=True,
    train_files=(100, 1000, 30000),
    validation_files=(1000, 30000),
    test_rows=10000,
    planned=48,
    failed=0,
    steps=10000,
    proposals=27,
    finalists=3,
    validation_rows="1000",
    choose_by="mse",
    space=(("standard", "depth", "2, 3"), ("equivariant", "width", "4")),
    floor_mse=0.0009,
    floor_error=0.00001,
    floor_source="the forward model",
    floor_rows="test",
)


@pytest.mark.parametrize(
    "about", [ABOUT, replace(ABOUT, space=(), train_files=(), floor_mse=None, floor_error=None)]
)
def test_it_comes_back_from_json(about):
    assert About.of(json.loads(json.dumps(about.plain(), allow_nan=False))) == about
