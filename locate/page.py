"""A page that answers by itself: the network and its calibration in one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from locate.leak import UNLIKE, Leak
from locate.network import Network
from study.bag import SQUARE
from study.calibration import NEAR, SOURCES, Calibration
from study.errors import StudyError
from study.files import write_whole
from study.inverse import STEPS
from study.tables import SUM_TOLERANCE

# Where the sensors are, and each field's place among those that are read from left to right.
CORNERS = (("top left", 1), ("top right", 2), ("bottom right", 4), ("bottom left", 3))


def write(leak: Leak, path: Path) -> None:
    """Write the page of a network of the registry. Raises StudyError where it is none."""
    if not isinstance(leak.predict, Network):
        raise StudyError(
            f"{leak.path}: expected a network of the study's architectures, found layers that "
            "only Keras knows; no page can have them"
        )
    write_whole(path, render(leak.path.name, leak.predict, leak.calibration))


def render(name: str, network: Network, calibration: Calibration | None) -> str:
    """The page as HTML."""
    environment = Environment(
        loader=PackageLoader("locate"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    loader, mm = environment.loader, round(SQUARE.mm)
    script = loader.get_source(environment, "locate.js")[0] if loader else ""
    return environment.get_template("page.html.j2").render(
        name=name,
        calibrated=_calibrated(calibration),
        corners=CORNERS,
        sensors=[(round(1.13 * mm * x), -round(1.13 * mm * y)) for x, y in SQUARE.ports],
        mm=mm,
        model=_model(network, calibration),
        script=Markup(script),
    )


def _model(network: Network, calibration: Calibration | None) -> dict[str, Any]:
    """What the script needs to know."""
    group = SQUARE.group
    moves = list(zip(group.permutations.tolist(), group.matrices.tolist(), strict=True))
    return {
        "matrices": [matrix.tolist() for matrix in network.matrices],
        "biases": [bias.tolist() for bias in network.biases],
        "activation": network.activation,
        "group": moves if network.averaged else moves[:1],  # the identity comes first
        "ports": SQUARE.ports.tolist(),
        "mm": SQUARE.mm,
        "near": NEAR,
        "steps": STEPS,
        "tolerance": SUM_TOLERANCE,
        "calibration": calibration and _told(calibration),
    }


def _told(one: Calibration) -> dict[str, Any]:
    names = ("scale", "softening", "decay", "background")
    forward = dict(zip(names, one.forward, strict=True))
    return {"radii": one.radii, "forward": forward, "unlike": UNLIKE * one.noise}


def _calibrated(one: Calibration | None) -> str:
    if one is None:
        return "It has no calibration: no radius and no warning is told."
    return (
        f"Its radius was calibrated on {one.rows:,} {SOURCES[one.source]}, of the data "
        f"{one.checksum[:8]}, and depends on the place."
    )
