"""The documents: they hold what they promise to."""

import re
from pathlib import Path

from study.records import COLUMNS

DOCS = Path(__file__).parents[1] / "docs"


def test_every_column_of_runs_is_told_in_its_order():
    text = (DOCS / "runs.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)
    assert told == [column.name for column in COLUMNS if column.type is not bytes]
