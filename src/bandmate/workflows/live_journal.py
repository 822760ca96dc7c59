"""Journal of Live: what was written into open sets, clip by clip, and the notes that it replaced."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bandmate.counts import counted
from bandmate.errors import FileFormatError
from bandmate.io.atomic import write_text_atomic
from bandmate.settings import user_folder

_MOST = 2000  # entries; the oldest go first
WRITING, WRITTEN, BROKEN = "being written", "written", "not finished"


@dataclass(frozen=True, slots=True)
class Entry:
    """A clip that was written, or begun.

    Attributes:
        when: ISO 8601; track, scene: from 1; track_name, clip: as Live showed them.
        notes: how many; quarters: length; take: MIDI file that it came from.
        state: WRITING, WRITTEN or BROKEN.
        before: notes that were replaced, each [start, pitch, length, velocity, muted], in the clip's own time.
    """

    when: str
    track: int
    scene: int
    track_name: str
    clip: str
    notes: int
    quarters: float
    take: str
    state: str
    before: tuple[Sequence[Any], ...] = ()

    @property
    def words(self) -> str:
        """One line for a person."""
        stood = f"{counted(len(self.before), 'note')} that stood there {'is' if len(self.before) == 1 else 'are'}"
        kept = f"; {stood} kept in the journal" if self.before else ""
        return (f"{self.when[:16].replace('T', ' ')}  track {self.track} '{self.track_name}', scene {self.scene}: "
                f"'{self.clip}', {counted(self.notes, 'note')}, {self.state}{kept}")  # fmt: skip


def journal_path() -> Path:
    """Where the journal lies."""
    return user_folder("data") / "live-set.json"


def read_journal() -> list[Entry]:
    """All entries, the oldest first.

    Raises:
        FileFormatError: the journal is damaged.
    """
    path = journal_path()
    try:
        return [Entry(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise FileFormatError(f"{path} is damaged ({error}); move it away, and a new one is begun") from error


def begun(**facts: Any) -> Entry:
    """Note that a clip is being written."""
    entry = Entry(when=datetime.now(UTC).isoformat(timespec="milliseconds"), state=WRITING, **facts)
    _save([*read_journal(), entry])
    return entry


def ended(entry: Entry, state: str) -> Entry:
    """Note how it ended."""
    done = replace(entry, state=state)
    place = (entry.when, entry.track, entry.scene)
    _save([done if (e.when, e.track, e.scene) == place else e for e in read_journal()])
    return done


def _save(entries: Sequence[Entry]) -> None:
    text = json.dumps([asdict(entry) for entry in entries[-_MOST:]], ensure_ascii=False, indent=0)
    write_text_atomic(journal_path(), text)
