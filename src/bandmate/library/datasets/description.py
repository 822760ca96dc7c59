"""What is written down of a dataset: one frozen description each, everything else follows from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bandmate.errors import LibraryError
from bandmate.score.model import Score

UNKNOWN = "unknown"
UNVERIFIED = "unverified"
GITHUB = "https://github.com/"
MIDI = ("*.mid", "*.midi")
SCORES = ("*.mxl", "*.musicxml", "*.xml")


@dataclass(frozen=True, slots=True)
class Remote:
    """A file that can be fetched.

    Attributes:
        url: where it lies; file: its name here.
        size_bytes: as published; None = unknown.
        checksum: "sha256:..." or "md5:...", "" = none was published that we know of.
        checksum_from: who published it.
    """

    url: str
    file: str
    size_bytes: int | None = None
    checksum: str = ""
    checksum_from: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that came with the files: CSV, JSON or JSON lines, one row a piece.

    Attributes:
        file: pattern of its place in the dataset.
        path: column that names the piece, from the table's own folder; "a.b" is b within a.
        split: column of the published split.
        work: columns that together name the work.
        labels: columns worth keeping; "a.*" is everything within a that is neither its work nor its split.
    """

    file: str
    path: str
    split: str = ""
    work: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset.

    Attributes:
        name, title, about: its name here, its own, and a sentence.
        homepage: where it is described; licence: as published, "unknown" where it is.
        citation: as its authors ask to be cited, BibTeX or a sentence.
        files: patterns of its music ("*" also stands for folders); without: of what is left out of it.
        pieces: how many, as published.
        remotes: what `download` fetches; none = it is had by hand.
        size_bytes: of the download where `remotes` do not say.
        where: how it is had by hand; gone: it is not offered any more.
        tables: what came with it.
        names: pattern of a path whose group `work` is the work, and whose other groups are labels.
        splits: where the published split stands: "folders", "table", or "" for none: then by work, by seed.
        kind: of `library.sources.base.PREPARE`, for `learn`.
        muspy: MusPy's class.
        convert: what makes a file mean what it says; None = it does.
    """

    name: str
    title: str
    about: str
    homepage: str
    licence: str
    citation: str
    files: tuple[str, ...] = MIDI
    without: tuple[str, ...] = ()
    pieces: int | None = None
    remotes: tuple[Remote, ...] = ()
    size_bytes: int | None = None
    where: str = ""
    gone: bool = False
    tables: tuple[Table, ...] = ()
    names: str = ""
    splits: str = ""
    kind: str = ""
    muspy: str = ""
    convert: Callable[[Score], Score] | None = None

    @property
    def status(self) -> str:
        """How it is had: "download", "by hand" or "gone"."""
        return "gone" if self.gone else "download" if self.remotes else "by hand"

    @property
    def download_bytes(self) -> int | None:
        """Size of what is fetched, None if a part of it is unknown."""
        sizes = [remote.size_bytes for remote in self.remotes]
        return sum(sizes) if sizes and None not in sizes else self.size_bytes  # type: ignore[arg-type]

    @property
    def checksums(self) -> tuple[str, ...]:
        """Of each file that is fetched: its checksum, or "unverified"."""
        return tuple(remote.checksum or UNVERIFIED for remote in self.remotes)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        kept = ("name", "title", "about", "homepage", "licence", "citation", "pieces", "where", "splits", "muspy")
        remotes = [
            {"url": r.url, "file": r.file, "size_bytes": r.size_bytes, "checksum": r.checksum or UNVERIFIED,
             "checksum_from": r.checksum_from}
            for r in self.remotes
        ]  # fmt: skip
        return {**{name: getattr(self, name) for name in kept}, "status": self.status,
                "size_bytes": self.download_bytes, "files": list(self.files), "remotes": remotes}  # fmt: skip


def github(repository: str, commit: str) -> Remote:
    """A repository at one commit, as GitHub packs it (which gives no checksum that lasts)."""
    return Remote(f"{GITHUB}{repository}/archive/{commit}.zip", f"{repository.split('/')[1]}-{commit[:12]}.zip")


def read_description(path: Path) -> Dataset:
    """A dataset of one's own: a JSON object with the fields of `Dataset`; remotes and tables are lists of objects.

    Raises:
        LibraryError: the file is missing or says something that is no description; the message names the field.
    """
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LibraryError(f"{path} cannot be read ({error.strerror}); give the JSON file of a dataset") from error
    except ValueError as error:
        raise LibraryError(f"{path} is no JSON ({error}); see docs/DATASETS.md for what it holds") from error
    if not isinstance(data, dict):
        raise LibraryError(f"{path} holds no JSON object; see docs/DATASETS.md for what it holds")
    given = {"name": path.stem, "title": path.stem, "about": "", "homepage": "", "licence": UNKNOWN, "citation": ""}
    given |= data
    values = {name: _value(name, value, path) for name, value in given.items()}
    if not values["name"] or not values["name"].replace("-", "_").isidentifier():
        raise LibraryError(f"{path}: name '{values['name']}' is no name; use letters, digits, - and _")
    try:
        re.compile(values.get("names", ""))
    except re.error as error:
        raise LibraryError(f"{path}: names '{values['names']}' is no regular expression ({error}); mend it") from error
    if values.get("splits", "") not in _SPLITS:
        raise LibraryError(f"{path}: splits '{values['splits']}' are not known; give folders, table or nothing")
    return Dataset(**values)


_KINDS = {"files": str, "without": str, "remotes": Remote, "tables": Table}
_SPLITS = ("", "folders", "table")
_NUMBERS = ("pieces", "size_bytes")


def _value(name: str, value: Any, path: Path) -> Any:
    if name not in {field.name for field in fields(Dataset)} - {"convert"}:
        raise LibraryError(f"{path}: '{name}' is no field of a dataset; leave it out")
    if name in _KINDS:
        if not isinstance(value, list):
            raise LibraryError(f"{path}: {name} is no list; write [...]")
        return tuple(_item(_KINDS[name], item, name, path) for item in value)
    wanted = bool if name == "gone" else int if name in _NUMBERS else str
    if not isinstance(value, wanted) and not (name in _NUMBERS and value is None):
        raise LibraryError(f"{path}: {name} is no {wanted.__name__}; mend it")
    return value


def _item(kind: type, item: Any, name: str, path: Path) -> Any:
    if kind is str:
        if not isinstance(item, str):
            raise LibraryError(f"{path}: {name} holds {item!r}, which is no text; mend it")
        return item
    try:
        made = kind(**{key: tuple(part) if isinstance(part, list) else part for key, part in item.items()})
    except (TypeError, AttributeError) as error:
        raise LibraryError(f"{path}: {name} holds {item!r}, which is no {kind.__name__.lower()} ({error})") from error
    if isinstance(made, Remote) and urlsplit(str(made.url)).scheme not in ("http", "https"):
        raise LibraryError(f"{path}: address '{made.url}' is none of http or https; give one of these")
    if isinstance(made, Remote) and (not made.file or Path(made.file).name != made.file):
        raise LibraryError(f"{path}: '{made.file}' is no name of a file; give one without folders")
    return made
