"""music21 streams: a Score of Parts, notes at their offsets; chord by chord, tied notes joined on the way back."""

from __future__ import annotations

import warnings
from collections import defaultdict
from fractions import Fraction
from typing import Any

import numpy as np

from bandmate.compat.holds import library, tell_losses
from bandmate.compat.spelt import key_rows, notes_from, spelt
from bandmate.io.text_events import LYRIC, texts_of, with_texts
from bandmate.score.model import MADE, METER, NO_KEYS, TEMPO, Score, Track, make_meters, make_tempos

TICKS_PER_QUARTER = 10_080  # music21's own
_DRUMS = 10


def to_music21(score: Score) -> Any:
    """A score as a music21.stream.Score: a Part a track, spelt as written or by the key.

    Raises:
        UserError: music21 is not installed.
    """
    music21 = library("music21")
    tell_losses(score, "music21")
    out = music21.stream.Score()
    out.insert(0, music21.metadata.Metadata(title=score.title or None))
    for place, track in enumerate(score.tracks):
        part = music21.stream.Part(id=track.name or f"P{place + 1}")
        part.partName = track.name or None
        part.insert(0, _instrument(music21, track))
        if place == 0:
            _maps(music21, score, part)
        _notes(music21, score, track, part)
        out.insert(0, part)
    return out


def _quarters(ticks: Any, score: Score) -> Fraction:
    return Fraction(int(ticks), score.ticks_per_quarter)


def _instrument(music21: Any, track: Track) -> Any:
    if track.is_drum:
        found = music21.instrument.UnpitchedPercussion()
        found.midiChannel = _DRUMS - 1
        return found
    try:
        found = music21.instrument.instrumentFromMidiProgram(track.program)
    except music21.exceptions21.Music21Exception:
        found = music21.instrument.Instrument()
    found.midiProgram = track.program
    return found


def _maps(music21: Any, score: Score, part: Any) -> None:
    for row in score.meters:
        part.insert(
            _quarters(row["ticks"], score), music21.meter.TimeSignature(f"{row['numerator']}/{row['denominator']}")
        )
    for row in score.keys:
        signature = music21.key.KeySignature(int(row["fifths"]))
        part.insert(_quarters(row["ticks"], score), signature.asKey("minor" if row["minor"] else "major"))
    for row in score.tempos:
        mark = music21.tempo.MetronomeMark(number=60e6 / int(row["us_per_quarter"]))
        part.insert(_quarters(row["ticks"], score), mark)
    for chord in score.notation.chords if score.notation else ():
        figure = chord.text.replace("b", "-", 1) if chord.root[1:2] == "b" else chord.text
        try:
            symbol = music21.harmony.ChordSymbol(figure) if chord.root else music21.harmony.NoChord()
        except (ValueError, music21.exceptions21.Music21Exception):
            continue
        part.insert(_quarters(chord.ticks, score), symbol)


def _notes(music21: Any, score: Score, track: Track, part: Any) -> None:
    words = dict(texts_of(track, LYRIC))
    if track.notation is not None:
        words |= {int(track.notes["onset_ticks"][one.note]): one.text for one in track.notation.lyrics}
    together: dict[tuple[int, int, int], list[Any]] = defaultdict(list)
    for note, (step, alter, octave) in zip(track.notes, spelt(score, track), strict=True):
        pitch = music21.pitch.Pitch(step=step, octave=octave)
        if alter:
            pitch.accidental = music21.pitch.Accidental(alter)
        key = (int(note["onset_ticks"]), int(note["duration_ticks"]), int(note["velocity"]))
        together[key].append(pitch)
    for (onset, duration, velocity), pitches in together.items():
        made = music21.note.Note(pitches[0]) if len(pitches) == 1 else music21.chord.Chord(pitches)
        made.duration = music21.duration.Duration(_quarters(duration, score))
        made.volume.velocity = velocity
        if onset in words:
            made.lyric = words.pop(onset)
        part.insert(_quarters(onset, score), made)


def from_music21(stream: Any) -> Score:
    """A music21 stream as a score: a Score, or a Part or any other stream as one track.

    Ties are joined, grace notes and chord symbols do not sound, repeats are not played out (`stream.expandRepeats()`
    does that before).

    Raises:
        UserError: music21 is not installed.
    """
    music21 = library("music21")
    inner: Any = getattr(stream, "parts", ())
    parts = list(inner) or [stream]
    maps: dict[str, dict[int, Any]] = {"TimeSignature": {}, "KeySignature": {}, "MetronomeMark": {}}
    tracks = []
    for part in parts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # music21 tells of what it mends
            flat = part.stripTies().flatten()
        tracks.append(_track(music21, part, flat))
        for kind, found in maps.items():
            for one in flat.getElementsByClass(kind):
                found.setdefault(_ticks(one.offset), one)
    meters = [(at, m.numerator, m.denominator, 0, MADE, 24, 8) for at, m in sorted(maps["TimeSignature"].items())]
    keys = [(at, k.sharps or 0, getattr(k, "mode", None) == "minor") for at, k in maps["KeySignature"].items()]
    beats = [(at, mark.getQuarterBPM()) for at, mark in sorted(maps["MetronomeMark"].items())]
    tempos = [(at, round(60e6 / bpm), 0, MADE) for at, bpm in beats if bpm]
    title = getattr(getattr(stream, "metadata", None), "title", None)
    return Score(
        tuple(tracks),
        TICKS_PER_QUARTER,
        np.array(tempos, TEMPO) if tempos else make_tempos(120.0),
        np.array(meters, METER) if meters else make_meters(),
        key_rows(keys) if keys else NO_KEYS,
        title=title or "",
    )


def _ticks(quarters: Any) -> int:
    return round(quarters * TICKS_PER_QUARTER)


def _track(music21: Any, part: Any, flat: Any) -> Track:
    instrument = next(iter(flat.getElementsByClass("Instrument")), None)
    is_drum = instrument is not None and instrument.midiChannel == _DRUMS - 1
    rows, words = [], []
    for element in flat.notes:
        if element.duration.isGrace or isinstance(element, music21.harmony.Harmony):
            continue
        onset, duration = _ticks(element.offset), _ticks(element.quarterLength)
        members = getattr(element, "notes", None) or [element]
        for member in members:
            velocity = member.volume.velocity or element.volume.velocity or 80
            pitch = getattr(member, "pitch", None)
            number = pitch.midi if pitch is not None else getattr(member, "displayPitch", lambda: None)()
            number = getattr(number, "midi", number)
            if number is not None and 0 <= number <= 127:
                rows.append((onset, duration, int(number), min(max(1, int(velocity)), 127)))
        if element.lyric:
            words.append((onset, LYRIC, element.lyric))
    program = (instrument.midiProgram if instrument is not None else 0) or 0
    name = getattr(part, "partName", None) or ""
    return with_texts(Track(name, program, is_drum, notes_from(rows, is_drum)), words)
