"""Counts in words: one note, 12 notes, 3,000 notes."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """So many of something: "1 note", "2,048 notes"; `noun` is the singular of a word that takes an s."""
    return f"{count:,} {noun}" + "s" * (count != 1)
