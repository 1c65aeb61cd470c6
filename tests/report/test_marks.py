"""Marks: what they become, and that a foreign text has none."""

import pytest

from report import marks

HOSTILE = r"a\b <i>**c**</i> `d` [e](#f) g|h _i_ #j & ~k~ $l$ \* {m}"


def test_marks_become_elements():
    assert marks.html("**a** `b` [c d](#e-f) < &") == (
        '<strong>a</strong> <code>b</code> <a href="#e-f">c d</a> &lt; &amp;'
    )
    assert marks.html("[**a**](#b)") == '<a href="#b"><strong>a</strong></a>'
    assert marks.plain("**a** `b` [c d](#e-f) < &") == "a b c d < &"


def test_a_link_leads_nowhere_but_into_the_page():
    assert "href" not in marks.html("[a](http://b) [c](javascript:d)")


def test_an_escaped_character_is_no_mark():
    assert marks.html(r"\*\*a\*\* \`b\` \< \&") == "**a** `b` &lt; &amp;"
    assert marks.html(r"a\b") == r"a\b"  # a letter is never escaped


def test_a_foreign_text_is_shown_as_it_is():
    assert marks.plain(marks.foreign(HOSTILE)) == HOSTILE
    assert marks.html(marks.foreign(HOSTILE)) == (
        r"a\b &lt;i&gt;**c**&lt;/i&gt; `d` [e](#f) g|h _i_ #j &amp; ~k~ $l$ \* {m}"
    )
    assert marks.foreign("made-up, 2.5 m") == "made-up, 2.5 m"


@pytest.mark.parametrize(
    "odd", ["\n", "\x00", "\x1b", "\x85", "\u2028", "\u202e", "\ue03c", "\udc80"]
)
def test_what_has_no_shape_is_replaced(odd):
    assert marks.foreign(f"a{odd}b") == "a\ufffdb"


def test_a_cell_cannot_break_its_row():
    assert marks.cell("a|b\nc") == r"a\|b c"
    assert marks.cell(marks.foreign("a|b")) == r"a\|b"
