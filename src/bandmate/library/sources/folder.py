"""A folder of any layout: its files of music in a fixed order, with what metadata, folders and names say of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bandmate.errors import LibraryError
from bandmate.io.files import MUSIC_SUFFIXES
from bandmate.library.charts import is_chart
from bandmate.library.datasets.books import tune_marks, tune_title
from bandmate.library.metadata import METADATA_STEMS, MetadataTable, hints_from_folders, hints_from_name
from bandmate.library.sources.base import SOUNDS, Found, Hints, SourceInfo, is_not_yet_read, is_read
from bandmate.library.sources.manifest import source_info

_SKIPPED_FOLDERS = ("__macosx", "node_modules", "$recycle.bin", "system volume information")

_LIVE_PROJECT = "Ableton Project Info"


class FolderSource:
    """The music in a folder and below; walked anew at each call of `files`, so its memory does not grow.

    Args:
        root: the folder.
        sounds: whether sound files count too.

    Attributes:
        notices: sentences about metadata files that could not be used and folders that could not be opened.
        not_yet: suffix -> number of files that hold music but cannot be read yet.

    Raises:
        LibraryError: there is no such folder, it is a file, or it may not be opened.
    """

    def __init__(self, root: str | Path, *, sounds: bool = False) -> None:
        self._sounds = SOUNDS if sounds else ()
        self.root = Path(root).expanduser()
        if not self.root.exists():
            raise LibraryError(f"folder {self.root} does not exist; check the path, or quote it if it holds blanks")
        if not self.root.is_dir():
            raise LibraryError(f"{self.root} is a file; give the folder that holds it")
        try:
            with os.scandir(self.root) as entries:
                next(entries, None)
        except OSError as error:
            raise LibraryError(
                f"folder {self.root} may not be opened ({error.strerror}); give yourself the right to read it"
            ) from error
        self.root = self.root.resolve()
        self.info = source_info(self.root) or SourceInfo(self.root.name, self.root)
        self.notices: list[str] = []
        self.not_yet: Counter[str] = Counter()

    def count(self) -> int:
        """How many files `files` would give."""
        walk = (folder / name for folder, names in self._folders() for name in names)
        return sum(len(tune_marks(path)) for path in walk if self._is_music(path))

    def _is_music(self, path: Path) -> bool:
        """Whether a file is read: as music, as a sound where those count, or as a chord chart that is no metadata."""
        if path.stem.casefold() in METADATA_STEMS and not path.name.lower().endswith(MUSIC_SUFFIXES):
            return False
        return path.suffix.lower() in self._sounds or is_read(path) or is_chart(path)

    def files(self) -> Iterator[Found]:
        """Every readable file, in order of its path; of a tunebook every tune, as `book.abc#7`."""
        self.notices, self.not_yet = [], Counter()
        tables: dict[Path, MetadataTable] = {}
        infos: dict[Path, SourceInfo] = {self.root: self.info}
        for folder, names in self._folders(note=True):
            chain = [folder, *folder.parents]
            chain = chain[: chain.index(self.root) + 1]
            tables = {place: table for place, table in tables.items() if place in chain}
            table = MetadataTable(folder, names)
            self.notices += table.notices
            if table.by_file or table.for_all != Hints():
                tables[folder] = table
            infos = {place: info for place, info in infos.items() if place in chain}
            if folder != self.root and (own := source_info(folder)):
                infos[folder] = own
            info = infos[next(place for place in chain if place in infos)]
            above = hints_from_folders(place.name for place in reversed(chain))
            nearest_first = [tables[place] for place in chain if place in tables]
            for name in names:
                if self._is_music(folder / name):
                    found = self._found(folder / name, info, nearest_first, above)
                    if found is not None:
                        yield from _tunes(found)
                elif is_not_yet_read(folder / name):
                    self.not_yet[Path(name).suffix.lower()] += 1

    def _found(self, path: Path, info: SourceInfo, tables: list[MetadataTable], above: Hints) -> Found | None:
        try:
            path.as_posix().encode("utf-8")
            stat = path.stat()
        except UnicodeEncodeError:
            name = path.name.encode("utf-8", "backslashreplace").decode("utf-8")
            self.notices.append(f"{path.parent} holds a file whose name is no text ({name}); rename it to have it read")
            return None
        except OSError as error:
            self.notices.append(f"{path} cannot be opened: {error.strerror}")
            return None
        hints = Hints()
        for table in tables:
            hints = hints.or_else(table.hints(path))
        hints = hints.or_else(hints_from_name(path.stem)).or_else(above)
        hints = replace(hints, licence=hints.licence or info.licence, credit=hints.credit or info.credit)
        return Found(path, path.relative_to(info.folder).as_posix(), stat.st_size, stat.st_mtime_ns, info, hints)

    def _folders(self, note: bool = False) -> Iterator[tuple[Path, list[str]]]:
        def denied(error: OSError) -> None:
            if note:
                self.notices.append(f"folder {error.filename} was not opened: {error.strerror}")

        for place, folders, names in os.walk(self.root, onerror=denied):
            folders[:] = sorted(f for f in folders if not f.startswith(".") and f.casefold() not in _SKIPPED_FOLDERS)
            if _LIVE_PROJECT in folders:  # Live keeps the last ten states of every set there
                folders[:] = [folder for folder in folders if folder.casefold() != "backup"]
            yield Path(place), sorted(name for name in names if not name.startswith("."))


def _tunes(found: Found) -> Iterator[Found]:
    """A file as it is, or each tune of a tunebook with its own title."""
    for mark in tune_marks(found.path):
        path = found.path.with_name(found.path.name + mark)
        title = tune_title(path) if mark else ""
        hints = (
            replace(found.hints, title=title, origin={**found.hints.origin, "title": "file"}) if title else found.hints
        )
        yield replace(found, path=path, relative=found.relative + mark, hints=hints)
