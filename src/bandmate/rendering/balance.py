"""How loud and where each track of a genre stands, from the genre's mix table."""

from __future__ import annotations

import re
from dataclasses import replace

from bandmate.analysis.genres import genre
from bandmate.rendering.character import Character, character
from bandmate.rendering.mixer import TrackMix
from bandmate.rendering.performance import CONTROL, PAN
from bandmate.score.model import Score, Track

LOUDEST_LUFS = -20.0  # of the loudest track: a band of them sums to about -17 and leaves room for peaks
_QUIETEST_DB = -14.0
_DRUM_ROWS = ("drums", "kick", "snare", "hats", "ride", "rim", "perc", "timbales")
# where a role stands if the mix table has no row for it, best first
_KIN = {
    "brass": ("chords", "lead"),
    "strings": ("pad", "chords"),
    "pad": ("chords",),
    "melody": ("lead", "chords"),
    "lead": ("chords",),
    "arp": ("chords",),
    "vox": ("lead", "chords"),
    "perc": ("hats",),
    "fx": ("pad",),
}
# rows for an instrument beside the roles: a track of that name stands there
_BY_NAME = ("organ", "fiddle", "steel", "banjo", "guitar2", "timpani", "ostinato", "violin2", "viola", "alto", "tenor")


def genre_mixes(score: Score, name: str) -> dict[int, TrackMix]:
    """A place in the mix for each track with notes: the genre's level, reached by measured loudness, and its pan.

    A track that says itself where it stands (controller 10) stays there. Drums get the genre's grit; the shares of echo
    and side-chain go by role.

    Args:
        score: its tracks' roles choose the rows of the table; drums stand at the level of their loudest voice.
        name: id in the genre table.

    Raises:
        BriefError: no such genre.
    """
    table, sound = genre(name).get("mix") or {}, character(name)
    return {
        index: _with_effects(track, _place(track, table.get("db", {}), table.get("pan", {})), sound)
        for index, track in enumerate(score.tracks)
        if len(track.notes)
    }


def _place(track: Track, levels_db: dict[str, float], pans: dict[str, float]) -> TrackMix:
    if track.is_drum:
        loudest = max((levels_db[row] for row in _DRUM_ROWS if row in levels_db), default=0.0)
        return TrackMix(level_lufs=LOUDEST_LUFS + max(loudest, _QUIETEST_DB))
    named = [word for word in re.findall(r"\w+", track.name.lower()) if word in _BY_NAME]
    rows = (*named, track.role, *_KIN.get(track.role, ("chords",)))
    level_db = next((levels_db[row] for row in rows if row in levels_db), -8.0)
    placed = ((track.events["status"] == CONTROL) & (track.events["data1"] == PAN)).any()
    pan = 0.0 if placed else next((pans[row] for row in rows if row in pans), 0.0)
    return TrackMix(level_lufs=LOUDEST_LUFS + max(level_db, _QUIETEST_DB), pan=pan)


def _with_effects(track: Track, mix: TrackMix, sound: Character) -> TrackMix:
    if track.is_drum:
        return replace(mix, grit=sound.grit)
    echo = sound.echo.shares.get(track.role, 0.0) if sound.echo else 0.0
    return replace(mix, echo=echo, floor=sound.ducking.floor(track.role))
