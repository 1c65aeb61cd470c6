from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from bench import tune
from bench.train import Job, Outcome
from bench.tune import WORST, LaneTuner, Proposal, chosen, trial_score
from study import training
from study.grid import Cell
from study.lanes import LOSSES, OPTIMIZERS
from study.space import SPACE, Choice, Hyperparameters

CELL = Cell("standard", augmented=False, m=30)
ORACLES = pytest.mark.parametrize("oracle", ["hyperband", "random"])
HYPERPARAMETERS = Hyperparameters(2, 16, "elu", 16, "adam", 0.01, "mse")


@pytest.fixture
def search(tmp_path, preset) -> Callable[..., list[list[Proposal]]]:
    """Run a whole search of 270 steps a trial without training; the batches of its proposals."""

    def run(answer=lambda proposals: [1.0] * len(proposals), cell=CELL, **changes: Any):
        asked = []

        def note(proposals: list[Proposal]) -> list[float]:
            asked.append(proposals)
            return answer(proposals)

        oracle = tune.oracle(cell, replace(preset, **changes))
        LaneTuner(oracle, directory=tmp_path, overwrite=True).search(270, note)
        return asked

    return run


def flat(batches: Sequence[Sequence[Proposal]]) -> list[Proposal]:
    return [proposal for batch in batches for proposal in batch]


def row(number: int, error: float | None, start: int = 0, **hyperparameters: Any) -> dict[str, Any]:
    scores = {} if error is None else {"validation_mse": error}
    names = asdict(replace(HYPERPARAMETERS, **hyperparameters))
    return {"trial": number, "start": start, **names, **scores}


# What the oracles propose


@ORACLES
@pytest.mark.parametrize("halvings", range(5))
def test_a_search_has_as_many_trials_as_planned(search, preset, oracle, halvings):
    trials = replace(preset, halvings=halvings).trials
    proposals = flat(search(oracle=oracle, halvings=halvings))
    assert sorted(proposal.number for proposal in proposals) == list(range(trials))


def test_each_rung_has_three_times_the_steps_of_the_one_before(search):
    """Of three brackets: 9, 3 and 1 trials, 5 and 2, and 3."""
    budgets = Counter(proposal.budget for proposal in flat(search(halvings=2)))
    assert budgets == {30: 9, 90: 3 + 5, 270: 1 + 2 + 3}


def test_a_later_rung_has_the_best_trials_of_the_one_before(search):
    """A trial's error is its learning rate: each rung must take over the smallest ones."""

    def answer(proposals):
        return [proposal.hyperparameters.learning_rate for proposal in proposals]

    first, second, third = search(answer, halvings=2)

    def rates(proposals: Sequence[Proposal], budget: int) -> list[float]:
        kept = [proposal for proposal in proposals if proposal.budget == budget]
        return sorted(proposal.hyperparameters.learning_rate for proposal in kept)

    lowest = rates(first, 30)[:3]
    assert len(third) == 1
    assert set(lowest) <= set(rates(second, 90))
    assert rates(third, 270) == lowest[:1]


def test_a_random_search_asks_for_everything_at_once_at_the_full_budget(search):
    (proposals,) = search(oracle="random", halvings=2)
    assert {proposal.budget for proposal in proposals} == {270}


@ORACLES
@pytest.mark.parametrize("architecture", ["standard", "equivariant", "equivariant_wide"])
def test_proposals_are_points_of_the_space(search, oracle, architecture):
    proposals = flat(
        search(cell=replace(CELL, architecture=architecture), oracle=oracle, halvings=3)
    )
    for hyperparameter in SPACE:
        values = hyperparameter.of(architecture)
        found = [getattr(one.hyperparameters, hyperparameter.name) for one in proposals]
        if isinstance(hyperparameter, Choice):
            assert set(found) == set(values)
        else:
            low, high = values
            assert low <= min(found) < 2 * low
            assert high / 2 < max(found) <= high
            assert np.median(found) == pytest.approx(np.sqrt(low * high), rel=0.8)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(0.0123456789, 0.01235), (0.001, 0.001), (0.099996, 0.1), (0.0050004999, 0.005)],
)
def test_a_learning_rate_is_rounded_to_four_digits(rate, expected):
    assert tune.rounded(rate) == expected


@ORACLES
def test_proposed_learning_rates_have_four_digits(search, oracle):
    """The oracles take powers: their last bit would differ between machines."""
    proposals = flat(search(oracle=oracle, halvings=2))
    rates = [proposal.hyperparameters.learning_rate for proposal in proposals]
    assert rates == [float(f"{rate:.4g}") for rate in rates]
    assert len(set(rates)) > 9


@ORACLES
def test_all_cells_of_an_architecture_are_offered_the_same_trials(search, oracle):
    def offered(**changes) -> list[Hyperparameters]:
        """What is proposed before any answer can make a difference."""
        first, *_ = search(oracle=oracle, halvings=2, cell=replace(CELL, **changes))
        return [proposal.hyperparameters for proposal in first]

    assert offered() == offered(augmented=True, m=60, corrected=True)
    assert len(set(offered())) == len(offered()) > 4
    assert not set(offered()) & set(offered(architecture="equivariant_wide"))


def test_what_the_space_names_can_be_trained():
    choices = {one.name: {*one.of("standard"), *one.of("equivariant")} for one in SPACE}
    assert choices["optimizer"] <= set(OPTIMIZERS)
    assert choices["loss"] <= set(LOSSES)


# Scores


def test_a_trials_score_is_the_lower_quartile_of_its_own_starts():
    errors = [0.3, 0.1, 0.9, 0.2, 0.4]
    rows = [row(0, 0.05), *(row(1, error, start=n) for n, error in enumerate(errors))]
    assert trial_score(rows, 1) == 0.2


def test_a_diverged_start_counts_as_the_worst():
    rows = [row(0, 0.1), row(0, None, start=1), row(1, None), row(1, None, start=1)]
    assert trial_score(rows, 0) == pytest.approx(0.1 + (WORST - 0.1) / 4)
    assert trial_score(rows, 1) == WORST
    assert np.isfinite(WORST)


def test_a_row_that_was_stored_without_a_score_counts_as_the_worst():
    assert trial_score([{**row(0, None), "validation_mse": None}], 0) == WORST


def test_chosen_is_the_trial_with_the_best_median():
    """Trial 0 has the best start, trial 1 the best mean, trial 2 the best median."""
    errors = {0: (0.01, 0.5, 0.6), 1: (0.3, 0.31, 0.32), 2: (0.2, 0.2, 0.9), 3: (0.1, None, None)}
    rows = [
        row(number, error, start, depth=number)
        for start in range(3)
        for number, starts in errors.items()
        for error in [starts[start]]
    ]
    assert chosen(rows) == replace(HYPERPARAMETERS, depth=2)


def test_where_all_diverged_there_still_is_a_choice():
    rows = [row(number, None, learning_rate=0.1 + number) for number in range(3)]
    assert chosen(rows) == replace(HYPERPARAMETERS, learning_rate=0.1)


# The whole search


@pytest.fixture
def untrained(monkeypatch) -> list[Job]:
    """Every start of the first five trials diverges, every other trial has its number as error."""
    jobs: list[Job] = []

    def answer(batch, preset, data, trainer):
        jobs.extend(batch)
        return [
            Outcome(
                job.run,
                row(
                    job.run.number,
                    None if job.run.number < 5 else job.run.number,
                    job.run.start,
                    **asdict(job.hyperparameters),
                ),
                np.zeros(0),
            )
            for job in batch
        ]

    monkeypatch.setattr(tune, "train", answer)
    return jobs


@ORACLES
def test_every_start_of_every_trial_is_trained(untrained, preset, given, oracle):
    many = replace(preset, oracle=oracle, halvings=2, trial_starts=3)
    outcomes = tune.tune(CELL, many, given, "loop")
    assert [outcome.run for outcome in outcomes] == [job.run for job in untrained]
    assert {(run.kind, run.cell) for run in (job.run for job in untrained)} == {("trial", CELL)}
    trained = sorted((job.run.number, job.run.start) for job in untrained)
    assert trained == [(number, start) for number in range(many.trials) for start in range(3)]


@ORACLES
def test_diverged_trials_count_and_do_not_stop_the_search(untrained, preset, given, oracle):
    """KerasTuner gives up after three failures in a row; here five trials diverge."""
    many = replace(preset, oracle=oracle, halvings=2)
    outcomes = tune.tune(CELL, many, given, "loop")
    diverged = [outcome for outcome in outcomes if "validation_mse" not in outcome.row]
    assert len(diverged) == 5 * many.trial_starts
    assert len(outcomes) == many.trials * many.trial_starts
    assert not {outcome.row["trial"] for outcome in diverged} & {
        outcome.row["trial"]
        for outcome in outcomes
        if Hyperparameters(**{name: outcome.row[name] for name in asdict(HYPERPARAMETERS)})
        == chosen([outcome.row for outcome in outcomes])
    }


def test_a_search_leaves_no_files(untrained, preset, given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tune.tune(CELL, preset, given, "loop")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("narrow")
@ORACLES
def test_two_searches_are_equal_to_the_bit(preset, given, oracle):
    few = replace(preset, oracle=oracle)
    first, again = (tune.tune(CELL, few, given, "loop") for _ in range(2))
    assert len(first) == 6 * few.trial_starts
    for one, other in zip(first, again, strict=True):
        assert one.run == other.run
        assert one.weights.tobytes() == other.weights.tobytes()
        assert {**one.row, "seconds": 0} == {**other.row, "seconds": 0}


@pytest.mark.usefixtures("narrow")
def test_trials_are_trained_on_draw_0_within_their_budgets(preset, given, monkeypatch):
    drawn = []

    def draw(data, m, number):
        drawn.append((m, number))
        return given.train[30]

    monkeypatch.setattr(training, "draw", draw)
    training.shown.cache_clear()
    longer = replace(preset, steps=99)  # of a draw, which trials know nothing of
    rows = [outcome.row for outcome in tune.tune(CELL, longer, given, "loop")]
    assert set(drawn) == {(30, 0)}
    assert {row["draw"] for row in rows} == {0}
    assert Counter(row["budget"] for row in rows) == {12: 3 * 2, 36: 3 * 2}
    assert all(row["steps"] <= row["budget"] for row in rows)
