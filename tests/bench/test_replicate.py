"""A tiny study repeated with other seeds, and how far its runs agree."""

import re

import pytest

from bench.__main__ import main
from report.__main__ import main as report
from tests.bench import made_up

SEEDS = 3


@pytest.fixture(scope="module")
def replicated(tmp_path_factory):
    """Three studies of two repetitions: the first alone has the folder's own data."""
    home = tmp_path_factory.mktemp("replicated")
    (home / "data").mkdir()
    preset = made_up.write_preset(home / "tiny.toml", **{**made_up.SMALL, "repetitions": 2})
    places = [f"--{name}={home / place}" for name, place in (("data", "data"), ("out", "results"))]
    arguments = ["replicate", f"--preset={preset}", f"--seeds={SEEDS}", *places]
    assert main([*arguments, f"--models={home / 'models'}"]) == 0
    return home


def test_each_study_has_a_folder_of_its_own_and_half_of_them_other_data(replicated):
    names = sorted(path.name for path in (replicated / "results").iterdir())
    assert [name.rsplit("-", name.count("-") // 2)[0] for name in names] == [
        "tiny",
        "tiny-seed2",
        "tiny-seed3",
    ]
    assert sorted(path.name for path in (replicated / "data").glob("seed*")) == ["seed2", "seed3"]


def test_the_report_tells_how_far_they_agree(replicated, capsys):
    folders = [str(path) for path in sorted((replicated / "results").iterdir())]
    assert report(["--agreement", *folders]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("| 20 | uncorrected | ")]) == 4
    assert re.fullmatch(
        r"In all, \d+ of 12 intervals \(\d+ %\) hold .* \d of 4 on shared data, \d of 8 on .*",
        lines[-1],
    )


def test_a_second_time_nothing_is_trained(replicated, monkeypatch, capsys):
    monkeypatch.setattr("bench.waves.carry_out", lambda *_, **__: pytest.fail("trained"))
    places = [f"--{name}={replicated / name}" for name in ("data", "models")]
    arguments = ["replicate", f"--preset={replicated / 'tiny.toml'}", f"--seeds={SEEDS}", *places]
    assert main([*arguments, f"--out={replicated / 'results'}"]) == 0
    assert "python -m report --agreement" in capsys.readouterr().out
