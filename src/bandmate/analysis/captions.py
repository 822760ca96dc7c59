"""Captions: a sentence for the piece and one for every eight bars, said from measured facts alone.

No word is used that a measurement does not carry; MOODS states what each mood word stands on. Genre is only named
when the caller knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.descriptors import DESCRIPTORS
from bandmate.analysis.labels import Labels, label
from bandmate.analysis.sections import Section
from bandmate.score import gm
from bandmate.score.model import Score, Track

TEMPO_WORDS = ((60, "very slow"), (80, "slow"), (108, "mid-tempo"), (132, "lively"), (168, "fast"), (1e9, "very fast"))
MOST_NAMED = 6  # instruments a caption names


@dataclass(frozen=True, slots=True)
class BarCaption:
    """A caption of a stretch of bars (start counted from 0)."""

    start_bar: int
    bars: int
    text: str


@dataclass(frozen=True, slots=True)
class MoodFacts:
    """What mood words are judged by: bins (0 low .. 7 high) of measured descriptors, and the mode; -1 = unknown."""

    minor: bool
    major: bool
    tempo: int
    notes_a_second: int
    loud: int
    legato: int


MOODS: dict[str, Callable[[MoodFacts], bool]] = {
    "melancholic": lambda f: f.minor and f.tempo <= 2 and f.notes_a_second <= 3,
    "dark": lambda f: f.minor and f.notes_a_second >= 3 and f.tempo >= 2,
    "happy": lambda f: f.major and f.tempo >= 4 and f.notes_a_second >= 2,
    "calm": lambda f: 0 <= f.notes_a_second <= 1 and f.tempo <= 3,
    "energetic": lambda f: f.notes_a_second >= 5 and f.tempo >= 3 and f.loud >= 3,
    "dreamy": lambda f: f.legato >= 6 and f.tempo <= 2 and 0 <= f.notes_a_second <= 3,
    "soft": lambda f: 0 <= f.loud <= 1,
}


def tempo_word(bpm: float) -> str:
    """How fast a tempo is called: "very slow" to "very fast"."""
    return next(word for limit, word in TEMPO_WORDS if bpm < limit)


def instrument_name(track: Track) -> str:
    """What a track's sound is called: its General MIDI name in lower case, or "drums"."""
    return "drums" if track.is_drum else gm.program_name(min(track.program, 127)).lower()


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _instruments(tracks: Sequence[Track], counts: Sequence[int]) -> str:
    """The sounds that play, the busiest first, each once; drums lead."""
    order = sorted(range(len(tracks)), key=lambda i: (not tracks[i].is_drum, -counts[i]))
    names = list(dict.fromkeys(instrument_name(tracks[i]) for i in order if counts[i]))
    extra = len(names) - MOST_NAMED
    return _listed(names if extra <= 1 else [*names[:MOST_NAMED], f"{extra} more"]) if names else "silence"


def _mean_over_tracks(labels: Labels, name: str, counts: NDArray[np.int64]) -> float:
    values = np.array([track[name] for track in labels.tracks])
    known = ~np.isnan(values) & (counts > 0)
    return float(np.average(values[known], weights=counts[known])) if known.any() else np.nan


def mood_words(score: Score, labels: Labels) -> tuple[str, ...]:
    """Mood words whose facts hold, at most two."""
    counts = np.array([len(track.notes) for track in score.tracks], np.int64)
    if not counts.sum():
        return ()
    key = labels.key.key
    sure = labels.key.confidence >= 0.6
    facts = MoodFacts(
        minor=sure and key is not None and key.is_minor,
        major=sure and key is not None and not key.is_minor,
        tempo=DESCRIPTORS["tempo"].bin(labels.piece["tempo"]),
        notes_a_second=DESCRIPTORS["notes_a_second"].bin(labels.piece["notes_a_second"]),
        loud=DESCRIPTORS["velocity"].bin(_mean_over_tracks(labels, "velocity", counts)),
        legato=DESCRIPTORS["legato"].bin(_mean_over_tracks(labels, "legato", counts)),
    )
    return tuple(word for word, holds in MOODS.items() if holds(facts))[:2]


def texture_words(piece: dict[str, float]) -> tuple[str, ...]:
    """Words for what lies at the ends of the piece descriptors: sparse, busy, swung, syncopated, repetitive ..."""
    words = []
    for name in ("piece_density", "piece_syncopation", "piece_repetition", "pitch_class_entropy"):
        item = DESCRIPTORS[name]
        index = item.bin(piece[name])
        if index in (0, item.bin_count - 1) and item.words[index > 0]:
            words.append(item.words[index > 0])
    for name in ("piece_swing", "piece_swing_16"):
        if piece[name] >= 0.56:
            words.append(DESCRIPTORS[name].words[1])
    return tuple(word for word in words if word not in ("on the beat", "changing"))


def _count_bars(count: int) -> str:
    return "1 bar" if count == 1 else f"{count} bars"


def _form(sections: Sequence[Section]) -> str:
    names = [section.name or section.label for section in sections]
    return " ".join(names) if 1 < len(names) <= 12 else ""


def caption(score: Score, labels: Labels | None = None, *, genre: str = "") -> str:
    """One sentence about a piece.

    Args:
        score: the piece.
        labels: its measurements, made if not given.
        genre: its genre if it is known ("hip_hop" reads "hip hop").
    """
    labels = label(score, bar_level=False) if labels is None else labels
    counts = [len(track.notes) for track in score.tracks]
    what = f"{genre.replace('_', ' ')} piece" if genre else "piece"
    lead = " ".join([*mood_words(score, labels), tempo_word(score.bpm), what])
    article = "An" if lead[0] in "aeiou" else "A"
    parts = [f"{article} {lead} at {score.bpm:.4g} BPM"]
    if labels.key.key is not None and labels.key.confidence >= 0.4:
        parts.append(f"in {labels.key.key.name}")
    parts.append(f"in {labels.meter[0]}/{labels.meter[1]}")
    text = f"{' '.join(parts)}, {_count_bars(len(labels.bars))}, for {_instruments(score.tracks, counts)}"
    words = texture_words(labels.piece) if sum(counts) else ()
    text += f"; {_listed(words)}" if words else ""
    form = _form(labels.sections)
    return f"{text}; form {form}." if form else f"{text}."


def _progression(labels: Labels, start: int, stop: int) -> str:
    flats = labels.key.key is not None and labels.key.key.uses_flats
    names = [chord.spell(flats) for chord in labels.chords[2 * start : 2 * stop] if chord is not None]
    names = [name for name, _ in groupby(names)]
    return " ".join(names) if 0 < len(names) <= 16 else ""


def _against(value: float, usual: float, low: str, high: str) -> str:
    if not usual or value != value:
        return ""
    return low if value < 0.75 * usual else high if value > 1.25 * usual else ""


def bar_captions(score: Score, labels: Labels | None = None, *, every: int = 8) -> tuple[BarCaption, ...]:
    """One line for every stretch of bars: section, who plays, chords, and how it differs from the whole.

    Args:
        score: the piece.
        labels: its measurements, made if not given.
        every: bars a stretch, at least 1; the last may be shorter.
    """
    if labels is None or not labels.track_bars:
        labels = label(score)
    bars = labels.bars
    quarters = bars["length_ticks"] / score.ticks_per_quarter
    empty = np.zeros((1, len(bars)))
    notes = np.array([values["bar_density"] * quarters for values in labels.track_bars] or empty)
    velocity = np.array([np.nan_to_num(values["bar_velocity"]) for values in labels.track_bars] or empty)
    usual_density = notes.sum() / quarters.sum()
    usual_velocity = (notes * velocity).sum() / max(notes.sum(), 1)
    starts = [section.start_bar for section in labels.sections]
    result = []
    for start in range(0, len(bars), max(1, every)):
        stop = min(start + max(1, every), len(bars))
        count = notes[:, start:stop].sum(1)
        section = labels.sections[int(np.searchsorted(starts, start, side="right")) - 1]
        loudness = (notes * velocity)[:, start:stop].sum() / max(count.sum(), 1)
        facts = (
            _progression(labels, start, stop),
            _against(count.sum() / quarters[start:stop].sum(), usual_density, "sparser", "busier"),
            _against(loudness, usual_velocity, "softer", "louder") if count.sum() else "",
        )
        who = _instruments(score.tracks, [round(float(c)) for c in count[: len(score.tracks)]])
        span = f"bars {start + 1}-{stop}" if stop > start + 1 else f"bar {stop}"
        text = "; ".join([f"{span}, {section.name or section.label}: {who}", *filter(None, facts)])
        result.append(BarCaption(start, stop - start, text))
    return tuple(result)
