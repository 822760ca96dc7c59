"""symusic.Score, column by column. Its ABC functions are never called: they run programs of another licence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.compat.holds import library, tell_losses
from bandmate.io.messages import BEND, CONTROL
from bandmate.io.midi_fast import score_of
from bandmate.io.text_events import LYRIC, texts_of, with_texts
from bandmate.score.model import EVENT, MADE, Score, Track

_CENTRE = 8192


def to_symusic(score: Score) -> Any:
    """A score as a symusic.Score in ticks; channels, pressure and system events are not kept.

    Raises:
        UserError: symusic is not installed.
    """
    symusic = library("symusic")
    tell_losses(score, "symusic")
    out = symusic.Score(score.ticks_per_quarter)
    for track in score.tracks:
        out.tracks.append(_to_track(symusic, track))
    out.tempos = symusic.Tempo.from_numpy(_ticks(score.tempos), score.tempos["us_per_quarter"].astype(np.int32))
    meters, keys = score.meters, score.keys
    out.time_signatures = symusic.TimeSignature.from_numpy(
        _ticks(meters), meters["numerator"].astype(np.uint8), meters["denominator"].astype(np.uint8)
    )
    out.key_signatures = symusic.KeySignature.from_numpy(
        _ticks(keys), keys["fifths"].astype(np.int8), keys["minor"].astype(np.int8)
    )
    for marker in score.markers:
        out.markers.append(symusic.TextMeta(marker.ticks, marker.text))
    return out


def from_symusic(score: Any) -> Score:
    """A symusic.Score as a score; one that counts in quarters or seconds is brought to ticks by symusic."""
    parsed = score.to("tick") if str(score.ttype).lower() != "tick" else score
    out = score_of(parsed)
    return replace(out, tracks=tuple(_from_track(t, p) for t, p in zip(out.tracks, parsed.tracks, strict=True)))


def _ticks(rows: NDArray[Any], name: str = "ticks") -> NDArray[np.int32]:
    return rows[name].astype(np.int32)


def _to_track(symusic: Any, track: Track) -> Any:
    out = symusic.Track(track.name, track.program, track.is_drum)
    notes = track.notes
    out.notes = symusic.Note.from_numpy(
        _ticks(notes, "onset_ticks"),
        _ticks(notes, "duration_ticks"),
        notes["pitch"].astype(np.int8),
        notes["velocity"].astype(np.int8),
    )
    controls = track.events[track.events["status"] == CONTROL]
    bends = track.events[track.events["status"] == BEND]
    out.controls = symusic.ControlChange.from_numpy(
        _ticks(controls), controls["data1"].astype(np.uint8), controls["data2"].astype(np.uint8)
    )
    value = bends["data1"].astype(np.int32) + (bends["data2"].astype(np.int32) << 7) - _CENTRE
    out.pitch_bends = symusic.PitchBend.from_numpy(_ticks(bends), value)
    for ticks, text in texts_of(track, LYRIC):
        out.lyrics.append(symusic.TextMeta(ticks, text))
    return out


def _from_track(track: Track, parsed: Any) -> Track:
    channel = track.channel
    controls, bends = parsed.controls.numpy(), parsed.pitch_bends.numpy()
    value = bends["value"].astype(np.int64) + _CENTRE
    columns = [
        (controls["time"], CONTROL, controls["number"], controls["value"]),
        (bends["time"], BEND, value & 127, value >> 7),
    ]
    parts = []
    for time, status, first, second in columns:
        rows = np.zeros(len(time), EVENT)
        rows["ticks"], rows["order"], rows["status"], rows["channel"] = time, MADE, status, channel
        rows["data1"], rows["data2"], rows["blob"] = first, second, -1
        parts.append(rows)
    events = np.concatenate(parts)
    made = replace(track, events=events[np.argsort(events["ticks"], kind="stable")])
    return with_texts(made, [(lyric.time, LYRIC, lyric.text) for lyric in parsed.lyrics])
