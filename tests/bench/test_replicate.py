"""A tiny study repeated with other seeds, and its table."""

import pytest

from bench.__main__ import main
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
    first, *others = sorted(path.name for path in (replicated / "results").iterdir())
    assert first == "replicate.md"
    assert [name.rsplit("-", name.count("-") // 2)[0] for name in others] == [
        "tiny",
        "tiny-seed2",
        "tiny-seed3",
    ]
    assert sorted(path.name for path in (replicated / "data").glob("seed*")) == ["seed2", "seed3"]


def test_the_table_counts_every_interval(replicated):
    text = (replicated / "results" / "replicate.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| 20 | uncorrected | ")]
    assert len(rows) == 4  # contrasts
    held = [int(row.split("|")[-2].split(" of ")[0]) for row in rows]
    assert all(row.endswith(f" of {SEEDS} |") for row in rows)
    assert text.splitlines()[-1].startswith(f"In all, {sum(held)} of {4 * SEEDS} intervals (")


def test_a_second_time_nothing_is_trained(replicated, monkeypatch, capsys):
    monkeypatch.setattr("bench.waves.carry_out", lambda *_, **__: pytest.fail("trained"))
    places = [f"--{name}={replicated / name}" for name in ("data", "models")]
    arguments = ["replicate", f"--preset={replicated / 'tiny.toml'}", f"--seeds={SEEDS}", *places]
    before = (replicated / "results" / "replicate.md").read_bytes()
    assert main([*arguments, f"--out={replicated / 'results'}"]) == 0
    assert (replicated / "results" / "replicate.md").read_bytes() == before
    assert "In all, " in capsys.readouterr().out
