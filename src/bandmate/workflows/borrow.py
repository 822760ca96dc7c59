"""Borrowing: a track of another take of the session, in the key, at the tempo and in the length of this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bandmate.errors import BriefError
from bandmate.score.model import Score
from bandmate.score.plan import Plan
from bandmate.workflows.making import parent_hash
from bandmate.workflows.sessions import Session, all_sessions, find_session, take_of
from bandmate.workflows.take import Take

Lent = tuple[Plan, Score, dict[int, int], tuple[Take, ...]]


def session_of(take: Take) -> Session:
    """The session that holds a take; the last one if none does.

    Raises:
        UserError: there is no session at all.
    """
    digest = parent_hash(take)
    for session in all_sessions():
        if any(entry.digest == digest for entry in session.entries):
            return session
    return find_session()


def with_borrowed(borrow: Mapping[str, int], old: Take, plan: Plan, given: Score, keep: Mapping[int, int]) -> Lent:
    """Put tracks of other takes among what is given.

    Args:
        borrow: role -> number of the take of the session.
        old: the take that is changed.
        plan: what the new take will be; gets the borrowed tracks' sounds and ranges.
        given: music that is given already.
        keep: track of the plan -> track of `given`.

    Returns:
        Plan, given music and kept tracks with the borrowed ones, and the takes that they are from.

    Raises:
        BriefError: a take has no such track, or is in another meter.
        UserError: no such take. FileFormatError: its files have gone.
    """
    from bandmate.workflows.carry import moved

    session, tracks, kept, lenders = session_of(old), list(plan.tracks), dict(keep), []
    for role, number in borrow.items():
        other = take_of(session, number)
        source = next((place for place, track in enumerate(other.plan.tracks) if track.role == role), None)
        if source is None:
            roles = ", ".join(dict.fromkeys(track.role for track in other.plan.tracks))
            raise BriefError(f"take {number} has no {role}; it has {roles}")
        if other.plan.meter != plan.meter:
            theirs, mine = ("/".join(map(str, meter)) for meter in (other.plan.meter, plan.meter))
            raise BriefError(f"take {number} is in {theirs} and this one in {mine}; a track cannot be taken over")
        semitones = (plan.key.tonic - other.plan.key.tonic + 6) % 12 - 6
        track = moved(other.score, other.plan, plan, semitones).tracks[source]
        place = next(place for place, planned in enumerate(tracks) if planned.role == role)
        tracks[place] = other.plan.tracks[source]
        given = replace(given, tracks=(*given.tracks, track))
        kept[place] = len(given.tracks) - 1
        lenders.append(other)
    return replace(plan, tracks=tuple(tracks)), given, kept, tuple(lenders)
