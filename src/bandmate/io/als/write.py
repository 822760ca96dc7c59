"""An Ableton project folder on disk: whole or not at all, and never over a set that is there."""

from __future__ import annotations

import gzip
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bandmate.errors import OutputError
from bandmate.io.als.build import DENOMINATORS, NUMERATORS, TEMPO, live_set
from bandmate.io.als.clips import Sample
from bandmate.io.als.envelopes import lost_messages
from bandmate.io.atomic import write_bytes_atomic
from bandmate.io.cloning import place_file
from bandmate.io.project import Project, losses, project_of
from bandmate.score.cut import split_channels
from bandmate.score.model import Score

SAMPLES = "Samples/Imported"
INFO = "Ableton Project Info"


@contextmanager
def fresh_project(folder: Path) -> Iterator[Path]:
    """Give a hidden folder beside `folder`; what was made there takes its name when the block ends well.

    Raises:
        OutputError: something of that name is there already, or the place cannot be written.
    """
    if folder.exists() or folder.is_symlink():
        raise OutputError(f"{folder} is there already and stays as it is; give another place with --out")
    making = folder.with_name(f".{folder.name[:40]}-{secrets.token_hex(4)}.part")
    try:
        making.mkdir(parents=True)
        yield making
        making.rename(folder)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{folder} cannot be written ({reason}); free some space or give another place") from error
    finally:
        with suppress(OSError):
            if making.exists():
                shutil.rmtree(making)


def packed(xml: str) -> bytes:
    """The XML of a set as the bytes of an .als file, the same for the same text."""
    return gzip.compress(xml.encode("utf-8"), compresslevel=6, mtime=0)


def write_project(project: Project, folder: Path, *, link: bool = False) -> Path:
    """Write a project folder with its set, samples and all that Live looks for.

    Args:
        project: what is written; its stems are copied into the folder.
        folder: of the project, must not be there; its name is what Live shows.
        link: whether stems may be hard links instead of copies, since they are ours.

    Returns:
        The set's path.

    Raises:
        OutputError: the folder is there already, or cannot be written. FileFormatError: a stem is missing.
    """
    project.check_stems()
    with fresh_project(folder) as making:
        (making / INFO).mkdir()
        if project.stems:
            (making / SAMPLES).mkdir(parents=True)
        samples = {}
        for number, stem in enumerate(project.stems):
            relative = f"{SAMPLES}/{_free_name(making / SAMPLES, stem.path)}"
            place_file(stem.path, making / relative, link=link)
            found = (making / relative).stat()
            path = folder.absolute() / relative
            samples[number] = Sample(stem, relative, path, found.st_size, int(found.st_mtime))
        (making / f"{project.name}.als").write_bytes(packed(live_set(project, samples)))
    return folder / f"{project.name}.als"


def _free_name(folder: Path, path: Path) -> str:
    """The name of a file, with a number where another of that name lies there already."""
    name, number = path.name, 1
    while (folder / name).exists():
        number += 1
        name = f"{path.stem}-{number}{path.suffix}"
    return name


def write_als(score: Score, path: str | Path, *, envelopes: bool = False) -> Path:
    """Write a score as a set without samples; a set that is there already is never written over.

    Args:
        score: its tracks may play on several channels.
        path: of the set.
        envelopes: whether controllers, bends and pressure become envelopes of clips.

    Raises:
        OutputError: a file of that name is there, or the place cannot be written.
    """
    path = Path(path)
    if path.exists():
        raise OutputError(f"{path} is there already, and no Live set is ever written over; give another name")
    return write_bytes_atomic(path, packed(live_set(project_of(split_channels(score), path.stem, envelopes=envelopes))))


def als_losses(score: Score, *, envelopes: bool = False) -> tuple[str, ...]:
    """What an Ableton set does not hold of a score, one sentence each; `envelopes` as in `write_als`."""
    return (
        *lost_messages(score, envelopes),
        *losses(score, tempo=TEMPO, numerators=NUMERATORS, denominators=DENOMINATORS),
    )
