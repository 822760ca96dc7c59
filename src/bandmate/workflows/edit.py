"""Edit a file of music into a new one; what is not touched comes back event for event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bandmate.counts import counted
from bandmate.errors import OutputError, ScoreError
from bandmate.io.files import format_of, read, write
from bandmate.limits import TEMPO
from bandmate.score import ops
from bandmate.score.model import Score
from bandmate.score.selection import parse_bars
from bandmate.workflows.places import check_free


@dataclass(frozen=True, slots=True)
class EditOptions:
    """What is asked of a file; what is None or 0 is left alone. The steps run in the order of the fields.

    Attributes:
        split_channels: one track a channel, for type 0 files.
        trim: bars to keep, `1-8` or `5`, counted from 1.
        transpose: semitones, -60 to 60; drums stay.
        stretch: times as long, 0.0625 to 16.
        quantise: grid such as `1/16` or `1/8T`.
        strength: share of the way to the grid, 0 to 1.
        swing: where the off note lies in its pair, 50 to 80 per cent; with `quantise` it bends the grid, alone it
            bends the music.
        swing_grid: the steps that are swung where `quantise` names none.
        tempo: quarter notes a minute at the start, 20 to 400; later changes keep their proportion.
        resample: ticks a quarter, 1 to 32767.
        out: where to write; None = `NAME-edited.mid` beside the file.
        overwrite: whether a file of that name may be replaced.
    """

    split_channels: bool = False
    trim: str | None = None
    transpose: int = 0
    stretch: float | None = None
    quantise: str | None = None
    strength: float = 1.0
    swing: float | None = None
    swing_grid: str = "1/16"
    tempo: float | None = None
    resample: int | None = None
    out: str | Path | None = None
    overwrite: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is asked."""
        asked = (self.trim, self.stretch, self.quantise, self.swing, self.tempo, self.resample, self.out)
        return not self.split_channels and not self.transpose and all(value is None for value in asked)


@dataclass(frozen=True, slots=True, eq=False)
class EditResult:
    """What came of it.

    Attributes:
        path: the file written; score: what is in it.
        done: one sentence a step, with what the step could not keep ("3 notes came back by an octave").
    """

    path: Path
    score: Score
    done: tuple[str, ...]


def apply_edits(score: Score, options: EditOptions) -> tuple[Score, tuple[str, ...]]:
    """The steps asked for, on a score; gives the new score and a sentence for each.

    Raises:
        ScoreError: a value that is out of range or not understood; the message names it and the cure.
        BriefError: a tempo out of range.
    """
    _check(options)
    steps: list[tuple[str, Callable[[Score], Score]]] = []
    if options.split_channels:
        steps.append(("split into one track a channel", ops.split_channels))
    if options.trim is not None:
        first, last = parse_bars(options.trim)
        steps.append((f"kept bars {first} to {last}", lambda s: ops.trim(s, first, last)))
    if options.transpose:
        by = options.transpose
        steps.append((f"transposed by {by:+d}, drums left", lambda s: ops.transpose(s, by)))
    if options.stretch is not None:
        factor = options.stretch
        steps.append((f"stretched by {factor:g}", lambda s: ops.stretch(s, factor)))
    if options.quantise is not None:
        grid, share, off = options.quantise, options.strength, options.swing
        swung = "" if off is None else f", swung {off:g} %"
        steps.append((f"quantised to {grid} by {share:.0%}{swung}", lambda s: ops.quantise(s, grid, share, off)))
    elif options.swing is not None:
        percent, grid = options.swing, options.swing_grid
        steps.append((f"swung {percent:g} % on {grid}", lambda s: ops.swing(s, percent, grid)))
    if options.tempo is not None:
        bpm = options.tempo
        steps.append((f"tempo set to {bpm:g}", lambda s: ops.set_tempo(s, bpm)))
    if options.resample is not None:
        ticks = options.resample
        steps.append((f"resampled to {ticks} ticks a quarter", lambda s: ops.resample(s, ticks)))
    done = []
    for sentence, step in steps:
        before, score = score, step(score)
        folded = ops.notes_folded(before, options.transpose) if sentence.startswith("transposed") else 0
        lost = before.note_count - score.note_count
        done.append(
            sentence
            + (f"; {counted(folded, 'note')} came back by octaves" if folded else "")
            + (
                f"; {counted(lost, 'note')} fell on others and became one"
                if lost and sentence.startswith("quantised")
                else ""
            )
        )
    return score, tuple(done)


def _check(options: EditOptions) -> None:
    """Everything that can be said without the music, before any work."""
    if options.trim is not None:
        parse_bars(options.trim)
    if options.tempo is not None:
        TEMPO.check(options.tempo)
    if options.strength != 1.0 and options.quantise is None:
        raise ScoreError(f"strength {options.strength:.0%} needs a grid; add --quantise 1/16")


def edit(path: str | Path, options: EditOptions) -> EditResult:
    """Edit a file of music into a new file.

    Args:
        path: the file; it stays as it is.
        options: what is asked.

    Raises:
        FileFormatError: the file cannot be read.
        ScoreError: a value out of range, or nothing was asked.
        BriefError: a tempo out of range.
        OutputError: the new file cannot be written, its name is taken, or it would replace the one that is edited.
    """
    path = Path(path)
    if options.is_empty:
        raise ScoreError("no edit was asked for; give one of --transpose, --quantise, --swing, --trim, --tempo")
    out = path.with_name(f"{path.stem}-edited.mid") if options.out is None else Path(options.out)
    known = format_of(out)
    if known is None or known.write is None:
        raise OutputError(f"{out}: '{out.suffix}' is no format written here; end the name in .mid")
    if out.exists() and path.exists() and out.samefile(path):
        raise OutputError(f"{out} is the file being edited; give another name with --out, so that nothing is lost")
    check_free(out, overwrite=options.overwrite)
    score, done = apply_edits(read(path), options)
    return EditResult(write(score, out), score, done)
