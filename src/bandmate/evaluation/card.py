"""CARD: every line of the report card in one table. The report, its JSON, the page and the yardsticks follow from it.

A line is a function of an Excerpt; NaN where it does not apply (no drums, no melody, too few notes to tell).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.evaluation.excerpt import COMPING, Excerpt, Floats, ending, windows
from bandmate.evaluation.symbolic import (
    drums,
    endings,
    form,
    harmony,
    muspy,
    pitch,
    rhythm,
    texture,
    touch,
    voice_leading,
)
from bandmate.score.model import Score


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the card.

    Attributes:
        name: how reports and JSON call it.
        group: what it is about.
        unit: of the value; low, high: what it can be at all.
        measure: Excerpt -> float, NaN where it does not apply.
        words: what it is, in one sentence.
        at_end: it is asked only of the window with which a piece ends.
    """

    name: str
    group: str
    unit: str
    low: float
    high: float
    measure: Callable[[Excerpt], float]
    words: str
    at_end: bool = False


def _line(
    group: str, unit: str, low: float, high: float, measure: Callable[[Excerpt], float], *, at_end: bool = False
) -> Line:
    """A line that is named and explained by its function."""
    words = (measure.__doc__ or "").split("\n")[0]
    return Line(measure.__name__, group, unit, low, high, measure, words, at_end)


def _made(
    name: str, group: str, unit: str, low: float, high: float, measure: Callable[[Excerpt], float], words: str
) -> Line:
    return Line(name, group, unit, low, high, measure, words)


def _likeness_lines() -> Iterable[Line]:
    kinds = (
        ("", "all tracks", lambda e: e.likeness),
        ("melody_", "the melody's track", lambda e: e.melody_likeness),
        ("drum_", "the drums", lambda e: e.drum_likeness),
    )
    for prefix, who, likeness in kinds:
        for lag in (1, 4, 8):
            words = f"Strokes a bar shares with the bar {lag} later over strokes in either: {who}."
            yield _made(f"{prefix}likeness_{lag}", "form", "share", 0, 1, form.at_lag(likeness, lag), words)


_ROLES = (
    ("drum", ("drums", "perc"), "each drum track"), ("bass", ("bass",), "each bass"),
    ("chord", COMPING, "each track of chords, pad or arpeggio"), ("melody", ("melody", "lead"), "each melody or lead"),
)  # fmt: skip
_DRUMS = (
    ("kicks", drums.KICKS, "Kicks"), ("snares", drums.SNARES, "Snares, rims and claps"),
    ("hats", drums.HATS, "Hats and rides"),
)  # fmt: skip

CARD: tuple[Line, ...] = (
    _line("pitch", "bits", 0, 3.585, pitch.pitch_class_entropy),
    _line("pitch", "%", 0, 100, pitch.scale_consistency),
    _line("pitch", "semitones", 0, 127, pitch.melody_interval),
    _line("pitch", "bits", 0, 4.65, pitch.melody_interval_entropy),
    _line("pitch", "share", 0, 1, pitch.melody_repeats),
    _line("pitch", "share", 0, 1, pitch.melody_steps),
    _line("pitch", "share", 0, 1, pitch.melody_leaps),
    _line("pitch", "semitones", 0, 127, pitch.melody_range),
    _line("harmony", "share", 0, 1, harmony.chord_tones_strong),
    _line("harmony", "share", 0, 1, harmony.chord_tones_weak),
    _line("harmony", "share", 0, 1, harmony.bass_on_root),
    _line("harmony", "a bar", 0, 2, harmony.harmonic_rhythm),
    _line("harmony", "share", 0, 1, harmony.common_tones),
    _line("harmony", "share", 0, 1, harmony.diatonic_chords),
    _line("harmony", "share", 0, 1, harmony.functional_progressions),
    _line("harmony", "share", 0, 1, harmony.authentic_cadences),
    _line("harmony", "share", 0, 1, harmony.plagal_cadences),
    _line("harmony", "share", 0, 1, harmony.half_cadences),
    _line("voice leading", "share", 0, 1, voice_leading.parallel_fifths),
    _line("voice leading", "share", 0, 1, voice_leading.parallel_octaves),
    _line("voice leading", "semitones", 0, 127, voice_leading.bass_interval),
    _line("voice leading", "semitones", 0, 127, voice_leading.comping_motion),
    _line("rhythm", "%", 0, 100, rhythm.groove_consistency),
    _line("rhythm", "quarters", 0, 10_000, rhythm.note_length),
    _line("rhythm", "bits", 0, 4.1, rhythm.note_length_entropy),
    _line("rhythm", "bits", 0, 5.1, rhythm.onset_gaps),
    _line("rhythm", "share", 0, 1, rhythm.syncopation),
    _line("rhythm", "share", 0, 1, rhythm.melody_rests),
    _line("rhythm", "bars", 0, 10_000, rhythm.phrase_length),
    *_likeness_lines(),
    _line("form", "share", 0, 1, form.repeated_bars),
    _line("form", "share", 0, 1, form.varied_bars),
    _line("drums", "share", 0, 1, drums.kick_and_bass),
    _line("drums", "share", 0, 1, drums.downbeat_kicks),
    _line("drums", "share", 0, 1, drums.backbeat),
    _line("drums", "share", 0, 1, drums.drum_stability),
    _made("fills_4", "drums", "difference", -1, 1, drums.fills_every(4),
          "How much less typical the drum bars before four-bar lines are than the others."),
    _made("fills_8", "drums", "difference", -1, 1, drums.fills_every(8),
          "How much less typical the drum bars before eight-bar lines are than the others."),
    _line("drums", "share", 0, 1, drums.tom_share),
    *(_made(name, "drums", "a bar", 0, 10_000, drums.a_bar(keys), f"{words} a bar in which drums play.")
      for name, keys, words in _DRUMS),
    _line("touch", "velocity", 1, 127, touch.velocity_mean),
    _line("touch", "velocity", 0, 63.5, touch.velocity_spread),
    _line("touch", "velocity", 0, 63.5, touch.drum_velocity_spread),
    _line("touch", "velocity", 0, 63.5, touch.track_velocity_spread),
    _line("touch", "ms", 0, 500, touch.timing_spread),
    _line("touch", "share", 0, 1, touch.on_grid),
    *(_made(f"{name}_notes", "texture", "a bar", 0, 10_000, texture.notes_a_bar(*roles),
            f"Notes of {who} a bar in which it plays.") for name, roles, who in _ROLES),
    _line("texture", "notes", 1, 128 * 128, texture.polyphony),
    _line("texture", "share", 0, 1, texture.tracks_sounding),
    _line("texture", "share", 0, 1, texture.entrances),
    _line("texture", "share", 0, 1, texture.register_overlap),
    _line("texture", "ratio", -20, 20, texture.density_slope),
    _line("texture", "ratio", 0, 20, texture.density_range),
    _line("ending", "ratio", 0, 10, endings.last_bar_density, at_end=True),
    _line("ending", "0 or 1", 0, 1, endings.ends_on_tonic, at_end=True),
    _line("ending", "quarters", 0, 64, endings.last_note_length, at_end=True),
)  # fmt: skip
# Beside the card, not on it: the same three as published tables count them.
MUSPY: tuple[Line, ...] = (
    _line("muspy", "bits", 0, 3.585, muspy.muspy_entropy),
    _line("muspy", "%", 0, 100, muspy.muspy_scale),
    _line("muspy", "%", 0, 100, muspy.muspy_groove),
)
ALL_LINES: tuple[Line, ...] = CARD + MUSPY
NAMES: tuple[str, ...] = tuple(line.name for line in ALL_LINES)


def measure(excerpt: Excerpt, lines: Sequence[Line] = ALL_LINES) -> Floats:
    """All lines of an excerpt; float (lines,), NaN where one does not apply."""
    return np.array(
        [line.measure(excerpt) if excerpt.is_end or not line.at_end else np.nan for line in lines], np.float64
    )


def measure_piece(score: Score, *, strict: bool = False) -> Floats:
    """Every window of a piece; float (windows, lines).

    Where the last window is not the piece's end, the lines of endings are measured of its last bars and stand in the
    last row.

    Args:
        score: any score.
        strict: only whole windows that say something (see `windows`).
    """
    found = list(windows(score, strict=strict))
    rows = np.array([measure(excerpt) for excerpt in found]).reshape(-1, len(ALL_LINES))
    if found and not any(excerpt.is_end for excerpt in found):
        last = ending(score)
        if last is not None and len(last.notes):
            at_end = np.array([line.at_end for line in ALL_LINES])
            rows[-1, at_end] = measure(last)[at_end]
    return rows
