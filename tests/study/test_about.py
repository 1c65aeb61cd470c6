"""What a study says of itself goes through JSON and back."""

import json

import pytest

from study.about import About
from study.errors import StudyError
from tests.report.made_up import ABOUT


def test_it_comes_back_from_json():
    assert About.of(json.loads(json.dumps(ABOUT.plain())), "here") == ABOUT


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
