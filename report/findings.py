"""A study's rows and the tables that several sections read, each made once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from report import effects, models, tables, words
from report.models import CORRECTIONS

if TYPE_CHECKING:
    from bench.store import Results


class Part:
    """What a study found with one correction: the scores with it, and what follows from them."""

    def __init__(self, corrected: bool, scores: pd.DataFrame, study: Mapping[str, Any]) -> None:
        self.corrected = corrected
        self.scores = scores[scores["corrected"] == corrected]
        self.study = study

    @property
    def title(self) -> str:
        return "After the correction" if self.corrected else "On the data as they are"

    @cached_property
    def pairing(self) -> pd.DataFrame:
        return effects.pairing(self.scores, self.study, self.study["m"])

    @cached_property
    def pairs(self) -> pd.DataFrame:
        return effects.pairs(self.scores, self.study)

    @cached_property
    def factorial(self) -> pd.DataFrame:
        return effects.factorial(self.scores, self.study)

    @cached_property
    def controls(self) -> pd.DataFrame:
        return effects.controls(self.scores, self.study)


class Findings:
    """What a study found, in all and with each correction."""

    def __init__(self, results: Results) -> None:
        self.runs = results.runs
        self.predictions = results.diagonals
        self.maps = results.maps
        self.study: Mapping[str, Any] = results.study
        self.scores = tables.scores(self.runs, self.study)
        self.error = words.error_name(self.study)
        self.parts = [
            Part(corrected, self.scores, self.study) for corrected in models.corrections(self.study)
        ]

    @property
    def several(self) -> bool:
        """Whether training data are compared as they are and corrected."""
        return len(self.parts) > 1

    @cached_property
    def completeness(self) -> pd.DataFrame:
        return tables.completeness(self.runs, self.study)

    @cached_property
    def winners(self) -> pd.DataFrame:
        return tables.winners(self.runs, self.study)

    @cached_property
    def correction(self) -> pd.DataFrame:
        return effects.correction(self.scores, self.study)

    @property
    def lines(self) -> list[tuple[int, Part]]:
        """Every m with every correction: the lines of a table that has a column for each model."""
        return [(m, part) for m in self.study["m"] for part in self.parts]

    def data(self, corrected: Iterable[bool]) -> dict[str, Iterable[Any]]:
        """The column that tells how training data were used, where there is something to tell."""
        used = [CORRECTIONS[bool(one)] for one in corrected]
        return {"training data": used} if self.several else {}
