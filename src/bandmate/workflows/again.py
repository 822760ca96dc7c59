"""again: the last take is given, a few words change it; what they do not name stays, note for note."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bandmate.errors import BandmateError, BriefError, ModelError
from bandmate.generation.words_followup import read_followup
from bandmate.generation.words_rework import Step, read_steps
from bandmate.score.plan import Plan
from bandmate.settings import Settings, load_settings
from bandmate.workflows.compose import ComposeOptions, ComposeResult, make_options, run, tell_heard
from bandmate.workflows.follow import Next, follow
from bandmate.workflows.history import last_take, load_history, remember_only
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.making import WEIGHTS, check_engine, check_sounds, choose_engine, parent_hash
from bandmate.workflows.models import SHIPPED, find_model
from bandmate.workflows.places import take_folder
from bandmate.workflows.remake import is_transform
from bandmate.workflows.request import MakeOptions, Request, draft_of
from bandmate.workflows.seed import check_locks
from bandmate.workflows.sessions import is_discarded, written_in
from bandmate.workflows.take import Take, read_take
from bandmate.workflows.wishes import aimed

_OPTIONS = ("out", "takes", "seed", "engine", "model", "variety", "temperature", "top_k", "top_p", "key_lock",
            "candidates", "without", "no_copy", "stems", "sample_rate", "soundfont", "drum_kit", "sounds", "to",
            "template", "split_drums", "drum_map", "lock")  # fmt: skip
_HOW = ("engine", "model", "blend", "variety", "temperature", "top_k", "top_p", "candidates", "without", "no_copy",
        "stems", "sample_rate", "soundfont", "drum_kit", "sounds", "to", "template", "split_drums",
        "drum_map")  # fmt: skip


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
