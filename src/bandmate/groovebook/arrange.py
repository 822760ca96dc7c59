"""Arrange: a melody and chords that exist, set for the band of any genre."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.chords import estimate_chords
from bandmate.analysis.genres import genre
from bandmate.analysis.harmony import estimate_key
from bandmate.analysis.voices import estimate_roles
from bandmate.errors import LibraryError
from bandmate.groovebook.cells import TPQ, grid_of, home_meter
from bandmate.groovebook.dice import Dice
from bandmate.groovebook.ensemble import core_parts
from bandmate.groovebook.labels import labels_of
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.groovebook.setting import SNAP_TICKS, melody_rows, seated, without_gaps
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.model import Score, Track, make_notes
from bandmate.score.pitch import Chord, Key
from bandmate.score.plan import Plan
from bandmate.score.timeline import bar_grid


def _find(score: Score, role: str, roles: tuple[str, ...]) -> list[int]:
    """Tracks of a role: by what the score says, by name, else by what analysis hears."""
    told = [i for i, t in enumerate(score.tracks) if t.role == role or t.name.strip().lower() == role]
    return [i for i in told or [i for i, r in enumerate(roles) if r == role] if len(score.tracks[i].notes)]


def _moved(track: Track, shift: int, factor: float) -> Track:
    notes = track.notes
    onset = np.rint((notes["onset_ticks"] - shift) * factor).astype(np.int64)
    length = np.maximum(1, np.rint(notes["duration_ticks"] * factor)).astype(np.int64)
    keep = onset >= -SNAP_TICKS
    return replace(
        track,
        notes=make_notes(
            np.maximum(onset[keep], 0), length[keep], notes["pitch"][keep], np.maximum(1, notes["velocity"][keep])
        ),
        events=track.events[:0],
        blobs=(),
        end_ticks=0,
    )


def _on_bars(score: Score, offset_beats: int, stretch: float) -> Score:
    """The score at 480 ticks a quarter, its first downbeat at tick 0, `stretch` times as long on paper."""
    first = int(score.meters["denominator"][0]) if len(score.meters) else 4
    shift = offset_beats * score.ticks_per_quarter * 4 // max(1, first)
    factor = TPQ / score.ticks_per_quarter * stretch
    return replace(
        score,
        tracks=tuple(_moved(t, shift, factor) for t in score.tracks),
        ticks_per_quarter=TPQ,
        meters=score.meters[:1].copy(),
        tempos=score.tempos[:1].copy(),
        keys=score.keys[:0],
        markers=(),
        header=None,
        end_ticks=0,
    )


def _stretch(bpm: float, name: str) -> float:
    """2 where the song, written at double speed, lies nearer to the genre's tempo; 0.5 for half; else 1."""
    goal = genre(name)["tempo"]["default"]
    return min(
        (1.0, 2.0, 0.5), key=lambda factor: (abs(np.log2(bpm * factor / goal)) + (0.2 if factor != 1 else 0), factor)
    )


def _tempo(bpm: float, name: str) -> float:
    facts = genre(name)["tempo"]
    low, high = facts["min"] * 0.92, facts["max"] * 1.08
    return bpm if low <= bpm <= high else float(min(facts["max"], max(facts["min"], round(bpm))))


def _window(melody: NDArray[Any], bar_ticks: int, count: int, bars: tuple[int, int], dice: Dice) -> tuple[int, int]:
    """A stretch of whole fours of bars in which the melody sings: (first bar, bars)."""
    sung = np.bincount(melody["onset_ticks"] // bar_ticks, minlength=count)[:count] > 0
    sizes = [size for size in (64, 48, 32, 24, 16, 12, 8) if bars[0] <= size <= min(bars[1], count)]
    if not sizes:
        return 0, max(1, min(bars[1], count))
    size = dice.pick(sizes)
    starts = [s for s in range(0, count - size + 1, 4) if sung[s : s + size].mean() >= 0.5]
    starts = starts or [int(np.argmax([sung[s : s + size].sum() for s in range(count - size + 1)]))]
    return dice.pick(starts), size


def rearrange(
    score: Score, name: str, seed: int, *, downbeat_offset_beats: int = 0, bars: tuple[int, int] = (8, 64)
) -> tuple[Score, dict[str, Any]]:
    """Set the melody and chords of a piece for the band of a genre.

    Args:
        score: a piece with a melody (by role, by the track name "MELODY", or found by analysis); chords come from
            its chord track, else from all of it.
        name: genre id.
        seed: decides the stretch of bars taken and the arrangement.
        downbeat_offset_beats: beats before the first downbeat; they are dropped.
        bars: shortest and longest stretch taken.

    Returns:
        the arrangement (exactly its bars, the melody's own pitches and rhythm on one track) and its labels, see
        `labels.labels_of`.

    Raises:
        LibraryError: the piece has no melody, or its meter is not the one it is asked for; the message says which.
    """
    dice = Dice(seed, "rearrange", name)
    stretch = _stretch(score.bpm, name)
    song = _on_bars(score, downbeat_offset_beats, stretch)
    meter = (int(song.meters["numerator"][0]), int(song.meters["denominator"][0])) if len(song.meters) else (4, 4)
    roles = tuple(guess.role for guess in estimate_roles(song))
    singers = _find(song, "melody", roles)
    if not singers:
        raise LibraryError("the piece has no melody to arrange; give a score with a track of role or name 'melody'")
    melody = song.tracks[singers[0]].notes
    harmony = _find(song, "chords", roles)
    told = [i for i in harmony if song.tracks[i].name.strip().lower() == "chords"] or harmony
    source = replace(song, tracks=tuple(song.tracks[i] for i in told)) if told else song
    grid = bar_grid(song)
    bar_ticks = int(grid["length_ticks"][0])
    start, count = _window(melody, bar_ticks, len(grid), bars, dice)
    key = estimate_key(song).key or Key(0)
    found = estimate_chords(source, grid)[2 * start : 2 * (start + count)]
    chords = without_gaps((*found, *(None,) * (2 * count - len(found))), key)
    plan = _plan(name, count, meter, chords, key, _tempo(score.bpm * stretch, name), seed)
    track = next(i for i, who in enumerate(plan.tracks) if who.role == "melody")
    triplets = grid_of(name, meter).unit == "3" and meter == home_meter(name)
    rows = melody_rows(melody, start * bar_ticks, (start + count) * bar_ticks, triplets)
    if not rows:
        raise LibraryError("the melody rests in every bar that was taken; allow a longer stretch of bars")
    plan, rows = seated(plan, track, rows)
    return play(plan, seed, given={track: rows}), labels_of(plan, "rearranged")


def _plan(
    name: str, bars: int, meter: tuple[int, int], chords: tuple[Chord, ...], key: Key, tempo: float, seed: int
) -> Plan:
    asks = () if "melody" in core_parts(name) else (TrackAsk("melody"),)
    stated = tuple((chords[2 * bar], chords[2 * bar + 1]) for bar in range(bars))
    brief = Brief(genre=name, bars=bars, meter=meter, chords=stated, tempo=tempo, tracks=asks)
    # The chords were heard, not demanded: they lock nothing, and the key is what the whole song says.
    return replace(make_plan(brief, seed), key=key, chord_lock=False)
