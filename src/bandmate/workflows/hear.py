"""hear: what is in a sound file, as facts a composer can use, each with how sure it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.sound.grid import BarGrid, drum_pattern, onset_pattern
from bandmate.analysis.sound.harmony import HeardChord, find_chords, find_key, span_sound
from bandmate.analysis.sound.kinds import KINDS, find_kind
from bandmate.analysis.sound.lines import HeardNote, find_line
from bandmate.analysis.sound.pulse import pulse_of
from bandmate.analysis.sound.tempo import Beats, TempoGuess
from bandmate.audio.clip import Clip, read_clip
from bandmate.audio.drum_onsets import DRUMS, Stroke, drum_likelihoods, drum_picture, drum_strokes
from bandmate.audio.note_onsets import NotePicture, note_picture, pick_notes
from bandmate.audio.pitch_line import pitch_line
from bandmate.audio.timbre import Timbre, loudness_curve, timbre_of, timbre_words
from bandmate.counts import counted
from bandmate.errors import BriefError, MissingExtra
from bandmate.limits import HEAR_MINUTES
from bandmate.score.pitch import Key
from bandmate.workflows.hear_bars import FIRM, beats_of, is_loop, played_bars
from bandmate.workflows.live_clip import find_live_clip, is_live_clip

AS = ("auto", *KINDS)
_KEYS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What was heard.

    Attributes:
        file, seconds, heard_sec: the file, its length, and how much of it was listened to.
        kind: "drums", "line", "chords" or "band"; kinds: how likely each is.
        tempos: likeliest first, its double and half among them; empty where there is no beat.
        tempo_from: "stated", "warp markers", "name", "length", "sound" or "".
        beats: where the beat is, None without one; grid: its bars; bars: whole bars heard; loop: the file is exactly
            those bars.
        keys: up to three, likeliest first. chords: in time order.
        onsets: in how many of the bars something begins at each sixteenth.
        strokes: of drums. notes: of a line, or of chords. line_missing: the line was not followed, for this reason.
        loudness_db: every 0.4 s. timbre, words: what it sounds like.
        notices: sentences.
    """

    file: str
    seconds: float
    heard_sec: float
    kind: str
    kinds: dict[str, float]
    tempos: tuple[TempoGuess, ...]
    tempo_from: str
    beats: Beats | None
    grid: BarGrid | None
    bars: int
    loop: bool
    keys: tuple[tuple[Key, float], ...]
    chords: tuple[HeardChord, ...]
    onsets: tuple[int, ...]
    strokes: tuple[Stroke, ...]
    notes: tuple[HeardNote, ...]
    loudness_db: NDArray[np.float64]
    timbre: Timbre
    words: tuple[str, ...]
    notices: tuple[str, ...]

    @property
    def bpm(self) -> float | None:
        """The likeliest tempo."""
        return self.tempos[0].bpm if self.tempos else None

    @property
    def key(self) -> Key | None:
        """The likeliest key."""
        return self.keys[0][0] if self.keys else None

    def to_json(self) -> dict[str, Any]:
        """Plain data; times in seconds."""
        beats, grid = self.beats, self.grid
        return {
            "file": self.file, "seconds": round(self.seconds, 3), "heard_seconds": round(self.heard_sec, 3),
            "kind": self.kind, "kinds": _rounded(self.kinds),
            "tempos": [_rounded(asdict(guess)) for guess in self.tempos], "tempo_from": self.tempo_from,
            "meter": beats.meter if beats else None, "bar_sure": round(beats.bar_sure, 3) if beats else None,
            "steady": beats.steady if beats else None, "beat_clearness": round(beats.clear, 2) if beats else None,
            "beats": _times(beats.times_sec) if beats else [],
            "bar_lines": _times(beats.bar_times_sec) if beats else [], "bars": self.bars, "loop": self.loop,
            "keys": [{"key": key.name, "sure": round(sure, 3)} for key, sure in self.keys],
            "chords": [
                {"start": round(c.start_sec, 3), "end": round(c.end_sec, 3), "chord": c.chord and c.chord.spell(),
                 "sure": round(c.sure, 3)} for c in self.chords
            ],
            "onsets": list(self.onsets),
            "patterns": {drum: drum_pattern(grid, self.strokes, drum, self.bars) for drum in DRUMS} if grid else {},
            "strokes": [{"time": round(s.time_sec, 3), "drum": s.drum, "strength": round(s.strength, 3),
                         "sure": round(s.sure, 3)} for s in self.strokes],
            "notes": [{"onset": round(n.onset_sec, 3), "end": round(n.end_sec, 3), "pitch": n.pitch,
                       "strength": round(n.strength, 3), "sure": round(n.sure, 3)} for n in self.notes],
            "loudness_db": [round(float(value), 1) for value in self.loudness_db],
            "timbre": _rounded(asdict(self.timbre)), "words": list(self.words), "notices": list(self.notices),
        }  # fmt: skip


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in values.items()}


def _times(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 3) for value in values]


def hear(
    path: str | Path, *, minutes: float = 6.0, kind: str = "auto", tempo: float | None = None, notes: bool = True
) -> Heard:
    """Listen to a sound file.

    Args:
        path: WAV, FLAC, Ogg, MP3 or AIFF, or a clip of sound in a Live set, spelled `set.als#clip name`.
        minutes: how much of it is listened to, from its start; 0.1..30.
        kind: "drums", "line", "chords" or "band", "auto" = as it sounds.
        tempo: quarter notes a minute where it is known.
        notes: whether the notes of a line or of chords are written down; a line needs the extra `audio`.

    Raises:
        BriefError: minutes or kind are out of range. UserError: the file is not there, or silent.
        FileFormatError: it is no sound. MissingExtra: `kind` is "line" and the extra is not installed.

    >>> import bandmate  # doctest: +SKIP
    >>> bandmate.hear("loop.wav").bpm  # doctest: +SKIP
    """
    HEAR_MINUTES.check(minutes)
    if kind not in AS:
        raise BriefError(f"kind '{kind}' is not known; choose one of {', '.join(AS)}")
    if is_live_clip(path):
        live = find_live_clip(path)
        clip = read_clip(live.path, minutes * 60.0, live.part, live.warp)
    else:
        clip = read_clip(path, minutes * 60.0)
    return hear_clip(clip, kind=kind, tempo=tempo, with_notes=notes)


def hear_clip(clip: Clip, *, kind: str = "auto", tempo: float | None = None, with_notes: bool = True) -> Heard:
    """Listen to a clip that was read; see `hear`."""
    picture, sound = drum_picture(clip.mono), note_picture(clip.mono)
    drums = drum_likelihoods(picture)
    kinds = find_kind(drums, sound)
    chosen = max(kinds, key=lambda name: kinds[name]) if kind == "auto" else kind
    notices = [] if clip.read_sec > clip.whole_sec - 1 else [
        f"only the first {clip.read_sec / 60:.3g} of {clip.whole_sec / 60:.3g} minutes were listened to"
    ]  # fmt: skip
    beats, origin = beats_of(clip, pulse_of(picture, drums, sound), tempo, kinds["drums"] + kinds["band"] >= 0.5)
    if beats is None:
        notices.append("no beat was heard, so there are neither tempo nor bars")
    elif not beats.steady:
        notices.append("the tempo drifts; beats follow it")
    grid = BarGrid(beats.times_sec, beats.first_bar, beats.meter) if beats is not None else None
    strokes = drum_strokes(clip.mono, drums) if chosen in ("drums", "band") else ()
    written, more = _notes(clip, chosen, sound, strict=kind == "line") if with_notes else ((), [])
    keys, chords = _harmony(clip, sound, beats) if chosen != "drums" else ((), ())
    timbre = timbre_of(clip.signal, clip.mono)
    begins = [s.time_sec for s in strokes] or [float(row[0]) for row in pick_notes(sound)]
    firm = [s.time_sec for s in strokes if s.strength >= FIRM] or begins
    bars = played_bars(clip, grid, firm) if grid is not None else 0
    if grid is not None and bars < grid.bars_until(clip.read_sec):
        notices.append(f"what rings on behind bar {bars} is a tail, so it is no bar")
    return Heard(
        file=str(clip.path), seconds=clip.whole_sec, heard_sec=clip.read_sec, kind=chosen, kinds=kinds,
        tempos=beats.tempos if beats else (), tempo_from=origin, beats=beats, grid=grid, bars=bars,
        loop=is_loop(clip, beats, bars), keys=keys, chords=chords,
        onsets=onset_pattern(grid, begins, bars) if grid else (), strokes=strokes, notes=written,
        loudness_db=loudness_curve(clip.mono), timbre=timbre, words=timbre_words(timbre), notices=tuple(notices + more),
    )  # fmt: skip


def _notes(clip: Clip, kind: str, sound: NotePicture, *, strict: bool) -> tuple[tuple[HeardNote, ...], list[str]]:
    """Notes of a line or of chords; a sentence where a part that is not installed would be needed."""
    if kind == "line":
        try:
            return find_line(sound, pitch_line(clip.mono)), []
        except MissingExtra as missing:
            if strict:
                raise
            return _poly(sound), [f"{missing}; until then the line is heard by the note network alone"]
    return (_poly(sound), []) if kind == "chords" else ((), [])


def _poly(sound: NotePicture) -> tuple[HeardNote, ...]:
    rows = pick_notes(sound)
    loudest = rows[:, 3].max() if len(rows) else 1.0
    return tuple(HeardNote(float(a), float(b), int(p), float(s / loudest), float(s)) for a, b, p, s in rows)


def _harmony(
    clip: Clip, sound: NotePicture, beats: Beats | None
) -> tuple[tuple[tuple[Key, float], ...], tuple[HeardChord, ...]]:
    """Keys and chords; spans are half bars, or seconds without a beat."""
    if beats is None:
        edges, quarter = np.arange(0.0, clip.read_sec + 1.0, 1.0), 0.5
    else:
        quarter = 60.0 / beats.bpm
        edges = half_bars(beats, clip.read_sec)
    evidence = span_sound(sound, edges, quarter)
    return find_key(evidence)[:_KEYS], find_chords(evidence, edges)


def half_bars(beats: Beats, end_sec: float) -> NDArray[np.float64]:
    """Edges of half bars over the whole sound (of a bar of three: the bar)."""
    step = 2 if beats.meter % 2 == 0 else beats.meter
    marks = beats.times_sec[beats.first_bar % step :: step]
    gap = step * 60.0 / beats.bpm
    before = [marks[0] - gap] if len(marks) and marks[0] > 0.1 * gap else []
    edges = np.clip([*before, *marks, marks[-1] + gap if len(marks) else end_sec], 0.0, end_sec)
    return edges[np.diff(edges, prepend=-1.0) > 0.05]


_KIND_WORDS = {"drums": "drums", "line": "a line", "chords": "chords", "band": "a band"}


def said(heard: Heard) -> str:
    """What was heard in one line, each part with how sure it is."""
    parts = [f"{_KIND_WORDS[heard.kind]} ({heard.kinds[heard.kind]:.0%} sure)"]
    if heard.beats is not None:
        guess, meter = heard.tempos[0], heard.beats.meter
        bars = f"{counted(heard.bars, 'bar')} of {meter}/4 ({heard.beats.bar_sure:.0%} sure)"
        if heard.heard_sec < heard.seconds - 1:
            bars += f" in the first {heard.heard_sec / 60:.3g} of {heard.seconds / 60:.3g} minutes"
        parts += [f"{guess.bpm:.5g} BPM ({guess.sure:.0%} sure)", bars]
    else:
        parts.append("no beat")
    if heard.keys:
        parts.append(f"{heard.keys[0][0].name} ({heard.keys[0][1]:.0%} sure)")
    return ", ".join(parts)
