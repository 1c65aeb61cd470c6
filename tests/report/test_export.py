"""results.json: what the page tells, for programs, on errors that can be checked by hand."""

import json

import pytest

from report.export import SCHEMA, results
from report.findings import gather
from report.reading import Reading
from tests.report.made_up import ABOUT, damaged, whole, with_conditions


def told(records):
    def refuse(word):
        raise AssertionError(word)  # NaN and the like are no JSON

    return json.loads(results(Reading(gather(records, ABOUT))), parse_constant=refuse)


@pytest.mark.parametrize("records", [whole, damaged, list], ids=["whole", "damaged", "none"])
def test_it_is_json_with_the_same_names_whatever_there_is(records):
    found = told(records())
    assert found["schema"] == SCHEMA
    assert list(found) == list(told(with_conditions()))


def test_a_cell_has_its_mean_and_its_repetitions():
    """Errors 0.016 times 1.1, 1.0 and 0.9."""
    (one,) = [
        cell
        for cell in told(with_conditions())["cells"]
        if (cell["architecture"], cell["m"], cell["condition"]) == ("standard", 25, "")
        and not (cell["augmented"] or cell["corrected"])
    ]
    assert one["repetitions"] == 3
    assert one["by_repetition"] == pytest.approx({"1": 0.0176, "2": 0.016, "3": 0.0144})
    assert one["mse"]["geometric_mean"] == pytest.approx(0.016 * (1.1 * 0.9) ** (1 / 3))


def test_trainings_are_counted_in_all_and_by_stage():
    counts = told(damaged())["trainings"]
    stages = counts.pop("stages")
    assert counts == {"planned": 177, "done": 174, "sound": 171, "dead": 0, "diverged": 3}
    assert sum(stages["full"].values()) == 113


def test_methods_are_there_with_what_they_are():
    listed = told(with_conditions())["methods"]
    first = listed[0]
    assert (first["architecture"], first["condition"]) == ("gaussian_process", "baselines")
    assert first["mse"]["geometric_mean"] == pytest.approx(0.006)
    assert first["parameters"] is None
    assert [one["m"] for one in listed] == [25] * len(listed)
    wrong = [one for one in listed if one["condition"] == "wrong_symmetry"]
    assert [one["equivariance_error"] for one in wrong] == [0.25]


def test_winners_are_the_exercises():
    files = [one["file"] for one in told(with_conditions())["winners"]]
    assert files == sorted(set(files), key=files.index)
    assert {name.split("_")[2] for name in files} == {"100", "100.h5"}
    assert len(files) == 8
