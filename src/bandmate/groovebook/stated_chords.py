"""Stated chords: chords and numerals that were asked for, bar for bar, spelt as the genre's players read them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bandmate.analysis.genres import genre
from bandmate.errors import BriefError
from bandmate.groovebook.colours import coloured
from bandmate.groovebook.harmony import bars_of, other_mode, parts_needed, spelt_out, spread
from bandmate.score.brief import Brief
from bandmate.score.pitch import QUALITIES, Chord, Key

_NATURAL = re.compile(r"(?<![b#♭♯ivIV])(III|VI|VII)(?![ivIV])")  # degrees that minor has a semitone lower
_MAJOR_HOME = re.compile(r"(?<![b#♭♯ivIV/])I(?![ivIV])")
_DEGREE_ALONE = re.compile(r"[b#♭♯]?[ivIV]+")


def half_bars(brief: Brief, key: Key, bars: int, genre_name: str) -> tuple[Chord, ...]:
    """The stated chords or numerals round and round, two a bar.

    Args:
        brief: with chords or a progression.
        key: of the piece.
        bars: how many.
        genre_name: id in the genre table.

    Raises:
        BriefError: a bar of the stated chords is empty.
    """
    return tuple(row[half * len(row) // 2] for row in _rows(brief, key, bars, genre_name) for half in (0, 1))


def fine_chords(brief: Brief, key: Key, meter: tuple[int, int], bars: int, genre_name: str) -> tuple[Chord, ...]:
    """All stated chords, equally many parts a bar, where two a bar do not hold them; else nothing."""
    if not brief.chords and not brief.progression:
        return ()
    rows = _rows(brief, key, bars, genre_name)
    parts = parts_needed(rows, meter[0])
    return () if parts == 2 else tuple(chord for row in rows for chord in spread(row, parts))


def _rows(brief: Brief, key: Key, bars: int, genre_name: str) -> list[Sequence[Chord]]:
    if not brief.chords:
        return _progression(brief, key, bars, genre_name)
    for number, names in enumerate(brief.chords[:bars], 1):
        if not names:
            raise BriefError(f"bar {number} of the stated chords is empty; give it a chord")
    return [brief.chords[bar % len(brief.chords)] for bar in range(bars)]


def _progression(brief: Brief, key: Key, bars: int, genre_name: str) -> list[Sequence[Chord]]:
    """Numerals, coming home in the last bar; in a key of the other mode made its own.

    In minor III, VI and VII are those of its scale, as `i VI III VII` is written; bVI says the same. A `ii V I` without
    a figure means sevenths and ninths to players of genres that voice their chords so.
    """
    text = _in_minor(spelt_out(brief.progression or "", key.is_minor), key)
    cycle: list[Sequence[Chord]] = [*bars_of(text, key.tonic)]
    home = _home(cycle, key)
    if home is not None and (3 in QUALITIES[home.quality]) != key.is_minor and home.quality != "5":
        cycle = [[other_mode(chord, key) for chord in bar] for bar in cycle]
    if _figures_left_out(text) and genre(genre_name)["harmony"]["voicing"]["type"] == "9th":
        cycle = [[coloured(_diatonic(chord, key), key, genre_name) for chord in bar] for bar in cycle]
    rows = [cycle[bar % len(cycle)] for bar in range(bars)]
    home = _home(cycle, key)
    if home is not None and not brief.loop and bars >= 4:
        rows[-1] = [home]
    return rows


def _in_minor(text: str, key: Key) -> str:
    return _NATURAL.sub(r"b\1", text) if key.is_minor and not _MAJOR_HOME.search(text) else text


def _home(cycle: Sequence[Sequence[Chord]], key: Key) -> Chord | None:
    return next((chord for bar in cycle for chord in bar if chord.root == key.tonic), None)


def _diatonic(chord: Chord, key: Key) -> Chord:
    """The `ii` of a minor key is half diminished, whoever leaves its sign out."""
    supertonic = key.is_minor and chord == Chord((key.tonic + 2) % 12, "min")
    return Chord(chord.root, "dim") if supertonic else chord


def _figures_left_out(text: str) -> bool:
    names = [name for name in re.split(r"[\s,|–-]+", text) if name not in ("", "%")]
    return all(_DEGREE_ALONE.fullmatch(name) for name in names)
