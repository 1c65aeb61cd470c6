"""Where a command will write: places that can be written, and those that can't."""

import os
from pathlib import Path

import pytest

from study.errors import StudyError
from study.places import check


def test_what_can_be_written_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.csv").write_text("1")
    check(
        [tmp_path / "there.csv", tmp_path / "new" / "folder" / "a.csv", Path("a.csv")],
        [tmp_path, tmp_path / "other", Path(), Path("new")],
    )
    check([Path(os.devnull)])
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path):
    with pytest.raises(StudyError, match="expected a place for a file, found a folder"):
        check([tmp_path])


@pytest.mark.parametrize("make", [Path.touch, os.mkfifo, lambda path: path.symlink_to("gone")])
def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path, make):
    make(tmp_path / "results")
    for paths in ([tmp_path / "results" / "runs.csv"], []):
        with pytest.raises(StudyError, match=r"results: expected a folder to write to, found a f"):
            check(paths, [tmp_path / "results" / "deep"])


def test_a_folder_that_is_read_only_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(StudyError, match="found one that is read-only; change its permissions"):
        check([tmp_path / "new" / "runs.csv"])


def test_a_file_overwrites_no_input_and_no_other_output(tmp_path):
    one, same = tmp_path / "a.csv", tmp_path / "folder" / ".." / "a.csv"
    for files, inputs in (([one, same], []), ([one], [same])):
        with pytest.raises(StudyError, match="expected a place of its own, found another file's"):
            check(files, inputs=inputs)
    check([Path(os.devnull), Path(os.devnull)], inputs=[one])


def test_a_name_that_no_system_takes_is_refused(tmp_path):
    long = "é" * 121
    for files, folders in (([tmp_path / long], []), ([], [tmp_path / long / "a"])):
        with pytest.raises(StudyError, match="expected names of at most 240 bytes, found 242"):
            check(files, folders)
