"""From corpora and the groove book to shards: read, label by analysis, put on the grid, pack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bandmate.analysis.chords import estimate_chords
from bandmate.analysis.genres import genre_ids
from bandmate.analysis.harmony import estimate_key
from bandmate.analysis.sections import find_sections
from bandmate.analysis.voices import estimate_roles
from bandmate.errors import BandmateError
from bandmate.score.model import Score
from bandmate.tokenizers.grid import GridPiece, encode_piece
from bandmate.training.corpora import genre_of, read_corpus, split_of
from bandmate.training.shards import Origin, pack

MAX_PIECE_BARS = 600
Progress = Callable[[str, int], None]


def measured_labels(score: Score, known: dict[str, Any] | None = None) -> dict[str, Any]:
    """What analysis says of a score: key, chords, roles, sections; what is known already wins."""
    labels: dict[str, Any] = {}
    roles = [track.role for track in score.tracks]
    if not all(roles):
        guessed = estimate_roles(score)
        roles = [role or guess.role for role, guess in zip(roles, guessed, strict=True)]
    labels["roles"] = roles
    if any(not track.is_drum and len(track.notes) for track in score.tracks):
        key = estimate_key(score).key
        labels["key"] = key.name if key else None
        labels["chords"] = estimate_chords(score)
    labels["sections"] = [(s.label, s.start_bar, s.bars, 0) for s in find_sections(score)]
    return labels | (known or {})


def usable(piece: GridPiece) -> bool:
    """Whether a piece holds enough music, on bars of a sane length."""
    return len(piece.notes) >= 32 and 1 <= len(piece.bars) <= MAX_PIECE_BARS and bool(piece.tracks)


def corpus_pieces(folder: Path, name: str) -> Iterator[tuple[GridPiece, Origin]]:
    """A corpus on the grid, labelled."""
    for found in read_corpus(folder, name):
        try:
            genre = genre_of(found.tags, genre_ids())
            labels = measured_labels(found.score, {"genre": genre} if genre else None)
            piece = encode_piece(found.score, labels)
        except BandmateError:
            continue
        if usable(piece):
            yield piece, found.origin


def groove_book_pieces(count: int, seed: int) -> Iterator[tuple[GridPiece, Origin]]:
    """Pieces by rule, labelled by construction."""
    from bandmate.library.sources.groovebook import pieces

    for number, (score, labels) in enumerate(pieces(count, seed)):
        group = f"groove-book-{seed}-{number}"
        split = "valid" if number % 40 == 0 else "train"
        yield encode_piece(score, labels), Origin("groove_book", group, split, group)


def rearranged_pieces(folder: Path, count: int, seed: int) -> Iterator[tuple[GridPiece, Origin]]:
    """Real melodies and chords of POP909, arranged in the genres of the table in turn."""
    from bandmate.groovebook.arrange import rearrange

    made = 0
    genres = genre_ids()
    while made < count:
        before = made
        for found in read_corpus(folder, "pop909"):
            if made >= count:
                return
            if split_of(found.origin.group, {}) == "reserve":
                continue
            made += 1
            try:
                score, labels = rearrange(found.score, genres[(made * 7 + seed) % len(genres)], seed + made)
                yield encode_piece(score, labels), replace(found.origin, source="rearranged")
            except BandmateError:
                continue
        if made == before:
            return


def prepare(
    data: Path | None,
    out: Path,
    shares: dict[str, float],
    counts: dict[str, int],
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Path]:
    """Make the shards of a recipe that are not there yet; returns their paths.

    Without a data folder only the groove book's pieces are made.
    """  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, share in shares.items():
        path = out / f"{name}.npz"
        if share <= 0 or (data is None and name != "groove_book"):
            continue
        if not path.exists():
            if name == "groove_book":
                items = groove_book_pieces(counts["groove_book_pieces"], seed)
            elif name == "rearranged" and data is not None:
                items = rearranged_pieces(data / "corpus", counts["rearranged_pieces"], seed)
            else:
                items = corpus_pieces((data or Path()) / "corpus", name)
            made = pack(items, path)
            if progress:
                progress(name, made)
        paths.append(path)
    return paths
