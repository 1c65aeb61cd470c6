"""How flows lie to the surface of all flows that one leak can make, wherever in the square it is.

Flows that sum to 1 have three dimensions, and the flows of one leak are a surface in them. Noise
along the surface looks like a leak elsewhere; what points out of it, no single leak explains.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from study.forward import Floats, ForwardModel
from study.inverse import nearest

# Three directions that leave the sum of the flows, at right angles to one another.
IN_SUM = np.array([(1, 1, -1, -1), (1, -1, -1, 1), (1, -1, 1, -1)]) / 2


class Beside(NamedTuple):
    """Where n rows of flows lie to the surface."""

    positions: Floats  # (n, 2) in the square, of the leak whose flows are nearest
    distances: Floats  # (n,) from those flows
    residuals: Floats  # (n,) the part of that along the surface's normal, signed
    leverages: Floats  # (n, 4) what an offset of each sensor adds to the residual, per unit


def beside(model: ForwardModel, X: Floats, start: Floats) -> Beside:
    """Find how flows (n, 4) lie to the surface; start (n, 2): about where the leaks may be."""
    positions = nearest(model, X, start)
    flows, (d1, d2) = model.flows_and_slopes(positions)
    normals = np.cross(IN_SUM @ d1, IN_SUM @ d2, axis=0)  # (3, n)
    normals = IN_SUM.T @ (normals / np.sqrt(np.square(normals).sum(axis=0)))  # (4, n)
    off = X.T - flows
    return Beside(
        positions,
        np.sqrt(np.square(off).sum(axis=0)),
        (normals * off).sum(axis=0),
        # An offset d of sensor k moves normalised flows by about d (e_k - flows).
        (normals - (normals * flows).sum(axis=0)).T,
    )
