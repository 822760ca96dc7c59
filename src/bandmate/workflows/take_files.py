"""Take files: the one place where a take that was made from a file is written, in a folder or as one MIDI file.

Edits and transforms say what was made and how (`Made`); here it gets its files, its card and its parents, and a place
in the session of the take that it was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.errors import OutputError
from bandmate.io.atomic import write_bytes_atomic
from bandmate.io.files import write
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.pitch import Chord
from bandmate.score.plan import PlannedSection
from bandmate.workflows.take import FILE_NAME, Take, sha256_of
from bandmate.workflows.taste import taste_told

if TYPE_CHECKING:
    from bandmate.evaluation.quality import Verdict

_CARD_NOTES = 100_000  # a piece with more of them would be measured for longer than it was written
_KEPT: ContextVar[bool] = ContextVar("kept", default=True)


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What was made from a file, before it has files.

    Attributes:
        take: makes the take from its name, its folder and the name of its take.json; it has no files yet.
        source: path of the file it was made from, "" for a score in memory.
        title: of the picture; sections, chords: that are drawn into it.
        given: the files it was made from, by the names of their copies.
        files: more files for its folder, by name.
        lenders: paths of further files that it was made from.
    """

    take: Callable[[str, Path, str], Take]
    source: str | Path
    title: str
    given: Mapping[str, bytes]
    sections: Sequence[PlannedSection] = ()
    chords: Sequence[Chord] = ()
    files: Mapping[str, Score | bytes] = field(default_factory=dict)
    lenders: Sequence[str | Path] = ()


def beside(made: Made, path: Path) -> Take:
    """One MIDI file with its take.json beside it, and nothing else.

    Raises:
        OutputError: the name does not end in .mid, or is that of the file it was made from.
    """
    check_not_source(path, made.source)
    take = _complete(made, path.stem, path.parent, f"{path.stem}.{FILE_NAME}")
    if take.midi != path:
        raise OutputError(f"{path}: '{path.suffix}' is not written here; end the name in .mid, or give a folder")
    write(take.score, path)
    return take.with_files([path]).save()


def in_folder(made: Made, name: str, folder: Path) -> Take:
    """A take with its MIDI file, the files it was made from, a picture and take.json."""
    from bandmate.pictures.roll import draw_roll

    folder.mkdir(parents=True, exist_ok=True)
    take = _complete(made, name, folder, FILE_NAME)
    paths = [write(take.score, take.midi)]
    for file, content in (*made.given.items(), *made.files.items()):
        place = folder / file
        paths.append(write_bytes_atomic(place, content) if isinstance(content, bytes) else write(content, place))
    sections, chords = list(made.sections), list(made.chords)
    paths.append(draw_roll(take.score, folder / "roll.png", sections=sections, chords=chords, title=made.title))
    return take.with_files(paths).save()


def _complete(made: Made, name: str, folder: Path, file: str) -> Take:
    """The take with its parents and the verdict of the report card, by which stars and discards teach."""
    take = made.take(name, folder, file)
    report, card = dict(take.report), card_of(take.score, take.brief)
    if card is not None:
        report["card"] = card.to_json()
    if card is not None and (told := taste_told(card.places)):
        report["taste"] = told
    parents = parents_of(made.source, *made.lenders)
    return replace(take, parents=parents, direct=len(parents), report=report)


def card_of(score: Score, brief: Brief) -> Verdict | None:
    """The verdict of the report card on a piece, by the genre that was stated; None if it is too long for one."""
    from bandmate.evaluation.quality import verdict

    if score.note_count > _CARD_NOTES:
        return None
    return verdict(score, brief.genre if "genre" not in brief.guessed else None)


def check_not_source(path: Path, source: str | Path) -> None:
    """A file is never written over the one it was made from.

    Raises:
        OutputError: it would be.
    """
    if source and path.exists() and Path(source).exists() and path.samefile(source):
        raise OutputError(f"{path} is the file being edited; give another name with --out, so that nothing is lost")


def parents_of(*sources: str | Path) -> tuple[str, ...]:
    """The takes that files belong to, each as the hash of its take.json; none for what is no take's."""
    found = []
    for path in map(Path, filter(None, sources)):
        known = (path.with_name(f"{path.stem}.{FILE_NAME}"), path.with_name(FILE_NAME))
        found += [sha256_of(file) for file in known if file.is_file()][:1]
    return tuple(dict.fromkeys(found))


@contextmanager
def unrecorded() -> Iterator[None]:
    """Within it takes join no session: they are made again, not new."""
    before = _KEPT.set(False)
    try:
        yield
    finally:
        _KEPT.reset(before)


def keep(takes: Sequence[Take]) -> None:
    """Number takes that were just made in their session; the first is the last take if it has a folder of its own.

    A MIDI file with its take.json beside it is no folder that `again` could go on in.
    """
    from bandmate.workflows.history import remember
    from bandmate.workflows.sessions import record

    if not _KEPT.get():
        return
    if takes[0].file == FILE_NAME:
        remember(takes[0])
    record(takes)
