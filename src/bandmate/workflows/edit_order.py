"""Order: an edit as data, from its options to the Edit that its editor gives; takes are saved in `edit_takes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.errors import ScoreError
from bandmate.io.midi import parse_midi
from bandmate.limits import PROMPT_CHARS
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.selection import Selection
from bandmate.score.untouched import untouched
from bandmate.workflows.edit_desk import Desk
from bandmate.workflows.jobs import Job
from bandmate.workflows.report import Demand, Shared
from bandmate.workflows.take import Take

# Every command whose result is kept as takes, and where its editor lies.
EDITORS = {
    "regenerate": "bandmate.workflows.infills:REGENERATE",
    "continue": "bandmate.workflows.infills:CONTINUE",
    "accompany": "bandmate.workflows.infills:ACCOMPANY",
    "fill": "bandmate.workflows.fills:FILL",
    "vary": "bandmate.workflows.variations:VARY",
    "respond": "bandmate.workflows.answers:RESPOND",
    "restyle": "bandmate.workflows.restyle_bars:RESTYLE",
}


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """What every edit can be told; None = not stated.

    Attributes:
        tracks: names, roles or numbers, separated by commas; bars: `5-8`, from 1.
        seed: 0..2**63 - 1, None = any; takes: how many, 1..64.
        out: a folder, or the name of a MIDI file; None = a folder beside the file.
        engine: default, rules, onnx, numpy or torch; model: an installed model.
        key: binds every pitched note that is written, such as "D minor".
        lock: what binds single tracks, such as "bass: range E1-G2, polyphony 1" (docs/LOCKS.md), or several such.
        genre: id in the genre table; variety: low, normal or high; temperature: of sampling.
        candidates: how many are drawn for each take.
        no_copy: notes of the longest run that may be shared with what the model learned from; None = any.
        controllers: whether the asked cells get new pedals, expression and modulation in place of the old ones.
        overwrite: whether MIDI files of the names that `out` asks for may be replaced.
    """

    tracks: str | None = None
    bars: str | None = None
    seed: int | None = None
    takes: int = 1
    out: str | Path | None = None
    engine: str | None = None
    model: str | None = None
    key: str | None = None
    lock: str | Sequence[str] | None = None
    genre: str | None = None
    variety: str = "normal"
    temperature: float | None = None
    candidates: int = 8
    no_copy: int | None = None
    controllers: bool = False
    overwrite: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """What an editor gives.

    Attributes:
        score: the piece after the edit; asked: the cells that were asked, None = none of those that were there.
        behind: tick from which on events may have come in, where bars were added.
        heard: what was understood, in one line.
        demands: what was asked beside what was got.
        log_likelihood: mean nats of a drawn field, None where nothing was drawn by a model.
        files: further files by name, such as `exchange.mid`.
    """

    score: Score
    asked: Selection | None
    heard: str
    demands: tuple[Demand, ...] = ()
    log_likelihood: float | None = None
    behind: int | None = None
    files: Mapping[str, Score] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Editor:
    """A command: its own options as a dataclass, and the function that edits.

    `lossless` = the result is the piece itself, and what was not asked is proved untouched.
    """

    name: str
    own: type
    write: Callable[[Score, Any, Desk], Edit]
    lossless: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """One run of an editor, with all that makes it come out the same again."""

    editor: Editor
    common: CommonOptions
    own: Any
    text: str
    brief: Brief
    data: bytes
    name: str
    engine: str
    seed: int
    origin: str = ""  # path of the source file, "" for a score in memory
    parent: Take | None = None  # whose notes these are, if they are a take's
    style: str = ""  # genre of that take


def editor_of(name: str) -> Editor:
    """The editor of a command."""
    module, _, attribute = EDITORS[name].partition(":")
    return getattr(import_module(module), attribute)


def understood(text: str, common: CommonOptions) -> Brief:
    """What the words of an edit ask, with the key and the genre that its options state.

    Raises:
        BriefError: the text is too long, or the key or the genre is not known.
    """
    from bandmate.generation.words import BriefFlags, compile_text, merge_flags

    PROMPT_CHARS.check(len(text))
    said = compile_text(text) if text.strip() else Brief()
    return merge_flags(said, BriefFlags(key=common.key, genre=common.genre)) if common.key or common.genre else said


def write_down(order: Order, takes: int, job: Job) -> list[Edit]:
    """The edits that an order asks for, one for each take; those of a lossless editor are proved to touch no more.

    Raises:
        ScoreError: the file has no notes.
    """
    score = parse_midi(order.data, order.origin or order.name)
    if not score.note_count:
        raise ScoreError(
            f"{order.origin or order.name} has no notes, so there is nothing to go by; give a file with music in it"
        )
    desk = Desk.of(score, order.brief, order.common, order.engine, order.seed, job, order.style)
    edits: list[Edit] = []
    for number in range(takes):
        edit = order.editor.write(desk.score, order.own, desk.take(number, takes))
        proved = _proved(score, edit, order.common.controllers) if order.editor.lossless else edit
        edits.append(_held_against(score, proved, order.common))
        if not number:
            job.tell("heard", text=edit.heard)
            for sentence in _unheard(order.brief):
                job.tell("notice", text=sentence)
    return edits


def _proved(before: Score, edit: Edit, controllers: bool) -> Edit:
    """The edit with the proof that nothing else was changed."""
    changed = untouched(before, edit.score, edit.asked, behind=edit.behind, controllers=controllers)
    got = f"{counted(len(changed), 'track')} changed: {changed[0]}" if changed else "nothing changed"
    proof = Demand("the rest", "untouched, event for event", got, 0.0 if changed else 1.0)
    return replace(edit, demands=(*edit.demands, proof))


def _held_against(before: Score, edit: Edit, common: CommonOptions) -> Edit:
    """The edit with what its new notes quote, if copies are banned."""
    if common.no_copy is None:
        return edit
    from bandmate.workflows.origin import longest_new

    found = longest_new(before, edit.score, common.model)
    shared = Shared(common.no_copy, found.notes, found.piece) if found else Shared(common.no_copy, 0, "")
    return replace(edit, demands=(*edit.demands, shared.demand))


def _unheard(brief: Brief) -> list[str]:
    words = [f"'{item.word}'" for item in brief.not_understood]
    return [*brief.conflicts, *brief.notices, *([f"not understood: {', '.join(words)}"] if words else [])]


def notes_asked(score: Score, selection: Selection) -> NDArray[np.int64]:
    """How many notes each selected track begins in the selected bars."""
    start, end = selection.span(score)
    onsets = [score.tracks[index].notes["onset_ticks"] for index in selection.tracks]
    return np.array([int(((o >= start) & (o < end)).sum()) for o in onsets], np.int64)
