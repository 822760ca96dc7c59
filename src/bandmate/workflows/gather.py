"""Gather: the pieces of a file or a folder, one after another; what cannot be read is skipped and named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bandmate.errors import LibraryError
from bandmate.io.files import MUSIC_SUFFIXES, PROJECT_SUFFIXES, is_music, read
from bandmate.library.datasets.books import tune_marks
from bandmate.library.datasets.reading import UNREADABLE
from bandmate.score.model import Score
from bandmate.workflows.jobs import Job
from bandmate.workflows.making import GIVEN_FILE
from bandmate.workflows.take import FILE_NAME


def gather(place: Path, skipped: list[str], job: Job, stage: str) -> Iterator[tuple[str, Score]]:
    """Read a file, or every file of music in a folder at any depth.

    Args:
        place: the file or folder.
        skipped: gets a sentence for each file of a folder that cannot be read.
        job: gets a "notice" for each of these, and progress.
        stage: of the job, that reading counts as.

    Yields:
        Name (in the folder) and score.

    Raises:
        FileFormatError: the one file cannot be read.
        LibraryError: the folder is not there or holds no music.
    """
    if place.is_file():
        yield place.name, read(place)
        return
    paths = music_in(place)
    for number, path in enumerate(paths, 1):
        name = path.relative_to(place).as_posix()
        try:
            score = read(path)
        except UNREADABLE as error:
            skip(name, error, skipped, job)
            continue
        job.progress(stage, number / len(paths))
        yield name, score


def music_in(folder: Path) -> list[Path]:
    """Every file of music in a folder at any depth, sorted, of a tunebook every tune; parts of takes are left out.

    Raises:
        LibraryError: the folder is not there or holds no music.
    """
    if not folder.exists():
        raise LibraryError(f"{folder} is not there; give a folder of music")
    files = sorted(path for path in folder.rglob("*") if is_music(path) and not _is_part(path))
    paths = [path.with_name(path.name + mark) for path in files for mark in tune_marks(path)]
    if not paths:
        raise LibraryError(f"{folder} holds no music; give a folder of files that end in {', '.join(MUSIC_SUFFIXES)}")
    return paths


def skip(name: str, error: Exception, skipped: list[str], job: Job) -> None:
    """Note a piece that cannot be measured, and say so."""
    text = str(error) if name in str(error) else f"{name}: {error}"
    skipped.append(text)
    job.tell("notice", text=f"skipped {text}")


def _is_part(path: Path) -> bool:
    """Whether a file is one track of a take, a project of it, or what was given to it: no piece of its own."""
    folder = path.parent
    if path.suffix.lower() in PROJECT_SUFFIXES:
        return (folder / FILE_NAME).is_file() or (folder.parent / FILE_NAME).is_file()
    given = path.name == GIVEN_FILE and (folder / FILE_NAME).is_file()
    return given or (folder.name == "tracks" and (folder.parent / FILE_NAME).is_file())
