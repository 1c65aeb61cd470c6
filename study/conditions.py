"""Conditions: what is done otherwise than in the grid proper, and in which cells.

Controls, baselines and the variations of a study of its own, such as how the answer depends on the
tuning budget, are all declared here. A study names those that it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

from study.bag import SQUARE

Model = tuple[str, bool]  # architecture, and whether it is trained on augmented data
Luck = Literal["samples", "proposals", "weights", "orders"]
LUCK: tuple[Luck, ...] = ("samples", "proposals", "weights", "orders")
DRAWS = 8  # of each source of luck, where its share of the variance is asked for


@dataclass(frozen=True)
class Condition:
    """What is done otherwise.

    Ways: "tuned", its cells are tuned for themselves; "follows", they take over the hyperparameters
    that another model of the same repetition chose; "fitted", they have none.
    """

    label: str  # in prose
    way: Literal["tuned", "follows", "fitted"] = "tuned"
    models: tuple[Model, ...] = ()  # its cells at each size; none: all of the grid
    follows: Model | None = None  # whose hyperparameters are taken over; none: the model's own
    times: float = 1  # the steps of a training, as a multiple of the grid's
    small_validation: bool = False  # as many validation rows as training rows
    proposals: int = 0  # of the tuning; 0: as many as the grid has
    shared: bool = False  # whether the proposals are the first ones of the grid's cell
    anew: tuple[Luck, int] | None = None  # a source of luck, and which further draw of it
    meaning: str = ""  # one sentence, for readers who meet it for the first time

    def draw(self, luck: Luck) -> int:
        """Which draw of a source of luck it has: 0, but where it is drawn anew."""
        source, draw = self.anew or (luck, 0)
        return draw if source == luck else 0


BASELINES: tuple[Model, ...] = (
    ("zero", False),
    ("least_squares", False),
    ("linear_equivariant", False),
    ("inverse_model", False),
    ("gaussian_process", False),
    ("gaussian_process", True),
)
EQUIVARIANT, AUGMENTED = ("equivariant", False), ("equivariant", True)

GRID = Condition("the grid")
CONDITIONS: Mapping[str, Condition] = {
    "": GRID,
    "wrong_symmetry": Condition(
        "a wrong symmetry",
        "follows",
        (("wrong_group", False),),
        EQUIVARIANT,
        meaning="an equivariant network that takes sensors 3 and 4 for each other",
    ),
    "identity": Condition(
        "equal hyperparameters",
        "follows",
        (AUGMENTED,),
        EQUIVARIANT,
        meaning="equivariant augmented with the hyperparameters that equivariant raw chose",
    ),
    "matched_epochs": Condition(
        "as many epochs of the copies",
        "follows",
        (("standard", True), AUGMENTED),
        times=SQUARE.group.order,
        meaning=f"{SQUARE.group.order} times the steps, so that a network sees each copy as often "
        "as its raw twin sees each sample",
    ),
    "several_channels": Condition(
        "several channels",
        models=(("equivariant_wide", False),),
        meaning="an equivariant network whose layers have several groups of four units",
    ),
    "small_validation": Condition(
        "as many validation as training rows",
        small_validation=True,
        meaning="m rows instead of all choose proposals, weights and winners",
    ),
    "baselines": Condition(
        "without a network",
        "fitted",
        BASELINES,
        meaning="the middle of the bag, whatever the flows; the best linear map, and the best "
        "equivariant one; the inverse model, which takes the position whose flows in the fitted "
        "model of the bag are nearest; a Gaussian process",
    ),
    **{
        f"first_{n}": Condition(f"the best of the first {n} proposals", proposals=n, shared=True)
        for n in (3, 9, 27)
    },
    **{
        f"{name}_steps": Condition(f"{times:g} times the steps", times=times, proposals=27)
        for name, times in (("quarter", 0.25), ("half", 0.5), ("double", 2))
    },
    **{
        f"{luck}_{draw}": Condition(f"other {luck}, draw {draw}", anew=(luck, draw))
        for luck, draw in product(LUCK, range(1, DRAWS + 1))
    },
}
