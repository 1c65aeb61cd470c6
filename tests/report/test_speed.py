"""How fast is it: the sentence and the table follow from what was measured."""

from report import speed
from report.formats import NOTHING
from tests.report.made_up import make_timings


def test_the_sentence_tells_the_ratios_of_each_network_and_what_is_not_in_them():
    assert speed.in_words(make_timings()) == (
        "With 64 networks side by side, the loop is faster than `model.fit` by **5,000 and 3,000 "
        "times** for the standard network (at 100 and 1,000 training rows) and **8,000 times** for "
        "the equivariant network (at 100 training rows). Compilation is not counted: the loop's "
        "takes 9 s, once a machine; that of `model.fit` makes the first epoch of every training "
        "take 2.0 s."
    )


def test_the_table_has_a_dash_where_scikit_learn_has_no_such_network():
    ((_, table),) = [section.blocks for section in speed.sections(make_timings())]
    first, *_, last = table.rows
    assert first["network"] == "standard, 2 x 16"
    assert (first["model.fit / loop"], first["range"]) == ("**5,000**", "4,500 to 5,500")
    assert (first["MLPRegressor (ms)"], first["MLPRegressor / loop"]) == ("2.4", "75")
    assert (last["MLPRegressor (ms)"], last["MLPRegressor / loop"]) == (NOTHING, NOTHING)


def test_without_measurements_there_is_no_section():
    assert speed.sections(None) == []
    assert speed.sections(make_timings().iloc[:0]) == []
    assert [section.title for section in speed.sections(make_timings())] == ["How fast is it?"]
