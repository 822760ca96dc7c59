"""again: the last take is given, a few words change it; what they do not name stays, note for note."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import BandmateError, BriefError, ModelError
from bandmate.generation.words_followup import Followup, read_followup
from bandmate.generation.words_rework import Step, read_steps
from bandmate.groovebook.perform import FULLNESS
from bandmate.score import ops
from bandmate.score.brief import Brief
from bandmate.score.locks import places_of
from bandmate.score.model import Score, Track
from bandmate.score.plan import Plan
from bandmate.settings import Settings, load_settings
from bandmate.workflows.audio_controls import LOUDNESS
from bandmate.workflows.compose import ComposeOptions, ComposeResult, make_options, run, tell_heard
from bandmate.workflows.history import last_take, load_history, remember_only
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.making import WEIGHTS, check_engine, check_sounds, choose_engine, parent_hash
from bandmate.workflows.models import SHIPPED, find_model
from bandmate.workflows.places import take_folder
from bandmate.workflows.remake import is_transform
from bandmate.workflows.report import bar_ticks
from bandmate.workflows.request import MakeOptions, Request, draft_of
from bandmate.workflows.seed import check_locks
from bandmate.workflows.sessions import is_discarded, written_in
from bandmate.workflows.take import Take, read_take
from bandmate.workflows.wishes import Busier, Offbeat, Wish, Wishes, aimed, notes_a_bar, offbeat_share

_OPTIONS = ("out", "takes", "seed", "engine", "model", "variety", "temperature", "top_k", "top_p", "key_lock",
            "candidates", "without", "no_copy", "stems", "sample_rate", "soundfont", "drum_kit", "sounds", "to",
            "template", "split_drums", "drum_map", "lock")  # fmt: skip
_HOW = ("engine", "model", "blend", "variety", "temperature", "top_k", "top_p", "candidates", "without", "no_copy",
        "stems", "sample_rate", "soundfont", "drum_kit", "sounds", "to", "template", "split_drums",
        "drum_map")  # fmt: skip


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


def again(
    text: str,
    *,
    take: Take | str | Path | None = None,
    listener: Listener | None = None,
    settings: Settings | None = None,
    **options: Any,
) -> ComposeResult:
    """Change a take with a few words.

    Args:
        text: such as "busier bass, keep the drums".
        take: the take, its folder or its take.json; None = the last one.
        listener: gets events, as in `compose`.
        settings: defaults; None = those of `bandmate.toml`.
        options: those of `ComposeOptions` that say how, not what; what is not given is as it was.

    Raises:
        BriefError: nothing was understood, or the change cannot be made; the message gives an example.
        UserError: there is no last take. ModelError: its model is gone, and no other one nor the rules were asked for.
    """
    # subtle: a take in memory is read again, since replay will find what is given as a file has it
    old = last_take() if take is None else read_take(take.json_path if isinstance(take, Take) else take)
    for name in options:
        if name not in _OPTIONS:
            raise BriefError(f"'{name}' cannot be given to again; say it in words, such as \"{name} ...\"")
    chosen = ComposeOptions.of(options)
    making = _making(old, chosen, load_settings() if settings is None else settings)
    check_engine(making)
    check_sounds(making)
    job = Job(listener, WEIGHTS)
    if is_discarded(old):
        job.tell("notice", text=f"{old.name} was discarded; it is changed all the same")
    if chosen.model is None and making.model is None and (gone := _before(old).get("model")):
        job.tell("notice", text=f"model '{gone}' is gone, so the rules play without its library")
    left, steps = read_steps(text)
    if not steps:
        return _followed(text, old, chosen, making, job)
    return _reworked(left, steps, old, chosen, making, job)


def _reworked(
    left: str, steps: Sequence[Step], old: Take, chosen: ComposeOptions, making: MakeOptions, job: Job
) -> ComposeResult:
    """What the words say of the take itself first, then the steps; only the last of all is gone back from by `undo`."""
    from bandmate.workflows.rework import Manner, check_steps, rework

    said = read_followup(left, old.brief, old.plan) if left else None
    first = said is not None and said.understood
    manner = Manner(making, chosen.seed, chosen.takes, chosen.lock, Path(chosen.out) if chosen.out else _home(old))
    check_steps(steps, manner, more=first)
    if said is not None and not first:
        unknown = ", ".join(f"'{step.clause}'" for step in steps)
        job.tell("notice", text=f"understood: {unknown}; not understood: '{left}'")
    before = load_history()
    start = _followed(left, old, replace(chosen, out=None), making, job).best if first else old
    try:
        takes = rework(steps, start, manner, job)
    except BandmateError:
        remember_only(before, None)
        raise
    remember_only(before, takes[0])
    folder = takes[0].folder if len(takes) == 1 else takes[0].folder.parent
    return ComposeResult(takes, folder, takes[0].heard)


def _followed(text: str, old: Take, chosen: ComposeOptions, making: MakeOptions, job: Job) -> ComposeResult:
    """The take changed as a follow-up says."""
    request = changed(text, old, chosen, making)
    tell_heard(request, job)
    folder = take_folder(chosen.out or _home(old), text)
    takes = run(replace(request, name=folder.name), folder, chosen.out, job)
    return ComposeResult(takes, folder, request.heard)


def changed(text: str, old: Take, chosen: ComposeOptions, making: MakeOptions) -> Request:
    """What a follow-up asks for, as a request; see `follow`."""
    change = follow(text, old, chosen.lock)
    seed = _seed(old, change, chosen.seed)
    change = replace(change, plan=aimed(change.plan, change.wishes, seed, choose_engine(making)))
    heard = f"{_line(change.plan)}; {', '.join(change.changes)}"
    request = Request(
        name=old.name, brief=change.brief, heard=heard, options=making, wishes=change.wishes,
        drafts=tuple(draft_of(change.plan, seed + number, making, chosen.takes) for number in range(chosen.takes)),
        given=change.given, keep=change.keep, parents=_parents(old, change), direct=1 + len(change.lenders),
    )  # fmt: skip
    if chosen.lock is not None:
        check_locks(request)
    return request


def _parents(old: Take, change: Next) -> tuple[str, ...]:
    """The take, those that lent a track, then what the take came from."""
    near = (parent_hash(old), *map(parent_hash, change.lenders))
    return tuple(dict.fromkeys((*near, *old.parents)))[:16]


def _line(plan: Plan) -> str:
    from bandmate.generation.words import describe

    # what the first words left open was said then; the line tells what is new
    return describe(replace(plan, brief=replace(plan.brief, conflicts=(), notices=())))


def _home(old: Take) -> Path:
    """The folder whose numbered neighbour the new take gets."""
    folder = written_in(old.folder)  # a session's copy is no place for music
    if re.fullmatch(r"take-\d+", folder.name) and folder.name != old.name:
        folder = folder.parent  # one of several takes: its files are called after the folder of all
    first = folder.with_name(re.sub(r"-\d{1,4}$", "", folder.name) or folder.name)
    return first if first.is_dir() else folder  # funky-2 is followed by funky-3


def _seed(old: Take, change: Next, stated: int | None) -> int:
    if stated is not None:
        return stated
    mine = old.recipe.seeds[old.recipe.index]
    return mine if change.same_seed else mine + 1 + secrets.randbelow(2**16)


def _making(old: Take, chosen: ComposeOptions, settings: Settings) -> MakeOptions:
    """How the new take is made: as the old one was, but for what was stated now."""
    before = _before(old)
    stated = {name: getattr(chosen, name) for name in _HOW if getattr(chosen, name) not in (None, {}, [], (), "")}
    made = make_options(replace(chosen, **stated), settings)
    kept = {name: before[name] for name in _HOW if name not in stated and name in before}
    if "model" in kept and _is_gone(kept["model"], made.engine):
        kept |= {"model": None, "blend": None}
    if "model" in stated and find_model(stated["model"]).shipped:
        kept.pop("blend", None)  # a genre is mixed into a model of one's own, and this one plays every genre itself
    return replace(made, **kept, key_lock=chosen.key_lock and bool(before.get("key_lock", True)))


def _before(old: Take) -> dict[str, Any]:
    """How the take was made, by the names of options."""
    told = old.recipe.settings.get("edit", {}).get("options", {})  # of a take that an edit made
    engine = {} if is_transform(old) else {"engine": old.recipe.engine}  # no engine wrote what was transformed
    return told | old.recipe.settings | engine


def _is_gone(model: str | None, engine: str) -> bool:
    """Whether the model of the take is no longer here; the rules do without it where they are asked for.

    Raises:
        ModelError: it is gone and the rules were not asked for; the message names the shipped one.
    """
    if model is None:
        return False
    try:
        find_model(model)
    except ModelError as error:
        if engine != "rules":
            raise ModelError(f"{error}; or go on without it: --model {SHIPPED}, or --engine rules") from error
        return True
    return False


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
    given = _in_range(given, plan, keep)
    plan = _with_activity(plan, given, keep)
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


def moved(score: Score, before: Plan, after: Plan, semitones: int) -> Score:
    """The take's music in the new key, tempo and length; longer music goes on from its beginning."""
    score = ops.transpose(score, semitones) if semitones else score
    bar_ticks = score.ticks_per_quarter * 4 * before.meter[0] // before.meter[1]
    old_end, new_end = before.bars * bar_ticks, after.bars * bar_ticks
    gone = list(after.brief.excluded_drums)
    tracks = tuple(_fitted(track, old_end, new_end, gone if track.is_drum else []) for track in score.tracks)
    tempos = score.tempos[:1].copy()
    tempos["us_per_quarter"] = round(60e6 / after.tempo)
    return replace(score, tracks=tracks, tempos=tempos, markers=(), end_ticks=new_end)


def _fitted(track: Track, old_end: int, new_end: int, gone: list[int]) -> Track:
    notes = track.notes[~np.isin(track.notes["pitch"], gone)]
    copies = []
    for start in range(0, new_end, max(1, old_end)):
        copy = notes.copy()
        copy["onset_ticks"] += start
        copies.append(copy)
    notes = np.concatenate(copies) if copies else notes
    notes = notes[notes["onset_ticks"] < new_end]
    notes["duration_ticks"] = np.minimum(notes["duration_ticks"], new_end - notes["onset_ticks"])
    events = track.events[track.events["ticks"] < new_end]
    return replace(track, notes=notes, events=events, end_ticks=0)


def _in_range(score: Score, plan: Plan, keep: Mapping[int, int]) -> Score:
    """Kept notes outside a key that binds step into it, and those outside their instrument's range come back."""
    nearest = _into_key(plan)
    tracks = list(score.tracks)
    for place, source in keep.items():
        planned, track = plan.tracks[place], tracks[source]
        if planned.is_drum or planned.high - planned.low < 11:
            continue
        notes = track.notes.copy()
        pitch = notes["pitch"].astype(np.int64)
        pitch += nearest[pitch % 12]
        pitch -= 12 * np.maximum(0, -(-(pitch - planned.high) // 12))
        pitch += 12 * np.maximum(0, -(-(planned.low - pitch) // 12))
        notes["pitch"] = pitch
        tracks[source] = replace(track, notes=notes)
    return replace(score, tracks=tuple(tracks))


def _into_key(plan: Plan) -> NDArray[np.int64]:
    """Semitones from each pitch class to the nearest one that the key allows."""
    allowed = plan.key.lock if plan.key_lock and not plan.chord_lock else range(12)
    return np.array([min(((pc - at + 6) % 12 - 6 for pc in allowed), key=abs) for at in range(12)], np.int64)


def _with_activity(plan: Plan, given: Score, keep: Mapping[int, int]) -> Plan:
    """Kept tracks sound where they sound."""
    if not keep:
        return plan
    active = plan.active.copy()
    bar_ticks = given.ticks_per_quarter * 4 * plan.meter[0] // plan.meter[1]
    for place, source in keep.items():
        active[place] = False
        active[place, np.unique(given.tracks[source].notes["onset_ticks"] // bar_ticks)] = True
    return replace(plan, active=active)
