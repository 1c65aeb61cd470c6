"""A study's folder -> all that its report needs: findings, neighbouring studies, its networks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from report import networks
from report.contrasts import Contrast
from report.exchange import Exchange, exchanges
from report.findings import Findings, exercise, gather
from report.networks import Diagonal, Map
from report.radii import Held, held
from study.about import NAME, About
from study.conditions import CONDITIONS
from study.errors import StudyError
from study.store import FILE, read, read_facts

BESIDE = ("budget", "doubled")  # presets of studies that bear on another one's answer


@dataclass(frozen=True)
class Reading:
    """A study, and what is known besides its records.

    beside: the findings of neighbouring studies on the same data, by preset. test_luck: a contrast
    and the standard error of its log ratio due to the test rows.
    """

    found: Findings
    beside: Mapping[str, Findings] = field(default_factory=dict)
    diagonals: Mapping[str, Diagonal] = field(default_factory=dict)  # by a record's key
    maps: Sequence[Map] = ()
    test_luck: Sequence[tuple[Contrast, float]] = ()
    held: Mapping[str, Held] = field(default_factory=dict)  # by a record's key

    @cached_property
    def rates(self) -> list[Exchange]:
        """The exchange rates."""
        return exchanges(self.found)


def read_study(folder: Path) -> Reading:
    """What the report of the study in a folder needs. Raises StudyError where there is none."""
    found = read_findings(folder)
    data = networks.data_of(found.about)
    test = data.test if data else None
    winners = exercise(found)
    return Reading(
        found,
        dict(_beside(folder, found.about)),
        networks.diagonals(winners),
        networks.maps(found, test) if test else (),
        networks.test_luck(found, test) if test else (),
        held(winners, test),
    )


def read_findings(folder: Path) -> Findings:
    """The findings of the study in a folder. Raises StudyError where there is none."""
    path = folder / FILE
    plain = read_facts(path).get(NAME)
    if plain is None:
        raise StudyError(
            f"{path}: expected what the study says of itself, found nothing; run `make study` again"
        )
    records = read(path)
    for one in records:
        if one.condition not in CONDITIONS:
            raise StudyError(
                f"{path}: table records, key {one.key}, column condition: expected one of "
                f"{', '.join(filter(None, CONDITIONS))}, found {json.dumps(one.condition)}; run "
                "`make study` again"
            )
    return gather(records, About.of(plain, str(path)))


def _beside(folder: Path, about: About) -> Iterator[tuple[str, Findings]]:
    """The neighbouring studies of the same data and seed that can be read."""
    for name in BESIDE:
        path = folder.parent / folder.name.replace(about.preset, name, 1)
        if path == folder or not (path / FILE).exists():
            continue
        try:
            other = read_findings(path)
        except StudyError:
            continue
        same = (about.data_checksum, about.root_seed, about.trainer)
        if same == (other.about.data_checksum, other.about.root_seed, other.about.trainer):
            yield name, other
