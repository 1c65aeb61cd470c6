"""Shards of a study, carried out one by one, and joined."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench import waves
from bench.__main__ import main
from bench.studies import Study
from bench.waves import carry_out_waves
from study.about import NAME
from study.design import Shard
from study.records import Record
from study.store import Store, read, read_facts
from tests.bench import made_up
from tests.bench.made_up import PLANNED, contents, opened


def timeless(path: Path) -> list[Record]:
    return [replace(record, seconds=0.0) for record in read(path)]


def merged(home: Path, *folders: Path) -> int:
    return main(["merge", *map(str, folders), "--out", str(home / "results")])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("shards")
    made_up.write_data(home / "data")
    return home


@pytest.fixture(scope="module")
def shards(home: Path) -> list[Study]:
    """A study's two shards, carried out."""
    studies = [opened(home, shard=Shard(number, 2)) for number in (0, 1)]
    for study in studies:
        result = carry_out_waves(study, 2)
        assert set(result.records) == set(study.names)
    return studies


@pytest.fixture
def folders(shards: list[Study]) -> list[Path]:
    return [study.out for study in shards]


def test_shards_come_to_what_the_whole_study_comes_to(home, folders, tmp_path, monkeypatch, capsys):
    assert merged(home, *folders) == 0
    whole = opened(home)
    assert capsys.readouterr().out.splitlines()[0] == (
        f"wrote {whole.store}: {PLANNED} records of 2 stores"
    )
    (tmp_path / "data").symlink_to(home / "data")
    alone = opened(tmp_path)
    carry_out_waves(alone, 2)
    assert timeless(whole.store) == timeless(alone.store)
    joined, told = read_facts(whole.store), read_facts(alone.store)
    del joined[NAME]["data_folder"], told[NAME]["data_folder"]
    assert joined == told
    monkeypatch.setattr(waves, "carry_out", lambda *_, **__: pytest.fail("a block was carried out"))
    assert len(carry_out_waves(whole, 1).records) == PLANNED


def test_what_is_merged_again_is_there_once(home, folders):
    assert merged(home, *folders) == 0
    before = read(opened(home).store)
    assert merged(home, *folders, opened(home).out) == 0
    assert read(opened(home).store) == before


def test_a_part_is_merged_as_far_as_it_is(home, folders, tmp_path):
    assert main(["merge", str(folders[1]), "--out", str(tmp_path)]) == 0
    (store,) = tmp_path.rglob("*.sqlite")
    assert {record.repetition for record in read(store)} == {1}
    assert read_facts(store)[NAME]["planned"] == PLANNED


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"root_seed": 7}, "expected root seed 1, as in .*shard0of2.*, found 7;"),
        ({"data_checksum": "ab"}, "expected data checksum [0-9a-f]{64}, as in .*, found ab;"),
        ({"steps": 5}, "expected steps 100, as in .*, found 5;"),
    ],
    ids=str,
)
def test_a_store_of_another_study_is_refused_by_what_differs(
    change, difference, folders, tmp_path, capsys
):
    other = tmp_path / "in" / folders[1].name
    with Store(other / "records.sqlite") as store:
        store.say(NAME, read_facts(folders[1] / "records.sqlite")[NAME] | change)
    assert main(["merge", str(folders[0]), str(other), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert pytest.raises(AssertionError, match=difference).matches(AssertionError(told))
    assert not (tmp_path / "out").exists()


def test_records_of_another_version_are_refused(folders, tmp_path, capsys):
    other = tmp_path / "in" / folders[1].name
    stored = folders[1] / "records.sqlite"
    with Store(other / "records.sqlite") as store:
        store.say(NAME, read_facts(stored)[NAME])
        store.add(replace(record, numbers=1) for record in read(stored))
    assert main(["merge", str(folders[0]), str(other), "--out", str(tmp_path / "out")]) == 2
    assert "expected version of the numbers 2, as in" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_other_proposals_are_refused(folders, tmp_path, capsys):
    other = tmp_path / "in" / folders[0].name
    facts = read_facts(folders[0] / "records.sqlite")
    name = next(name for name in facts if name != NAME)
    with Store(other / "records.sqlite") as store:
        store.say(NAME, facts[NAME])
        store.say(name, facts[name][::-1])
    assert main(["merge", str(folders[0]), str(other), "--out", str(tmp_path / "out")]) == 2
    assert f"expected {name} as in the stores before it, found other" in capsys.readouterr().err


def test_shards_of_two_names_and_folders_without_a_store_are_refused(folders, tmp_path, capsys):
    assert main(["merge", str(folders[0]), str(tmp_path / "other-shard1of2")]) == 2
    assert "other-shard1of2: expected a shard of tiny" in capsys.readouterr().err
    assert main(["merge", str(tmp_path / "tiny"), "--out", str(tmp_path / "out")]) == 2
    assert "expected a study's records, found no such file" in capsys.readouterr().err
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("shard", ["4/4", "1", "a/2", "-1/2", "1/0", "1/2/3"])
def test_a_shard_is_two_numbers(shard, capsys):
    with pytest.raises(SystemExit):
        main(["run", f"--shard={shard}"])
    assert f"expected I/N, such as 0/4 to 3/4, found {shard}" in capsys.readouterr().err


def test_a_shard_says_where_it_stands(home, shards, capsys):
    places = [
        f"--{name}={home / place}"
        for name, place in (("data", "data"), ("out", "results"), ("models", "models"))
    ]
    for command in ("status", "plan"):
        assert main([command, f"--preset={home / 'tiny.toml'}", *places, "--shard=1/2"]) == 0
    said = capsys.readouterr().out
    name, count = shards[1].name, len(shards[1].names)
    assert f"{name}: {count} of {count} planned trainings are there" in said
    assert f"{count} trainings, 0 of them still to do" in said
