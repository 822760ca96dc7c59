"""Outcome: what a transformation of files gives: a take like any other, in a folder or as one file (`take_files`).

`--out song.mid` writes `song.mid` and `song.take.json`; `--out FOLDER` writes the MIDI file, what it was made from,
`roll.png` and `take.json`; without `--out` the file lies beside the one it was made from and is called after the
command.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from bandmate.errors import FileFormatError, OutputError
from bandmate.io.files import is_score_name
from bandmate.io.sound import is_sound_name
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.pitch import Chord
from bandmate.score.plan import Plan, PlannedSection
from bandmate.workflows.edit_desk import piece_plan
from bandmate.workflows.inherit import inherited, take_at
from bandmate.workflows.making import GIVEN_FILE
from bandmate.workflows.places import check_free, fresh_folder, safe_name
from bandmate.workflows.take import Recipe, Take, sha256_of, versions
from bandmate.workflows.take_files import Made, beside, check_not_source, in_folder, keep

SETTING = "transform"
_NOT_ASKED = ("file", "like", "first", "second", "out", "overwrite")  # `given` tells files; places are no wish


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A result before it has files.

    Attributes:
        command: such as "groove".
        score: the music.
        done: one sentence a thing that was done or found.
        report: figures about it, as plain data.
        options: everything that was asked; with the given files it makes the same music again.
        given: the files it was made from, by what the workflow calls them; the first is its source.
        sections, chords: where they are known; chords two a bar.
        files: more files for its folder, by name.
        model: name and hash of the grid model that had a hand in it; empty = none had.
    """

    command: str
    score: Score
    done: tuple[str, ...]
    report: Mapping[str, Any]
    options: Mapping[str, Any]
    given: Mapping[str, Path]
    sections: Sequence[PlannedSection] = ()
    chords: Sequence[Chord] = ()
    files: Mapping[str, Score | bytes] = field(default_factory=dict)
    model: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> Path:
        """The file it was made from."""
        return next(iter(self.given.values()))

    @property
    def seed(self) -> int:
        """Of what was drawn, 0 where nothing was."""
        return int(self.options.get("seed") or 0)


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """A take, and what was done, in sentences."""

    take: Take
    done: tuple[str, ...]

    @property
    def midi(self) -> Path:
        """The file with all tracks."""
        return self.take.midi

    @property
    def score(self) -> Score:
        """The music."""
        return self.take.score

    @property
    def report(self) -> dict[str, Any]:
        """Figures about it."""
        return self.take.report

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        return {
            "file": str(self.midi),
            "take": str(self.take.json_path),
            "done": list(self.done),
            "report": self.report,
            "files": sorted(self.take.files),
            "tracks": len(self.score.tracks),
            "notes": self.score.note_count,
        }


def check_out(out: str | Path | None, given: Sequence[Path], *, overwrite: bool = False) -> None:
    """Find out before any work whether the result may be called so.

    Raises:
        OutputError: it would replace a file it is made from, or another without `overwrite`, or its suffix names no
            format that is written.
    """
    if out is None:
        return
    path = Path(out)
    if path.suffix and not path.is_dir() and not is_score_name(path):
        wrong = "is sound, which holds no notes" if is_sound_name(path) else "is no format written here"
        raise OutputError(f"{path}: '{path.suffix}' {wrong}; end the name in .mid, or name a folder")
    for source in given:
        check_not_source(path, source)
    if is_score_name(path):
        check_free(path.expanduser(), overwrite=overwrite)


def save_outcome(outcome: Outcome, out: str | Path | None, *, overwrite: bool = False) -> Saved:
    """Write a result, and keep it in the session of the take that it was made from.

    Raises:
        OutputError: the place is taken or cannot be written, or is the file it is made from.
    """
    made = _made(outcome)
    path = outcome.source.with_name(f"{outcome.source.stem}-{outcome.command}.mid") if out is None else Path(out)
    path = path.expanduser()
    check_out(path, list(outcome.given.values()), overwrite=overwrite)
    if is_score_name(path) and not path.is_dir():
        take = beside(made, path)
    else:
        take = in_folder(made, safe_name(outcome.source.stem), fresh_folder(path))
    keep([take])
    return Saved(take, outcome.done)


def _made(outcome: Outcome) -> Made:
    copies = {given_name(role, n): path.read_bytes() for n, (role, path) in enumerate(outcome.given.items())}
    title = f"{outcome.source.stem}: {outcome.command}"
    return Made(partial(_take, outcome), outcome.source, title, copies, outcome.sections, outcome.chords, outcome.files,
                list(outcome.given.values())[1:])  # fmt: skip


def given_name(role: str, number: int) -> str:
    """What a copy of a given file is called in a take's folder."""
    return GIVEN_FILE if not number else f"given-{role}.mid"


def given_rows(given: Mapping[str, Path], folder: Path) -> list[dict[str, str]]:
    """The files that a take in a folder was made from, as its recipe names them."""
    return [
        {"role": role, "name": path.name, "origin": os.path.relpath(path, folder), "sha256": sha256_of(path)}
        for role, path in given.items()
    ]


def find_given(take: Take, row: Mapping[str, str], number: int) -> Path:
    """Where a file that a take was made from lies: its copy in the take's folder, or itself.

    Raises:
        FileFormatError: it is gone or was changed.
    """
    for path in (take.folder / given_name(row["role"], number), take.folder / row["origin"]):
        if path.is_file() and sha256_of(path) == row["sha256"]:
            return path
    raise FileFormatError(f"{row['origin']} is missing or was changed, and the take was made from it; restore the file")


def _take(outcome: Outcome, name: str, folder: Path, file: str) -> Take:
    given = given_rows(outcome.given, folder)
    asked = {key: value for key, value in outcome.options.items() if key not in _NOT_ASKED and value is not None}
    settings = {SETTING: {"command": outcome.command, "options": asked, "given": given}}
    engine, model = "onnx" if outcome.model else "rules", dict(outcome.model)
    recipe = Recipe(engine, outcome.seed, (outcome.seed,), 0, model=model, settings=settings, versions=versions())
    plan = _plan(outcome)
    report = {"share": 1.0, "met": True, "demands": [], "done": list(outcome.done), **outcome.report}
    return Take(name, folder, outcome.score, plan.brief, plan, "; ".join(outcome.done), report, recipe, file=file)


def _plan(outcome: Outcome) -> Plan:
    """What can be heard of the music, so that a take of it can be shown and changed like a composed one."""
    plan = piece_plan(outcome.score, Brief(), outcome.seed)
    if (parent := take_at(outcome.source)) is not None:
        plan = inherited(plan, outcome.score, parent, outcome.command)
    if len(outcome.chords) == len(plan.chords):
        plan = replace(plan, chords=tuple(outcome.chords))
    return replace(plan, sections=tuple(outcome.sections)) if outcome.sections else plan
