"""Sessions: every take that was made, numbered, with its parents, its marks and a copy of its notes.

A session begins with a take that has no parents here, and takes that were made from its takes join it. It lies in the
user's data folder, `takes/NAME/`: `session.json`, and for each take a numbered folder with its take.json and MIDI, so
that a take can be compared and taken up again when its own folder has gone. Marks are said here alone: no folder of the
musician's is ever touched.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bandmate.errors import FileFormatError, UserError
from bandmate.io.atomic import write_text_atomic
from bandmate.settings import user_folder
from bandmate.workflows.places import fresh_folder, safe_name
from bandmate.workflows.take import FILE_NAME, Take, read_take, sha256_of

SESSION_FILE = "session.json"
FORMAT = 1
_MOST_TAKES = 500  # of a session; the oldest that bear no mark go first
_OPEN: ContextVar[Callable[[str], bool] | None] = ContextVar("open", default=None)
_GIVEN = r"given(-\w+)?\.mid"  # what a take was made from, where it was made from something


@dataclass(frozen=True, slots=True)
class Entry:
    """A take of a session.

    Attributes:
        number: from 1, never given twice.
        folder: where the take was written; file: name of its take.json; digest: hash of that.
        heard: what was understood; made: when, ISO 8601.
        parents: numbers of the takes it was made from.
        starred, discarded: marks; a take is kept while it is not discarded.
        places: how it stands on the lines of the report card, see `evaluation.quality`.
    """

    number: int
    folder: str
    digest: str
    heard: str
    made: str
    parents: tuple[int, ...] = ()
    starred: bool = False
    discarded: bool = False
    places: dict[str, float] = field(default_factory=dict)
    file: str = FILE_NAME

    @property
    def mark(self) -> str:
        """`*` starred, `x` discarded, else a blank."""
        return "*" if self.starred else "x" if self.discarded else " "


@dataclass(frozen=True, slots=True)
class Session:
    """Takes that belong together.

    Attributes:
        name: of the session; changed: when last, ISO 8601; next: number of the next take.
        entries: its takes by number.
    """

    name: str
    changed: str
    next: int = 1
    entries: tuple[Entry, ...] = ()

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return sessions_folder() / self.name

    def entry(self, number: int) -> Entry:
        """One take.

        Raises:
            UserError: there is none of that number; the message says which there are.
        """
        for entry in self.entries:
            if entry.number == number:
                return entry
        numbers = ", ".join(str(entry.number) for entry in self.entries)
        raise UserError(f"session {self.name} has no take {number}; it has {numbers or 'none'} (see: bandmate takes)")

    def with_entry(self, new: Entry) -> Session:
        """The session with one entry exchanged."""
        return replace(self, entries=tuple(new if entry.number == new.number else entry for entry in self.entries))

    def save(self) -> Session:
        """Write it; the same with the time of writing."""
        done = replace(self, changed=_now())
        text = json.dumps({"format": FORMAT, **asdict(done)}, indent=1, ensure_ascii=False)
        write_text_atomic(self.folder / SESSION_FILE, text + "\n")
        return done


def sessions_folder() -> Path:
    """Where sessions lie."""
    return user_folder("data") / "takes"


def _now() -> str:
    return datetime.now(UTC).isoformat()


def all_sessions() -> list[Session]:
    """Every session, the one that changed last first; damaged ones are passed over."""
    found = []
    for path in sessions_folder().glob(f"*/{SESSION_FILE}"):
        try:
            found.append(_read(path))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda session: session.changed, reverse=True)


def _read(path: Path) -> Session:
    data = json.loads(path.read_text(encoding="utf-8"))
    if data["format"] != FORMAT:
        raise ValueError(data["format"])
    entries = tuple(Entry(**{**row, "parents": tuple(row["parents"])}) for row in data["entries"])
    return Session(path.parent.name, str(data["changed"]), int(data["next"]), entries)


def find_session(name: str | None = None) -> Session:
    """A session by name, None = the one that changed last.

    Raises:
        UserError: there is none; the message says which there are.
    """
    sessions = all_sessions()
    for session in sessions:
        if name in (None, session.name):
            return session
    if not sessions:
        raise UserError('there are no takes yet; compose some first: bandmate compose "slow blues in E" --takes 3')
    raise UserError(f"session '{name}' is not known; there are {', '.join(s.name for s in sessions[:8])}")


def record(takes: Sequence[Take]) -> Session:
    """Keep takes that were just made, in the session of their parents or in a new one."""
    parents = {digest for take in takes for digest in take.parents[:1]}
    session = next((s for s in all_sessions() if any(e.digest in parents for e in s.entries)), None)
    if session is None:
        name = safe_name(f"{datetime.now(UTC).date().isoformat()}-{takes[0].name}")
        session = Session(fresh_folder(sessions_folder() / name).name, _now())
    for take in takes:
        session = _joined(session, take)
    return _thinned(session).save()


def _joined(session: Session, take: Take) -> Session:
    parents = tuple(entry.number for entry in session.entries if entry.digest in take.parents[: take.direct])
    if not parents:  # they were dropped from a very long session: the nearest that is left
        near = [entry for entry in session.entries if entry.digest in take.parents]
        before = {number for entry in near for number in entry.parents}
        parents = tuple(entry.number for entry in near if entry.number not in before)
    copy = session.folder / str(session.next)
    copy.mkdir(parents=True, exist_ok=True)
    given = (take.folder / name for name in take.files if re.fullmatch(_GIVEN, name))
    for path in (take.json_path, take.midi, *given):
        if path.is_file():
            shutil.copyfile(path, copy / path.name)
    places = {name: float(value) for name, value in take.report.get("card", {}).get("places", {}).items()}
    entry = Entry(session.next, str(take.folder.resolve()), sha256_of(take.json_path), take.heard, _now(), parents,
                  places=places, file=take.json_path.name)  # fmt: skip
    return replace(session, next=session.next + 1, entries=(*session.entries, entry))


def _thinned(session: Session) -> Session:
    """Of a very long session the oldest takes without a star go."""
    over = len(session.entries) - _MOST_TAKES
    gone = [entry.number for entry in session.entries if not entry.starred][: max(0, over)]
    for number in gone:
        shutil.rmtree(session.folder / str(number), ignore_errors=True)
    return replace(session, entries=tuple(entry for entry in session.entries if entry.number not in gone))


@contextmanager
def opening_only(allowed: Callable[[str], bool]) -> Iterator[None]:
    """Let `take_of` open only takes whose folder is allowed, while the context lasts."""
    token = _OPEN.set(allowed)
    try:
        yield
    finally:
        _OPEN.reset(token)


def take_of(session: Session, number: int) -> Take:
    """A take of a session: from its folder, or from the session's copy if that has gone or was changed.

    Raises:
        UserError: there is none of that number, or it may not be opened here. FileFormatError: both have gone.
    """
    entry, allowed = session.entry(number), _OPEN.get()
    if allowed is not None and not allowed(entry.folder):
        raise UserError(f"take {number} lies in {entry.folder}, outside the folders that are open here")
    for folder in (Path(entry.folder), session.folder / str(number)):
        path = folder / entry.file
        if path.is_file() and sha256_of(path) == entry.digest:
            return read_take(path)
    raise FileFormatError(
        f"take {number} of session {session.name} has gone from {entry.folder} and from the session; make it again"
    )


def written_in(folder: Path) -> Path:
    """Where a take was written, for the folder of a session's copy of it; of any other folder itself."""
    folder = folder.resolve()
    if folder.parent.parent != sessions_folder().resolve() or not folder.name.isdecimal():
        return folder
    return Path(find_session(folder.parent.name).entry(int(folder.name)).folder)


def kept_copy(path: Path) -> Path | None:
    """The newest copy that a session has of the take whose take.json was there; None if there is none."""
    for session in all_sessions():
        for entry in reversed(session.entries):
            copy = session.folder / str(entry.number) / entry.file
            if Path(entry.folder) / entry.file == path and copy.is_file():
                return copy
    return None


def mark(numbers: Sequence[int], what: str, name: str | None = None) -> Session:
    """Star, unstar, keep or discard takes; no file is touched.

    Args:
        numbers: of the takes.
        what: "star" (kept, and liked), "unstar", "keep" (takes a discard back) or "discard".
        name: of the session, None = the last one.

    Raises:
        UserError: no such session or take.
    """
    session = find_session(name)
    chosen = [session.entry(number) for number in numbers]
    for entry in chosen:
        starred = what == "star" or (entry.starred and what == "keep")
        session = session.with_entry(replace(entry, starred=starred, discarded=what == "discard"))
    return session.save()


def is_discarded(take: Take) -> bool:
    """Whether a take is marked as discarded in its session."""
    digest = sha256_of(take.json_path)
    return any(entry.discarded for session in all_sessions() for entry in session.entries if entry.digest == digest)


def revert(number: int, name: str | None = None) -> Take:
    """Make a take the last one, so that `again` starts from it.

    Raises:
        UserError: no such session or take. FileFormatError: its files have gone.
    """
    from bandmate.workflows.history import remember

    take = take_of(find_session(name), number)
    remember(take)
    return take


def to_json(session: Session) -> dict[str, Any]:
    """Plain data of a session for the command line."""
    return {
        "session": session.name,
        "folder": str(session.folder),
        "takes": [asdict(entry) for entry in session.entries],
    }
