"""What a few words make of a take: the new plan, what of the music stays, and what is wished of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bandmate.generation.words_followup import Followup, read_followup
from bandmate.groovebook.perform import FULLNESS
from bandmate.score.brief import Brief
from bandmate.score.locks import places_of
from bandmate.score.model import Score
from bandmate.score.plan import Plan
from bandmate.workflows.audio_controls import LOUDNESS
from bandmate.workflows.carry import in_range, moved, with_activity
from bandmate.workflows.report import bar_ticks
from bandmate.workflows.take import Take
from bandmate.workflows.wishes import Busier, Offbeat, Wish, Wishes, notes_a_bar, offbeat_share


@dataclass(frozen=True, slots=True, eq=False)
class Next:
    """What a follow-up makes of a take: the new plan, the music that is given, and which tracks of it stay.

    Attributes:
        plan: the new plan; brief: what it is to meet.
        given: the take's music, moved to the new key and length.
        keep: track of the plan -> track of `given`.
        same_seed: whether the same dice are thrown, so that what is rewritten stays related to what it was.
        wishes: what shall be busier, sparser or more syncopated than it was.
        changes: one sentence a change.
        lenders: takes of the session whose tracks are among `given`.
    """

    plan: Plan
    brief: Brief
    given: Score
    keep: Mapping[int, int]
    same_seed: bool
    wishes: Wishes
    changes: tuple[str, ...]
    lenders: tuple[Take, ...] = ()


def follow(text: str, old: Take, lock: str | Sequence[str] | None = None) -> Next:
    """Read the words and decide what stays, what is moved and what is written anew.

    Args:
        text: the words; may be empty where locks say what is asked.
        old: the take.
        lock: new locks; a track that they name is written anew unless the words keep it.

    Raises:
        BriefError: nothing was understood, or a number is out of range.
    """
    from bandmate.generation.words_followup import compile_followup
    from bandmate.generation.words_locks import parse_locks
    from bandmate.groovebook.plan import make_plan

    said = (compile_followup if lock is None else read_followup)(text, old.brief, old.plan)
    before = old.plan
    if lock is not None:
        said = replace(said, brief=replace(said.brief, locks=(*said.brief.locks, *parse_locks(lock))))
    wanted = _pinned(said.brief, old, fresh_chords=said.new_chords)
    plan = make_plan(wanted, before.seed, shared=before.extra.get("shared"))
    plan = replace(plan, brief=replace(said.brief, guessed=plan.brief.guessed), key_lock=_locks(said.brief, old, plan))
    if not said.new_chords and plan.meter == before.meter and not said.brief.chords:
        chords = [before.chords[half % len(before.chords)].transpose(said.transpose) for half in range(2 * plan.bars)]
        plan = replace(plan, chords=tuple(chords))
    if said.transpose and "key" not in said.brief.guessed:
        plan = replace(plan, key=replace(before.key, tonic=(before.key.tonic + said.transpose) % 12))
    keep = _kept(said.keep, before, plan) if plan.meter == before.meter else {}
    if plan.bars == before.bars:  # of the sound it came from
        heard = {name: before.extra[name] for name in (LOUDNESS, FULLNESS) if name in before.extra}
        plan = replace(plan, extra=plan.extra | heard)
    if lock is not None:
        kept = {place for place in keep if f"{plan.tracks[place].role} stays" in said.changes}
        bound = {place for each in parse_locks(lock) for place in places_of(plan.tracks, each)} - kept
        keep = {place: source for place, source in keep.items() if place not in bound}
        said = replace(said, changes=(*said.changes, *(f"{plan.tracks[place].name} locked" for place in sorted(bound))))
    given = moved(old.score, before, plan, said.transpose)
    keep = {place: source for place, source in keep.items() if len(given.tracks[source].notes)}
    lent: tuple[Take, ...] = ()
    if said.borrow:
        from bandmate.workflows.borrow import with_borrowed

        plan, given, keep, lent = with_borrowed(said.borrow, old, plan, given, keep)
    given = in_range(given, plan, keep)
    plan = with_activity(plan, given, keep)
    same_seed = bool(said.density) or not said.rewrite
    return Next(plan, said.brief, given, keep, same_seed, _wishes(said, old, plan), said.changes, lent)


def _wishes(said: Followup, old: Take, plan: Plan) -> Wishes:
    """The steps that the words ask of tracks; said of no track they are asked of all that are written anew."""
    found: list[tuple[int, Wish]] = []
    density, whole = dict(said.density), said.brief.density / old.brief.density
    if abs(whole - 1.0) > 1e-6:
        density = dict.fromkeys(said.rewrite, whole) | density
    a_bar = bar_ticks(old.plan, old.score)
    for place, source in _kept(tuple(density), old.plan, plan).items():
        before = notes_a_bar(old.score.tracks[source], a_bar)
        found.append((place, Busier(density[plan.tracks[place].role], before)))
    for place, source in _kept(said.offbeat, old.plan, plan).items():
        found.append((place, Offbeat(offbeat_share(old.score, source))))
    return tuple(found)


def _pinned(brief: Brief, old: Take, *, fresh_chords: bool) -> Brief:
    """The Brief with what the take had decided, where the words leave it open."""
    plan = old.plan
    same_genre = brief.genre in (None, plan.genre, old.brief.genre)
    pinned: dict[str, Any] = {"genre": plan.genre if same_genre else brief.genre}
    if brief.tempo is None and (same_genre or "tempo" not in plan.brief.guessed):
        pinned |= {"tempo": plan.tempo, "tempo_factor": 1.0}
    if brief.key is None and (brief.mode is None or brief.mode == plan.key.mode):
        pinned["key"] = plan.key
    if brief.meter is None and same_genre:
        pinned["meter"] = plan.meter
    if brief.bars is None and brief.seconds is None:
        pinned["bars"] = plan.bars
    if brief.loop != plan.loop and plan.loop:
        pinned["loop"] = True
    return replace(brief, **pinned)


def _locks(brief: Brief, old: Take, plan: Plan) -> bool:
    """Whether the key binds: it did, or it is stated now."""
    stated = brief.key is not None and "key" not in brief.guessed
    return plan.chord_lock or old.plan.key_lock or (stated and brief.key != old.brief.key)


def _kept(roles: tuple[str, ...], before: Plan, after: Plan) -> dict[int, int]:
    """New track -> old track, for the roles that stay; the nth of a role is the nth of it again."""
    places: dict[tuple[str, int], int] = {}
    seen: Counter[str] = Counter()
    for place, track in enumerate(before.tracks):
        places[track.role, seen[track.role]] = place
        seen[track.role] += 1
    found, seen = {}, Counter()
    for place, track in enumerate(after.tracks):
        source = places.get((track.role, seen[track.role]))
        seen[track.role] += 1
        if track.role in roles and source is not None:
            found[place] = source
    return found
