"""The fault: which sensor reads off in the training data, by how much, and what is left of it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from report import figures
from report.blocks import Block, Bullets, Paragraph, Picture, Section, Table, loud
from report.findings import Findings
from report.formats import NOTHING, counted, decimals, listed, p_value

offset_digits = decimals(4)


def sections(found: Findings) -> list[Section]:
    """The section on the fault."""
    return [Section("fault", "The fault", _fault(found))]


def drawn(runs: pd.DataFrame) -> pd.DataFrame:
    """The faults of draws 1, 2, ...: m, draw, fault_sensor (NaN: none found), fault_offset.

    They are found from the training samples, so every corrected cell of a draw tells the same.
    """
    rows = runs[runs["corrected"] & (runs["draw"] > 0)]
    faults = rows[["m", "draw", "fault_sensor", "fault_offset"]].drop_duplicates(["m", "draw"])
    return faults.sort_values(["m", "draw"]).reset_index(drop=True)


def over_draws(drawn: pd.DataFrame) -> pd.DataFrame:
    """What the draws have found, indexed by m: draws, found, sensors, mean and sd of the offset.

    sensors: numbers of the sensors that were found, as a list in words; mean and sd are over the
    draws in which a fault was found, sd NaN where there are fewer than two.
    """
    rows = {}
    for m, faults in drawn.groupby("m"):
        known = faults[faults["fault_sensor"].notna()]
        sensors = [f"{sensor:.0f}" for sensor in sorted(known["fault_sensor"].unique())]
        offset = known["fault_offset"]
        seen = listed(sensors or [NOTHING])
        rows[m] = (len(faults), len(known), seen, offset.mean(), offset.std())
    columns = ["draws", "found", "sensors", "mean", "sd"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("m")


def in_words(fault: Mapping[str, Any]) -> str:
    """What draw 0 of one m has."""
    where, sensor = f"At m = {fault['m']}", fault["sensor"]
    size = f"{offset_digits(abs(fault['offset']))} ± {offset_digits(fault['error'])}"
    if not fault["found"]:
        return (
            f"{where}, no fault is found: the largest offset, of sensor {sensor}, is {size}, as "
            f"chance could make it (p = {p_value(fault['p'])})."
        )
    how = "high" if fault["offset"] > 0 else "low"
    p = p_value(fault["p"])
    return (
        f"{where}, **sensor {sensor} reads {size} too {how}** (p {p if p[0] == '<' else f'= {p}'})."
    )


def disagreement(over: pd.DataFrame, faults: list[Mapping[str, Any]]) -> list[str]:
    """Where draws have no fault, or that of another sensor than draw 0."""
    said = []
    first = {fault["m"]: str(fault["sensor"]) if fault["found"] else NOTHING for fault in faults}
    for m, row in over.iterrows():
        if lost := row["draws"] - row["found"]:
            verb = "has" if lost == 1 else "have"
            said.append(
                f"At m = {m}, {lost} of {counted(row['draws'], 'draw')} {verb} no fault that could "
                "be told from chance; corrected cells were trained on them as they are."
            )
        if row["found"] and row["sensors"] != first.get(m):
            said.append(
                f"At m = {m}, the draws' faults are of sensor {row['sensors']}; that of draw 0 is "
                f"of sensor {first.get(m, NOTHING)}."
            )
    return said


def _fault(found: Findings) -> list[Block]:
    faults = found.study["faults"]
    if not faults:
        return [Paragraph("The training data have not been searched for a fault yet.")]
    over = over_draws(drawn(found.runs))
    use = (
        "Cells whose training data are corrected undo what is found; validation and test data are "
        "used as they are."
        if any(part.corrected for part in found.parts)
        else "It is only told here: this study corrects nothing."
    )
    return [
        Paragraph(
            "A sensor is at fault where a constant offset of its normalised flow explains more of "
            "the training samples than chance would (p below 0.001), by a forward model of the bag "
            f"that is fitted to these samples alone. Offsets are shares of the whole flow. {use}"
        ),
        Bullets([in_words(fault) for fault in faults]),
        *(block for text in disagreement(over, faults) for block in loud(text)),
        _offsets(faults, over),
        Picture(
            "fault",
            figures.svg(figures.residuals(faults), "fault"),
            "Residuals of the flows of draw 0 against the forward model, by sensor, before and "
            "after the fault is undone: median, quartiles (boxes), 5 % and 95 % quantiles "
            "(whiskers). Without a fault, all sensors would lie about zero.",
            "Residuals of the normalised flows by sensor, before and after the correction, a panel "
            f"for each m: {listed(fault['m'] for fault in faults)}",
        ),
    ]


def _offsets(faults: list[Mapping[str, Any]], over: pd.DataFrame) -> Table:
    """What draw 0 has, and the other draws."""
    columns: dict[str, list[Any]] = {
        "m": [fault["m"] for fault in faults],
        "sensor": [fault["sensor"] if fault["found"] else NOTHING for fault in faults],
        "offset": [offset_digits(fault["offset"]) for fault in faults],
        "standard error": [offset_digits(fault["error"]) for fault in faults],
        "p": [p_value(fault["p"]) for fault in faults],
    }
    if over.empty:
        return Table("The fault in draw 0.", columns)
    over = over.reindex(columns["m"])
    with_fault = zip(over["found"], over["draws"], strict=True)
    columns |= {
        "draws with a fault": [
            NOTHING if pd.isna(n) else f"{some:.0f} of {n:.0f}" for some, n in with_fault
        ],
        "of sensor": list(over["sensors"].fillna(NOTHING)),
        "mean offset": list(over["mean"].map(offset_digits)),
        "sd over draws": list(over["sd"].map(offset_digits)),
    }
    return Table(
        "The fault in draw 0 (sensor to p), and in the other draws, of which those with a fault "
        "make the mean and the standard deviation (sd).",
        columns,
    )
