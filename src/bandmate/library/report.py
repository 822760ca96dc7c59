"""What a library holds, what was left out and why, and what it is enough to learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bandmate.counts import counted
from bandmate.io.files import FORMATS
from bandmate.library.catalog import SPLITS, Catalog
from bandmate.library.clean import REASONS
from bandmate.library.sources.base import SOUNDS

EXAMPLES = 3
ENOUGH_PIECES, ENOUGH_BARS = 8, 128  # of a role, before a model can learn it
MIN_TRAIN_PIECES, MIN_TRAIN_BARS = 4, 64  # of a library, before training says anything
CLIP_BARS = 16
MAIN_ROLES = ("drums", "bass", "chords", "melody")
_SAME_ROLE = {"lead": "melody", "vox": "melody", "perc": "drums", "arp": "chords"}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Files left out for one reason: how many, what that means, and the first few with what was wrong."""

    reason: str
    meaning: str
    count: int
    examples: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What came of taking in a folder.

    Attributes:
        taken, left_out: pieces in the catalog, and files that are not.
        reasons: why files were left out, the most frequent first.
        splits: pieces of train, valid and test.
        bars, notes, seconds_of_music: of what was taken.
        tempo: lowest, middle and highest, in quarter notes a minute; None without pieces.
        roles, keys, genres, meters, licences: name -> pieces, the most frequent first.
        without_grid: pieces played without a beat, whose bars mean nothing.
        enough_for, too_little_for: roles.
        summary: one sentence such as "37 clips: drums and bass, not melody".
        notices: sentences about metadata and folders; not_yet: suffix -> files that cannot be read yet.
        seconds: how long it took.
    """

    taken: int
    left_out: int
    reasons: tuple[LeftOut, ...]
    splits: dict[str, int]
    bars: int
    notes: int
    seconds_of_music: float
    tempo: tuple[float, float, float] | None
    roles: dict[str, int]
    keys: dict[str, int]
    genres: dict[str, int]
    meters: dict[str, int]
    licences: dict[str, int]
    without_grid: int
    enough_for: tuple[str, ...]
    too_little_for: tuple[str, ...]
    summary: str
    notices: tuple[str, ...] = ()
    not_yet: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def enough_to_train(self) -> bool:
        """Whether training on it would say anything."""
        return self.splits.get("train", 0) >= MIN_TRAIN_PIECES and self.bars >= MIN_TRAIN_BARS

    def to_json(self) -> dict[str, Any]:
        """Plain data for the card and for `--json`."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The report in words."""
        text = [
            self.summary,
            f"taken: {counted(self.taken, 'piece')}, {counted(self.bars, 'bar')}, "
            f"{counted(self.notes, 'note')}, {_hours(self.seconds_of_music)}"
            + (f"; {self.without_grid} of them played without a beat" if self.without_grid else ""),
        ]
        if self.tempo:
            text.append(f"tempo: {self.tempo[0]:.0f} to {self.tempo[2]:.0f}, mostly about {self.tempo[1]:.0f}")
        for name, table in (
            ("roles", self.roles),
            ("keys", self.keys),
            ("genres", self.genres),
            ("meters", self.meters),
        ):
            if table:
                text.append(f"{name}: " + ", ".join(f"{key} {count}" for key, count in list(table.items())[:8]))
        if self.left_out:
            text.append(f"left out: {counted(self.left_out, 'file')}")
            for item in self.reasons:
                first = "; ".join(path for path, _ in item.examples)
                text.append(
                    f"  {item.count} {item.meaning}: {first}" + (" ..." if item.count > len(item.examples) else "")
                )
        return [*text, *not_yet_lines(self.not_yet), *self.notices]


def not_yet_lines(not_yet: Mapping[str, int]) -> list[str]:
    """Sentences about files of music that were not read: how many of each suffix, and the cure if there is one."""
    by_cure: dict[str, list[str]] = {}
    for suffix, count in not_yet.items():
        known = FORMATS.get(suffix)
        cure = f'pip install "bandmate[{known.extra}]"' if known and known.read else ""
        cure = "learn --audio" if suffix in SOUNDS else cure
        by_cure.setdefault(cure, []).append(f"{count} {suffix}")
    return [
        f"read with {cure}: {', '.join(counts)}" if cure else f"not readable yet: {', '.join(counts)}"
        for cure, counts in sorted(by_cure.items())
    ]


def _hours(seconds: float) -> str:
    return (
        f"{seconds / 3600:.1f} h"
        if seconds >= 3600
        else f"{seconds / 60:.0f} min"
        if seconds >= 90
        else f"{seconds:.0f} s"
    )


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def summary(pieces: int, bars: int, enough: Sequence[str], lacking: Sequence[str]) -> str:
    """One sentence: how much there is, and which roles it is enough for."""
    if not pieces:
        return "nothing to learn from"
    what = "clip" if bars / pieces <= CLIP_BARS else "piece"
    count = counted(pieces, what)
    if not enough:
        return (
            f"{count}: too little for any part; {ENOUGH_PIECES} pieces and {ENOUGH_BARS} bars of a part are a beginning"
        )
    lacked = f", not {' or '.join(lacking)}" if lacking else ""
    return f"{count}: {_joined(enough)}{lacked}"


def _role_amounts(catalog: Catalog) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Pieces by role; pieces and bars by main role."""
    roles: Counter[str] = Counter()
    pieces: Counter[str] = Counter()
    bars: Counter[str] = Counter()
    for names, length in catalog.db.execute("select roles, bars from piece where state = 'taken'"):
        own = names.split()
        roles.update(own)
        for role in {str(_SAME_ROLE.get(name, name)) for name in own}:
            pieces[role] += 1
            bars[role] += length
    return roles, pieces, bars


def _counted(catalog: Catalog, column: str) -> dict[str, int]:
    query = (
        f"select {column}, count(*) n from piece where state = 'taken' and {column} != '' group by 1 order by n desc, 1"  # noqa: S608
    )
    return dict(catalog.db.execute(query).fetchall())


def _reasons(catalog: Catalog) -> tuple[LeftOut, ...]:
    counts: list[tuple[str, int]] = catalog.db.execute(
        "select reason, count(*) n from piece where state = 'left out' group by 1 order by n desc, 1"
    ).fetchall()
    found = []
    for reason, count in counts:
        examples = catalog.db.execute(
            "select path, detail from piece where state = 'left out' and reason = ? order by path limit ?",
            (reason, EXAMPLES),
        ).fetchall()
        found.append(LeftOut(reason, REASONS.get(reason, reason), count, tuple(examples)))
    return tuple(found)


def _tempo(catalog: Catalog, pieces: int) -> tuple[float, float, float] | None:
    if not pieces:
        return None
    query = "select tempo_bpm from piece where state = 'taken' order by tempo_bpm limit 1 offset ?"
    low, middle, high = (catalog.db.execute(query, (at,)).fetchone()[0] for at in (0, pieces // 2, pieces - 1))
    return float(low), float(middle), float(high)


def report(
    catalog: Catalog, *, notices: Sequence[str] = (), not_yet: Mapping[str, int] | None = None, seconds: float = 0.0
) -> IngestReport:
    """Sum up a catalog."""
    counts = catalog.counts()
    bars, notes, length, without = catalog.db.execute(
        "select total(bars), total(notes), total(seconds), total(1 - has_grid) from piece where state = 'taken'"
    ).fetchone()
    roles, pieces_of, bars_of = _role_amounts(catalog)
    enough = [r for r in MAIN_ROLES if pieces_of[r] >= ENOUGH_PIECES and bars_of[r] >= ENOUGH_BARS]
    enough += sorted(
        r for r in pieces_of if r not in MAIN_ROLES and pieces_of[r] >= ENOUGH_PIECES and bars_of[r] >= ENOUGH_BARS
    )
    lacking = [role for role in MAIN_ROLES if role not in enough]
    return IngestReport(
        taken=counts["taken"],
        left_out=counts["left out"],
        reasons=_reasons(catalog),
        splits={name: counts[name] for name in SPLITS},
        bars=int(bars),
        notes=int(notes),
        seconds_of_music=float(length),
        tempo=_tempo(catalog, counts["taken"]),
        roles=dict(roles.most_common()),
        keys=_counted(catalog, "key"),
        genres=_counted(catalog, "genre"),
        meters=_counted(catalog, "meter"),
        licences=_counted(catalog, "licence"),
        without_grid=int(without),
        enough_for=tuple(enough),
        too_little_for=tuple(lacking),
        summary=summary(counts["taken"], int(bars), enough, lacking),
        notices=tuple(notices),
        not_yet=dict(not_yet or {}),
        seconds=round(seconds, 2),
    )
