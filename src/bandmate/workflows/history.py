"""History: which takes were made, so that `again` and `undo` know the last one.

Only paths are kept, in one small file of the user's state folder; undo never deletes music.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bandmate.errors import UserError
from bandmate.io.atomic import write_text_atomic
from bandmate.settings import user_folder
from bandmate.workflows.take import Take, read_take

_MOST_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class History:
    """Paths of take.json files, oldest first, and how many of them count (undo lowers it)."""

    paths: tuple[str, ...] = ()
    at: int = 0


def _file() -> Path:
    return user_folder("state") / "history.json"


def load_history() -> History:
    """What was made so far; an unreadable file counts as none."""
    try:
        data = json.loads(_file().read_text(encoding="utf-8"))
        paths = tuple(str(path) for path in data["paths"])
        return History(paths, max(0, min(int(data["at"]), len(paths))))
    except (OSError, ValueError, KeyError, TypeError):
        return History()


def _save(history: History) -> None:
    write_text_atomic(_file(), json.dumps({"paths": list(history.paths), "at": history.at}, indent=1))


def remember(take: Take) -> None:
    """Make a take the last one; takes that were undone are forgotten, their files stay."""
    history = load_history()
    paths = (*history.paths[: history.at], str(take.json_path.resolve()))[-_MOST_ENTRIES:]
    _save(History(paths, len(paths)))


def remember_only(before: History, take: Take | None) -> None:
    """Of all that was made since `before` only one take counts, or none: steps to a take are not gone back through."""
    _save(before)
    if take is not None:
        remember(take)


def last_take() -> Take:
    """The last take.

    Raises:
        UserError: there is none, or its files are gone; the message says what to do.
    """
    history = load_history()
    if not history.at:
        raise UserError('there is no last take yet; compose one first: bandmate compose "slow blues in E" --out blues')
    return read_take(history.paths[history.at - 1])


def undo() -> Take:
    """Make the take before the last one the last; no file is touched.

    Raises:
        UserError: there is none before.
    """
    history = load_history()
    if history.at < 2:
        raise UserError("there is no take before the last one; nothing was undone")
    take = read_take(history.paths[history.at - 2])
    _save(History(history.paths, history.at - 1))
    return take
