"""The set that is open in Live, as lines for a person and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bandmate.counts import counted
from bandmate.io.live.view import SetView, TrackView
from bandmate.workflows.live_hear import scene_words


def listed(view: SetView) -> list[str]:
    """The set in lines for a person: scenes, then tracks with their clips."""
    key = f", {view.key.name}" if view.key else ""
    lines = [f"{view.tempo:g} BPM, {view.meter[0]}/{view.meter[1]}{key}; {counted(len(view.tracks), 'track')}, "
             f"{counted(len(view.scenes), 'scene')}"]  # fmt: skip
    for track in view.tracks:
        lines.append(f"track {track.index + 1} '{track.name}' ({_kind(track)})")
        for scene, slot in sorted(track.slots.items()):
            plays = ", playing" if track.playing == scene else ""
            bars = slot.quarters / view.bar_quarters
            lines.append(f"    {scene_words(view, scene)}: '{slot.name}', {bars:g} bar{'s' * (bars != 1)}{plays}")
    return lines


def _kind(track: TrackView) -> str:
    if track.is_group or not track.is_midi:
        return "group" if track.is_group else "audio"
    return "drums" if track.is_drum else "MIDI"


def to_json(view: SetView) -> Mapping[str, Any]:
    """The set as plain data, tracks and scenes counted from 1."""
    tracks = [
        {"number": t.index + 1, "name": t.name, "midi": t.takes_notes, "drums": t.is_drum,
         "playing": None if t.playing is None else t.playing + 1,
         "clips": [{"scene": s + 1, "name": c.name, "quarters": c.quarters} for s, c in sorted(t.slots.items())]}
        for t in view.tracks
    ]  # fmt: skip
    return {"tempo": view.tempo, "meter": list(view.meter), "key": view.key.name if view.key else None,
            "scenes": list(view.scenes), "tracks": tracks}  # fmt: skip
