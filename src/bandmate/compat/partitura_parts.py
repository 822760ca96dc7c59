"""partitura scores and parts: notes spelt and in voices, tied over bar lines by partitura, joined on the way back."""

from __future__ import annotations

import warnings
from math import lcm
from typing import Any

import numpy as np

from bandmate.compat.holds import library, tell_losses
from bandmate.compat.spelt import key_rows, notes_from, spelt
from bandmate.errors import ScoreError
from bandmate.score.model import MADE, METER, NO_KEYS, TEMPO, Score, Track, make_meters, make_tempos

_MOST_TICKS = 32767


def to_partitura(score: Score) -> Any:
    """A score as a partitura.score.Score, a Part a track, with bars and ties as partitura makes them.

    Raises:
        ScoreError: a track without notes, for which partitura has no bars.
        UserError: partitura is not installed.
    """
    lib = library("partitura.score")
    tell_losses(score, "partitura")
    parts = [_part(lib, score, track, place) for place, track in enumerate(score.tracks) if len(track.notes)]
    if not parts:
        raise ScoreError("the score has no notes, and partitura no parts without them; give one with notes")
    return lib.Score(parts, title=score.title or None)


def _part(lib: Any, score: Score, track: Track, place: int) -> Any:
    part = lib.Part(f"P{place + 1}", track.name or None, quarter_duration=score.ticks_per_quarter)
    for row in score.meters if len(score.meters) else make_meters():
        part.add(lib.TimeSignature(int(row["numerator"]), int(row["denominator"])), int(row["ticks"]))
    for row in score.keys:
        part.add(lib.KeySignature(int(row["fifths"]), "minor" if row["minor"] else "major"), int(row["ticks"]))
    for row in score.tempos if place == 0 else ():
        part.add(lib.Tempo(60e6 / int(row["us_per_quarter"]), "q"), int(row["ticks"]))
    voices = np.ones(len(track.notes), int)
    if track.notation is not None:
        rows = track.notation.rows[track.notation.rows["note"] >= 0]
        voices[rows["note"]] = rows["voice"]
    for index, (note, (step, alter, octave)) in enumerate(zip(track.notes, spelt(score, track), strict=True)):
        start = int(note["onset_ticks"])
        made = lib.Note(step, octave, alter or None, id=f"P{place + 1}n{index}", voice=int(voices[index]), staff=1)
        part.add(made, start, start + max(1, int(note["duration_ticks"])))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that it finds odd
        lib.add_measures(part)
        lib.tie_notes(part)
    return part


def from_partitura(source: Any) -> Score:
    """A partitura score, part, or list of parts as a score; grace notes do not sound.

    Velocities are 80: a written part has none.

    Raises:
        UserError: partitura is not installed.
        ScoreError: its divisions have no common resolution that fits.
    """
    lib = library("partitura.score")
    parts = list(lib.iter_parts(getattr(source, "parts", source)))
    divisions = [int(d) for part in parts for d in np.unique(part.quarter_durations()[:, 1])]
    ticks = lcm(1, *divisions)
    if ticks > _MOST_TICKS:
        raise ScoreError(f"the parts divide a quarter into {ticks} together, more than {_MOST_TICKS}; save them anew")
    meters: dict[int, tuple[int, int]] = {}
    keys: dict[int, tuple[int, bool]] = {}
    tempos: dict[int, float] = {}
    tracks = []
    for part in parts:
        at = _places(part, ticks)
        tracks.append(Track(part.part_name or "", notes=notes_from(_rows(lib, part, at), False)))
        for one in part.iter_all(lib.TimeSignature):
            meters.setdefault(at(one.start.t), (one.beats, one.beat_type))
        for one in part.iter_all(lib.KeySignature):
            keys.setdefault(at(one.start.t), (one.fifths, one.mode == "minor"))
        for one in part.iter_all(lib.Tempo):
            tempos.setdefault(at(one.start.t), _bpm(one))
    return Score(
        tuple(tracks),
        ticks,
        np.array([(t, round(60e6 / bpm), 0, MADE) for t, bpm in sorted(tempos.items())], TEMPO)
        if tempos
        else make_tempos(120.0),
        np.array([(t, *m, 0, MADE, 24, 8) for t, m in sorted(meters.items())], METER) if meters else make_meters(),
        key_rows([(t, *key) for t, key in keys.items()]) if keys else NO_KEYS,
        title=getattr(source, "title", None) or "",
    )


def _places(part: Any, ticks: int) -> Any:
    quarters = part.quarter_map
    offset = float(quarters(part.first_point.t))  # before a pickup partitura counts below zero

    def at(time: int) -> int:
        return round((float(quarters(time)) - offset) * ticks)

    return at


def _rows(lib: Any, part: Any, at: Any) -> list[tuple[int, int, int, int]]:
    rows: list[tuple[int, int, int, int]] = []
    for note in part.notes_tied:
        if isinstance(note, lib.GraceNote) or not hasattr(note, "midi_pitch"):
            continue
        start, end = at(note.start.t), at(note.start.t + note.duration_tied)
        rows.append((start, max(1, end - start), int(note.midi_pitch), 80))
    return rows


_UNITS = {"w": 4.0, "h": 2.0, "q": 1.0, "e": 0.5, "s": 0.25}


def _bpm(tempo: Any) -> float:
    unit = str(tempo.unit or "q")
    dots = unit.count(".")
    return float(tempo.bpm) * _UNITS.get(unit.rstrip("."), 1.0) * (2 - 0.5**dots)
