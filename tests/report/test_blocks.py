"""Blocks: tables from rows, and sections of what has content."""

import pytest

from report.blocks import Lines, Paragraph, Section, Table, section, table


def test_a_table_takes_its_columns_from_its_rows():
    one = table("name", "Caption.", [{"a": "1", "b": "2"}, {"b": "4", "a": "3"}], words=0)
    assert one == Table("name", "Caption.", ("a", "b"), (("1", "2"), ("3", "4")), words=0)


def test_a_row_without_one_of_the_columns_is_refused():
    with pytest.raises(KeyError):
        table("name", "Caption.", [{"a": "1", "b": "2"}, {"a": "3"}])


def test_lists_and_tables_without_content_are_left_out():
    words = Paragraph("Words.")
    blocks = [Lines(()), words, table("name", "Caption.", [])]
    assert section("Title", blocks, "title") == Section("Title", (words,), "title")
