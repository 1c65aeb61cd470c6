"""A study: a preset on data, with its folders and the records that are there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.proposals import kept
from study.data import Data, file_name, load
from study.design import WHOLE, Design, Keys, Request, Shard, State, settle
from study.errors import StudyError
from study.presets import Preset
from study.records import Record
from study.simulate import begun, simulated_data, write_data
from study.store import FILE, read, read_facts


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
    keys: Keys
    shard: Shard
    out: Path  # of its records and report
    models: Path  # of its winners

    @property
    def store(self) -> Path:
        """The file of its records."""
        return self.out / FILE

    @property
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
) -> Study:
    """The study of a preset on the data of a folder.

    Data are simulated where the folder has no CSV file in it; with `simulate` they are written
    there, else only looked at. Raises StudyError for data that are wrong, or too few for the
    preset's sizes, and for a shard without a repetition.
    """
    empty = _to_be_simulated(folders.data)
    if empty and simulate:
        write_data(folders.data, data_seed)
    known = [simulated_data(folders.data, seed) for seed in dict.fromkeys((1, data_seed))]
    data = known[-1] if empty and not simulate else load(folders.data)
    root_seed = preset.seed if root_seed is None else root_seed
    keys = Keys(data.checksum, trainer, root_seed)
    name = study_name(preset.name, keys, known[0].checksum, shard)
    for folder in (folders.out / name, folders.models / name):
        for part in (folder, *folder.parents):
            if part.exists() and not part.is_dir():
                raise StudyError(
                    f"{part}: expected a folder to write to, found a file; name another"
                )
    design = preset.on(data.train)
    for m in design.sizes:
        if not 1 <= m <= max(data.train):
            raise StudyError(
                f"{data.folder}: expected m from 1 to {max(data.train)}, the rows of the largest "
                f"training file, found m = {m}; ask for fewer samples or add a larger file"
            )
    if not any(True for _ in design.names()):
        asked, there = (", ".join(map(str, each)) for each in (design.sizes, data.train))
        raise StudyError(
            f"{data.folder}: expected training files of {asked} rows for the exercise, found those "
            f"of {there}; name the sizes that are there in a preset of your own"
        )
    last = max(name.repetition for name in design.names())
    if not any(name.repetition in shard for name in design.names()):
        raise StudyError(
            f"--shard {shard.number}/{shard.of}: expected a shard with a repetition, found none "
            f"among those up to {last}; ask for {last + 1} shards at most"
        )
    return Study(
        name=name,
        preset=preset,
        design=design,
        data=data,
        simulated=data in known,
        without_files=empty and not simulate,
        keys=keys,
        shard=shard,
        out=folders.out / name,
        models=folders.models / name,
    )


def _to_be_simulated(folder: Path) -> bool:
    """Whether a folder is there for simulated data: it has no file, or not all of them yet.

    Raises StudyError where it holds something else.
    """
    if not folder.is_dir():
        return False
    if begun(folder) is not None:
        return True
    if any(folder.glob("*.csv")):
        return False
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith((".", "README")):
            raise StudyError(
                f"{folder}: expected CSV files such as {file_name('train', 100)}, or an empty "
                f"folder to simulate them in, found {path.name}; export the table as CSV, or name "
                "another folder"
            )
    return True


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
    if study.store.is_file():
        records, facts = read(study.store, counted=False), read_facts(study.store)
    proposals = kept(study.preset, study.keys.root_seed, facts)
    stored = {record.key: record for record in records}
    return settle(study.design, stored, proposals, study.keys, shard=study.shard)
