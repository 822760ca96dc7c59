"""Edits: what regenerate, continue, accompany, fill, vary and respond have in common, from a file to takes.

An editor is a function from a score and its own options to an Edit. Here is what stands round it: words, seeds, the
model, what is saved, and how a take is made again.
"""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from bandmate.errors import BriefError
from bandmate.generation.scene import with_roles
from bandmate.io.files import read
from bandmate.io.midi import midi_bytes, read_file_bytes
from bandmate.limits import NO_COPY, SEED, TAKES, TEMPERATURE
from bandmate.score.model import Score
from bandmate.score.pitch import Key
from bandmate.score.selection import find_tracks
from bandmate.settings import Settings, load_settings
from bandmate.workflows.edit_order import (
    CommonOptions,
    Edit,
    Editor,
    Order,
    editor_of,
    notes_asked,
    understood,
    write_down,
)
from bandmate.workflows.edit_takes import MIDI_SUFFIXES, EditResult, check_names, redo, save_all
from bandmate.workflows.inherit import genre_of, take_at
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.making import check_engine, choose_engine
from bandmate.workflows.places import safe_name
from bandmate.workflows.request import VARIETIES, MakeOptions
from bandmate.workflows.take_files import keep

__all__ = ["CommonOptions", "Edit", "EditResult", "Editor", "notes_asked", "redo", "run_edit"]
_SEEDS = 2**31
_TRACKS = ("tracks", "melody")  # options that name tracks
_Options = TypeVar("_Options", bound=Any)


def run_edit(
    command: str, source: Score | str | Path, text: str = "", *, listener: Listener | None = None,
    settings: Settings | None = None, **options: Any,
) -> EditResult:  # fmt: skip
    """Edit a piece by one of the EDITORS.

    Args:
        command: its name.
        source: a file, or a score.
        text: what is wanted, in words; may be empty.
        listener: gets events ("heard", "progress", "notice", "take").
        settings: defaults; None = those of `bandmate.toml`.
        options: fields of `CommonOptions` and of the editor's own options.

    Raises:
        BriefError: an option or a demand is unknown, out of range or cannot be met. ScoreError: no such bars or tracks.
        FileFormatError: the file cannot be read. OutputError: the result cannot be written. ModelError: no such model.
    """
    editor, job = editor_of(command), Job(listener, {"writing": 1.0, "files": 0.2})
    defaults = load_settings() if settings is None else settings
    own_names = [item.name for item in fields(editor.own)]
    _check_names(command, options, own_names)
    own = editor.own(**{name: value for name, value in options.items() if name in own_names})
    common = CommonOptions(**{name: value for name, value in options.items() if name not in own_names})
    common = replace(common, engine=common.engine or defaults.engine or "default", model=common.model or defaults.model)
    _check(common)
    data, name, origin, made = _source(source)
    if made is not None:
        common, own = _numbered(common, made), _numbered(own, made)
    check_names(common, origin)
    seed = secrets.randbelow(_SEEDS) if common.seed is None else common.seed
    engine = choose_engine(_making(common))
    brief, parent = understood(text, common), take_at(origin)
    order = Order(editor, common, own, text, brief, data, name, engine, seed, origin, parent,
                  genre_of(parent))  # fmt: skip
    result = save_all(order, write_down(order, common.takes, job), job)
    keep(result.takes)
    return result


def _check_names(command: str, options: Mapping[str, Any], own: list[str]) -> None:
    known = [*own, *(item.name for item in fields(CommonOptions))]
    for name in options:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise BriefError(f"'{name}' is not an option of {command}; did you mean '{close[0]}'?")


def _check(common: CommonOptions) -> None:
    for limit, value in ((SEED, common.seed), (TAKES, common.takes), (TEMPERATURE, common.temperature),
                         (NO_COPY, common.no_copy)):  # fmt: skip
        if value is not None:
            limit.check(value)
    if common.variety not in VARIETIES:
        raise BriefError(f"variety '{common.variety}' is not known; choose one of {', '.join(VARIETIES)}")
    if not 1 <= common.candidates <= 64:
        raise BriefError(f"candidates {common.candidates} is out of range; give 1 to 64")
    if common.key is not None:
        Key.parse(common.key)
    check_engine(_making(common))


def _making(common: CommonOptions) -> MakeOptions:
    return MakeOptions(engine=common.engine or "default", model=common.model, variety=common.variety,
                       temperature=common.temperature, no_copy=common.no_copy)  # fmt: skip


def _source(source: Score | str | Path) -> tuple[bytes, str, str, Score | None]:
    """The bytes of a piece, its name, where it was read from, and the score where it was no MIDI file."""
    if isinstance(source, Score):
        return midi_bytes(source), safe_name(source.title, "piece"), "", _made(source)
    path = Path(source).expanduser()
    if path.suffix.lower() in MIDI_SUFFIXES:
        return read_file_bytes(path), path.stem, str(path), None
    score = read(path)
    return midi_bytes(score), path.stem, str(path), _made(score)


def _made(score: Score) -> Score | None:
    return with_roles(score) if score.header is None else None


def _numbered(options: _Options, score: Score) -> _Options:
    """Numbers of tracks in options as they are in the MIDI file of a made score, which opens with a conductor track."""
    given = {name: words for name in _TRACKS if (words := getattr(options, name, None)) is not None}
    return replace(options, **{name: ",".join(_moved(words, score)) for name, words in given.items()})


def _moved(words: str, score: Score) -> list[str]:
    named = {track.name.strip() for track in score.tracks}
    return [
        str(find_tracks(score, word)[0] + 2) if word.isdecimal() and word not in named else word
        for word in map(str.strip, words.split(","))
    ]
