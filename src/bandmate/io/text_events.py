"""Words on a track as MIDI keeps them: meta events of a kind, their text in the track's blobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from bandmate.io.midi_build import decode_text
from bandmate.score.model import EVENT, MADE, Track

META = 0xFF
TEXT, LYRIC = 0x01, 0x05


def with_texts(track: Track, texts: Iterable[tuple[int, int, str]]) -> Track:
    """The track with words added: (ticks, kind of meta event, text)."""
    new = list(texts)
    if not new:
        return track
    start = len(track.blobs)
    rows = [(ticks, MADE, META, 0, kind, 0, start + place) for place, (ticks, kind, _) in enumerate(new)]
    events = np.concatenate([track.events, np.array(rows, EVENT)])
    events = events[np.argsort(events["ticks"], kind="stable")]
    return replace(track, events=events, blobs=(*track.blobs, *(text.encode("utf-8") for _, _, text in new)))


def texts_of(track: Track, kind: int) -> Iterator[tuple[int, str]]:
    """The words of one kind: (ticks, text) in order."""
    rows = track.events[(track.events["status"] == META) & (track.events["data1"] == kind)]
    for row in rows[rows["blob"] >= 0]:
        yield int(row["ticks"]), decode_text(track.blobs[int(row["blob"])])
