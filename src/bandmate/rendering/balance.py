"""How loud and where each track of a genre stands, from the genre's mix table."""

from __future__ import annotations

from bandmate.analysis.genres import genre
from bandmate.rendering.mixer import TrackMix
from bandmate.score.model import Score, Track

LOUDEST_LUFS = -20.0  # of the loudest track: a band of them sums to about -17 and leaves room for peaks
_QUIETEST_DB = -14.0
# what the mix table calls a role, best first
_ROWS = {
    "bass": ("bass",),
    "chords": ("chords",),
    "brass": ("chords", "lead"),
    "strings": ("pad", "chords"),
    "pad": ("pad", "chords"),
    "melody": ("lead", "chords"),
    "lead": ("lead", "chords"),
    "arp": ("lead", "chords"),
    "vox": ("lead", "chords"),
    "perc": ("perc", "hats"),
    "fx": ("fx", "pad"),
}


def genre_mixes(score: Score, name: str) -> dict[int, TrackMix]:
    """A place in the mix for each track with notes: the genre's level, reached by measured loudness, and its pan.

    Args:
        score: its tracks' roles choose the rows of the table; drums stand at the level of their loudest voice.
        name: id in the genre table.

    Raises:
        BriefError: no such genre.
    """
    table = genre(name).get("mix") or {}
    return {
        index: _place(track, table.get("db", {}), table.get("pan", {}))
        for index, track in enumerate(score.tracks)
        if len(track.notes)
    }


def _place(track: Track, levels_db: dict[str, float], pans: dict[str, float]) -> TrackMix:
    if track.is_drum:
        loudest = max((levels_db[row] for row in ("kick", "snare", "hats", "perc") if row in levels_db), default=0.0)
        return TrackMix(level_lufs=LOUDEST_LUFS + max(loudest, _QUIETEST_DB))
    rows = _ROWS.get(track.role, ("chords",))
    level_db = next((levels_db[row] for row in rows if row in levels_db), -8.0)
    pan = next((pans[row] for row in rows if row in pans), 0.0)
    return TrackMix(level_lufs=LOUDEST_LUFS + max(level_db, _QUIETEST_DB), pan=pan)
