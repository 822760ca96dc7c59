"""Outcome: what a transformation of files gives: a take like any other, in a folder or as one file.

`--out song.mid` writes `song.mid` and `song.take.json`; `--out FOLDER` writes the MIDI file, what it was made from,
`roll.png` and `take.json`; without `--out` the file lies beside the one it was made from and is called after the
command.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bandmate.errors import OutputError
from bandmate.io.atomic import write_bytes_atomic
from bandmate.io.files import format_of, write
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.pitch import Chord
from bandmate.score.plan import Plan, PlannedSection
from bandmate.workflows.edit_desk import piece_plan
from bandmate.workflows.making import GIVEN_FILE
from bandmate.workflows.places import fresh_folder, safe_name
from bandmate.workflows.take import FILE_NAME, Recipe, Take, sha256_of, versions

SETTING = "transform"
_NOT_ASKED = ("file", "like", "first", "second", "out")  # files are told by `given`, and places are nobody's wish


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


def check_out(out: str | Path | None, given: Sequence[Path]) -> None:
    """Find out before any work whether the result may be called so.

    Raises:
        OutputError: it would replace a file it is made from, or its suffix names no format that is written.
    """
    if out is None:
        return
    path = Path(out)
    if path.suffix and not path.is_dir() and not _is_file_name(path):
        raise OutputError(f"{path}: '{path.suffix}' is no format written here; end the name in .mid, or name a folder")
    for source in given:
        if path.exists() and source.exists() and path.samefile(source):
            raise OutputError(f"{path} is the file being edited; give another name with --out, so that nothing is lost")


def _is_file_name(path: Path) -> bool:
    known = format_of(path)
    return known is not None and known.write is not None


def save_outcome(outcome: Outcome, out: str | Path | None) -> Saved:
    """Write a result.

    Raises:
        OutputError: the place cannot be written, or is the file it is made from.
    """
    check_out(out, list(outcome.given.values()))
    if out is None:
        return _beside(outcome, outcome.source.with_name(f"{outcome.source.stem}-{outcome.command}.mid"))
    path = Path(out).expanduser()
    if _is_file_name(path) and not path.is_dir():
        return _beside(outcome, path)
    return _in_folder(outcome, fresh_folder(path))


def _beside(outcome: Outcome, path: Path) -> Saved:
    """One MIDI file with its take.json beside it."""
    take = _take(outcome, path.stem, path.parent, f"{path.stem}.{FILE_NAME}")
    if take.midi != path:
        raise OutputError(f"{path}: '{path.suffix}' is not written here; end the name in .mid, or give a folder")
    write(outcome.score, path)
    return Saved(take.with_files([path]).save(), outcome.done)


def _in_folder(outcome: Outcome, folder: Path) -> Saved:
    from bandmate.pictures.roll import draw_roll

    take = _take(outcome, safe_name(outcome.source.stem), folder, FILE_NAME)
    paths = [write(outcome.score, take.midi)]
    for number, (role, source) in enumerate(outcome.given.items()):
        paths.append(write_bytes_atomic(folder / given_name(role, number), source.read_bytes()))
    for name, content in outcome.files.items():
        place = folder / name
        paths.append(write_bytes_atomic(place, content) if isinstance(content, bytes) else write(content, place))
    title = f"{outcome.source.stem}: {outcome.command}"
    sections, chords = list(outcome.sections), list(outcome.chords)
    paths.append(draw_roll(outcome.score, folder / "roll.png", sections=sections, chords=chords, title=title))
    return Saved(take.with_files(paths).save(), outcome.done)


def given_name(role: str, number: int) -> str:
    """What a copy of a given file is called in a take's folder."""
    return GIVEN_FILE if not number else f"given-{role}.mid"


def _take(outcome: Outcome, name: str, folder: Path, file: str) -> Take:
    given = [
        {"role": role, "name": path.name, "origin": os.path.relpath(path, folder), "sha256": sha256_of(path)}
        for role, path in outcome.given.items()
    ]
    asked = {key: value for key, value in outcome.options.items() if key not in _NOT_ASKED and value is not None}
    settings = {SETTING: {"command": outcome.command, "options": asked, "given": given}}
    recipe = Recipe("rules", outcome.seed, (outcome.seed,), 0, settings=settings, versions=versions())
    plan = _plan(outcome)
    report = {"share": 1.0, "met": True, "demands": [], "done": list(outcome.done), **outcome.report}
    return Take(name, folder, outcome.score, plan.brief, plan, "; ".join(outcome.done), report, recipe, file=file)


def _plan(outcome: Outcome) -> Plan:
    """What can be heard of the music, so that a take of it can be shown and changed like a composed one."""
    plan = piece_plan(outcome.score, Brief(), outcome.seed)
    if len(outcome.chords) == len(plan.chords):
        plan = replace(plan, chords=tuple(outcome.chords))
    return replace(plan, sections=tuple(outcome.sections)) if outcome.sections else plan
