"""An architecture of one's own: an entry of the registry takes it to the page, and nothing else."""

from dataclasses import replace

import pytest

from bench.__main__ import main as bench
from report.__main__ import main as report
from study.architectures import ARCHITECTURES, register
from study.labels import model_label
from tests.bench import foreign, made_up


@pytest.mark.parametrize("entry", [foreign.TIES_ALONE, foreign.KERAS_ALONE], ids=["ties", "Keras"])
def test_a_registered_architecture_goes_all_the_way_to_the_report(entry, tmp_path, monkeypatch):
    monkeypatch.setitem(ARCHITECTURES, entry.name, entry)
    register(replace(entry, compared_with=("standard",)))
    made_up.write_data(tmp_path / "data")
    names = ["standard", entry.name]
    changes = {**made_up.SMALL, "repetitions": 6, "architectures": names}
    preset = made_up.write_preset(tmp_path / "mine.toml", **changes)
    places = [f"--{place}={tmp_path / place}" for place in ("data", "out", "models")]
    assert bench(["run", f"--preset={preset}", *places]) in (0, 3)
    assert report([f"--out={tmp_path / 'out'}"]) == 0
    (page,) = (tmp_path / "out").glob("*/report.md")
    text = page.read_text(encoding="utf-8")
    assert f"{model_label((entry.name, False))} against standard augmented" in text
    assert "half_turns" not in text


def test_an_unknown_one_is_refused_in_one_line(tmp_path):
    made_up.write_data(tmp_path / "data")
    with pytest.raises(Exception, match="expected architectures to be a list of some of standard"):
        made_up.opened(tmp_path, architectures=["standard", "thirds"])
