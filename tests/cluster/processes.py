"""A Dask cluster of real processes on this machine: a scheduler, and workers that tests add."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import distributed

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
SCHEDULER, WORKER = re.findall(r"python -m dask ((?:scheduler|worker) .+)", DOCUMENT)[:2]


class Cluster:
    """The documented commands, at ports that the system chooses; a client of the test looks on."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.file = folder / "cluster.json"
        self.processes: list[subprocess.Popen] = []
        self.scheduler = self.start(f"{SCHEDULER} --port 0")
        self.client = distributed.Client(scheduler_file=str(self.file), set_as_default=False)

    def start(self, command: str, code: Path = ROOT) -> subprocess.Popen:
        """Start a part of the cluster in a folder of code."""
        command = command.replace("cluster.json", str(self.file))
        with (self.folder / f"{len(self.processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *f"{command} --protocol tls".split()],
                cwd=code,
                stdout=log,
                stderr=log,
                env={**os.environ, "DASK_TEMPORARY_DIRECTORY": str(self.folder)},
            )
        self.processes.append(process)
        return process

    def join(self, workers: int = 1, code: Path = ROOT) -> None:
        """Start so many workers of one process each, and wait until they have joined."""
        before = len(self.pids)
        for _ in range(workers):
            self.start(f"{WORKER} --nworkers 1 --no-nanny", code)
        self.client.wait_for_workers(before + workers)

    @property
    def pids(self) -> dict[str, int]:
        """The process of each worker, by its address."""
        return self.client.run(os.getpid)

    def close(self) -> None:
        self.client.close()
        for process in reversed(self.processes):
            process.terminate()
            process.wait()
