"""What a study says of itself goes through JSON and back."""

import json
from dataclasses import replace

import pytest

from study.about import About, Remark
from study.errors import StudyError
from tests.report.made_up import ABOUT


def test_it_comes_back_from_json():
    about = replace(ABOUT, remarks=(Remark("Odd."), Remark("Wrong.", loud=True)))
    assert About.of(json.loads(json.dumps(about.plain())), "here") == about


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ({**ABOUT.plain(), "colour": 1}, "found another named colour"),
        ({k: v for k, v in ABOUT.plain().items() if k != "sizes"}, "found none named sizes"),
        ([], "found none named choose_by"),
    ],
)
def test_what_is_another_versions_is_told(plain, words):
    with pytest.raises(StudyError, match=words):
        About.of(plain, "here")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("repetitions", "30", 'column repetitions: expected a whole number from 0, found "30"'),
        ("simulated", "yes", 'column simulated: expected 0 or 1, found "yes"'),
        ("choose_by", "r2", 'column choose_by: expected one of mse, mae, found "r2"'),
        ("sizes", 25, "sizes: expected a list, found '25'"),
        ("sizes", [25, None], "column sizes: expected a whole number from 0, found nothing"),
        ("primary", ["better"], "primary: expected some of built_in, .*, found 'better'"),
        ("validation_rows", "all", "validation_rows: expected a number or m, found 'all'"),
        ("spaces", [["standard", 3]], "spaces: expected names with values, found '3'"),
        ("spaces", [["standard"]], "spaces: expected 2 values, found"),
        ("floor_mse", "low", 'column floor_mse: expected a number, found "low"'),
    ],
)
def test_what_is_none_of_its_facts_is_told_by_place(name, value, words):
    plain = json.loads(json.dumps({**ABOUT.plain(), name: value}))
    with pytest.raises(
        StudyError, match=f"^here: table facts, row about, column value, {words}.*; "
    ):
        About.of(plain, "here")
