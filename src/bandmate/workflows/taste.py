"""Taste: what stars and discards taught, and how it ranks the next takes.

Every mark learns anew from all sessions; `taste.json` lies beside them. It moves the quality of a candidate by at most
TASTE_WEIGHT / 2 to either side, so it decides between takes that are about as good and never against what was asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bandmate.counts import counted
from bandmate.workflows.sessions import Entry, Session, all_sessions, sessions_folder

if TYPE_CHECKING:
    from bandmate.evaluation.preference import Preference

TASTE_FILE = "taste.json"
TASTE_WEIGHT = 0.3
MIN_PAIRS = 3  # before that nothing is ranked by it

T = TypeVar("T")
Standing = tuple[float, float, float]  # greater is better: demands, quality, likelihood


def grade(entry: Entry) -> int:
    """How a take is marked: 2 starred, 1 neither, 0 discarded."""
    return 2 if entry.starred else 0 if entry.discarded else 1


def learn_taste() -> Preference:
    """Learn from the marks of all sessions, and keep it."""
    import numpy as np

    from bandmate.evaluation.preference import LINES, fit, pairs, row_of

    found = [np.zeros((0, len(LINES)))]
    for session in all_sessions():
        measured = [entry for entry in session.entries if entry.places]
        if measured:
            found.append(pairs(np.stack([row_of(entry.places) for entry in measured]), map(grade, measured)))
    taste = fit(np.concatenate(found))
    taste.save(sessions_folder() / TASTE_FILE)
    return taste


def taste() -> Preference | None:
    """What was learned so far; None if it is too little to rank by."""
    path = sessions_folder() / TASTE_FILE
    if not path.is_file():
        return None
    found = _loaded(path, path.stat().st_mtime_ns)
    return found if found.pairs >= MIN_PAIRS else None


@cache
def _loaded(path: Path, _changed: int) -> Preference:
    from bandmate.evaluation.preference import Preference

    return Preference.load(path)


def likings(session: Session) -> dict[int, float]:
    """How well each take of a session may be liked, 0..1; empty while too little is known."""
    known = taste()
    return {} if known is None else {e.number: known.liking(e.places) for e in session.entries if e.places}


def with_taste(quality: float, places: Mapping[str, float]) -> float:
    """The quality of a candidate, moved by what is liked."""
    known = taste()
    return quality if known is None else quality + TASTE_WEIGHT * (known.liking(places) - 0.5)


def best_first(takes: Iterable[T], standing: Callable[[T], Standing]) -> list[T]:
    """Takes by how they stand; of equals the one that was written first comes first."""
    return sorted(takes, key=standing, reverse=True)


def taste_words() -> str:
    """What is said of takes that it ordered; "" while too little is known."""
    known = taste()
    if not known:
        return ""
    return f"ordered by what was asked, then by your taste ({counted(known.pairs, 'pair')} of marked takes)"


def taste_told(places: Mapping[str, float]) -> dict[str, Any]:
    """What a take keeps of the taste that ordered it: its hash, how much it knew, how it liked the take.

    A replay makes the same bytes under any taste: the recipe says which of the takes it was.
    """
    known = taste()
    if known is None:
        return {}
    digest = hashlib.sha256(known.weights.tobytes()).hexdigest()
    return {"sha256": digest, "pairs": known.pairs, "liking": round(known.liking(places), 4)}
