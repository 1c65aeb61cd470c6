"""A study: a preset on data, with its folders and the records that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.proposals import kept
from study import places
from study.about import Remark
from study.data import Data, file_name, load
from study.design import WHOLE, Design, Keys, Request, Shard, State, settle
from study.errors import StudyError
from study.presets import Preset
from study.records import Record
from study.simulate import begun, check_free, equal, simulated_data, write_data
from study.store import FILE, is_begun, read, read_facts

TABLE = "runs.csv"  # beside the records


@dataclass(frozen=True)
class Folders:
    """Where a study reads and writes; each study has folders of its own in `out` and `models`."""

    data: Path
    out: Path
    models: Path


@dataclass(frozen=True)
class Study:
    """A preset on data, to be carried out with a trainer and a root seed."""

    name: str  # the preset's, with what differs from the default behind it
    preset: Preset
    design: Design
    data: Data
    simulated: bool
    without_files: bool  # its data folder has none yet: the data are those to be simulated
    remarks: tuple[Remark, ...]  # on the data
    keys: Keys
    shard: Shard
    out: Path  # of its records and report
    models: Path  # of its winners

    @property
    def store(self) -> Path:
        """The file of its records."""
        return self.out / FILE

    @cached_property
    def names(self) -> list[Request]:
        """All its requests, or those of its shard."""
        return [name for name in self.design.names() if name.repetition in self.shard]


def open_study(
    preset: Preset,
    folders: Folders,
    *,
    trainer: str = "loop",
    root_seed: int | None = None,
    data_seed: int = 1,
    shard: Shard = WHOLE,
    simulate: bool = False,
    trust: bool = False,
) -> Study:
    """The study of a preset on the data of a folder.

    Data are simulated where the folder is empty; with `simulate` they are written there, else only
    looked at. With `trust`, data in another convention than the bag's are taken as they are. Raises
    StudyError for data that are wrong, or too few for the preset's sizes, and for a shard without a
    repetition.
    """
    empty = _to_be_simulated(folders.data)
    if empty:
        check_free(folders.data, data_seed)
    known = [simulated_data(folders.data, seed) for seed in dict.fromkeys((1, data_seed))]
    data = known[-1] if empty else load(folders.data)
    design = _design(preset, data)
    _check_shard(shard, design)
    keys = Keys(data.checksum, trainer, preset.seed if root_seed is None else root_seed)
    name = study_name(preset.name, keys, known[0].checksum, shard)
    out, models = folders.out / name, folders.models / name
    places.check([out / FILE, out / TABLE], [out, models])
    if empty and simulate:
        write_data(folders.data, data_seed)
    simulated = data in known
    return Study(
        name=name,
        preset=preset,
        design=design,
        data=data,
        simulated=simulated,
        without_files=empty and not simulate,
        remarks=() if simulated else _examined(data, known, trust),
        keys=keys,
        shard=shard,
        out=out,
        models=models,
    )


def _design(preset: Preset, data: Data) -> Design:
    """The preset's design on these data. Raises StudyError where they are too few for it."""
    design = preset.on(data.train)
    for m in design.sizes:
        if not 1 <= m <= max(data.train):
            raise StudyError(
                f"{data.folder}: expected m from 1 to {max(data.train)}, the rows of the largest "
                f"training file, found m = {m}; ask for fewer samples or add a larger file"
            )
    if not data.test and max(data.validations) < 2:
        raise StudyError(
            f"{data.folder}: expected a validation file of 2 rows at least, one half to choose and "
            "one to score, found one of 1 row; add rows or a test file"
        )
    if not any(True for _ in design.names()):
        asked, there = (", ".join(map(str, each)) for each in (design.sizes, data.train))
        raise StudyError(
            f"{data.folder}: expected training files of {asked} rows for the exercise, found those "
            f"of {there}; name the sizes that are there in a preset of your own"
        )
    return design


def _check_shard(shard: Shard, design: Design) -> None:
    if not any(name.repetition in shard for name in design.names()):
        last = max(name.repetition for name in design.names())
        raise StudyError(
            f"--shard {shard.number}/{shard.of}: expected a shard with a repetition, found none "
            f"among those up to {last}; ask for {last + 1} shards at most"
        )


def _to_be_simulated(folder: Path) -> bool:
    """Whether a folder is there for simulated data: it has no CSV file, or not all of them yet."""
    if not folder.is_dir():
        return False
    return begun(folder) is not None or not any(
        path.suffix.lower() == ".csv" for path in folder.iterdir()
    )


def _examined(data: Data, known: Sequence[Data], trust: bool) -> tuple[Remark, ...]:
    """What is odd about data that were given. Raises StudyError where some of them were not."""
    for simulated in known:
        ours = [
            file_name(*file)
            for file, samples in data.files.items()
            if file in simulated.files and equal(samples, simulated.files[file])
        ]
        if 0 < len(ours) < len(data.files):
            theirs = [name for file in data.files if (name := file_name(*file)) not in ours]
            raise StudyError(
                f"{data.folder}: expected files of one origin, found {', '.join(ours)}, which this "
                f"program simulated, beside {', '.join(theirs)}; move those or these away"
            )
    from study.examination import examine  # it loads SciPy, which takes a second

    return examine(data, trust=trust)


def study_name(preset: str, keys: Keys, default: str, shard: Shard = WHOLE) -> str:
    """A preset's name, with root seed, trainer and data behind it where they are not the default.

    So studies, and their shards, never overwrite each other. default: the checksum of the
    default's data.
    """
    words = [preset]
    if keys.root_seed != 1:
        words.append(f"seed{keys.root_seed}")
    if keys.trainer != "loop":
        words.append(keys.trainer)
    if keys.data != default:
        words.append(keys.data[:8])
    if shard != WHOLE:
        words.append(f"shard{shard.number}of{shard.of}")
    return "-".join(words)


def standing(study: Study) -> State:
    """Where a study stands by what is stored: nothing is started, and no TensorFlow loaded."""
    records: list[Record] = []
    facts: dict[str, Any] = {}
    if is_begun(study.store):
        records, facts = read(study.store, counted=False), read_facts(study.store)
    proposals = kept(study.preset, study.keys.root_seed, facts)
    stored = {record.key: record for record in records}
    return settle(study.design, stored, proposals, study.keys, shard=study.shard)
