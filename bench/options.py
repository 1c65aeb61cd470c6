"""What the command line was given."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from bench.studies import Folders, Study, open_study
from study.design import Shard
from study.presets import load_preset

CORES = os.cpu_count() or 1


class Options(argparse.Namespace):
    """The options of the commands on a study."""

    command: str
    preset: str
    data: Path
    out: Path
    models: Path
    trainer: str
    seed: int | None
    data_seed: int
    trust_data: bool  # though they seem to be in another convention
    shard: Shard
    workers: int
    scheduler: str | None  # of a Dask cluster: its address, or the file that it wrote
    wait: bool  # for another process that carries the same study out
    fail_fast: bool  # stop at the first block that raises an error
    seeds: int  # how many, of `replicate`
    runs: int  # trainings, of `verify`
    again: Path  # of `reproduce`: where the study is repeated
    stores: list[Path]  # of `merge`: the folders that they are in

    def study(self) -> Study:
        """The study that was asked for; to run it, data are simulated where there are none.

        What verifies trains records of the loop again, with whatever trainer.
        """
        return open_study(
            load_preset(self.preset),
            Folders(self.data, self.out, self.models),
            trainer="loop" if self.command == "verify" else self.trainer,
            root_seed=self.seed,
            data_seed=self.data_seed,
            shard=self.shard,
            simulate=self.command == "run",
            trust=self.trust_data,
        )
