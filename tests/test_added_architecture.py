"""An architecture of one's own: an entry of the registry takes it to the page, and nothing else."""

from dataclasses import replace

import pytest

from bench.waves import carry_out_waves
from report import page
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
    study = made_up.opened(tmp_path, **changes)
    carry_out_waves(study, 1, lambda step: None)
    _, markdown = page.write(study.out)
    text = markdown.read_text(encoding="utf-8")
    assert f"{model_label((entry.name, False))} against standard augmented" in text
    assert "half_turns" not in text


def test_an_unknown_one_is_refused_in_one_line(tmp_path):
    made_up.write_data(tmp_path / "data")
    with pytest.raises(Exception, match="expected architectures to be a list of some of standard"):
        made_up.opened(tmp_path, architectures=["standard", "thirds"])
