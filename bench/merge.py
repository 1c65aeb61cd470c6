"""The stores of a study's shards, joined to one store of the whole study."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from bench.lock import held
from bench.options import Options
from study.about import NAME, About
from study.errors import StudyError
from study.records import Record
from study.store import FILE, Store, read, read_facts

# What shards of one study may tell differently: where their data were, how the last run went, and
# the noise floor, whose last digits depend on the machine.
OWN = ("data_folder", "failed", "floor_mse", "floor_error")
REMEDY = "merge what shards of one study came to"


class Part(NamedTuple):
    """What a store holds."""

    path: Path
    about: About
    proposals: dict[str, list[Any]]  # lists of them by their names
    records: list[Record]
    counted: set[str]  # keys of the records that count

    @property
    def study(self) -> dict[str, Any]:
        """Which study it is of, by what all its shards tell alike."""
        told = {name: its for name, its in vars(self.about).items() if name not in OWN}
        numbers = {one.numbers for one in self.records if one.key in self.counted}
        return {**told, "version of the numbers": max(numbers)} if numbers else told


def merge(options: Options) -> Generator[str, None, int]:
    """Join stores, in lines to print; returns the exit code.

    Raises StudyError, and writes nothing, where they are of several studies.
    """
    into = options.out / _name(options.stores)
    folders = [folder for folder in options.stores if folder.resolve() != into.resolve()]
    parts = [_read(folder) for folder in [into] * (into / FILE).is_file() + folders]
    for part in parts[1:]:
        _refuse_another(parts[0], part)
    with held(into), Store(into / FILE) as store:
        for name, listed in _joined(parts).items():
            store.say(name, listed)
        failed = sum(part.about.failed for part in parts)
        store.say(NAME, replace(parts[0].about, failed=failed).plain())
        store.add(record for part in parts for record in part.records)
        store.count(sorted({key for part in parts for key in part.counted}))
    total = len({record.key for part in parts for record in part.records})
    yield f"wrote {into / FILE}: {total:,} records of {len(parts)} stores"
    yield "run the study without --shard: it trains what is missing, and writes table and winners"
    return 0


def _name(folders: Sequence[Path]) -> str:
    """The name of the study that folders are of shards of."""
    names = [re.sub(r"-shard\d+of\d+$", "", folder.resolve().name) for folder in folders]
    for folder, name in zip(folders, names, strict=True):
        if name != names[0]:
            raise StudyError(f"{folder}: expected a shard of {names[0]}, found {name}; {REMEDY}")
    return names[0]


def _read(folder: Path) -> Part:
    path = folder / FILE
    facts = read_facts(path)
    about = About.of(facts.pop(NAME, None), str(path))
    counted = {record.key for record in read(path)}
    return Part(path, about, facts, read(path, counted=False), counted)


def _refuse_another(first: Part, other: Part) -> None:
    """Raise StudyError where two stores are of different studies."""
    expected, found = first.study, other.study
    for name in expected:
        if name in found and expected[name] != found[name]:
            raise StudyError(
                f"{other.path}: expected {name.replace('_', ' ')} {expected[name]}, as in "
                f"{first.path}, found {found[name]}; {REMEDY}"
            )


def _joined(parts: Sequence[Part]) -> dict[str, list[Any]]:
    """The lists of proposals of all stores, of each name the longest: the others begin like it."""
    joined: dict[str, list[Any]] = {}
    for part in parts:
        for name, listed in part.proposals.items():
            known = joined.get(name, [])
            if any(one != other for one, other in zip(known, listed, strict=False)):
                raise StudyError(
                    f"{part.path}: expected {name} as in the stores before it, found other ones; "
                    f"{REMEDY}"
                )
            joined[name] = max(known, listed, key=len)
    return joined
