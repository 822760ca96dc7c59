"""Counts in words: 1 note, 12 notes, 3,000 notes; bar 5, bars 5-8."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """So many of something: "1 note", "2,048 notes"; `noun` is the singular of a word that takes an s."""
    return f"{count:,} {noun}" + "s" * (count != 1)


def spanned(first: int, last: int, noun: str = "bar") -> str:
    """From one to another: "bar 5", "bars 5-8"."""
    return f"{noun}s {first:,}-{last:,}" if last != first else f"{noun} {first:,}"
