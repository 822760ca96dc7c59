"""Inherit: what a take that was made from a take's file has from it: genre, key, mood, locks, roles, form and chords.

Notes alone say little of these (house sounds like pop in a key finder's ears), and `again` writes by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.errors import BandmateError, BriefError
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.locks import TrackLock, places_of
from bandmate.score.model import Score
from bandmate.score.plan import Plan, PlannedTrack
from bandmate.workflows.edit_desk import lies_in
from bandmate.workflows.take import FILE_NAME, Take, read_take, sha256_of

if TYPE_CHECKING:
    from bandmate.score.pitch import Chord

# What the musician said of the whole piece, and an edit of some of its cells leaves as it was.
_SAID = ("genre2", "styles", "moods", "mood_weights", "swing", "voicing", "excluded_programs", "excluded_drums",
         "included_drums", "patterns")  # fmt: skip
_OTHER_HARMONY = ("reharmonise", "interpolate", "respond")  # whose chords are no longer those of the take
_OTHER_KEY = ("interpolate",)


def take_at(source: str | Path) -> Take | None:
    """The take whose notes a file is; None if it is no take's, or was changed since."""
    if not source:
        return None
    path = Path(source)
    for file in (path.with_name(f"{path.stem}.{FILE_NAME}"), path.with_name(FILE_NAME)):
        if file.is_file():
            with suppress(BandmateError, OSError):
                take = read_take(file)
                if take.midi.resolve() == path.resolve() and take.files.get(path.name) == sha256_of(path):
                    return take
    return None


def genre_of(take: Take | None) -> str:
    """The genre in which a take was written, "" if it is only what is taken of any file."""
    if take is None or ("genre" in take.brief.guessed and {"edit", "transform"} & take.recipe.settings.keys()):
        return ""
    return take.plan.genre


def inherited(plan: Plan, score: Score, parent: Take, command: str) -> Plan:
    """The plan of a take that a command made, with what it has from the take that it was made from.

    Args:
        plan: what is heard in its notes, and what was stated for it.
        score: its notes; its sounding tracks are those of the plan.
        parent: the take whose file was given.
        command: that made it.
    """
    old, before = parent.plan, parent.brief
    tracks = _tracks(plan.tracks, old.tracks)
    stated = {name for name in ("genre", "key") if name not in plan.brief.guessed}
    genre = plan.genre if "genre" in stated else old.genre
    own_key = "key" in stated or command in _OTHER_KEY
    key = plan.key if own_key else old.key
    guessed = ["genre"] if "genre" not in stated and not genre_of(parent) else []
    guessed += ["key"] if "key" not in stated and (own_key or "key" in old.brief.guessed) else []
    same_form = plan.bars == old.bars and plan.meter == old.meter
    brief = replace(
        plan.brief, genre=genre, key=key, tracks=_asks(tracks), locks=_locks(before, tracks),
        structure=before.structure if same_form else (), guessed=tuple(guessed),
        **{name: getattr(plan.brief, name) or getattr(before, name) for name in _SAID},
    )  # fmt: skip
    chords = plan.chords if own_key or command in _OTHER_HARMONY else _chords(plan, old)
    extra: dict[str, Any] = {name: old.extra[name] for name in ("shared",) if name in old.extra}
    return replace(
        plan, brief=brief, genre=genre, key=key, tracks=tracks, chords=chords, seed=old.seed, extra=plan.extra | extra,
        sections=old.sections if same_form else plan.sections, swing=old.swing, loop=old.loop and same_form,
        key_lock=old.key_lock and key == old.key and lies_in(score, key),
    )  # fmt: skip


def _tracks(heard: Sequence[PlannedTrack], old: Sequence[PlannedTrack]) -> tuple[PlannedTrack, ...]:
    """The tracks with the roles that they had in the take, found again by name and instrument."""
    left = list(old)
    found = []
    for track in heard:
        was = next(
            (t for t in left if (t.name, t.program, t.is_drum) == (track.name, track.program, track.is_drum)), None
        )
        if was is not None:
            left.remove(was)
            track = replace(was, low=min(was.low, track.low), high=max(was.high, track.high))
        found.append(track)
    return tuple(found)


def _asks(tracks: Sequence[PlannedTrack]) -> tuple[TrackAsk, ...]:
    return tuple(
        TrackAsk(t.role, None if t.is_drum else t.program, t.program if t.is_drum else None, t.name) for t in tracks
    )


def _locks(brief: Brief, tracks: Sequence[PlannedTrack]) -> tuple[TrackLock, ...]:
    """The locks whose tracks are still there."""
    found = []
    for lock in brief.locks:
        with suppress(BriefError):
            places_of(tracks, lock)
            found.append(lock)
    return tuple(found)


def _chords(plan: Plan, old: Plan) -> tuple[Chord, ...]:
    """The chords of the take, and behind its last bar those that are heard."""
    if plan.meter != old.meter or plan.bars < old.bars:
        return plan.chords
    return (*old.chords, *plan.chords[len(old.chords) :])
