"""Where work runs: worker processes of this machine, each with one core and its own TensorFlow."""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from bench.clock import spent_on
from study.errors import StudyError

In = TypeVar("In")
Out = TypeVar("Out")

ONE_THREAD = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)


def each(
    function: Callable[[In], Out], work: Iterable[In], workers: int, folder: Path
) -> Iterator[Out]:
    """Yield function(item) for each item of work, in the order in which they are done.

    What the libraries write to standard error goes to workers.log in the folder, and compiled
    programs are kept there for the next process that needs them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _begin, (folder,))
    try:
        futures = [pool.submit(function, item) for item in work]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool:
        raise StudyError(
            f"expected {workers} workers to live, found one killed (out of memory?); what was "
            f"finished is kept: run again, with fewer workers, or see {folder / 'workers.log'}"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(folder: Path) -> None:
    """Set a worker up: all that TensorFlow reads when it is loaded must be set before."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["TF_XLA_FLAGS"] = f"--tf_xla_persistent_cache_directory={_program_folder(folder)}"
    log = os.open(folder / "workers.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 2)
    logging.getLogger("absl").setLevel(logging.ERROR)
    with spent_on("startup"):
        import bench.cells  # noqa: F401


def _program_folder(folder: Path) -> Path:
    """Where compiled programs are kept: apart for each TensorFlow and each kind of processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        processor = ""
    kind = hashlib.sha256(f"{version('tensorflow')} {processor}".encode()).hexdigest()[:12]
    path = folder / ".programs" / kind
    path.mkdir(parents=True, exist_ok=True)
    return path
