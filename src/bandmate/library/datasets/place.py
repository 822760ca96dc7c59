"""A dataset on disk: fetched, unpacked, with what it is and whose it is beside it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from bandmate.errors import LibraryError, OutputError
from bandmate.io.atomic import cannot_write, write_text_atomic
from bandmate.library.datasets.description import UNVERIFIED, Dataset, Remote
from bandmate.library.datasets.unpack import Bounds, is_archive, unpack
from bandmate.library.sources.manifest import source_info

NOTE = "SOURCE.json"
_KEPT = (".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml", ".txt", ".md", ".cff", ".html")
_SAID = ("licence", "license", "readme", "copying", "notice", "authors", "credits")

Progress = Callable[[str, int, int | None], None]  # file, bytes so far, bytes in all


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What `download` did.

    Attributes:
        folder: where the dataset lies; files: of it that were unpacked, 0 if it was there before.
        fetched: names of what was fetched, each with its checksum or "unverified".
    """

    folder: Path
    files: int
    fetched: dict[str, str]


def download(
    dataset: Dataset,
    to: Path,
    progress: Progress | None = None,
    *,
    attempts: int = 5,
    pause_sec: float = 1.0,
    bounds: Bounds | None = None,
) -> Downloaded:
    """Fetch a dataset into a folder of its name; one that is there already is left as it is.

    Archives are unpacked (music, tables and licences only; sound is left in them) and then deleted. The folder is
    there whole or not at all; what was fetched before a stop is gone on with.

    Args:
        dataset: which.
        to: the folder that gets its folder.
        progress: called with a file's name, the bytes so far and the bytes in all, if known.
        attempts: see `fetch`.
        pause_sec: see `fetch`.
        bounds: see `unpack`.

    Raises:
        LibraryError: it cannot be fetched by program, or not this time; the message says how it is to be had.
        OutputError: there is no room, or the place cannot be written.
    """
    if not dataset.remotes:
        raise LibraryError(by_hand(dataset, to))
    folder, work, kept = to / dataset.name, to / f".{dataset.name}.unpacking", to / f".{dataset.name}.fetched"
    if (folder / NOTE).exists():
        return Downloaded(folder, 0, {})
    if folder.exists():
        raise OutputError(f"{folder} is in the way and is no dataset fetched before; move it or choose another --to")
    try:
        kept.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(work, ignore_errors=True)
        paths = [_fetch(remote, kept / remote.file, progress, attempts, pause_sec) for remote in dataset.remotes]
        files = sum(_put(path, work, dataset, bounds) for path in paths)
        if not any(is_music(path.relative_to(work).as_posix(), dataset) for path in work.rglob("*")):
            raise LibraryError(f"what came for {dataset.name} holds no {', '.join(dataset.files)}; it has changed")
        _note(dataset, work)
        work.replace(folder)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(kept, ignore_errors=True)
    return Downloaded(folder, files, {r.file: r.checksum or UNVERIFIED for r in dataset.remotes})


def by_hand(dataset: Dataset, to: Path) -> str:
    """Why a dataset is not fetched, and what to do instead."""
    why = "is not offered any more" if dataset.gone else "is not fetched by program"
    where = dataset.where or dataset.homepage or "nobody said where it is had"
    return (
        f"{dataset.name} {why}: {where}; put it into a folder and say: "
        f"bandmate datasets convert {dataset.name} FOLDER --out DIR"
    )


def _fetch(remote: Remote, path: Path, progress: Progress | None, attempts: int, pause_sec: float) -> Path:
    from bandmate.library.datasets.fetch import fetch  # the one module that opens connections: not before it is asked

    def tell(done: int, total: int | None) -> None:
        if progress is not None:
            progress(remote.file, done, total)

    return fetch(remote, path, tell, attempts=attempts, pause_sec=pause_sec)


def _put(path: Path, work: Path, dataset: Dataset, bounds: Bounds | None) -> int:
    if is_archive(path):
        return unpack(path, work, lambda name: _wanted(name, dataset), bounds).files
    work.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, work / path.name)
    return 1


def _wanted(name: str, dataset: Dataset) -> bool:
    last = name.replace("\\", "/").rpartition("/")[2].lower()
    return is_music(name, dataset) or last.endswith(_KEPT) or last.startswith(_SAID)


def is_music(relative: str, dataset: Dataset) -> bool:
    """Whether a file is a piece of a dataset, by its place in it."""
    name = relative.replace("\\", "/").lower()
    last = name.rpartition("/")[2]
    if last.startswith("._") or "__macosx/" in name:
        return False
    matches = any(fnmatchcase(name, pattern.lower()) for pattern in dataset.files)
    return matches and not any(fnmatchcase(name, pattern.lower()) for pattern in dataset.without)


def check_apart(out: Path, folder: Path) -> None:
    """What is made of a dataset does not go into its folder.

    Raises:
        OutputError: it would.
    """
    if out.resolve().is_relative_to(folder.resolve()):
        raise OutputError(f"{out} lies in the folder that is read; give another --out")


def provenance(dataset: Dataset, folder: Path) -> dict[str, Any]:
    """What SOURCE.json has to say of a dataset that lies in a folder: what the folder says itself, else the table."""
    said = {"source": dataset.title, "dataset": dataset.name, "licence": dataset.licence, "credit": dataset.homepage,
            "citation": dataset.citation}  # fmt: skip
    own = source_info(folder)
    if own is not None and dataset.homepage.startswith("docs/"):  # of a folder of one's own the table knows nothing
        said |= {"source": own.name, "licence": own.licence, "credit": own.credit}
    return said


def _note(dataset: Dataset, folder: Path) -> None:
    said = provenance(dataset, folder) | {
        "source": dataset.kind or dataset.title,
        "fetched": {remote.url: remote.checksum or UNVERIFIED for remote in dataset.remotes},
    }
    with suppress(FileNotFoundError):
        (folder / NOTE).unlink()
    write_text_atomic(folder / NOTE, json.dumps(said, ensure_ascii=False, indent=1) + "\n")
