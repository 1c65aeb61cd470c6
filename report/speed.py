"""How many times faster lanes train than `model.fit`."""

import pandas as pd

from report.blocks import Block, Paragraph, Section, Table
from report.formats import bold, decimals, listed, whole

COLUMNS = (
    "architecture",
    "depth",
    "width",
    "activation",
    "rows",
    "lanes",
    "fit_ms_per_epoch",
    "fit_compilation_s",
    "lane_us_per_epoch",
    "lane_us_per_step",
    "lane_compilation_s",
    "ratio",
    "ratio_with_compilation",
)


def sections(timings: pd.DataFrame | None) -> list[Section]:
    """The section on speed; none where it was not measured.

    timings: COLUMNS, a row for each network, number of training rows and number of lanes.
    """
    if timings is None or timings.empty:
        return []
    blocks: list[Block] = [Paragraph(in_words(timings)), _table(timings)]
    return [Section("speed", "How fast is it?", blocks)]


def in_words(timings: pd.DataFrame) -> str:
    """The ratios with the most lanes, smallest number of rows first."""
    lanes = timings["lanes"].max()
    most = timings[timings["lanes"] == lanes]
    networks = [
        f"{listed(group['ratio'].map(whole))} times for the {architecture} network (at "
        f"{listed(group['rows'].map(whole))} training rows)"
        for architecture, group in most.sort_values("rows").groupby("architecture", sort=False)
    ]
    worst = most.loc[most["ratio_with_compilation"].idxmin()]
    together = "one lane" if lanes == 1 else f"{lanes} lanes together"
    return (
        f"With {together}, an epoch is faster than with `model.fit` by {listed(networks)}; with "
        "compilation counted in, a training of 1000 epochs is still at least "
        f"**{whole(worst['ratio_with_compilation'])} times** faster ({worst['architecture']} "
        f"network, {whole(worst['rows'])} rows)."
    )


def _table(timings: pd.DataFrame) -> Table:
    """Every row, the ratios in bold with the most lanes."""
    most = timings["lanes"] == timings["lanes"].max()
    networks = [
        f"{row.architecture}, {row.depth} x {row.width}, {row.activation}"
        for row in timings.itertuples()
    ]
    return Table(
        "The same work with `model.fit` and with lanes, on one machine. Network: hidden layers x "
        "width. Times: one network's for an epoch and the validation after it. Ratio: of these "
        "two times. With compilation: of a training of 1000 epochs; lanes that train together "
        "share their compilation.",
        {
            "network": networks,
            "rows": timings["rows"].map(whole),
            "lanes": timings["lanes"].map(whole),
            "model.fit: epoch (ms)": timings["fit_ms_per_epoch"].map(whole),
            "compilation (s)": timings["fit_compilation_s"].map(decimals(1)),
            "lanes: epoch (µs)": timings["lane_us_per_epoch"].map(whole),
            "step (µs)": timings["lane_us_per_step"].map(decimals(1)),
            "lanes: compilation (s)": timings["lane_compilation_s"].map(decimals(1)),
            "ratio": _ratios(timings["ratio"], most),
            "ratio with compilation": _ratios(timings["ratio_with_compilation"], most),
        },
        text=("network",),
    )


def _ratios(values: pd.Series, most: pd.Series) -> list[str]:
    return [bold(whole(value), really) for value, really in zip(values, most, strict=True)]
