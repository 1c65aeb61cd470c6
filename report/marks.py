r"""Marks in a text, as in Markdown: **bold**, `code`, [words](#anchor), and \* for an asterisk."""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import category

from markupsafe import Markup, escape

_MARKS = (
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"`(.+?)`"), r"<code>\1</code>"),
    (re.compile(r"\[(.+?)\]\(#([\w-]+)\)"), r'<a href="#\2">\1</a>'),
)
_SHAPELESS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # categories of characters
_HIDDEN = 0xE000  # escaped characters wait here, in Unicode's private area, while marks are read


def foreign(text: str) -> str:
    """A text that is not ours, such as a folder's name, as itself: nothing in it marks or breaks.

    What has no shape of its own (line ends, control characters, changes of direction) is replaced.
    To stand in a marked text, but not within `code`, where nothing can be escaped.
    """
    visible = "".join(
        "\N{REPLACEMENT CHARACTER}" if category(one) in _SHAPELESS else one for one in text
    )
    return re.sub(r"([\\`*_\[\]()#<>|~&$])", r"\\\1", visible)


def html(text: str) -> Markup:
    """A marked text in HTML."""
    safe = str(escape(_hidden(text)))
    for mark, tags in _MARKS:
        safe = mark.sub(tags, safe)
    return Markup(_shown(safe, escape))


def plain(text: str) -> str:
    """A marked text without its marks."""
    bare = _hidden(text)
    for mark, _ in _MARKS:
        bare = mark.sub(r"\1", bare)
    return _shown(bare, str)


def cell(text: str) -> str:
    """A marked text as a cell of a Markdown table, which it cannot break."""
    return re.sub(r"(?<!\\)\|", r"\|", text).replace("\n", " ")


def _hidden(text: str) -> str:
    """The text, with each escaped character where no mark is looked for."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", lambda found: chr(_HIDDEN + ord(found[1])), text)


def _shown(text: str, form: Callable[[str], str]) -> str:
    """The text, with each hidden character back in its form."""
    return re.sub("[\ue021-\ue07e]", lambda found: form(chr(ord(found[0]) - _HIDDEN)), text)
