"""Networks of equal size against each other."""

import pandas as pd
import pytest

from report import parameters
from report.models import EQUIVARIANT_RAW, STANDARD_RAW, WIDE
from tests.report.made_up import change, make_results, make_study


def lowest(*rows):
    """A table of (model, parameters, mse) at m = 100, training data as they are."""
    return pd.DataFrame(
        [
            {**model._asdict(), "m": 100, "corrected": False, "parameters": size, "mse": mse}
            for model, size, mse in rows
        ]
    )


def test_the_best_network_of_each_size_may_be_a_trial_or_a_winner():
    results = make_results(m=[100], corrections=["none"])
    runs = results.runs
    own = (runs["architecture"] == "standard") & ~runs["augmented"] & (runs["role"] == "trial")
    trial = own & (runs["trial"] == 2) & (runs["start"] == 0)
    results = change(results, trial, validation_mse=0.001)
    dead = own & (runs["trial"] == 0) & (runs["start"] == 0)
    results = change(results, dead, validation_mse=0.0001, status="dead")
    best = parameters.best(results.runs, results.study)
    standard = best[best["architecture"] == "standard"].set_index("parameters")["mse"]
    assert standard[386] == 0.001
    assert standard[96] > 0.0001
    assert set(best["architecture"]) == {"standard", "equivariant", "equivariant_wide"}


def test_bands_hold_the_lowest_error_of_networks_of_like_size():
    table = parameters.bands(
        lowest(
            (EQUIVARIANT_RAW, 7, 0.006),
            (EQUIVARIANT_RAW, 16, 0.005),
            (EQUIVARIANT_RAW, 25, 0.004),
            (STANDARD_RAW, 114, 0.007),
            (WIDE, 64, 0.003),
            (WIDE, 65, 0.002),
        )
    )
    assert [parameters.band_name(band) for *_, band in table.index] == [
        "1 to 16",
        "17 to 64",
        "65 to 256",
    ]
    assert table[tuple(EQUIVARIANT_RAW)].tolist()[:2] == [0.005, 0.004]
    assert table[tuple(WIDE)].tolist()[1:] == [0.003, 0.002]
    assert parameters.band_name(4) == "more than 1,024"
    assert parameters.in_words(table, WIDE, EQUIVARIANT_RAW) == (
        "equivariant_wide raw beats equivariant raw in 1 of 1 line with both"
    )
    assert parameters.in_words(table, EQUIVARIANT_RAW, STANDARD_RAW) == ""


@pytest.mark.parametrize(
    ("changes", "sizes", "networks"),
    [
        ({"control_sizes": [100]}, [100], 3),
        ({"controls": [], "control_sizes": []}, [100, 1000], 2),
    ],
)
def test_sizes_and_networks_follow_the_controls(changes, sizes, networks):
    study = make_study(**changes)
    assert parameters.sizes(study) == sizes
    assert len(parameters.networks(study)) == networks
