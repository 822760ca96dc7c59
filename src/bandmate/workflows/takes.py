"""takes: the takes of a session listed and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bandmate.counts import counted
from bandmate.errors import BriefError
from bandmate.workflows.places import check_free, tempo_text
from bandmate.workflows.sessions import Session, find_session, take_of
from bandmate.workflows.take import Take

_MOST_LINES = 8
_MOST_COMPARED = 6


def listed(session: Session, liking: dict[int, float] | None = None) -> Iterator[str]:
    """One line a take: mark, number, parents, what was heard, where it lies, and how well it may be liked."""
    yield f"session {session.name}: {counted(len(session.entries), 'take')} (* starred, x discarded)"
    for entry in session.entries:
        parents = f" from {', '.join(map(str, entry.parents))}" if entry.parents else ""
        likely = f" [taste {liking[entry.number]:.2f}]" if liking and entry.number in liking else ""
        yield f"{entry.mark} {entry.number:3d}{parents}: {entry.heard}{likely}"
        yield f"      {entry.folder}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of the report card in which takes differ: its name, what it is, and the value of each take."""

    name: str
    words: str
    values: tuple[float | None, ...]
    spread: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Takes side by side.

    Attributes:
        numbers: of the takes; facts: tempo, key, bars, tracks and demands met of each.
        differences: of the report card, largest first, in widths of what people do.
        picture: where the rolls were drawn, None if they were not.
    """

    numbers: tuple[int, ...]
    facts: tuple[str, ...]
    differences: tuple[Difference, ...]
    picture: Path | None

    def lines(self) -> Iterator[str]:
        """The comparison in words."""
        for number, fact in zip(self.numbers, self.facts, strict=True):
            yield f"take {number}: {fact}"
        width = max((len(row.name) for row in self.differences), default=0)
        for row in self.differences[:_MOST_LINES]:
            values = "  ".join("   -" if value is None else f"{value:7.3g}" for value in row.values)
            yield f"  {row.name.ljust(width)}  {values}  {row.words}"
        if self.picture:
            yield f"drew {self.picture}"

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        rows = [{"line": row.name, "values": list(row.values), "spread": row.spread} for row in self.differences]
        return {
            "takes": [{"number": n, "facts": fact} for n, fact in zip(self.numbers, self.facts, strict=True)],
            "differences": rows,
            "picture": str(self.picture) if self.picture else None,
        }


def compare(
    numbers: Sequence[int], *, session: str | None = None, picture: str | Path | None = None, overwrite: bool = False
) -> Comparison:
    """Hold takes of a session beside each other.

    Args:
        numbers: two to six of them.
        session: its name, None = the last one.
        picture: PNG to draw their rolls into, side by side.
        overwrite: whether a picture of that name may be replaced.

    Raises:
        BriefError: fewer than two, or more than six. UserError: no such session or take.
        FileFormatError: the files of a take have gone. OutputError: the picture's place is taken or cannot be written.
    """
    if not 2 <= len(set(numbers)) <= _MOST_COMPARED:
        raise BriefError(f"compare takes two to {_MOST_COMPARED} takes, such as: bandmate takes compare 1 2")
    if picture is not None:
        check_free(picture, overwrite=overwrite)
    found = find_session(session)
    takes = [take_of(found, number) for number in numbers]
    if picture is not None:
        from bandmate.pictures.side_by_side import draw_side_by_side

        titled = [replace(take.score, title=f"take {number}") for number, take in zip(numbers, takes, strict=True)]
        draw_side_by_side(titled, picture)
    return Comparison(
        tuple(numbers), tuple(map(_facts, takes)), _differences(takes), Path(picture) if picture else None
    )


def _facts(take: Take) -> str:
    plan = take.plan
    met = sum(bool(row["met"]) for row in take.report["demands"])
    tracks = ", ".join(track.name for track in plan.tracks)
    return (
        f"{tempo_text(plan.tempo)} BPM, {plan.key.name}, {counted(plan.bars, 'bar')}, {tracks}; {met} of "
        f"{len(take.report['demands'])} demands met; {take.report.get('card', {}).get('verdict', 'card: none')}"
    )


def _differences(takes: Sequence[Take]) -> tuple[Difference, ...]:
    from bandmate.evaluation.card import CARD
    from bandmate.evaluation.quality import medians, place
    from bandmate.evaluation.yardstick import kind_of, yardstick

    people = yardstick(kind_of([takes[0].score]))
    measured = [medians(take.score) for take in takes]
    rows = []
    for line in CARD:
        values = tuple(each.get(line.name) for each in measured)
        said = [value for value in values if value is not None]
        if len(said) < 2 or line.name not in people.lines:
            continue
        places = [place(value, people.lines[line.name]) for value in said]
        rows.append(Difference(line.name, line.words, values, round(max(places) - min(places), 4)))
    return tuple(sorted((row for row in rows if row.spread > 0), key=lambda row: -row.spread))
