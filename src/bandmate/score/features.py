"""What a score holds, feature by feature, so that a format can say what of it is lost.

A format names the features that it holds (`io.files.Format.holds`); `bandmate convert` reports the others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np

from bandmate.score.model import OFF_AS_ON, Score, Track
from bandmate.score.notation import SIGN_BITS

SOUND = frozenset(
    {"notes", "velocities", "release velocities", "tempo changes", "meters", "keys", "markers", "instruments"}
)
"""Features of what sounds that every sequencer holds."""
PLAYED = frozenset(
    {"played timing", "pedal", "volume and pan", "controllers, bends and pressure", "text and system events"}
)
"""Features of a performance."""
NOTATION = frozenset(
    {
        "spellings", "voices", "staves", "ties", "tuplets", "grace notes", "articulations and ornaments", "note heads",
        "lyrics", "dynamics", "hairpins and octave lines", "slurs", "words", "clefs", "transposing instruments",
        "repeats and jumps", "bar lines", "chord symbols", "tempo words", "credits", "bar numbers",
    }
)  # fmt: skip
"""Features of what is written beside what sounds."""
FEATURES = SOUND | PLAYED | NOTATION
_HEADS = SIGN_BITS["cross-head"] | SIGN_BITS["diamond-head"] | SIGN_BITS["slash-head"]
_NO_SIGN = _HEADS | SIGN_BITS["tuplet-start"] | SIGN_BITS["tuplet-stop"]
_LYRIC = 0x05
_VOLUME, _PAN, _PEDAL = 7, 10, 64


def features_of(score: Score) -> dict[str, int]:
    """How often each feature of FEATURES occurs; those that do not occur are missing.

    Off the written grid are notes that do not begin and end where they are written, or, in a track without a notation,
    on a 24th of a quarter.
    """
    counts: dict[str, int] = {}
    for name, count in (*_of_score(score), *(pair for track in score.tracks for pair in _of_track(score, track))):
        if count:
            counts[name] = counts.get(name, 0) + int(count)
    return counts


def places_of(score: Score) -> dict[str, Counter[tuple[object, ...]]]:
    """Where some features of FEATURES stand: quarters, track (those without notes are not counted), kind of sign."""

    def at(ticks: int) -> float:
        return round(int(ticks) / score.ticks_per_quarter, 3)

    found: defaultdict[str, Counter[tuple[object, ...]]] = defaultdict(Counter)
    found["tempo changes"].update((at(ticks),) for ticks in score.tempos["ticks"] if ticks)
    found["chord symbols"].update((at(one.ticks),) for one in (score.notation.chords if score.notation else ()))
    played = [track.notation for track in score.tracks if len(track.notes)]
    for place, written in enumerate(played):
        if written is not None:
            found["dynamics"].update((at(one.ticks), place) for one in written.dynamics)
            found["words"].update((at(one.ticks), place) for one in written.words)
            found["clefs"].update((at(one.ticks), place, one.sign, one.line, one.octaves) for one in written.clefs)
            found["hairpins and octave lines"].update(
                (at(one.start_ticks), at(one.end_ticks), place, one.kind) for one in written.spans
            )
    return found


def _of_score(score: Score) -> Iterator[tuple[str, int]]:
    yield "tempo changes", max(0, len(score.tempos) - 1)
    yield "meters", len(score.meters)
    yield "keys", len(score.keys)
    yield "markers", len(score.markers)
    written = score.notation
    if written is None:
        return
    yield "repeats and jumps", len(written.repeats) + len(written.voltas) + len(written.jumps)
    yield "bar lines", len(written.barlines)
    yield "chord symbols", len(written.chords)
    yield "tempo words", len(written.tempo_words)
    yield "credits", len(written.credits)
    yield "bar numbers", len(written.bar_numbers)


def _of_track(score: Score, track: Track) -> Iterator[tuple[str, int]]:
    notes, status = track.notes, track.events["status"]
    yield "notes", len(notes)
    yield "velocities", int((notes["velocity"] != notes["velocity"][0]).sum()) if len(notes) else 0
    yield "release velocities", int(((notes["off_velocity"] != 64) & (notes["off_velocity"] != OFF_AS_ON)).sum())
    yield "instruments", int(track.program != 0 or track.is_drum)
    yield "played timing", _off_grid(score, track)
    control, number = status == 0xB0, track.events["data1"]
    pedal = control & (number == _PEDAL)
    mixed = control & ((number == _VOLUME) | (number == _PAN)) & (track.events["ticks"] == 0)
    yield "pedal", int(pedal.sum())
    yield "volume and pan", int(mixed.sum())
    moved = (status >= 0xA0) & (status < 0xF0) & (status != 0xC0)
    yield "controllers, bends and pressure", int((moved & ~pedal & ~mixed).sum())
    lyrics = (status == 0xFF) & (track.events["data1"] == _LYRIC)
    yield "text and system events", int(((status >= 0xF0) & ~lyrics).sum())
    if track.notation is None:
        yield "lyrics", int(lyrics.sum())
        return
    yield from _of_notation(track)


def _off_grid(score: Score, track: Track) -> int:
    notes = track.notes
    ends = notes["onset_ticks"] + notes["duration_ticks"]
    if track.notation is None:
        step = score.ticks_per_quarter / 24
        places = np.stack([notes["onset_ticks"], ends]) / step
        return int((np.abs(places - np.rint(places)).max(axis=0) * step >= 1).sum()) if len(notes) else 0
    rows = track.notation.rows
    rows = rows[(rows["note"] >= 0) & (rows["grace"] == 0)]
    first, last = np.full(len(notes), -1, np.int64), np.full(len(notes), -1, np.int64)
    first[rows["note"][::-1]] = rows["onset_ticks"][::-1]
    last[rows["note"]] = rows["onset_ticks"] + rows["duration_ticks"]
    written = first >= 0
    return int((written & ((first != notes["onset_ticks"]) | (last != ends))).sum())


def _of_notation(track: Track) -> Iterator[tuple[str, int]]:
    written = track.notation
    assert written is not None
    rows, signs = written.rows, written.rows["signs"]
    sounding = rows["note"][(rows["note"] >= 0)]
    yield "spellings", len(sounding)
    yield "voices", int((rows["voice"] > 1).sum())
    yield "staves", written.staves - 1
    yield "ties", len(sounding) - len(np.unique(sounding))
    yield "tuplets", int((rows["actual"] != rows["normal"]).sum())
    yield "grace notes", int((rows["grace"] > 0).sum())
    signed = rows[(signs & ~np.uint32(_NO_SIGN)) != 0]
    yield "articulations and ornaments", len(np.unique(signed[["onset_ticks", "voice", "grace"]]))  # a chord bears one
    yield "note heads", int(((signs & np.uint32(_HEADS)) != 0).sum())
    yield "lyrics", sum(bool(lyric.text) for lyric in written.lyrics)
    yield "dynamics", len(written.dynamics)
    yield "hairpins and octave lines", len(written.spans)
    yield "slurs", len(written.slurs)
    yield "words", len(written.words)
    yield "clefs", len(written.clefs)
    yield "transposing instruments", len(written.transpositions)
