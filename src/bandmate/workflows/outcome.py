"""Outcome: what an edit of files gives: a MIDI file, a picture of it, and a take.json that says how it was made.

`--out song.mid` writes `song.mid` and `song.take.json`; `--out FOLDER` writes `FOLDER/FOLDER.mid`, `roll.png` and
`take.json`; without `--out` the file lies beside the one it was made from and is called after the command.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bandmate.errors import OutputError
from bandmate.io.atomic import write_text_atomic
from bandmate.io.files import format_of, write
from bandmate.score.model import Score
from bandmate.score.pitch import Chord
from bandmate.score.plan import PlannedSection
from bandmate.workflows.places import fresh_folder, safe_name
from bandmate.workflows.take import FILE_NAME, seal_of, sha256_of, versions

FORMAT = "bandmate.edit.v1"


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A result before it has files.

    Attributes:
        command: such as "groove".
        score: the music.
        done: one sentence a thing that was done or found.
        report: figures about it, as plain data.
        options: everything that was asked, as plain data; with the given files it makes the same music again.
        given: the files it was made from, the first one its source.
        sections, chords: for the picture, where they are known; chords two a bar.
    """

    command: str
    score: Score
    done: tuple[str, ...]
    report: Mapping[str, Any]
    options: Mapping[str, Any]
    given: tuple[Path, ...]
    sections: Sequence[PlannedSection] = ()
    chords: Sequence[Chord] = field(default=())


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """Where a result lies.

    Attributes:
        midi: the music; json_path: how it was made; roll: its picture, None beside a single file.
        outcome: what was saved.
    """

    midi: Path
    json_path: Path
    roll: Path | None
    outcome: Outcome

    @property
    def score(self) -> Score:
        """The music."""
        return self.outcome.score

    @property
    def done(self) -> tuple[str, ...]:
        """What was done, in sentences."""
        return self.outcome.done

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        return {
            "file": str(self.midi),
            "take": str(self.json_path),
            "roll": None if self.roll is None else str(self.roll),
            "done": list(self.done),
            "report": dict(self.outcome.report),
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
    check_out(out, outcome.given)
    if out is None:
        source = outcome.given[0]
        return _beside(outcome, source.with_name(f"{source.stem}-{outcome.command}.mid"))
    path = Path(out).expanduser()
    if _is_file_name(path) and not path.is_dir():
        return _beside(outcome, path)
    return _in_folder(outcome, fresh_folder(path))


def _beside(outcome: Outcome, path: Path) -> Saved:
    midi = write(outcome.score, path)
    return Saved(midi, _note(outcome, midi.with_name(f"{midi.stem}.{FILE_NAME}"), (midi,)), None, outcome)


def _in_folder(outcome: Outcome, folder: Path) -> Saved:
    from bandmate.pictures.roll import draw_roll

    midi = write(outcome.score, folder / f"{safe_name(folder.name)}.mid")
    sections, chords = list(outcome.sections), list(outcome.chords)
    title = f"{outcome.given[0].stem}: {outcome.command}"
    roll = draw_roll(outcome.score, folder / "roll.png", sections=sections, chords=chords, title=title)
    return Saved(midi, _note(outcome, folder / FILE_NAME, (midi, roll)), roll, outcome)


def _note(outcome: Outcome, path: Path, files: Sequence[Path]) -> Path:
    """Write down how it was made."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "command": outcome.command,
        "done": list(outcome.done),
        "report": dict(outcome.report),
        "recipe": {"options": dict(outcome.options), "versions": versions()},
        "given": {str(place): sha256_of(place) for place in outcome.given},
        "files": {place.name: sha256_of(place) for place in files},
    }
    data = json.loads(json.dumps(data, default=str))  # paths as text, in the seal too
    data["seal"] = seal_of(data)
    write_text_atomic(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    return path
