"""Rework: the steps that `again` reads in words, each an edit, a transform or a restyle of the take before it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from bandmate.errors import BandmateError, BriefError
from bandmate.generation.words_change import Change
from bandmate.generation.words_rework import Step
from bandmate.io.files import read
from bandmate.workflows.borrow import session_of
from bandmate.workflows.edit_order import EDITORS
from bandmate.workflows.given import MELODIES
from bandmate.workflows.history import load_history, remember_only
from bandmate.workflows.jobs import Job
from bandmate.workflows.making import add_projects, render_take
from bandmate.workflows.places import take_folder
from bandmate.workflows.remake import TRANSFORMS
from bandmate.workflows.request import MakeOptions
from bandmate.workflows.sessions import take_of
from bandmate.workflows.take import Take

_SEEDS = 2**31
_STYLED = ("groove", "drumify", "harmonise", "arrange")  # that play in the take's own genre where none is named
_OF_THE_ENGINE = ("model", "variety", "temperature", "no_copy")
_OF_RESTYLE = (*_OF_THE_ENGINE, "engine", "top_k", "top_p", "candidates", "without", "stems", "sample_rate",
               "soundfont", "drum_kit", "sounds", "to", "template", "split_drums", "drum_map")  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """How steps are made: the options of the take before, what was stated now, and where results go."""

    making: MakeOptions
    seed: int | None
    takes: int
    lock: str | Sequence[str] | None
    home: Path


def check_steps(steps: Sequence[Step], manner: Manner, *, more: bool) -> None:
    """Find out before any work what cannot be asked of these steps; `more` = a follow-up goes before them.

    Raises:
        BriefError: several takes of several steps or of a transform, or locks on what they cannot bind.
    """
    free = [step.command for step in steps if not _is_edit(step)]
    if manner.takes > 1 and (more or len(steps) > 1 or free not in ([], ["restyle"])):
        raise BriefError(f"{manner.takes} takes are given of one edit only; ask for one thing, or leave --takes out")
    if manner.lock is not None and free:
        raise BriefError(f"a lock binds what is written on single tracks, and {free[0]} cannot heed it; leave it out")


def _is_edit(step: Step) -> bool:
    """Whether a step edits cells; a restyle of a whole song is a take of its own."""
    return step.command in EDITORS and (step.command != "restyle" or step.bars is not None)


def rework(steps: Sequence[Step], old: Take, manner: Manner, job: Job) -> tuple[Take, ...]:
    """Take the steps one after the other; every one of them is a take with its own folder, the last one is heard.

    Raises:
        BandmateError: of the command that cannot do its step; the take before stays the last one.
    """
    before, takes = load_history(), (old,)
    try:
        for number, step in enumerate(steps):
            last = number == len(steps) - 1
            takes = _taken(step, takes[0], manner if last else replace(manner, takes=1), job)
    except BandmateError:
        remember_only(before, None)
        raise
    for take in takes:
        if "mix.wav" not in take.files:  # what restyle made is rendered already
            render_take(take, manner.making, job)
            add_projects(take, manner.making, job)
    return takes


def _taken(step: Step, old: Take, manner: Manner, job: Job) -> tuple[Take, ...]:
    folder = take_folder(manner.home, step.clause)
    try:
        options = _options(step, old) | {"out": folder, "seed": manner.seed}
        if _is_edit(step):
            return _edited(step, old, options, manner, job)
        if step.command == "restyle":
            return _restyled(old, options, manner, job)
        return (_transformed(step, old, options, job),)
    except BaseException:
        with suppress(OSError):  # an empty folder is no take
            folder.rmdir()
        raise


def _edited(step: Step, old: Take, options: dict[str, Any], manner: Manner, job: Job) -> tuple[Take, ...]:
    from bandmate.workflows.edits import run_edit

    if step.command == "restyle":
        options["to"] = options.pop("style", "")
    making = manner.making
    how = {name: getattr(making, name) for name in _OF_THE_ENGINE} | {"engine": making.engine, "lock": manner.lock}
    if making.candidates is not None:
        how["candidates"] = making.candidates
    result = run_edit(step.command, old.midi, step.words, listener=job.listener, takes=manner.takes, **how, **options)
    return result.takes


def _restyled(old: Take, options: dict[str, Any], manner: Manner, job: Job) -> tuple[Take, ...]:
    from bandmate.workflows.restyle import restyle

    how = {name: getattr(manner.making, name) for name in _OF_RESTYLE}
    to = options.pop("style", None)
    how["to"] = [*([to] if to else []), *how["to"]]
    return restyle(old.midi, listener=job.listener, takes=manner.takes, **how, **options).takes


def _transformed(step: Step, old: Take, options: dict[str, Any], job: Job) -> Take:
    make = getattr(import_module(f"bandmate.workflows.{TRANSFORMS[step.command]}"), step.command)
    if step.command == "interpolate":
        del options["seed"]
        saved = make(old.midi, options.pop("like"), **options)
    else:
        options["seed"] = secrets.randbelow(_SEEDS) if options["seed"] is None else options["seed"]
        saved = make(old.midi, **options)
    for sentence in saved.done:
        job.tell("heard", text=sentence)
    return saved.take


def _options(step: Step, old: Take) -> dict[str, Any]:
    """The options of the command, with tracks, bars and other takes of this one."""
    options = dict(step.options)
    if step.take:
        options["like"] = take_of(session_of(old), step.take).midi
    if "style" not in options and "like" not in options:
        if step.command in _STYLED and not (step.command == "harmonise" and options.get("voice")):
            options["style"] = old.plan.genre
        elif step.command == "restyle":
            raise BriefError("restyle to what? name a style, such as 'restyle to bossa nova'")
    if "add" in options:
        words = re.split(r"\s*(?:,|\band\b|\bplus\b)\s*", options["add"])
        options["add"] = ",".join(re.sub(r"^(?:an?|the|some)\s+", "", word) for word in words if word)
    if (tracks := _tracks(step, old)) is not None:
        options["melody" if step.command == "reharmonise" else "tracks"] = tracks
    if step.command in ("reharmonise", "restyle", "harmonise") and not step.who:
        sung = [place for place, track in enumerate(old.plan.tracks) if track.role in MELODIES]
        if sung:
            options["tracks" if step.command == "harmonise" else "melody"] = str(_numbers(old)[sung[0]])
    return options | _bars(step, old)


def _bars(step: Step, old: Take) -> dict[str, Any]:
    if step.bars is None:
        return {}
    first, last = (bar if bar > 0 else max(1, old.plan.bars + 1 + bar) for bar in step.bars)
    if step.command == "fill":
        return {"at": last}
    if step.command in ("continue", "accompany", "interpolate"):
        raise BriefError(f"'{step.clause}': {step.command} takes the whole piece; leave the bars out")
    return {"bars": f"{first}-{last}"}


def _tracks(step: Step, old: Take) -> str | None:
    """Numbers of the tracks that the words name, as the file counts them; None = those that the command takes."""
    if not step.who:
        return None
    change = Change(step.who, old.brief, old.plan)
    places = change.places(step.who)
    if places:
        return ",".join(str(_numbers(old)[place]) for place in places)
    if step.command == "regenerate" and not change.named(step.who):
        return None  # "bars 5-8 busier": all tracks
    names = ", ".join(track.name or track.role for track in old.plan.tracks)
    raise BriefError(f"'{step.clause}': the take has no '{step.who}'; it has {names}")


def _numbers(old: Take) -> list[int]:
    """Number of each planned track in the take's file; a conductor track without notes comes before them."""
    tracks = read(old.midi).tracks
    sounding = [number for number, track in enumerate(tracks, 1) if len(track.notes)]
    count = len(old.plan.tracks)
    return sounding if len(sounding) == count else list(range(1, len(tracks) + 1))[-count:]
