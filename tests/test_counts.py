"""Counts in words."""

from __future__ import annotations

from bandmate.counts import counted


def test_one_has_no_s() -> None:
    assert [counted(number, "note") for number in (0, 1, 2, 3000)] == ["0 notes", "1 note", "2 notes", "3,000 notes"]
