"""show: a picture of a piece, a library or a training run, as PNG or SVG, or in letters for a terminal."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bandmate.analysis.labels import Labels, label
from bandmate.analysis.sections import Section
from bandmate.errors import BriefError, FileFormatError, ScoreError, UserError
from bandmate.io.engrave import check_engraving, write_engraving
from bandmate.pictures.canvas import Canvas, check_picture, save_picture
from bandmate.pictures.terminal import WIDTH
from bandmate.score.cut import split_channels, trim
from bandmate.score.model import Score
from bandmate.score.selection import find_tracks, parse_bars
from bandmate.score.timeline import bar_grid
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.places import check_free

MOST_BARS = {"roll": 160, "drums": 64, "tokens": 256, "similarity": 2400, "score": 128}
MOST_TRACKS = 32
LIBRARY_FILE, LOG_FILE, TAKE_FILE = "catalog.sqlite", "log.jsonl", "take.json"


@dataclass(frozen=True, slots=True)
class Drawing:
    """Something that can be drawn.

    Attributes:
        save: writes the picture to a path.
        text: gives it in letters of some width, None where letters cannot show it.
        cut: sentences: what is not in it.
    """

    save: Callable[[Path], Path]
    text: Callable[[int], str] | None
    cut: tuple[str, ...] = ()


def _on_canvas(canvas: Callable[[], Canvas], text: Callable[[int], str], cut: tuple[str, ...] = ()) -> Drawing:
    return Drawing(lambda path: save_picture(canvas(), path), text, cut)


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown.

    Attributes:
        kind: see KINDS.
        file: the picture that was written, None if none was asked for.
        text: letters for a terminal, "" if they were not asked for.
        cut: sentences: what is not in the picture because it would have grown too large.
    """

    kind: str
    file: Path | None
    text: str
    cut: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"kind": self.kind, "file": str(self.file) if self.file else None, "text": self.text,
                "cut": list(self.cut)}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The part of a piece that is drawn: so many bars from `first_bar`, with what was measured in the whole."""

    score: Score
    first_bar: int
    bars: int
    sections: tuple[Section, ...]
    chords: tuple[Any, ...]
    title: str
    cut: tuple[str, ...]


def show(
    source: Score | str | Path,
    kind: str | None = None,
    *,
    out: str | Path | None = None,
    terminal: bool = False,
    bars: str | None = None,
    tracks: str | None = None,
    width: int = 100,
    overwrite: bool = False,
    listener: Listener | None = None,
) -> Shown:
    """Draw something.

    Args:
        source: a score, a file of music, a take's folder, a folder of music or of shards, a catalog, or the folder of a
            model or a training run.
        kind: one of KINDS; None = by what the source is: a roll, a library or a training run.
        out: PNG or SVG to write, of a score PDF too; None = none.
        terminal: also give it in letters; without `out` it always is.
        bars: of a piece, such as 5-12; None = all, as many as are readable.
        tracks: of a piece: names, roles or numbers, separated by commas.
        width: letters a line, 40 to 1000.
        overwrite: whether a picture of that name may be replaced.
        listener: gets progress events while a folder of music is looked through (see `workflows.jobs`).

    Raises:
        UserError: no such kind, letters for a score, or bars and tracks of what has none. MissingExtra: a score without
        the extra `[scores]`. BriefError: the width is out of range, or there are no drums to draw. ScoreError: no such
        bars or tracks, no notes to engrave. FileFormatError, LibraryError: the source cannot be read. OutputError: no
        format of pictures, or the place is taken or cannot be written.
    """
    WIDTH.check(width)
    kind = kind or _kind_of(source)
    if kind not in KINDS:
        close = difflib.get_close_matches(kind, KINDS, n=1)
        cure = f"did you mean '{close[0]}'? There are" if close else "give"
        raise UserError(f"pictures as '{kind}' are not known; {cure} {', '.join(KINDS)}")
    if kind in OF_FOLDERS and (bars or tracks):
        raise UserError(f"a picture as {kind} has no bars and tracks to choose; leave --bars and --tracks out")
    place = None if out is None else check_engraving(out) if kind == "score" else check_picture(out)
    if place is not None:
        check_free(place, overwrite=overwrite)
    if kind == "score" and (terminal or place is None):
        raise UserError("a score cannot be drawn in letters; give --out with a name in .svg, .png or .pdf")
    drawing = OF_FOLDERS[kind](source, listener) if kind in OF_FOLDERS else OF_PIECES[kind](source, bars, tracks)
    text = drawing.text(width) if drawing.text and (terminal or place is None) else ""
    return Shown(kind, None if place is None else drawing.save(place), text, drawing.cut)


def _kind_of(source: Score | str | Path) -> str:
    """What a source is drawn as where nothing was said."""
    if isinstance(source, Score):
        return "roll"
    path = Path(source).expanduser()
    if path.suffix.lower() == ".jsonl":
        return "training"
    if path.suffix.lower() in (".sqlite", ".db"):
        return "library"
    if not path.is_dir() or (path / TAKE_FILE).is_file():
        return "roll"
    return "training" if _log_of(path) and not (path / LIBRARY_FILE).is_file() else "library"


# a piece


def _score_of(source: Score | str | Path) -> tuple[Score, str]:
    """The music and what it is called."""
    from bandmate.io.files import read
    from bandmate.workflows.take import read_take

    if isinstance(source, Score):
        return source, source.title or "untitled"
    path = Path(source).expanduser()
    if path.name == TAKE_FILE or (path / TAKE_FILE).is_file():
        take = read_take(path)
        return take.score, take.heard or take.name
    if path.is_dir():
        raise FileFormatError(f"{path} is a folder without {TAKE_FILE}; give a file of music, or --as library")
    score = read(path)
    return score, score.title or path.stem


def _part_of(source: Score | str | Path, kind: str, bars: str | None, tracks: str | None) -> _Part:
    score, title = _score_of(source)
    score = split_channels(score)  # type 0 holds a band in one track
    labels = label(score, bar_level=False)
    roles = [track.role or guess.role for track, guess in zip(score.tracks, labels.roles, strict=True)]
    score = replace(score, tracks=tuple(replace(t, role=r) for t, r in zip(score.tracks, roles, strict=True)))
    score, cut = _chosen_tracks(score, kind, tracks)
    count = len(bar_grid(score))
    first, last = parse_bars(bars) if bars else (1, count)
    if last - first + 1 > MOST_BARS[kind]:
        last = first + MOST_BARS[kind] - 1
        cut = (*cut, f"bars {first}-{last} of {count:,} are drawn, which is what stays readable; choose with --bars")
    if not 1 <= first <= last <= count or (kind != "drums" and (first, last) != (1, count)):
        part = trim(score, first, last)  # says so where there are no such bars
    else:
        part = score  # the drum grid finds its bars itself
    # the markers of a file are its own sections; what was measured stands in where there are none
    sections = () if score.markers and kind == "roll" else _sections_in(labels, first, last)
    return _Part(part, first, last - first + 1, sections, labels.chords[2 * (first - 1) : 2 * last], title, cut)


def _chosen_tracks(score: Score, kind: str, tracks: str | None) -> tuple[Score, tuple[str, ...]]:
    chosen = [index for index, track in enumerate(score.tracks) if len(track.notes)]
    if tracks is not None:
        words = [word.strip() for word in tracks.split(",") if word.strip()]
        if not words:
            raise BriefError(f"tracks '{tracks}' name no track; write them like bass,drums or 2,3")
        chosen = sorted({index for word in words for index in find_tracks(score, word)})
    cut: tuple[str, ...] = ()
    if len(chosen) > MOST_TRACKS and kind in ("roll", "tokens", "score"):
        cut = (f"{MOST_TRACKS} tracks of {len(chosen)} are drawn, those with the most notes; choose with --tracks",)
        chosen = sorted(sorted(chosen, key=lambda i: -len(score.tracks[i].notes))[:MOST_TRACKS])
    # the length stays that of the whole piece, so that bars keep their numbers; how all is written, if all are drawn
    if len(chosen) == len(score.tracks):
        return replace(score, end_ticks=score.last_ticks), cut
    return replace(score, tracks=tuple(score.tracks[i] for i in chosen), end_ticks=score.last_ticks, notation=None), cut


def _sections_in(labels: Labels, first: int, last: int) -> tuple[Section, ...]:
    """The sections of some bars (from 1), their first bars counted from the first of these."""
    found = []
    for section in labels.sections:
        start = max(section.start_bar, first - 1)
        end = min(section.start_bar + section.bars, last)
        if end > start:
            found.append(replace(section, start_bar=start - first + 1, bars=end - start))
    return tuple(found)


def _named(sections: tuple[Section, ...]) -> list[Section]:
    return [replace(section, label=section.name or section.label) for section in sections]


def _roll(source: Score | str | Path, bars: str | None, tracks: str | None) -> Drawing:
    from bandmate.pictures.roll import roll_canvas
    from bandmate.pictures.terminal import roll_text

    part = _part_of(source, "roll", bars, tracks)
    sections = _named(part.sections) or None
    return _on_canvas(
        lambda: roll_canvas(part.score, sections=sections, chords=part.chords, title=part.title,
                            first_bar=part.first_bar),
        lambda width: roll_text(part.score, width, first_bar=part.first_bar),
        part.cut,
    )  # fmt: skip


def _drums(source: Score | str | Path, bars: str | None, tracks: str | None) -> Drawing:
    from bandmate.pictures.drums import drums_canvas, drums_text

    part = _part_of(source, "drums", bars, tracks)
    return _on_canvas(
        lambda: drums_canvas(part.score, part.first_bar, part.bars, part.title),
        lambda width: drums_text(part.score, part.first_bar, part.bars, width),
        part.cut,
    )


def _similarity(source: Score | str | Path, bars: str | None, tracks: str | None) -> Drawing:
    from bandmate.pictures.similarity import bar_likeness, similarity_canvas, similarity_text

    part = _part_of(source, "similarity", bars, tracks)
    likeness = bar_likeness(part.score)
    return _on_canvas(
        lambda: similarity_canvas(likeness, part.sections, part.title, part.first_bar),
        lambda width: similarity_text(likeness, part.sections, width, part.first_bar),
        part.cut,
    )


def _tokens(source: Score | str | Path, bars: str | None, tracks: str | None) -> Drawing:
    from bandmate.pictures.token_rows import MOST_ROWS, token_rows, tokens_canvas, tokens_text
    from bandmate.tokenizers.grid import encode_piece

    part = _part_of(source, "tokens", bars, tracks)
    piece = encode_piece(part.score)
    rows = token_rows(piece)
    cut = part.cut
    if len(rows) > MOST_ROWS:
        cut = (*cut, f"the first {MOST_ROWS:,} rows of {len(rows):,} are drawn; choose fewer bars with --bars")
    return _on_canvas(
        lambda: tokens_canvas(piece, part.title, part.first_bar), lambda width: tokens_text(rows, width), cut
    )


def _score(source: Score | str | Path, bars: str | None, tracks: str | None) -> Drawing:
    part = _part_of(source, "score", bars, tracks)
    if not part.score.note_count:
        raise ScoreError("there is nothing to engrave: the piece has no notes in these bars and tracks")
    titled = replace(part.score, title=part.title)
    return Drawing(lambda path: write_engraving(titled, path, part.first_bar), None, part.cut)


# folders


def _library(source: Score | str | Path, listener: Listener | None) -> Drawing:
    from bandmate.library.catalog import Catalog, is_catalog
    from bandmate.library.ingest import ingest
    from bandmate.library.shards import TAR_INDEX, holds_shards
    from bandmate.pictures.charts_text import library_text
    from bandmate.pictures.library import library_canvas, library_facts

    path = _folder_source(source, "library")
    file = path / LIBRARY_FILE if path.is_dir() else path
    if holds_shards(path) or (path / TAR_INDEX).is_file():
        facts = library_facts(_pieces_of(path))
    elif path.is_dir() and not file.is_file():
        job = Job(listener, {"reading": 1.0})
        with Catalog(":memory:") as catalog:  # a folder of music: looked through for this picture alone
            ingest(path, catalog, lambda now: job.progress("reading", now.done / max(1, now.total)))
            facts = library_facts(catalog.pieces())
    elif not file.is_file():
        raise FileFormatError(f"{file} does not exist; give a folder of music, a model's folder or its {LIBRARY_FILE}")
    elif not is_catalog(file):
        raise FileFormatError(f"{file} is no library; give a folder of music, of shards or of a model")
    else:
        with Catalog(file) as catalog:
            facts = library_facts(catalog.pieces())
    if not facts.keys:
        raise FileFormatError(f"{path} holds no piece that could be taken in; give a folder with music in it")
    title = path.name if path.is_dir() else path.resolve().parent.name
    return _on_canvas(lambda: library_canvas(facts, title), lambda width: library_text(facts, width))


def _pieces_of(shards: Path) -> Iterator[Any]:
    from bandmate.library.shards import open_shards
    from bandmate.pictures.library import PieceFacts

    for row in open_shards(shards).rows(["tempo_bpm", "bars", "key", "genre", "labels"]):
        yield PieceFacts(row["tempo_bpm"], row["bars"], row["key"], row["genre"], json.loads(row["labels"]))


def _training(source: Score | str | Path, _listener: Listener | None) -> Drawing:
    from bandmate.pictures.charts_text import curves_text
    from bandmate.pictures.curves import curves_canvas, read_curves

    path = _folder_source(source, "training")
    log = _log_of(path) if path.is_dir() else path
    if log is None:
        raise FileFormatError(f"{path} holds no {LOG_FILE} of a training run; give the folder of a run or its log")
    curves = read_curves(log)
    title = (path if path.is_dir() else path.resolve().parent).resolve().name
    return _on_canvas(lambda: curves_canvas(curves, title), lambda width: curves_text(curves, width))


def _folder_source(source: Score | str | Path, kind: str) -> Path:
    if isinstance(source, Score):
        raise UserError(f"a score cannot be drawn as {kind}; give a folder")
    return Path(source).expanduser()


def _log_of(folder: Path) -> Path | None:
    """The log of a run in a folder, or one below it; the latest of several."""
    found = [folder / LOG_FILE, *sorted(folder.glob(f"*/{LOG_FILE}"))] if folder.is_dir() else []
    logs = [log for log in found if log.is_file()]
    return max(logs, key=lambda log: log.stat().st_mtime) if logs else None


OF_PIECES: dict[str, Callable[[Score | str | Path, str | None, str | None], Drawing]] = {
    "roll": _roll,
    "score": _score,
    "drums": _drums,
    "tokens": _tokens,
    "similarity": _similarity,
}
OF_FOLDERS: dict[str, Callable[[Score | str | Path, Listener | None], Drawing]] = {
    "library": _library,
    "training": _training,
}
KINDS = (*OF_PIECES, *OF_FOLDERS)
