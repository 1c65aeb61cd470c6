import numpy as np
import pytest

from study.seeds import seed


def test_a_seed_is_the_same_on_every_machine_and_day():
    # The first 8 bytes, less the lowest bit, of: printf '["draw", 1]' | sha256sum
    assert seed("draw", 1) == 0xA921BA43B48CCAF0 >> 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "bc"), ("ab", "c")),
        (("a", "b"), ("b", "a")),
        (("a,b",), ("a", "b")),
        (('a", "b',), ("a", "b")),
        (("a",), ("a", "")),
        ((1,), ("1",)),
        ((1, 23), (12, 3)),
    ],
)
def test_different_names_are_different_streams(one, other):
    assert seed(*one) != seed(*other)


def test_seeds_have_63_bits_and_no_collisions_in_a_study():
    seeds = [seed("weights", cell, number) for cell in "abcd" for number in range(1000)]
    assert len(set(seeds)) == 4000
    assert all(0 <= value < 2**63 for value in seeds)
    highest_bit = np.mean([value >= 2**62 for value in seeds])
    assert 0.47 < highest_bit < 0.53


def test_seeds_feed_numpy_and_sqlite_without_a_cast():
    assert np.random.default_rng(seed("order")).random() != np.random.default_rng(0).random()
    assert np.int64(seed("order")) == seed("order")
