"""inspect: what a piece is, measured: tempo, meter, key, sections, tracks with roles, chords, a caption."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.analysis.captions import bar_captions, caption, instrument_name
from bandmate.analysis.labels import Labels, label
from bandmate.analysis.sections import Section
from bandmate.io.als.read import LiveSet, read_live_set
from bandmate.io.als.to_score import score_of
from bandmate.io.files import read
from bandmate.score.cut import split_channels
from bandmate.score.model import Score
from bandmate.score.timeline import bar_of, ticks_to_seconds
from bandmate.workflows.places import check_free

MOST_TEMPO_CHANGES = 2000  # listed; a played tempo map may hold one a beat


@dataclass(frozen=True, slots=True)
class TempoChange:
    """A tempo from a bar on (counted from 1), at a time in seconds."""

    bar: int
    at_sec: float
    bpm: float


@dataclass(frozen=True, slots=True)
class MeterChange:
    """A meter from a bar on (counted from 1)."""

    bar: int
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class InspectedTrack:
    """One track.

    Attributes:
        number: from 1; name: as in the file; instrument: General MIDI name; program: 0..127; is_drum.
        role: "drums", "bass", "chords" ..., with its confidence 0..1; "" without notes.
        notes: count; low, high: pitches, None without notes or on drums; bars: bars in which a note begins.
        density: notes a quarter in those bars; polyphony: 85th percentile of notes at once.
        descriptors: every track descriptor that means something here (see analysis.descriptors).
    """

    number: int
    name: str
    instrument: str
    program: int
    is_drum: bool
    role: str
    confidence: float
    notes: int
    low: int | None
    high: int | None
    bars: int
    density: float | None
    polyphony: int | None
    descriptors: dict[str, float]


@dataclass(frozen=True, slots=True)
class InspectedSet:
    """What an Ableton Live set holds beside the music that was measured.

    Attributes:
        version: of Live; arrangement_clips, session_clips: clips of notes; scenes: their names.
        locators: (quarters from the start, name).
        samples: sound files that its clips play (see `io.als.read.SampleReference`); missing: how many are not there.
    """

    version: int
    arrangement_clips: int
    session_clips: int
    scenes: tuple[str, ...]
    locators: tuple[tuple[float, str], ...]
    samples: tuple[dict[str, Any], ...]
    missing: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a piece. Bars count from 1 here, as musicians count them.

    Attributes:
        file: where it was read from, "" for a score in memory; title: as the file says.
        seconds, bars, notes, ticks_per_quarter: its size.
        bpm: the tempo most time is spent in; tempos, meters: changes, the first at bar 1; meter: the main one.
        key: measured key ("D minor"), None without pitched notes; key_confidence: 0..1; mode: the church mode its
            notes fit best; key_signature: what the file states, "" if nothing.
        sections: start_bar from 1, bars, label, name, energy; chords: two a bar, "" where nothing sounds.
        descriptors: every piece descriptor that means something here.
        caption: of the piece; captions: one for every eight bars.
        live: of an Ableton Live set, what else it holds.
        repairs: what of a damaged MIDI file was not as it should be, and how it was taken.
    """

    file: str
    title: str
    seconds: float
    bars: int
    notes: int
    ticks_per_quarter: int
    bpm: float
    tempos: tuple[TempoChange, ...]
    meter: tuple[int, int]
    meters: tuple[MeterChange, ...]
    key: str | None
    key_confidence: float
    mode: str | None
    key_signature: str
    sections: tuple[Section, ...]
    tracks: tuple[InspectedTrack, ...]
    chords: tuple[str, ...]
    descriptors: dict[str, float]
    caption: str
    captions: tuple[str, ...]
    live: InspectedSet | None = None
    repairs: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data of str, float, int, bool, None, list and dict."""
        return _plain(asdict(self))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def inspect(source: Score | str | Path, *, picture: str | Path | None = None, overwrite: bool = True) -> Inspection:
    """Measure a piece.

    Args:
        source: a score or a file.
        picture: PNG to draw the piano roll with sections and chords into; None = no picture.
        overwrite: whether a picture of that name may be replaced.

    Raises:
        FileFormatError: the file cannot be read.
        OutputError: the picture cannot be written, or is there already.
    """
    if picture is not None:
        check_free(picture, overwrite=overwrite)
    live = read_live_set(source) if isinstance(source, str | Path) and Path(source).suffix.lower() == ".als" else None
    music = source if isinstance(source, Score) else score_of(live) if live is not None else read(source)
    score = split_channels(music)  # type 0 holds a band in one track
    labels = label(score, bar_level=True)
    if picture is not None:
        from bandmate.pictures.roll import draw_roll  # brings Pillow

        drawn = [replace(track, role=track.role or r.role) for track, r in zip(score.tracks, labels.roles, strict=True)]
        shown = replace(score, tracks=tuple(drawn))
        draw_roll(shown, picture, sections=labels.sections, chords=labels.chords, title=_title(score, source))
    found = _inspection(score, labels, "" if isinstance(source, Score) else str(source))
    found = replace(found, repairs=music.header.repairs if music.header else ())
    return found if live is None else replace(found, live=_inspected_set(live))


def _inspected_set(live: LiveSet) -> InspectedSet:
    return InspectedSet(
        live.version,
        sum(len(track.arrangement) for track in live.tracks),
        sum(len(track.slots) for track in live.tracks),
        live.scenes,
        live.locators,
        tuple(sample._asdict() for sample in live.samples),
        len({sample.path for sample in live.samples if not sample.exists}),
    )


def _title(score: Score, source: Score | str | Path) -> str | None:
    return score.title or (None if isinstance(source, Score) else Path(source).stem)


def _known(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items() if value == value}


def _tempos(score: Score, labels: Labels) -> tuple[tuple[TempoChange, ...], float]:
    """The tempo map, and the tempo most time is spent in."""
    tempos = score.tempos[np.argsort(score.tempos["ticks"], kind="stable")]
    ticks, us = tempos["ticks"], tempos["us_per_quarter"]
    last = np.append(ticks[1:] != ticks[:-1], True)[: len(ticks)]
    ticks, us = ticks[last], us[last]
    if not len(ticks) or ticks[0] > 0:
        ticks, us = np.append(0, ticks), np.append(500_000, us)
    ends = np.append(ticks[1:], max(score.last_ticks, int(ticks[-1]) + 1))
    held = np.bincount(np.unique(us, return_inverse=True)[1].ravel(), np.maximum(ends - ticks, 0) * us)
    main = 60e6 / float(np.unique(us)[held.argmax()])
    changed = np.flatnonzero(np.append(True, us[1:] != us[:-1]))[:MOST_TEMPO_CHANGES]
    at_sec, bar = ticks_to_seconds(score, ticks[changed]), bar_of(labels.bars, ticks[changed])
    made = tuple(
        TempoChange(int(b) + 1, round(float(t), 4), round(60e6 / int(u), 3))
        for b, t, u in zip(bar, at_sec, us[changed], strict=True)
    )
    return made, round(main, 3)


def _meters(labels: Labels) -> tuple[MeterChange, ...]:
    meters = np.stack([labels.bars["numerator"], labels.bars["denominator"]], axis=1)
    changed = np.flatnonzero(np.append(True, (meters[1:] != meters[:-1]).any(1)))
    return tuple(MeterChange(int(i) + 1, int(meters[i][0]), int(meters[i][1])) for i in changed)


def _signature(score: Score) -> str:
    if not len(score.keys):
        return ""
    first = score.keys[int(np.argmin(score.keys["ticks"]))]
    sharps = int(first["fifths"])
    name = f"{abs(sharps)} {'sharp' if sharps > 0 else 'flat'}{'s' if abs(sharps) > 1 else ''}"
    return (name if sharps else "no sharps or flats") + (", minor" if first["minor"] else "")


def _track(score: Score, labels: Labels, index: int) -> InspectedTrack:
    track, values, guess = score.tracks[index], labels.tracks[index], labels.roles[index]
    pitched = len(track.notes) and not track.is_drum
    known = _known(values)
    most = known.get("max_polyphony")
    return InspectedTrack(
        number=index + 1,
        name=track.name,
        instrument=instrument_name(track),
        program=track.program,
        is_drum=track.is_drum,
        role=track.role or guess.role,
        confidence=1.0 if track.role else guess.confidence,
        notes=len(track.notes),
        low=int(track.notes["pitch"].min()) if pitched else None,
        high=int(track.notes["pitch"].max()) if pitched else None,
        bars=round((1.0 - values["silence"]) * len(labels.bars)),
        density=known.get("density"),
        polyphony=None if most is None else int(most),
        descriptors=known if len(track.notes) else {},
    )


def _inspection(score: Score, labels: Labels, file: str) -> Inspection:
    tempos, bpm = _tempos(score, labels)
    key = labels.key
    flats = key.key is not None and key.key.uses_flats
    return Inspection(
        file=file,
        title=score.title,
        seconds=round(float(ticks_to_seconds(score, score.last_ticks)), 3),
        bars=len(labels.bars),
        notes=score.note_count,
        ticks_per_quarter=score.ticks_per_quarter,
        bpm=bpm,
        tempos=tempos,
        meter=labels.meter,
        meters=_meters(labels),
        key=None if key.key is None else key.key.name,
        key_confidence=round(key.confidence, 3),
        mode=None if key.modal is None else key.modal.name,
        key_signature=_signature(score),
        sections=tuple(
            Section(s.label, s.start_bar + 1, s.bars, s.name, s.energy, s.roles_playing) for s in labels.sections
        ),
        tracks=tuple(_track(score, labels, i) for i in range(len(score.tracks))),
        chords=tuple("" if chord is None else chord.spell(flats) for chord in labels.chords),
        descriptors=_known(labels.piece),
        caption=caption(score, labels),
        captions=tuple(item.text for item in bar_captions(score, labels)),
    )
