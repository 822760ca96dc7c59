"""Counts in words."""

from __future__ import annotations

from bandmate.counts import counted, spanned


def test_one_has_no_s() -> None:
    assert [counted(number, "note") for number in (0, 1, 2, 3000)] == ["0 notes", "1 note", "2 notes", "3,000 notes"]


def test_a_stretch_of_one_bar_is_no_stretch() -> None:
    assert [spanned(5, 5), spanned(5, 8), spanned(1, 3000)] == ["bar 5", "bars 5-8", "bars 1-3,000"]
