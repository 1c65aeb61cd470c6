"""Colours as #rrggbb: how well two are told apart, and what a figure's become on a dark ground."""

from __future__ import annotations

import re
from collections.abc import Iterable
from colorsys import hls_to_rgb, rgb_to_hls

from matplotlib.colors import to_hex, to_rgb

BLACK, WHITE = "#000000", "#ffffff"
GROUND = "#161616"  # of the page in dark mode
LIGHTEST = 0.94  # the lightness of what is black on white
ENOUGH = 4.5  # the contrast that text needs (WCAG 2.2, 1.4.3)
_USED = re.compile(r'(: ?|fill="|stroke=")#([0-9a-f]{6})\b')  # not a link to an id


def luminance(colour: str) -> float:
    """The relative luminance, from 0 of black to 1 of white (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 of equal ones to 21 of black and white (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def dark(colour: str) -> str:
    """The colour that stands on the dark ground for this one on white.

    Of the same hue and the opposite lightness, white becomes the ground; then lightened, until it
    has the contrast to the ground that it had to white, as far as text needs it.
    """
    hue, lightness, saturation = rgb_to_hls(*to_rgb(colour))
    lowest = to_rgb(GROUND)[0]
    lightness = lowest + (1 - lightness) * (LIGHTEST - lowest)
    wanted = min(contrast(colour, WHITE), ENOUGH)
    while contrast(found := to_hex(hls_to_rgb(hue, lightness, saturation)), GROUND) < wanted:
        lightness += 0.01
    return found


def switched(svg: str) -> str:
    """An SVG element, each of whose colours the page can replace in dark mode."""
    return _USED.sub(r"\1var(--c-\2, #\2)", svg)


def replacements(svgs: Iterable[str]) -> str:
    """The CSS properties that replace the colours of these SVG elements on a dark ground.

    Black is always among them: it is what has no colour of its own.
    """
    used = {BLACK} | {f"#{found[1]}" for svg in svgs for found in _USED.findall(svg)}
    return " ".join(f"--c-{colour[1:]}: {dark(colour)};" for colour in sorted(used))
