"""How fast is it: the sentence follows from the table."""

from report import speed
from tests.report.made_up import make_timings


def test_the_sentence_tells_the_ratios_with_the_most_lanes():
    assert speed.in_words(make_timings()) == (
        "With 30 lanes together, an epoch is faster than with `model.fit` by 2,000 and 400 times "
        "for the standard network (at 100 and 1,000 training rows) and 3,000 times for the "
        "equivariant network (at 100 training rows); with compilation counted in, a training of "
        "1000 epochs is still at least **345 times** faster (standard network, 1,000 rows)."
    )


def test_one_lane_is_not_several():
    alone = make_timings()[lambda table: table["lanes"] == 1]
    assert speed.in_words(alone).startswith("With one lane, an epoch is faster")


def test_without_measurements_there_is_no_section():
    assert speed.sections(None) == []
    assert speed.sections(make_timings().iloc[:0]) == []
    assert [section.title for section in speed.sections(make_timings())] == ["How fast is it?"]
