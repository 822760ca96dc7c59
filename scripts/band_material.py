"""Bands, songs and piano pieces as sound, each with its truth: what the ears are fitted to and measured on.

`band`: pieces of the groove book in their genre's sound. `song`: POP909 with bass, drums and more. `piano`: POP909 on
the piano, with the chords that its makers wrote down. Drums are kept apart, so that they can be struck on any kit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.spectrum import RATE, Mono, to_mono
from bandmate.io.files import read
from bandmate.library.sources import groovebook
from bandmate.rendering.quick import quick_sound
from bandmate.score.cut import trim
from bandmate.score.model import Score
from bandmate.score.pitch import Chord, Key
from bandmate.score.timeline import bar_grid, ticks_to_seconds

SPAN_SEC = 20.0  # of a clip, at most
KINDS = ("band", "song", "piano")
_MINOR, _MAJOR = 3, 4


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A clip and its truth; times in seconds.

    Attributes:
        kind: one of KINDS. mono: the sound without drums, at RATE.
        hits: drum strokes: seconds, key, velocity; (n, 3).
        bpm: quarter notes a minute; beats, downbeats: seconds. meter: beats a bar.
        key: tonic and whether it is minor, None if unknown.
        chords: rows of start, end, root, third (3, 4, or 0 where it is neither); (n, 4).
        notes: rows of onset, end, pitch, of every note that is no drum; melody: those of the melody track.
    """

    kind: str
    mono: Mono
    hits: NDArray[np.float64]
    bpm: float
    beats: NDArray[np.float64]
    downbeats: NDArray[np.float64]
    meter: int
    key: tuple[int, bool] | None
    chords: NDArray[np.float64]
    notes: NDArray[np.float64]
    melody: NDArray[np.float64]


def bands(data: Path | None, split: str, count: int, seed: int) -> Iterator[Band]:
    """Clips of KINDS in turn, without `data` of the first kind; songs of "test" are never among those of "train"."""
    if data is None:
        yield from (_book_clip(split, np.random.default_rng((seed, number))) for number in range(count))
        return
    songs = sorted((data / "corpus/pop909_band").glob("*.mid"))
    rows = [
        json.loads(line) for line in (data / "corpus/pop909/manifest.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    sure = {row["file"]: row["tags"]["downbeat_offset_beats_est"] for row in rows
            if row["tags"].get("downbeat_offset_beats_est") is not None and row["tsigs"] == [[4, 4]]}  # fmt: skip
    rng = np.random.default_rng(seed)
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        if kind == "band":
            yield _book_clip(split, rng)
        elif kind == "song":
            names = [name for index, name in enumerate(songs) if (index % 10 == 5) == (split == "test")]
            score = read(names[int(rng.integers(len(names)))])
            yield _clip(kind, _some_bars(score, rng), rng)
        else:
            names = [name for index, name in enumerate(sorted(sure)) if (index % 10 == 5) == (split == "test")]
            name = names[int(rng.integers(len(names)))]
            yield _piano(read(data / "corpus/pop909" / name), int(sure[name]), rng)


def _book_clip(split: str, rng: np.random.Generator) -> Band:
    score, labels = groovebook.piece(int(rng.integers(1_000_000)), 90 if split == "test" else 3, bars=(8, 8))
    return _clip("band", score, rng, genre=labels["genre"], key=labels["key"], chords=labels["chords"])


def _some_bars(score: Score, rng: np.random.Generator) -> Score:
    bars = len(bar_grid(score))
    first = int(rng.integers(6, max(7, bars - 16)))
    return trim(score, first, min(bars, first + 9))


def _piano(score: Score, offset_beats: int, rng: np.random.Generator) -> Band:
    labels = next(track for track in score.tracks if track.name == "CHORDS").notes
    if offset_beats:  # bars begin where the song says
        shift = (-offset_beats % 4) * score.ticks_per_quarter
        moved = []
        for track in score.tracks:
            notes = track.notes.copy()
            notes["onset_ticks"] += shift
            moved.append(replace(track, notes=notes))
        score = replace(score, tracks=tuple(moved), end_ticks=0)
    key = None
    if len(score.keys):
        fifths, minor = int(score.keys[0]["fifths"]), bool(score.keys[0]["minor"])
        key = ((fifths * 7 + (9 if minor else 0)) % 12, minor)
    del labels
    part = _some_bars(score, rng)
    track = next(track for track in part.tracks if track.name == "CHORDS")
    rows = []
    for onset in np.unique(track.notes["onset_ticks"]):
        group = track.notes[track.notes["onset_ticks"] == onset]
        root, third = _triad(group["pitch"].astype(int))
        rows.append((onset, onset + int(group["duration_ticks"].max()), root, third))
    sounding = tuple(track for track in part.tracks if track.name != "CHORDS")
    return _clip("piano", replace(part, tracks=sounding), rng, given=key, rows=rows)


def _triad(pitches: NDArray[np.int64]) -> tuple[int, int]:
    """Root and third of a stack of notes in root position or not."""
    classes = sorted({int(pitch) % 12 for pitch in pitches})
    for root in [int(pitches.min()) % 12, *classes]:
        steps = {(other - root) % 12 for other in classes}
        if 7 in steps and (_MINOR in steps) != (_MAJOR in steps):
            return root, _MINOR if _MINOR in steps else _MAJOR
    return int(pitches.min()) % 12, 0


def _clip(
    kind: str,
    score: Score,
    rng: np.random.Generator,
    *,
    genre: str | None = None,
    key: str | None = None,
    given: tuple[int, bool] | None = None,
    chords: list[str] | None = None,
    rows: list[tuple[int, int, int, int]] | None = None,
) -> Band:
    """Render and write the truth down; the clip begins anywhere in its first bar."""
    grid = bar_grid(score)
    bar_ticks = int(grid["length_ticks"][0])
    meter = max(1, round(bar_ticks / score.ticks_per_quarter))
    if chords is not None:
        rows = []
        for half, name in enumerate(chords):
            chord = Chord.parse(name)
            steps = {(pitch - chord.root) % 12 for pitch in chord.pitch_classes}
            third = 0 if (_MINOR in steps) == (_MAJOR in steps) or 7 not in steps else _MINOR if _MINOR in steps else 4
            rows.append((half * bar_ticks // 2, (half + 1) * bar_ticks // 2, chord.root, third))
    if key is not None:
        parsed = Key.parse(key)
        given = (parsed.tonic, _MINOR in {(p - parsed.tonic) % 12 for p in parsed.scale})
    end = score.last_ticks
    beat_ticks = np.arange(0, end, score.ticks_per_quarter)
    down_ticks = np.arange(0, end, bar_ticks)
    cut = float(rng.uniform(0, 1) * ticks_to_seconds(score, [bar_ticks])[0]) * float(rng.random() < 0.6)
    mono = to_mono(quick_sound(score, genre=genre, only=lambda part: not part.is_drum))
    mono = mono[round(cut * RATE) : round((cut + SPAN_SEC) * RATE)]
    last = len(mono) / RATE

    def seconds(ticks: Any) -> NDArray[np.float64]:
        return np.asarray(ticks_to_seconds(score, np.asarray(ticks, np.int64)), float) - cut

    def inside(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return times[(times >= 0) & (times < last)]

    def heard(tracks: list[Any], columns: str = "pitch") -> NDArray[np.float64]:
        notes = np.concatenate([t.notes for t in tracks]) if tracks else score.tracks[0].notes[:0]
        on, off = seconds(notes["onset_ticks"]), seconds(notes["onset_ticks"] + notes["duration_ticks"])
        table = np.stack([on, off, notes["pitch"].astype(float), notes["velocity"].astype(float)], axis=1)
        return table[(on >= 0) & (on < last)]

    drums = heard([t for t in score.tracks if t.is_drum])
    chord_rows = np.array(
        [(a, b, root, third) for (start, stop, root, third) in rows or []
         for a, b in [seconds([start, stop])] if b > 0 and a < last], float,
    ).reshape(-1, 4)  # fmt: skip
    return Band(
        kind, mono, drums[:, [0, 2, 3]], score.bpm, inside(seconds(beat_ticks)), inside(seconds(down_ticks)), meter,
        given, chord_rows, heard([t for t in score.tracks if not t.is_drum])[:, :3],
        heard([t for t in score.tracks if not t.is_drum and (t.role == "melody" or t.name == "MELODY")])[:, :3],
    )  # fmt: skip


def save(bands_: list[Band], path: Path) -> None:
    """Keep clips in one npz file."""
    arrays: dict[str, Any] = {"count": np.array(len(bands_))}
    for index, band in enumerate(bands_):
        facts = {"kind": band.kind, "bpm": band.bpm, "meter": band.meter, "key": band.key}
        arrays[f"{index}.facts"] = np.array(json.dumps(facts))
        for name in ("mono", "hits", "beats", "downbeats", "chords", "notes", "melody"):
            arrays[f"{index}.{name}"] = getattr(band, name)
    np.savez(path, **arrays)


def load(path: Path) -> list[Band]:
    """What `save` kept."""
    stored, found = np.load(path), []
    for index in range(int(stored["count"])):
        facts = json.loads(str(stored[f"{index}.facts"]))
        key = tuple(facts["key"]) if facts["key"] else None
        arrays = {
            n: stored[f"{index}.{n}"] for n in ("mono", "hits", "beats", "downbeats", "chords", "notes", "melody")
        }
        found.append(Band(kind=facts["kind"], bpm=facts["bpm"], meter=facts["meter"], key=key, **arrays))
    return found
