"""Given: a file of music as an edit takes it: read without loss, each track with the role it plays."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from bandmate.analysis.genres import genre, genre_ids
from bandmate.errors import BriefError, ScoreError
from bandmate.generation.scene import with_roles
from bandmate.io.files import read
from bandmate.score.model import Score
from bandmate.score.selection import check_one_instrument, find_tracks

T = TypeVar("T")
MELODIES = ("melody", "lead", "vox")


def read_given(path: str | Path) -> Score:
    """Read a file and say what each of its tracks does, where analysis hears it.

    Raises:
        FileFormatError: it cannot be read. ScoreError: it holds no notes.
    """
    score = read(path)
    if not score.note_count:
        raise ScoreError(f"{path} has no notes, so there is nothing to go by; give a file with music in it")
    return with_roles(score)


def melody_of(score: Score, tracks: str | None) -> int:
    """The track that is sung: the one named, else the melody, else the highest pitched track.

    Raises:
        ScoreError: several were named, it is drums, it holds several instruments, or there is none.
    """
    place = _sung(score, tracks)
    check_one_instrument(score, place)
    return place


def _sung(score: Score, tracks: str | None) -> int:
    if tracks is not None:
        words = [word.strip() for word in tracks.split(",") if word.strip()]
        chosen = tuple(dict.fromkeys(index for word in words for index in find_tracks(score, word)))
        if len(chosen) != 1:
            raise ScoreError(f"tracks '{tracks}' name {len(chosen)} tracks; name the one that has the melody")
        track = score.tracks[chosen[0]]
        if track.is_drum or not len(track.notes):
            what = "is drums" if track.is_drum else "has no notes"
            raise ScoreError(f"track {chosen[0] + 1} {what}, so there is no melody; name another with --tracks")
        return chosen[0]
    pitched = [i for i, track in enumerate(score.tracks) if len(track.notes) and not track.is_drum]
    sung = [i for role in MELODIES for i in pitched if score.tracks[i].role == role]
    if sung or len(pitched) == 1:
        return (sung or pitched)[0]
    if not pitched:
        raise ScoreError("the piece has drums alone, so there is no melody in it; give a file with a melody")
    return max(pitched, key=lambda i: float(score.tracks[i].notes["pitch"].mean()))


def genre_named(text: str) -> str:
    """The genre that an id or one of its other names means ("jazz", "bossa").

    Raises:
        BriefError: no genre is called so; the message lists close ids.
    """
    name = "_".join(text.strip().lower().replace("-", " ").split())
    if name in genre_ids():
        return name
    words = name.replace("_", " ")
    known = (other for other in genre_ids() if words in (alias.lower() for alias in genre(other)["aliases"]))
    return next(known, None) or str(genre(name) and name)


def options_from(kind: type[T], options: T | None, asked: Mapping[str, Any]) -> T:
    """Options as they were given, or made of keywords.

    Raises:
        BriefError: a keyword is not known; the message names the nearest one.
    """
    known = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    for name in asked:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise BriefError(f"'{name}' is not an option; did you mean '{close[0]}'?")
    return replace(options or kind(), **asked)  # type: ignore[type-var]
