"""Convert a file of music to another format, and say what the other one cannot hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bandmate.errors import OutputError
from bandmate.io.files import PROJECT_SUFFIXES, format_of, read, write
from bandmate.score.features import features_of, places_of
from bandmate.score.model import Score
from bandmate.score.notation import LeftOut
from bandmate.score.repeats import expand_repeats
from bandmate.workflows.places import check_free


@dataclass(frozen=True, slots=True)
class ConvertResult:
    """What came of it.

    Attributes:
        source, path: the file read, the file written.
        format: of the file written; notes, tracks: what it holds.
        lost: what of the piece the format cannot hold, and how much of it.
        left_out: what of the file read no Score holds.
        repeats: signs of repeats and jumps that were written out.
        repairs: what of a damaged MIDI file was not as it should be, and how it was taken.
    """

    source: Path
    path: Path
    format: str
    notes: int
    tracks: int
    lost: tuple[LeftOut, ...]
    left_out: tuple[LeftOut, ...]
    repeats: int
    repairs: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        plain = asdict(self) | {"source": str(self.source), "path": str(self.path)}
        return plain | {name: {one.what: one.count for one in getattr(self, name)} for name in ("lost", "left_out")}


def convert(source: str | Path, out: str | Path, *, repeats: bool = False, overwrite: bool = False) -> ConvertResult:
    """Write a file of music in the format that another name's suffix says.

    Args:
        source: any file of music that is read.
        out: the file to write.
        repeats: whether repeats, endings and jumps are written out as they are played.
        overwrite: whether a file of that name may be replaced; a project of a sequencer never is.

    Raises:
        FileFormatError: the source cannot be read.
        OutputError: the suffix names no format that is written, the place cannot be written or is taken, or both are
            one file.
        ScoreError: the piece holds what the format cannot, or its repeats lead on without end.
    """
    known = format_of(out)
    if Path(out).exists() and Path(source).exists() and Path(out).samefile(source):
        raise OutputError(f"{out} is the file that is read; give another name to write")
    check_free(out, overwrite=overwrite or Path(out).suffix.lower() in PROJECT_SUFFIXES)
    score = read(source)
    signs = features_of(score).get("repeats and jumps", 0)
    left_out = score.notation.left_out if score.notation else ()
    if repeats:
        score = expand_repeats(score)
    held = features_of(score)
    path = write(score, out)
    holds = known.holds if known else frozenset()
    lost = {what: count for what, count in held.items() if known and what not in holds}
    if known is not None and known.holds_in_part:
        lost |= _missing(score, held, path, holds - {"spellings", "voices"})  # a note may be written in more pieces
    if known is not None and known.unsaid is not None:
        lost |= {what: count for what, count in known.unsaid(score).items() if count}
    return ConvertResult(
        Path(source), path, known.name if known else path.suffix, score.note_count,
        sum(len(track.notes) > 0 for track in score.tracks),
        tuple(LeftOut(what, count) for what, count in lost.items()), left_out,
        max(0, signs - held.get("repeats and jumps", 0)),
        score.header.repairs if score.header else (),
    )  # fmt: skip


def _missing(score: Score, held: dict[str, int], path: Path, features: frozenset[str]) -> dict[str, int]:
    """How much of some features a piece has more than the file that was written of it, read again.

    What is there at another place is counted beside what is not there at all.
    """
    again = read(path)
    found, places = features_of(again), places_of(again)
    less = {what: held[what] - found.get(what, 0) for what in held if what in features}
    if less.get("notes", 0) < 0:  # a tie that is not read leaves a note more
        less["ties"] = max(less.get("ties", 0), -less["notes"])
    for what, here in places_of(score).items():
        if what in features:
            less[f"{what} at their place"] = (here - places[what]).total() - max(0, less.get(what, 0))
    return {what: count for what, count in less.items() if count > 0}
