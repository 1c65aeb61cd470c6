"""What a study would do and where it stands, in words."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.costs import SECONDS_PER_FIT
from bench.plan import describe_cell, describe_plan, describe_status, lost, price
from bench.studies import Folders, Study, open_study, standing
from bench.waves import Result, carry_out_waves
from study.design import Cell, Request
from study.presets import load_preset
from study.records import Record
from tests.bench import made_up
from tests.bench.made_up import PLANNED, opened

RAW = Cell(20, False, "standard", False)
CELLS = [
    f"{name} {augmented}, uncorrected, m = {m}"
    for m in (20, 40)
    for name in ("standard", "equivariant")
    for augmented in ("raw", "augmented")
]


def folders(home: Path) -> Folders:
    return Folders(home / "data", home / "results", home / "models")


def planned(study: Study, records: dict[Request, Record] | None = None, workers: int = 2) -> str:
    return "\n".join(describe_plan(study, records or {}, workers))


def minutes(study: Study, workers: int = 1) -> float:
    """How long the plan says that a study takes."""
    (found,) = re.findall(r"about (\S+) minutes", planned(study, workers=workers))
    return float(found)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    home = tmp_path_factory.mktemp("finished")
    made_up.write_data(home / "data")
    return home, carry_out_waves(opened(home), 1, lambda step: None)


# Plan


def test_the_plan_in_words(home):
    study = opened(home)
    lines = planned(study).splitlines()
    data = study.data.checksum[:8]
    assert lines.pop(1) == (
        "  Too short to check whether positions and sensors are in the right convention, which "
        "takes 50 rows: leakage_dataset_train_20.csv."
    )
    assert lines[:5] == [
        f"tiny-{data}: preset tiny on data in {home / 'data'}, root seed 1",
        "  m: 20, 40",
        "  2 repetitions of each cell: 2 proposals of 50 steps, the best 1 in full with 100",
        "  the exercise: 2 proposals of 50 steps, the best 1 in full with 100, then 1 more of its "
        "best",
        f"{PLANNED} trainings, {PLANNED} of them still to do",
    ]
    assert lines[5].startswith("about ")
    assert lines[5].endswith(" minutes with 2 workers")
    assert lines[6] == "would write, and nothing else:"
    pages = ["report.html", "report.md", "results.json", "figures", "tables"]
    names = ["records.sqlite", "writer.lock", "runs.csv", *pages]
    expected = [home / "results" / f"tiny-{data}" / name for name in names]
    models = [
        "standard_20", "standard_20_orbit_average", "standard_20_augmented", "equivariant_20",
        "equivariant_20_augmented",
    ]  # fmt: skip
    expected += [home / "models" / f"tiny-{data}" / f"model_{name}.h5" for name in models]
    assert lines[7:] == [f"  {path}" for path in expected]


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({}, 4 * (4 + 3 + 3) + 4 * (3 + 3)),
        ({"sizes": [20]}, 4 * (4 + 3 + 3)),
        ({"sizes": [40]}, 4 * (3 + 3)),
        ({"repetitions": 0}, 4 * 4),
        ({"architectures": ["standard"]}, PLANNED / 2),
        ({"corrections": ["none", "fitted"]}, PLANNED * 2),
        ({"tuning": {"proposals": 9, "finalists": 3}}, 4 * (4 + 12 + 12) + 4 * (12 + 12)),
        ({"conditions": ["wrong_symmetry", "baselines"], "condition_sizes": [20],
          "condition_repetitions": 1}, PLANNED + 1 + 6),
    ],
    ids=str,
)  # fmt: skip
def test_requests_are_counted_by_hand(change, count, home):
    assert f"\n{count:.0f} trainings, {count:.0f} of them still to do\n" in planned(
        opened(home, **change)
    )


def test_a_finished_study_has_nothing_to_do(finished):
    home, result = finished
    said = planned(opened(home), result.records)
    assert f"{PLANNED} trainings, 0 of them still to do\nabout 0.0 minutes with 2 workers" in said


def test_what_keras_takes_does_not_depend_on_the_workers(home):
    study = opened(home, trainer="keras", steps=100_000)
    steps = sum(study.design.protocol_of(name).steps for name in study.names)
    line = f"about {steps * 1.4e-4 / 60:.1f} minutes with Keras, one block at a time"
    assert line in planned(study, workers=8).splitlines()


def test_a_plan_says_which_data_it_would_simulate(tmp_path):
    (tmp_path / "data").mkdir()
    preset = load_preset(str(made_up.write_preset(tmp_path / "tiny.toml")))
    said = planned(open_study(preset, folders(tmp_path)))
    assert "tiny: preset tiny on simulated data, root seed 1\n" in said
    assert f"\n  6 files of simulated data in {tmp_path / 'data'}" in said


def test_more_steps_take_longer_and_more_workers_less_long(home):
    small, large = opened(home, steps=10**5), opened(home, steps=10**6)
    assert 0 < minutes(small) < minutes(large, 2) < minutes(large)
    assert minutes(large, 2) == pytest.approx(minutes(large) / 2, rel=0.05)


def test_prices_need_no_proposals(home):
    """Nothing is drawn: a request has the mean price of its space."""
    study = opened(home)
    proposal, full = (Request(RAW, 1, stage, 0) for stage in ("proposal", "full"))
    assert price(study, full) == pytest.approx(2 * price(study, proposal))  # 100 steps and 50
    fit = Request(replace(RAW, architecture="zero", condition="baselines"), 1, "fitted", 0)
    assert price(study, fit) == SECONDS_PER_FIT


def test_a_sweep_says_its_repeats(home):
    text = (
        "sizes = [20]\nlearning_rates = [1e-3, 1e-2]\ndepths = [2]\nstandard_widths = [4]\n"
        "repeats = 3\nbatch_size = 32\nepochs = 6\npatience = 6\nequivariant_stddev = 0.2\n"
    )
    (home / "sweep.toml").write_text(text)
    said = planned(open_study(load_preset(str(home / "sweep.toml")), folders(home)))
    assert "  3 repeats of each combination\n24 trainings, 24 of them still to do\n" in said
    assert "model_" not in said


# Status


def test_the_status_of_a_study_that_has_not_begun(home):
    study = opened(home)
    first, *cells, last = describe_status(study, standing(study).records)
    assert first == f"{study.name}: 0 of {PLANNED} planned trainings are there"
    counts = [10] * 4 + [6] * 4
    assert cells == [f"  {c}: {n} missing" for c, n in zip(CELLS, counts, strict=True)]
    assert last == "the trainings took 0 s of one core"


def test_the_status_of_a_finished_study(finished):
    home, result = finished
    sound = {name: replace(one, status="sound") for name, one in result.records.items()}
    first, *cells, last = describe_status(opened(home), sound)
    assert re.fullmatch(r"the trainings took \d+ s of one core", last)
    assert first.endswith(f": {PLANNED} of {PLANNED} planned trainings are there")
    assert cells == [f"  {cell}: complete" for cell in CELLS]


def test_what_failed_and_what_is_missing_is_counted(finished):
    home, result = finished
    requests = [one for one in result.records if one.cell == RAW and one.stage == "proposal"]
    records = dict(result.records)
    del records[requests[0]]
    for request, status in zip(requests[1:], ("dead", "dead", "diverged"), strict=False):
        records[request] = replace(records[request], status=status)
    lines = list(describe_status(opened(home), records))
    assert lines[1] == f"  {CELLS[0]}: 2 dead, 1 diverged, 1 missing"


def test_a_repetition_without_a_sound_network_is_lost(finished):
    home, result = finished
    records = {
        request: replace(record, status="dead")
        if (request.cell, request.repetition, request.stage) == (RAW, 2, "full")
        else record
        for request, record in result.records.items()
    }
    assert lost(opened(home), records) == [f"{CELLS[0]}, repetition 2"]
    assert f"no sound network: {CELLS[0]}, repetition 2" in describe_status(opened(home), records)


def test_a_failed_proposal_or_start_beside_a_sound_one_is_not_lost(finished):
    home, result = finished
    records = {
        request: replace(record, status="dead") if request.stage != "full" else record
        for request, record in result.records.items()
    }
    assert lost(opened(home), records) == []


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (RAW, "standard raw, uncorrected, m = 20"),
        (Cell(100, True, "equivariant", True), "equivariant augmented, corrected, m = 100"),
        (
            Cell(50, False, "gaussian_process", True, "baselines"),
            "Gaussian process, augmented, uncorrected, m = 50, without a network",
        ),
        (
            Cell(50, False, "wrong_group", False, "wrong_symmetry"),
            "equivariant to a wrong symmetry, raw, uncorrected, m = 50, a wrong symmetry",
        ),
    ],
)
def test_a_cell_in_words(cell, words):
    assert describe_cell(cell) == words


def test_a_control_that_died_is_counted_and_no_loss(finished):
    home, result = finished
    records = result.records
    request = next(name for name in records if name.stage == "full")
    cell = replace(request.cell, condition="wrong_symmetry")
    dead = {replace(request, cell=cell): replace(records[request], status="dead")}
    assert lost(opened(home), {**records, **dead}) == []
