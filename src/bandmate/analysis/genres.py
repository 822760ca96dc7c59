"""GENRES: the facts of each genre (tempo, patterns, harmony, form, mix), one block a genre.

Source: written for this project from published figures and from measurements on Groove MIDI (CC BY 4.0).
The grammar of the strings stands under "_meta" in data/genres.json and in docs/GENRES.md.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from bandmate.errors import BriefError


@cache
def load_table(name: str) -> dict[str, Any]:
    """One of the JSON tables of the package: genres, moods, instruments, words."""
    return json.loads(files("bandmate.data").joinpath(f"{name}.json").read_text(encoding="utf-8"))


def genre_ids() -> tuple[str, ...]:
    """Every genre id, in table order."""
    return tuple(name for name in load_table("genres") if not name.startswith("_"))


_LENT: dict[str, dict[str, Any]] = {}


def lend(name: str, facts: dict[str, Any]) -> str:
    """Make a block of facts known under a name of its own, beside the table; `genre_ids` does not list it.

    The name has to change with the facts, since what follows from them is remembered by name.
    """
    _LENT[name] = facts
    return name


def mixable(facts: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether patterns of two blocks can be mixed: their bars have as many steps."""
    return facts["drums"].get("steps") == other["drums"].get("steps")


def mixed(facts: dict[str, Any], other: dict[str, Any], share: float) -> dict[str, Any]:
    """A block of facts whose drum patterns and bass cells are drawn from another by a share, 0..1; all else stays.

    Each row carries its weight, so that the rows of the other have the share however many there are of each.
    """
    parts = (("drums", "patterns"), ("bass", "cells"))
    return facts | {
        part: facts[part] | {rows: _weighted(facts[part][rows], other[part][rows], share)} for part, rows in parts
    }


def _weighted(own: list[dict[str, Any]], other: list[dict[str, Any]], share: float) -> list[dict[str, Any]]:
    names = {row["n"] for row in own}
    strange = [row | {"n": f"{row['n']} too"} if row["n"] in names else row for row in other]
    parts = ((own, 1.0 - share), (strange, share))
    return [row | {"w": part / len(rows)} for rows, part in parts if part > 0 for row in rows]


def genre(name: str) -> dict[str, Any]:
    """The block of one genre.

    Raises:
        BriefError: no such genre; the message lists close ids.
    """
    if name in _LENT:
        return _LENT[name]
    if name not in genre_ids():
        import difflib

        close = difflib.get_close_matches(name, genre_ids(), n=3, cutoff=0.4)
        hint = f"did you mean {', '.join(close)}?" if close else f"known: {', '.join(genre_ids())}"
        raise BriefError(f"genre '{name}' is not known; {hint}")
    return load_table("genres")[name]
