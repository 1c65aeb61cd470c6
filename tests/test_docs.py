"""The documents: they hold what they promise to."""

import re
from pathlib import Path

import numpy as np

from study.bag import SQUARE
from study.records import COLUMNS

DOCS = Path(__file__).parents[1] / "docs"


def test_every_column_of_runs_is_told_in_its_order():
    text = (DOCS / "runs.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)
    assert told == [column.name for column in COLUMNS if column.type is not bytes]


def test_the_example_of_ones_own_data_has_the_right_form():
    text = (DOCS / "your-data.md").read_text(encoding="utf-8")
    header, *rows = re.findall(r"```csv\n(.*?)```", text, flags=re.DOTALL)[0].splitlines()
    assert tuple(header.split(",")) == SQUARE.columns
    table = np.array([row.split(",") for row in rows], float)
    assert np.allclose(table[:, 2:].sum(axis=1), 1)
    assert (np.abs(table[:, :2]) <= 1).all()
    # the sensor nearest to the leak has the largest flow
    nearest = np.linalg.norm(SQUARE.ports - table[:, None, :2], axis=-1).argmin(axis=1)
    assert nearest.tolist() == table[:, 2:].argmax(axis=1).tolist()
