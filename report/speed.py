"""How many times faster the loop trains than `model.fit` and scikit-learn."""

import pandas as pd

from report.blocks import Block, Paragraph, Section, Table
from report.formats import bold, counted, decimals, listed, whole

COLUMNS = (
    "architecture",
    "depth",
    "width",
    "rows",
    "networks",
    "threads",
    "fit_ms",
    "sklearn_ms",
    "loop_us",
    "ratio_fit",
    "ratio_fit_min",
    "ratio_fit_max",
    "ratio_sklearn",
    "fit_first_epoch_s",
    "loop_compilation_s",
)


def sections(timings: pd.DataFrame | None) -> list[Section]:
    """The section on speed; none where it was not measured.

    timings: COLUMNS, a row for each network and number of training rows.
    """
    if timings is None or timings.empty:
        return []
    blocks: list[Block] = [Paragraph(in_words(timings)), _table(timings)]
    return [Section("speed", "How fast is it?", blocks)]


def in_words(timings: pd.DataFrame) -> str:
    """The ratios of each network, smallest number of rows first, and what is not in them."""
    networks = [
        f"**{listed(group['ratio_fit'].map(whole))} times** for the {architecture} network (at "
        f"{listed(group['rows'].map(whole))} training rows)"
        for architecture, group in timings.sort_values("rows").groupby("architecture", sort=False)
    ]
    compilation = decimals(0)(timings["loop_compilation_s"].max())
    first = decimals(1)(timings["fit_first_epoch_s"].median())
    return (
        f"With {whole(timings['networks'].max())} networks side by side, the loop is faster than "
        f"`model.fit` by {listed(networks)}. Compilation is not counted: the loop's takes "
        f"{compilation} s, once a machine; that of `model.fit` makes the first epoch of every "
        f"training take {first} s."
    )


def _table(timings: pd.DataFrame) -> Table:
    """Every row, the ratios to `model.fit` in bold."""
    ends = zip(timings["ratio_fit_min"], timings["ratio_fit_max"], strict=True)
    return Table(
        "The same training in three ways, in turn on one machine: an epoch of one network, with "
        "1,000 validation rows after it, at batch size 32. `model.fit` with Keras' defaults, and "
        "scikit-learn's `MLPRegressor`, which has no equivariant network, train one network; the "
        f"loop trains {whole(timings['networks'].max())} in "
        f"{counted(int(timings['threads'].max()), 'thread')}. Network: hidden layers x width. "
        "Ratios are to the loop; medians of several rounds, and the range of the rounds.",
        {
            "network": [
                f"{row.architecture}, {row.depth} x {row.width}" for row in timings.itertuples()
            ],
            "rows": timings["rows"].map(whole),
            "model.fit (ms)": timings["fit_ms"].map(whole),
            "its first epoch (s)": timings["fit_first_epoch_s"].map(decimals(1)),
            "MLPRegressor (ms)": timings["sklearn_ms"].map(decimals(1)),
            "loop (µs)": timings["loop_us"].map(whole),
            "model.fit / loop": [bold(whole(ratio), True) for ratio in timings["ratio_fit"]],
            "range": [f"{whole(low)} to {whole(high)}" for low, high in ends],
            "MLPRegressor / loop": timings["ratio_sklearn"].map(whole),
        },
        text=("network", "range"),
    )
