"""Folders: what an assistant may touch. Every path of a call is checked here, and every write of the process again."""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bandmate.errors import OutputError, UserError
from bandmate.settings import user_folder

_FOREIGN = re.compile(r"^([A-Za-z]:|\\\\|//)")  # a drive or a share of another system: no relative name here
_NAMES = (str, bytes, os.PathLike)
_REFUSED = "it lies outside the folders that are open here"
_LOOKED_AT = 200_000  # entries of a folder that are searched for links that lead out
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
             "shutil.rmtree"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that the user named, links resolved; the first is where relative paths start."""

    roots: tuple[Path, ...]

    @classmethod
    def of(cls, named: Sequence[str | Path]) -> Folders:
        """The folders that were named; none named = the one for takes in the user's music, made if it is not there.

        Raises:
            UserError: one is not there, or is no folder. OutputError: the one for takes cannot be made.
        """
        if not named:
            named = [user_folder("music")]
            try:
                Path(named[0]).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(
                    f"{named[0]} cannot be made ({error.strerror}); name another with --folder"
                ) from error
        roots = []
        for name in named:
            root = Path(name).expanduser().resolve()
            if not root.is_dir():
                raise UserError(f"--folder {name} is no folder that is there; make it first, or name another")
            roots.append(root)
        return cls(tuple(dict.fromkeys(roots)))

    def holds(self, path: str | Path) -> bool:
        """Whether a path lies in one of them once every link and `..` is followed."""
        real = Path(path).resolve()
        return any(real.is_relative_to(root) for root in self.roots)

    def reading(self, name: str, text: str) -> Path:
        """A path that a call reads, made absolute.

        Raises:
            UserError: it lies outside, is not there, or is a folder with a link that leads out.
        """
        path = self._inside(name, text)
        if not path.exists():
            raise UserError(f"{name} '{text}' is not there; paths start in {self.roots[0]}")
        if path.is_dir():
            self._check_links(name, path)
        return path

    def writing(self, name: str, text: str) -> Path:
        """A path that a call writes, made absolute; never one of the folders themselves, whose neighbours lie outside.

        Raises:
            UserError: it lies outside, is a file that is there, or a folder with a link that leads out.
        """
        path = self._inside(name, text)
        if path.resolve() in self.roots:
            raise UserError(f"{name} '{text}' is a folder that was opened as a whole; name a new folder in it")
        if path.is_file():
            raise UserError(f"{name} '{text}' is there already, and nothing is written over; name a new file")
        if path.is_dir():  # what a library of another language writes there is not seen by `guard`
            self._check_links(name, path)
        return path

    def _inside(self, name: str, text: str) -> Path:
        if not text.strip() or "\0" in text:
            raise UserError(f"{name} is empty; give a path in {self.roots[0]}")
        if text.startswith("file://"):  # as programs that speak in addresses write a path
            text = unquote(text.removeprefix("file://"))
            text = text.removeprefix("/") if os.name == "nt" else text
        foreign = os.name != "nt" and _FOREIGN.match(text) is not None
        try:
            typed = Path(text).expanduser() if text.startswith("~") else Path(text)
            path = typed if typed.is_absolute() else self._relative(typed)
            inside = self.holds(path)
        except (OSError, ValueError, RuntimeError) as error:  # too long, a loop of links, no such user
            why = getattr(error, "strerror", None) or str(error)
            raise UserError(f"{name} '{text[:60]}' cannot be a path ({why}); give one in {self.roots[0]}") from error
        if foreign or not inside:
            raise UserError(
                f"{name} '{text}' lies outside the folders that are open here ({self._listed()}); "
                "give a path in one of them, or ask the user to open another with --folder"
            )
        return path

    def _relative(self, path: Path) -> Path:
        there = [root / path for root in self.roots if (root / path).exists()]
        return there[0] if there else self.roots[0] / path

    def _listed(self) -> str:
        return ", ".join(map(str, self.roots))

    def _check_links(self, name: str, folder: Path) -> None:
        seen = 0
        for place, folders, files in os.walk(folder):
            for entry in (*folders, *files):
                path = Path(place) / entry
                seen += 1
                if path.is_symlink() and not self.holds(path):
                    raise UserError(f"{name}: {path} is a link that leads outside the folders that are open here")
            if seen > _LOOKED_AT:
                raise UserError(f"{name}: {folder} holds more than {_LOOKED_AT} files; name a smaller folder in it")


def free(path: Path) -> Path:
    """The path, or a numbered neighbour of it if a file or a folder with something in it is there."""
    taken, number = path, 1
    while taken.is_symlink() or taken.is_file() or (taken.is_dir() and any(taken.iterdir())):
        number += 1
        taken = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return taken


def guard(folders: Folders, scratch: Path) -> None:
    """Let this process write nowhere but into the folders, Bandmate's own and one for temporary files, from now on.

    The calls were checked before; this holds for what no call names: a numbered neighbour that is a link, a file in a
    project. Reading through a link that leads out of the folders is refused too. It cannot be undone.
    """
    tempfile.tempdir = str(scratch)
    own = [user_folder(kind) for kind in ("config", "data", "state", "log")]
    for place in own:
        with suppress(OSError):  # whoever needs it says what is wrong with it
            place.mkdir(parents=True, exist_ok=True)
    code = [sys.prefix, sys.base_prefix, Path(__file__).parents[2]]  # for what is compiled at first use
    also = [Path(place).resolve() for place in (*own, *code, scratch)]
    writable = tuple(dict.fromkeys((*folders.roots, *also)))
    sys.addaudithook(_hook(folders.roots, writable))


def _hook(roots: tuple[Path, ...], writable: tuple[Path, ...]) -> Callable[[str, tuple[Any, ...]], None]:
    def check(event: str, facts: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(facts[0], _NAMES):
            typed = Path(os.path.abspath(os.fsdecode(facts[0])))  # noqa: PTH100  links must not be followed yet
            writes = bool((facts[2] or 0) & _WRITING) and str(typed) != os.devnull
            if (writes or _inside(typed, roots)) and not _inside(Path(os.path.realpath(typed)), writable):
                raise PermissionError(errno.EACCES, _REFUSED, str(typed))
        elif event in _CHANGING:
            for name in (name for name in facts[:2] if isinstance(name, _NAMES)):
                path = Path(os.fsdecode(name))
                if not path.is_absolute() and facts[-1] not in (-1, None):
                    continue  # in a folder that was opened before: the rest of a tree whose removal was checked
                if not _inside(Path(os.path.realpath(path.parent)) / path.name, writable):
                    raise PermissionError(errno.EACCES, _REFUSED, str(path))

    return check


def _inside(path: Path, places: tuple[Path, ...]) -> bool:
    return any(path.is_relative_to(place) for place in places)
