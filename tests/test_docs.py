"""The documents: they hold what they promise to."""

import re
from pathlib import Path

import numpy as np
import pytest

from study.bag import SQUARE
from study.data import Samples, assemble
from study.errors import StudyError
from study.examination import examine
from study.forward import normalised
from study.records import COLUMNS
from study.simulate import NOISE, simulate

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


def dead(X: np.ndarray) -> np.ndarray:
    """The flows where sensor 2 reads nothing."""
    return normalised(X * [1, 0, 1, 1])


@pytest.mark.parametrize(
    ("words", "spoil"),
    [
        ("with y2 counted downwards", lambda X, Y: (X, Y * [1, -1])),
        ("y1 counted leftwards", lambda X, Y: (X, Y * [-1, 1])),
        ("y1 and y2 swapped", lambda X, Y: (X, Y[:, ::-1])),
        ("with sensors numbered row by row", lambda X, Y: (X[:, [0, 1, 3, 2]], Y)),
        ("column by column", lambda X, Y: (X[:, [0, 3, 1, 2]], Y)),
        ("the other way round", lambda X, Y: (X[:, [0, 3, 2, 1]], Y)),
        (
            "with y1 stretched from [0.00, 1.00] to [-1, 1]",
            lambda X, Y: (X, np.where([True, False], (Y + 1) / 2, Y)),
        ),
        ("with mfc2 left out", lambda X, Y: (dead(X), Y)),
        (
            "no other order of the sensors or direction of the positions fits",
            lambda X, Y: (X, Y[::-1]),
        ),
    ],
)
def test_what_a_wrong_file_is_told_is_what_the_document_says(words, spoil):
    assert f"`{words}`" in (DOCS / "your-data.md").read_text(encoding="utf-8")
    train, validation = (simulate(300, np.random.default_rng(draw)) for draw in (1, 2))
    samples = {"train": [Samples(*spoil(*train))], "validation": [validation], "test": []}
    with pytest.raises(StudyError, match=re.escape(words)):
        examine(assemble(Path("mine"), samples))


def test_what_is_odd_is_told_in_the_words_of_the_document():
    X, Y = simulate(300, np.random.default_rng(1), noise=3 * NOISE)
    odd = Samples(np.tile(X, (2, 1)), np.tile(Y * [1, 0.7], (2, 1)))
    samples = {"train": [odd], "validation": [Samples(X[:20], Y[:20] * [1, 0.7])], "test": []}
    told = examine(assemble(Path("mine"), samples))
    text = (DOCS / "your-data.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `(.*?)` \|", text.split("| told | when |")[1], flags=re.MULTILINE)
    assert len(table) == len(told) == 5
    for words in table:
        assert len([one for one in told if words in one.text]) == 1
