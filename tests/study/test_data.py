import os
import pickle
import re
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from study.data import Data, Samples, assemble, file_name, load
from study.errors import StudyError
from study.simulate import simulate

HEADER = "y1,y2,mfc1,mfc2,mfc3,mfc4"
SECOND_ROW = "0.01,-0.5,0.1,0.2,0.3,0.4"
EXPORT_AGAIN = "export the table again with commas between columns and points in numbers"


def rows(first: int, number: int) -> list[str]:
    """Rows that are right, each with a position of its own."""
    return [f"{index / 100},-0.5,0.1,0.2,0.3,0.4" for index in range(first, first + number)]


def write(folder: Path, role: str, number: int, lines: list[str]) -> Path:
    path = folder / file_name(role, number)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three training, two validation and no test rows, all of them right."""
    write(tmp_path, "train", 3, [HEADER, *rows(0, 3)])
    write(tmp_path, "validation", 2, [HEADER, *rows(10, 2)])
    return tmp_path


@pytest.fixture
def train_file(folder: Path) -> Path:
    return folder / "leakage_dataset_train_3.csv"


@pytest.fixture
def large(tmp_path: Path) -> Data:
    """Training files of 10 and 50 rows."""
    for role, number, first in [("train", 10, 0), ("train", 50, 10), ("validation", 5, 60)]:
        write(tmp_path, role, number, [HEADER, *rows(first, number)])
    return load(tmp_path)


def assert_rejected(folder: Path, message: str) -> None:
    """Assert that loading fails with one line that ends in the message."""
    with pytest.raises(StudyError, match=re.escape(message) + "$") as caught:
        load(folder)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(folder))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# What is right


def test_load_gives_flows_and_positions(folder):
    write(folder, "test", 1, [HEADER, "-1,1,0,0,0,1"])
    data = load(folder)
    assert list(data.train) == [3]
    assert data.train[3].Y.tolist() == [[0, -0.5], [0.01, -0.5], [0.02, -0.5]]
    assert data.train[3].X.tolist() == [[0.1, 0.2, 0.3, 0.4]] * 3
    assert data.validation.Y.tolist() == [[0.1, -0.5], [0.11, -0.5]]
    assert data.test is not None
    assert (data.test.X.tolist(), data.test.Y.tolist()) == ([[0, 0, 0, 1]], [[-1, 1]])
    assert data.folder == folder
    assert {array.dtype for array in (*data.validation, *data.train[3])} == {np.dtype("float64")}


def test_a_test_file_is_optional(folder):
    assert load(folder).test is None


def test_training_files_are_sorted_by_number(folder):
    write(folder, "train", 20, [HEADER, *rows(20, 20)])
    write(folder, "train", 4, [HEADER, *rows(0, 4)])
    assert list(load(folder).train) == [3, 4, 20]


def test_there_may_be_several_validation_files_and_the_smallest_is_the_exercises(folder):
    write(folder, "validation", 10, [HEADER, *rows(30, 10)])
    data = load(folder)
    assert list(data.validations) == [2, 10]
    assert data.validation is data.validations[2]
    assert data.validations[10].Y[:, 0].tolist() == [k / 100 for k in range(30, 40)]


def test_other_files_are_nobodys_business(folder):
    (folder / "notes.csv").write_text("not;ours")
    (folder / ".leakage_dataset_train_9.csv.123").write_text("half a row")
    assert list(load(folder).train) == [3]


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.rstrip().encode(),
        lambda text: text.replace("\n", "\n\n").encode(),
        lambda text: text.replace(",", " , ").encode(),
        lambda text: re.sub(r"([^,\n]+)", r'"\1"', text).encode(),
        lambda text: re.sub(r"(?m)^(.*?),(.*?),(.*)$", r"\3,\2,\1", text).encode(),
        lambda text: re.sub(r"(?m)^", "7,", text.rstrip()).encode(),
    ],
    ids=[
        "mark",
        "utf-16",
        "CRLF",
        "CR",
        "no-last-end",
        "blank-lines",
        "spaces",
        "quotes",
        "reordered",
        "more-columns",
    ],
)
def test_the_same_table_written_differently_is_the_same_data(folder, train_file, rewrite):
    plain = load(folder)
    train_file.write_bytes(rewrite(train_file.read_text(encoding="utf-8")))
    other = load(folder)
    assert_array_equal(other.train[3].X, plain.train[3].X)
    assert_array_equal(other.train[3].Y, plain.train[3].Y)
    assert other.checksum == plain.checksum


def test_numbers_are_read_to_the_last_bit(folder, train_file):
    value = 0.1 + 0.2
    replace(train_file, SECOND_ROW, f"{value!r},-5e-324,0.1,0.2,0.3,0.4")
    assert load(folder).train[3].Y[1].tolist() == [value, -5e-324]


def test_sums_may_be_off_by_less_than_a_millionth(folder, train_file):
    replace(train_file, SECOND_ROW, "1,-1,0.1,0.2,0.3,0.4000009")
    assert load(folder).train[3].X[1, 3] == 0.4000009


def test_the_checksum_knows_every_value_and_the_files_they_are_in(folder, train_file):
    checksums = {load(folder).checksum}
    replace(train_file, SECOND_ROW, "0.010000000000000002,-0.5,0.1,0.2,0.3,0.4")
    checksums.add(load(folder).checksum)
    write(folder, "test", 1, [HEADER, *rows(50, 1)])
    checksums.add(load(folder).checksum)
    (folder / file_name("test", 1)).rename(folder / file_name("train", 1))
    checksums.add(load(folder).checksum)
    assert len(checksums) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", checksum) for checksum in checksums)


def test_the_checksum_knows_where_a_file_ends(folder, train_file):
    before = load(folder).checksum
    train_file.unlink()
    (folder / file_name("validation", 2)).unlink()
    write(folder, "train", 2, [HEADER, *rows(0, 2)])
    write(folder, "validation", 3, [HEADER, *rows(2, 1), *rows(10, 2)])
    assert load(folder).checksum != before


def test_the_checksum_ignores_where_the_files_are_and_when_they_came(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for path in sorted(folder.iterdir(), reverse=True):
        shutil.copy(path, elsewhere)
    assert load(elsewhere).checksum == load(folder).checksum


def test_ten_thousand_rows_load_in_a_fifth_of_a_second(folder):
    X, Y = simulate(10_000, np.random.default_rng(5))
    lines = [",".join(map(repr, row)) for row in np.hstack([Y, X]).tolist()]
    write(folder, "train", 10_000, [HEADER, *lines])
    seconds = []
    for _ in range(3):
        start = time.process_time()
        load(folder)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.2


# Data that are no files


def test_assembled_data_are_those_that_are_loaded(folder):
    write(folder, "test", 2, [HEADER, *rows(50, 2)])
    write(folder, "train", 20, [HEADER, *rows(20, 20)])
    there = load(folder)
    parts = {
        "train": list(there.train.values()),
        "validation": list(there.validations.values()),
        "test": [there.test],
    }
    here = assemble(Path("nowhere"), parts)
    assert here == there  # by their checksum, wherever they are
    assert hash(here) == hash(there)
    assert here.folder == Path("nowhere")
    assert list(here.train) == [3, 20]
    assert here.validation is there.validation
    assert here.test is there.test
    assert assemble(Path(), {**parts, "test": []}).test is None


@pytest.mark.parametrize("role", ["train", "validation", "test"])
def test_data_differ_where_a_bit_does(folder, role):
    write(folder, "test", 2, [HEADER, *rows(50, 2)])
    data = load(folder)
    parts = {"train": [data.train[3]], "validation": [data.validation], "test": [data.test]}
    X, Y = parts[role][0]
    moved = X.copy()
    moved[-1, -1] = np.nextafter(moved[-1, -1], 1)
    assert assemble(folder, {**parts, role: [Samples(moved, Y)]}) != data
    assert assemble(folder, parts) == data


# What is wrong with a cell or a row


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "high,-0.5,0.1,0.2,0.3,0.4",
            "column y1: expected a number, found 'high'; correct the cell or remove the row",
        ),
        (
            "0.01,-0.5,0.1,,0.3,0.4",
            "column mfc2: expected a number, found an empty cell; "
            "correct the cell or remove the row",
        ),
        (
            '0.01,-0.5,0.1,0.2,0.3,"0\n4"',
            "column mfc4: expected a number, found '0\\n4'; correct the cell or remove the row",
        ),
        (
            "0.01,-0.5,nan,0.2,0.3,0.4",
            "column mfc1: expected a number, found 'nan'; correct the cell or remove the row",
        ),
        (
            "0.01,inf,0.1,0.2,0.3,0.4",
            "column y2: expected a number, found 'inf'; correct the cell or remove the row",
        ),
        (
            "0.01,-0.5,0.1,0.2,-1e999,0.4",
            "column mfc3: expected a finite number, found -inf; correct the cell or remove the row",
        ),
        (
            "0.01,-0.5,0_1,0.2,0.3,0.4",
            "column mfc1: expected a number, found '0_1'; correct the cell or remove the row",
        ),
        (
            "0.01,-0.5,\u0660.1,0.2,0.3,0.4",
            "column mfc1: expected a number, found '\u0660.1'; correct the cell or remove the row",
        ),
        (
            "0.01,-0.5,-0.1,0.2,0.5,0.4",
            "column mfc1: expected a flow of at least 0, found -0.1; "
            "correct the cell or remove the row",
        ),
        (
            "1.01,-0.5,0.1,0.2,0.3,0.4",
            "column y1: expected a position in [-1, 1], found 1.01; "
            "divide positions in mm by 750, or remove the row",
        ),
        (
            "0.01,-750.0,0.1,0.2,0.3,0.4",
            "column y2: expected a position in [-1, 1], found -750.0; "
            "divide positions in mm by 750, or remove the row",
        ),
        (
            "0.01,-0.5,0.1,0.2,0.3,0.400002",
            "columns mfc1 to mfc4: expected flows that sum to 1 within 1e-06, found 1.000002; "
            "divide each flow by the sum of its row to normalise it",
        ),
        (
            "0.01,-0.5,0,0,0,0",
            "columns mfc1 to mfc4: expected flows that sum to 1 within 1e-06, found 0; "
            "divide each flow by the sum of its row to normalise it",
        ),
        (
            '0.01,-0.5,"0,1",0.2,0.3,0.4',
            "column mfc1: expected a decimal point, found a decimal comma in '0,1'; "
            + EXPORT_AGAIN,
        ),
    ],
    ids=[
        "word",
        "empty",
        "line-end",
        "nan",
        "inf",
        "overflow",
        "underscore",
        "arabic",
        "negative",
        "right",
        "below",
        "sum",
        "no-flow",
        "decimal-comma",
    ],
)
def test_a_wrong_cell_is_named(folder, train_file, row, message):
    line = 4 if "\n" in row else 3
    replace(train_file, SECOND_ROW, row)
    assert_rejected(folder, f"leakage_dataset_train_3.csv, row 2 (line {line}), {message}")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "0,01,-0,5,0,1,0,2,0,3,0,4",
            "expected 6 numbers with decimal points, found decimal commas in "
            f"'0,01,-0,5,0,1,0,2,0,3,0,4'; {EXPORT_AGAIN}",
        ),
        (
            "0,1,5e-05,0,1,0,2,0,3,0,4",
            "expected 6 numbers with decimal points, found decimal commas in "
            f"'0,1,5e-05,0,1,0,2,0,3,0,4'; {EXPORT_AGAIN}",
        ),
        (
            "0.01;-0.5;0.1;0.2;0.3;0.4",
            f"expected commas between columns, found semicolons; {EXPORT_AGAIN}",
        ),
        (
            "0,01;-0,5;0,1;0,2;0,3;0,4",
            f"expected commas between columns, found semicolons; {EXPORT_AGAIN}",
        ),
        (
            "0.01\t-0.5\t0.1\t0.2\t0.3\t0.4",
            f"expected commas between columns, found tabs; {EXPORT_AGAIN}",
        ),
        (
            "0.01,-0.5,0.1",
            "expected 6 cells as in the header, found 3; "
            "complete the row or remove what is too much",
        ),
        (
            "0.01,-0.5,0.1,0.2,0.3,0.4,",
            "expected 6 cells as in the header, found 7; "
            "complete the row or remove what is too much",
        ),
        (
            "0.01,-0.5,0.1,0.2,0.3,0.4,7",
            "expected 6 cells as in the header, found 7; "
            "complete the row or remove what is too much",
        ),
    ],
    ids=[
        "commas",
        "whole-number",
        "semicolons",
        "semicolons-and-commas",
        "tabs",
        "cut-off",
        "trailing-comma",
        "more",
    ],
)
def test_a_row_of_another_width_is_named(folder, train_file, row, message):
    replace(train_file, SECOND_ROW, row)
    assert_rejected(folder, f"leakage_dataset_train_3.csv, row 2 (line 3): {message}")


def test_the_line_counts_blank_lines_and_the_row_does_not(folder, train_file):
    replace(train_file, SECOND_ROW, "\n\n0.01,-0.5,0.1,0.2,-0.3,0.4")
    assert_rejected(
        folder,
        "row 2 (line 5), column mfc3: expected a flow of at least 0, found -0.3; "
        "correct the cell or remove the row",
    )


def test_the_first_wrong_row_is_named_and_the_rest_counted(folder, train_file):
    replace(train_file, "0.4\n", "0.5\n")
    assert_rejected(
        folder,
        "row 1 (line 2), columns mfc1 to mfc4: expected flows that sum to 1 within 1e-06, "
        "found 1.1 (and 2 more such rows); divide each flow by the sum of its row to normalise it",
    )
    replace(train_file, "-0.5", "1e999")
    assert_rejected(
        folder,
        "row 1 (line 2), column y2: expected a finite number, found inf (and 2 more such rows); "
        "correct the cell or remove the row",
    )


def test_reordered_columns_are_named_by_their_own_name(folder, train_file):
    right = "0.4,0.1,0.2,0.3,0,0"
    train_file.write_text("\n".join(["mfc4,mfc1,mfc2,mfc3,y2,y1", right, right, "2,1,1,1,1,1"]))
    assert_rejected(
        folder,
        "row 3 (line 4), columns mfc1 to mfc4: expected flows that sum to 1 within 1e-06, found 5; "
        "divide each flow by the sum of its row to normalise it",
    )


# What is wrong with a file


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "y1;y2;mfc1;mfc2;mfc3;mfc4",
            f"expected commas between columns, found semicolons; {EXPORT_AGAIN}",
        ),
        (
            "y1\ty2\tmfc1\tmfc2\tmfc3\tmfc4",
            f"expected commas between columns, found tabs; {EXPORT_AGAIN}",
        ),
        (
            "y1,y2,mfc1,mfc2,mfc3,MFC",
            "expected a header with one column mfc4, found none in 'y1,y2,mfc1,mfc2,mfc3,MFC'; "
            f"the header must name {HEADER}, in any order",
        ),
        (
            "y1,y2,mfc1,mfc2,y2,mfc4",
            "expected a header with one column y2, found 2 in 'y1,y2,mfc1,mfc2,y2,mfc4'; "
            f"the header must name {HEADER}, in any order",
        ),
        (
            "0,-0.5,0.1,0.2,0.3,0.4",
            "expected a header with one column y1, found none in '0,-0.5,0.1,0.2,0.3,0.4'; "
            f"the header must name {HEADER}, in any order",
        ),
    ],
    ids=["semicolons", "tabs", "missing", "twice", "no-header"],
)
def test_a_wrong_header_is_named(folder, train_file, header, message):
    replace(train_file, HEADER, header)
    assert_rejected(folder, f"leakage_dataset_train_3.csv, line 1: {message}")


def test_long_text_is_shortened(folder, train_file):
    replace(train_file, HEADER, "y1," + "z" * 500)
    with pytest.raises(StudyError, match=r"in 'y1,z+\.\.\.z+'; the header must") as caught:
        load(folder)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("text", ["", "\ufeff", "\n\n"])
def test_an_empty_file_is_named(folder, train_file, text):
    train_file.write_text(text, encoding="utf-8")
    assert_rejected(
        folder,
        f"leakage_dataset_train_3.csv: expected the header {HEADER} and 3 rows, "
        "found an empty file; write it again or remove it",
    )


def test_a_header_without_rows_is_named(folder, train_file):
    train_file.write_text(f"{HEADER}\n")
    assert_rejected(
        folder,
        "leakage_dataset_train_3.csv: expected 3 rows, as its name says, found a header only; "
        "write the file again or remove it",
    )


@pytest.mark.parametrize("number", [2, 4])
def test_the_number_in_the_name_is_the_row_count(folder, train_file, number):
    train_file.write_text("\n".join([HEADER, *rows(0, number)]))
    assert_rejected(
        folder,
        f"leakage_dataset_train_3.csv: expected 3 rows, as its name says, found {number}; "
        f"restore the file or rename it to leakage_dataset_train_{number}.csv",
    )


def test_every_training_file_is_checked(folder):
    write(folder, "train", 5, [HEADER, *rows(0, 4), "0,0,1,0,0,nan"])
    write(folder, "train", 20, [HEADER, *rows(20, 20)])
    with pytest.raises(StudyError, match=r"train_5\.csv, row 5 \(line 6\), column mfc4"):
        load(folder)


@pytest.mark.parametrize("role", ["validation", "test"])
def test_what_scores_networks_is_checked_too(folder, role):
    write(folder, role, 2, [HEADER, *rows(40, 1), "0.5,-0.5,0.1,0.2,0.3,0.5"])
    with pytest.raises(StudyError, match=rf"{role}_2\.csv, row 2 \(line 3\), columns mfc1 to mfc4"):
        load(folder)


def test_a_file_of_another_kind_is_named(folder, train_file):
    train_file.write_bytes(b"PK\x03\x04\x14")
    assert_rejected(
        folder,
        "leakage_dataset_train_3.csv: expected a CSV file, found an Excel workbook or another zip "
        "archive; export the table as CSV in UTF-8",
    )


def test_a_file_without_end_is_not_read_to_its_end(folder, train_file):
    with train_file.open("r+b") as file:
        file.truncate(1 << 40)  # it takes no room
    assert_rejected(
        folder,
        "leakage_dataset_train_3.csv: expected a CSV file, found more than 262,144 bytes; export "
        "the table as CSV in UTF-8",
    )


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_regular_file_is_not_opened(folder, train_file, make):
    train_file.unlink()
    make(train_file)
    with pytest.raises(
        StudyError,
        match=r"train_3\.csv: expected a CSV file, found a folder, a device or a pipe; export the",
    ):
        load(folder)


# What is wrong with the folder


def test_a_missing_folder_is_named(tmp_path):
    assert_rejected(
        tmp_path / "nowhere",
        "nowhere: expected a folder with leakage_dataset_train_100.csv and the like, found no "
        "folder there; name the folder that holds the data, or make it for simulated data",
    )


def test_an_empty_folder_is_named(tmp_path):
    assert_rejected(
        tmp_path,
        ": expected a train file such as leakage_dataset_train_1000.csv, found nothing; "
        "put the train file into this folder",
    )


def test_a_folder_of_other_files_is_told_what_is_there(tmp_path):
    for name in "cabfed":
        (tmp_path / f"{name}.csv").touch()
    assert_rejected(
        tmp_path,
        ": expected a train file such as leakage_dataset_train_1000.csv, found a.csv, b.csv, "
        "c.csv, d.csv, e.csv; put the train file into this folder",
    )


def test_a_folder_without_training_file_is_named(folder, train_file):
    train_file.unlink()
    assert_rejected(
        folder,
        ": expected a train file such as leakage_dataset_train_1000.csv, "
        "found leakage_dataset_validation_2.csv; put the train file into this folder",
    )


def test_a_folder_without_validation_file_is_named(folder):
    (folder / file_name("validation", 2)).unlink()
    write(folder, "test", 1, [HEADER, *rows(50, 1)])
    assert_rejected(
        folder,
        ": expected a validation file such as leakage_dataset_validation_1000.csv, "
        "found leakage_dataset_train_3.csv, leakage_dataset_test_1.csv; "
        "put the validation file into this folder",
    )


def test_two_test_files_are_too_many(folder):
    for number in (2, 10):
        write(folder, "test", number, [HEADER, *rows(20, number)])
    assert_rejected(
        folder,
        ": expected one test file, found leakage_dataset_test_2.csv, leakage_dataset_test_10.csv; "
        "keep leakage_dataset_test_10.csv, which has the most rows, and move the rest away",
    )


@pytest.mark.parametrize("name", ["leakage_dataset_train_3.CSV", "Leakage_Dataset_TRAIN_3.Csv"])
def test_names_may_be_in_capitals(folder, train_file, name):
    before = load(folder)
    train_file.rename(folder / name)
    assert load(folder) == before
    shutil.copy(folder / name, train_file)
    assert_rejected(
        folder,
        f": expected one train file of 3 rows, found {name} and leakage_dataset_train_3.csv; move "
        "one of them away",
    )


@pytest.mark.parametrize(
    "name",
    [
        "leakage_dataset_train_.csv",
        "leakage_dataset_train_03.csv",
        "leakage_dataset_train_0.csv",
        "leakage_dataset_training_3.csv",
        "leakage_dataset_train_3 (1).csv",
    ],
)
def test_a_misspelt_name_is_not_passed_over(folder, name):
    (folder / name).touch()
    assert_rejected(
        folder,
        f"{name}: expected a name like leakage_dataset_train_100.csv (train, validation or test, "
        f"then the number of rows), found {name}; rename the file or move it away",
    )


@pytest.mark.parametrize("role", ["validation", "test"])
def test_training_rows_that_score_networks_are_counted(folder, role):
    write(folder, role, 2, [HEADER, *rows(1, 2)])
    assert_rejected(
        folder,
        f"leakage_dataset_train_3.csv: expected no row that is also in leakage_dataset_{role}_2.csv"
        ", found 2, the first in row 2 (line 3); remove them from leakage_dataset_train_3.csv and "
        "put its new row count into its name",
    )


def test_every_training_file_is_compared(folder):
    write(folder, "train", 5, [HEADER, *rows(50, 4), *rows(10, 1)])
    with pytest.raises(StudyError, match=r"train_5\.csv: .+ found 1, the first in row 5 "):
        load(folder)


def test_validation_and_test_share_no_rows_either(folder):
    write(folder, "test", 2, [HEADER, *rows(11, 2)])
    with pytest.raises(StudyError, match=r"validation_2\.csv: .+ in leakage_dataset_test_2\.csv"):
        load(folder)


def test_every_validation_file_is_compared(folder):
    write(folder, "validation", 5, [HEADER, *rows(50, 4), *rows(1, 1)])
    with pytest.raises(StudyError, match=r"train_3\.csv: .+ in leakage_dataset_validation_5\.csv"):
        load(folder)


def test_files_of_a_role_may_share_rows(folder):
    """A training file of 100 rows may be the first part of one of 1000."""
    write(folder, "train", 4, [HEADER, *rows(0, 4)])
    write(folder, "validation", 3, [HEADER, *rows(10, 3)])
    assert list(load(folder).train) == [3, 4]


def test_minus_zero_is_zero_when_rows_are_compared(folder):
    write(folder, "train", 1, [HEADER, "0,-0.0,0.1,0.2,0.3,0.4"])
    write(folder, "test", 1, [HEADER, "-0,0.0,0.1,0.2,0.3,0.4"])
    with pytest.raises(StudyError, match=r"train_1\.csv: .+ found 1"):
        load(folder)


def test_rows_are_shared_only_where_flows_and_position_are(folder):
    write(folder, "test", 2, [HEADER, "0.01,-0.5,0.2,0.1,0.3,0.4", "0.99,-0.5,0.1,0.2,0.3,0.4"])
    test = load(folder).test
    assert test is not None
    assert len(test.X) == 2


# The exercise's own files


def test_the_exercises_files_are_right(real_data):
    data = load(real_data)
    assert list(data.train) == [100, 1000]
    assert data.validation.X.shape == (1000, 4)
    assert data.test is None
    assert_allclose(np.square(data.validation.Y).mean(), 0.3311, atol=5e-5)
    assert_allclose(np.abs(data.validation.Y).mean(), 0.5004, atol=5e-5)


def test_the_exercises_validation_flows_have_no_fault_and_its_training_flows_have(real_data):
    data = load(real_data)
    assert data.validation.X.mean(axis=0)[3] < 0.26
    assert data.train[100].X.mean(axis=0)[3] > 0.28
    assert data.train[1000].X.mean(axis=0)[3] > 0.28


@pytest.mark.parametrize(("m", "expected"), [(100, 0.0278), (1000, 0.0283)])
def test_least_squares_on_the_exercises_files_scores_as_measured(real_data, m, expected):
    data = load(real_data)
    train, validation = data.train[m], data.validation
    weights, *_ = np.linalg.lstsq(train.X, train.Y)
    mse = np.square(validation.X @ weights - validation.Y).mean()
    assert_allclose(mse, expected, atol=3e-4)


def test_data_travel_between_processes(large):
    copy = pickle.loads(pickle.dumps(large))
    assert copy.checksum == large.checksum
    assert_array_equal(copy.train[50].X, large.train[50].X)
