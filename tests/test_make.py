"""The Makefile and the lock files do what they promise, and agree with pyproject.toml."""

import os
import re
import subprocess
import sys
import tomllib
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-cluster.lock")
TARGETS = (
    "help, install, data, plan, study, report, locate, status, verify, reproduce, replicate, "
    "coverage, speed, test, torture, lint, types, audit, smoke, clean"
)
VARIABLES = (
    "MAKEFLAGS, MFLAGS, PRESET, DATA, DATA_SEED, OUT, MODELS, WORKERS, SEED, TRAINER, WAIT, "
    "FAIL_FAST, TIMES, TRUST, FLOWS, MODEL, PLOT, SCHEDULER"
)


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as a fresh shell would, whatever make or shell runs the tests."""
    environment = {k: v for k, v in os.environ.items() if k not in VARIABLES.split(", ")}
    command = ["make", "-C", str(ROOT), "--no-print-directory", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def dry(*arguments: str) -> str:
    """The commands that `make arguments` would run."""
    result = make("--dry-run", *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def lock(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    """Package -> version in a lock file."""
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", lock(name)))


def packages(requirements: list[str]) -> set[str]:
    """The packages that pyproject.toml asks for: "numpy>=2" -> "numpy"."""
    return {re.split(r"[^\w-]", requirement)[0] for requirement in requirements}


def test_help_lists_every_target_with_its_meaning() -> None:
    assert re.findall(r"(?m)^  (\w+) +\w", make("help").stdout) == TARGETS.split(", ")


def test_make_alone_helps() -> None:
    assert make().stdout == make("help").stdout


@pytest.mark.parametrize("target", ["data", "study", "report", "locate"])
def test_a_folder_of_that_name_does_not_hide_the_target(target: str) -> None:
    assert (ROOT / target).is_dir()
    assert ".venv/bin/python -m" in dry("--old-file=.venv/installed", target)


def test_variables_have_defaults() -> None:
    folders = '--data "data" --data-seed "1" --out "results" --models "models"'
    assert f'bench plan --preset "default" {folders} --trainer "loop"' in dry("plan")


def test_variables_reach_the_study_and_its_report() -> None:
    given = "PRESET=exercise", "DATA=a b", "OUT=c", "MODELS=d", "WORKERS=3", "SEED=2", "DATA_SEED=4"
    recipe = dry("study", *given, "TRAINER=keras")
    folders = '--data "a b" --data-seed "4" --out "c" --models "d"'
    chosen = '--trainer "keras" --seed "2" --workers "3"'
    assert f'bench run --preset "exercise" {folders} {chosen}' in recipe
    assert 'report --out "c"' in recipe


def test_a_run_can_wait_and_stop_early_and_torture_be_repeated() -> None:
    assert "--wait --fail-fast;" in dry("study", "WAIT=1", "FAIL_FAST=1")
    assert "--wait" not in dry("study") + dry("plan", "WAIT=1")
    assert 'TIMES="200"' in dry("torture", "TIMES=200")


def test_flows_model_and_map_reach_locate() -> None:
    recipe = dry("locate", "FLOWS=my flows.csv", "MODEL=m.h5", "PLOT=map.svg")
    assert '-m locate "my flows.csv" --model "m.h5" --plot "map.svg"' in recipe


def test_a_cluster_carries_out_a_study_and_does_not_plan_it() -> None:
    for target in ("study", "reproduce", "replicate"):
        assert '--scheduler "tcp://a:1"' in dry(target, "SCHEDULER=tcp://a:1")
    assert "--scheduler" not in dry("plan", "SCHEDULER=tcp://a:1") + dry("study")


@pytest.mark.parametrize(
    ("code", "reported", "succeeds"),
    [
        (0, True, True),
        (1, True, False),
        (3, True, False),
        (2, False, False),
        (130, False, False),
    ],
)
def test_failed_runs_are_reported_and_still_an_error(
    tmp_path: Path, code: int, reported: bool, succeeds: bool
) -> None:
    fake = tmp_path / "fake.py"
    fake.write_text(
        f"import sys; print(sys.argv[1]); sys.exit({code} * (sys.argv[1] == 'bench'))",
        encoding="utf-8",
    )
    run = f"RUN='{sys.executable}' '{fake}'"
    result = make("--silent", "--old-file=.venv/installed", "study", run)
    assert result.stdout.split() == ["bench", "report"][: 1 + reported]
    assert (result.returncode == 0) == succeeds


def test_an_unfit_python_is_refused_with_a_remedy() -> None:
    result = make("--always-make", "install", "PYTHON=false")
    assert result.returncode == 2
    assert "false is not Python 3.11, 3.12 or 3.13" in result.stderr
    assert "try make PYTHON=python3.12" in result.stderr


def test_locks_pin_every_dependency() -> None:
    assert packages(PROJECT["project"]["dependencies"]) <= pins("requirements.lock").keys()
    assert packages(PROJECT["dependency-groups"]["dev"]) <= pins("requirements-dev.lock").keys()
    extra = PROJECT["project"]["optional-dependencies"]["cluster"]
    assert packages(extra) <= pins("requirements-cluster.lock").keys()


def test_an_ordinary_installation_has_nothing_of_a_clusters() -> None:
    ordinary = pins("requirements.lock") | pins("requirements-dev.lock")
    extra = packages(PROJECT["project"]["optional-dependencies"]["cluster"])
    assert not extra & ordinary.keys()
    assert "requirements-cluster.lock" not in dry("--always-make", "install")


def test_locks_agree() -> None:
    found = [pins(name) for name in LOCKS]
    for one, other in combinations(found, 2):
        both = one.keys() & other.keys()
        assert "numpy" in both
        assert {name: one[name] for name in both} == {name: other[name] for name in both}


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_no_index(name: str) -> None:
    assert not re.search(r"://|(?m:^ *--(?!hash))", lock(name))


def test_the_version_is_the_same_everywhere() -> None:
    version = PROJECT["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert version in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
