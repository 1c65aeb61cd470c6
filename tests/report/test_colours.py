"""Colours: contrasts that are known, and that no colour loses its own on the dark ground."""

from colorsys import rgb_to_hls
from itertools import product

import pytest

from report.colours import BLACK, ENOUGH, GROUND, WHITE, contrast, dark, luminance

WEB = ["#" + "".join(channels) for channels in product(("00", "55", "aa", "ff"), repeat=3)]


def hue(colour: str) -> float:
    return rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))[0]


def test_contrasts_that_are_known():
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast("#0072b2", "#0072b2") == 1
    assert contrast("#767676", WHITE) == pytest.approx(
        4.54, abs=0.005
    )  # the lightest grey for text
    assert luminance("#ff0000") == pytest.approx(0.2126)


def test_white_becomes_the_ground_and_black_nearly_white():
    assert dark(WHITE) == GROUND
    assert dark(BLACK) == "#f0f0f0"


@pytest.mark.parametrize("colour", WEB)
def test_a_colour_keeps_its_contrast_and_its_hue(colour):
    found = dark(colour)
    assert contrast(found, GROUND) >= min(contrast(colour, WHITE), ENOUGH)
    assert abs((hue(found) - hue(colour) + 0.5) % 1 - 0.5) < 0.02 or found == GROUND


def test_darker_greys_become_lighter_ones():
    greys = [dark(f"#{value:02x}{value:02x}{value:02x}") for value in range(0, 256, 15)]
    assert greys == sorted(greys, reverse=True)
