"""What every report tells of its study, whatever the design: is it all there, how was it done?"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from report import words
from report.blocks import Block, Bullets, Heading, Paragraph, Table, loud
from report.formats import counted, decimals, duration, whole

SHOWN_FAILURES = 20


def presence(completeness: pd.DataFrame) -> list[Block]:
    """How much of the plan is there; loud where something is missing or failed."""
    there, shout = words.presence(completeness), words.shout(completeness)
    if shout:
        return [Paragraph(there), *loud(shout)]
    return [Paragraph(f"{there} {words.wholeness(completeness)}")]


def failures(failed: pd.DataFrame, whom: Mapping[str, Iterable[str]], note: str) -> list[Block]:
    """What failed and why, the most frequent first; nothing where nothing did.

    failed: as `tables.failures` gives it; whom: its rows' models in columns by header;
    note: what becomes of failed rows.
    """
    if failed.empty:
        return []
    shown = failed.head(SHOWN_FAILURES)
    rest = int(failed["count"][SHOWN_FAILURES:].sum())
    more = f" {counted(rest, 'further failure')} not shown: see runs.csv." if rest else ""
    table = Table(
        f"What failed. {note}{more}",
        {
            "count": shown["count"].map(whole),
            "m": shown["m"],
            **{header: list(texts)[: len(shown)] for header, texts in whom.items()},
            "role": shown["role"],
            "status": shown["status"],
            "reason (of the first)": shown["reason"],
        },
        text=(*whom, "role", "status", "reason (of the first)"),
    )
    return [table]


def definitions(texts: Mapping[str, str]) -> list[Block]:
    """What the scores mean, by name."""
    return [
        Heading("What the scores mean"),
        Bullets([f"**{name}:** {text}" for name, text in texts.items()]),
    ]


def origin(study: Mapping[str, Any]) -> list[Block]:
    """Where the study ran, and where its time went."""
    provenance = {name: str(value) for name, value in study["provenance"].items()}
    return [
        Heading("Where it ran"),
        facts("Provenance.", provenance),
        Heading("Where the time went"),
        *_time(pd.Series(study.get("seconds", {}), dtype=float), study.get("workers")),
    ]


def _time(seconds: pd.Series, workers: int | None) -> list[Block]:
    """Seconds by part; a study that had nothing left to train has no such record."""
    worked = seconds.drop("total", errors="ignore")
    if worked.empty:
        return [
            Paragraph(
                "No time is told: that takes a run that went to its end and had something to train."
            )
        ]
    shares = 100 * worked / worked.sum()
    table = Table(
        "Where the time went when the study last trained, summed over the workers. Total: by the "
        "clock.",
        {
            "part": [words.TIMES.get(part, part) for part in seconds.index],
            "time": seconds.map(duration),
            "share of the work (%)": shares.reindex(seconds.index).map(decimals(1)),
        },
        text=("part",),
    )
    return [Paragraph(words.overhead(seconds, workers)), table]


def facts(caption: str, values: Mapping[str, str]) -> Table:
    """Names and values."""
    return Table(caption, {"what": values.keys(), "value": values.values()}, text=("what", "value"))
