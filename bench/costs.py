"""What trainings cost: the numbers that a plan and the order of blocks rest on, roughly.

Measured in full blocks on one core; on another machine all differ by about the same factor.
"""

from __future__ import annotations

from functools import cache
from itertools import product

from study.design import Protocol, Training
from study.space import Space

SECONDS_PER_PRODUCT = 3e-11  # of one weight and one row
SECONDS_PER_UNIT = 4e-10  # of one activation of one row
SECONDS_PER_FIT = 0.1  # of a baseline
SECONDS_PER_KERAS_STEP = 1.4e-4  # of the reference: the exercise's mean, whatever the network


def cost(training: Training) -> float:
    """Seconds that a training takes on one core, in the loop."""
    chosen, protocol = training.hyperparameters, training.protocol
    if training.request.stage == "fitted":
        return SECONDS_PER_FIT
    step = _step(chosen.depth, chosen.width, chosen.batch_size, _validated(protocol))
    return protocol.steps * step


def mean_cost(space: Space, protocol: Protocol) -> float:
    """Seconds that a training takes on one core, on average over a space."""
    return protocol.steps * _mean_step(space, _validated(protocol))


@cache
def _mean_step(space: Space, validated: float) -> float:
    shapes = list(product(space.depth, space.width, space.batch_size))
    return sum(_step(*shape, validated) for shape in shapes) / len(shapes)


def _step(depth: int, width: int, batch: int, validated: float) -> float:
    """Seconds of a step; validated: validation rows per step. A step passes a row three times."""
    products, units = width * (width * (depth - 1) + 6), depth * width
    row = products * SECONDS_PER_PRODUCT + units * SECONDS_PER_UNIT
    return (3 * batch + validated) * row


def _validated(protocol: Protocol) -> float:
    return protocol.validation_rows / protocol.gap
