"""Preference fine-tuning makes starred takes likelier than discarded ones, also among takes it never saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bandmate.errors import LibraryError  # noqa: E402
from bandmate.groovebook.plan import make_plan  # noqa: E402
from bandmate.groovebook.play import play  # noqa: E402
from bandmate.score.brief import Brief  # noqa: E402
from bandmate.tokenizers.grid import encode_piece  # noqa: E402
from bandmate.training.pairs import differing_cells, given_part, pair_rows  # noqa: E402
from bandmate.training.preference import Graded, PreferenceOptions, rows_of, split_pairs, tune  # noqa: E402


def graded(seed: int, genre: str, grade: int, session: str = "a") -> Graded:
    rows = rows_of(encode_piece(play(make_plan(Brief(genre=genre, bars=2, only=("drums", "bass")), seed), seed)))
    assert rows is not None
    return Graded(rows, session, grade)


def marked(count: int) -> list[Graded]:
    """A listener who stars house and discards reggae."""
    return [graded(seed, genre, grade) for seed in range(count) for genre, grade in (("house", 2), ("reggae", 0))]


def test_held_out_takes_are_in_no_trained_pair() -> None:
    takes = marked(6)
    train, held = split_pairs(takes)
    assert not {index for pair in train for index in pair} & {index for pair in held for index in pair}
    assert all(takes[better].grade > takes[worse].grade for better, worse in (*train, *held))
    other = [graded(1, "house", 2, "a"), graded(2, "reggae", 0, "b")] * 4
    with pytest.raises(LibraryError, match="0 pairs of marked takes to learn from"):
        split_pairs(other)


def test_what_is_starred_gets_likelier_than_what_is_discarded(tiny_weights) -> None:
    done = []
    options = PreferenceOptions(passes=2, learning_rate=1e-3)
    tensors, report = tune(tiny_weights, marked(6), options, done.append)
    assert report.agreed == 1.0
    assert report.margin > 0.01
    assert report.improved
    assert done[-1] == 1.0
    assert report.steps == -(-2 * report.pairs // 4)
    changed = [name for name in tensors if not np.array_equal(tensors[name], tiny_weights.tensors[name])]
    assert changed
    assert all(np.isfinite(tensor).all() for tensor in tensors.values())
    again, _ = tune(tiny_weights, marked(6), options)
    assert all(np.array_equal(again[name], tensors[name]) for name in tensors)


def test_a_piece_of_nothing_is_no_take() -> None:
    score = play(make_plan(Brief(genre="house", bars=2, only=("drums",)), 1), 1)
    few = replace(score.tracks[0], notes=score.tracks[0].notes[:3])
    assert rows_of(encode_piece(replace(score, tracks=(few,)))) is None


def edited(seed: int, grade: int) -> Graded:
    """A take of four bars whose bass is anew in bars 3 and 4."""
    piece, other = (encode_piece(play(make_plan(Brief(genre="house", bars=4, only=("drums", "bass")), 1), n))
                    for n in (1, seed))  # fmt: skip
    new = (piece.notes["track"] == 1) & (piece.notes["bar"] >= 2)
    notes = np.concatenate([piece.notes[~new], other.notes[(other.notes["track"] == 1) & (other.notes["bar"] >= 2)]])
    piece = replace(piece, notes=notes[np.argsort(notes, order=("bar", "track", "position", "pitch"))])
    rows = rows_of(piece)
    assert rows is not None
    return Graded(rows, "a", grade, piece)


def test_edits_are_told_apart_by_the_cells_in_which_they_differ(tiny_weights) -> None:
    one, two = edited(2, 2), edited(3, 0)
    assert one.piece is not None and two.piece is not None
    cells = differing_cells(one.piece, two.piece)
    assert cells is not None and not cells[0].any() and not cells[:, :2].any() and cells[1, 2:].any()
    found = pair_rows(one, two)
    assert found is not None
    heads = [given_part(rows) for rows in found]
    assert all(len(head) for head in heads)
    kinds = [rows[len(head) :, 0].tolist() for rows, head in zip(found, heads, strict=True)]
    assert all(len(kind) < len(graded.rows) / 2 for kind, graded in zip(kinds, (one, two), strict=True))
    assert pair_rows(one, edited(2, 0)) is None  # the same notes
    assert pair_rows(one, graded(1, "house", 0)) is None  # other bars


def test_pairs_of_edits_are_learned_and_the_same_take_twice_says_nothing(tiny_weights) -> None:
    takes = [edited(seed, 2 * (seed % 2)) for seed in range(2, 14)] + [edited(2, 2)]
    _, report = tune(tiny_weights, takes, PreferenceOptions(passes=2, learning_rate=1e-3))
    assert report.edits > 0 and report.same >= 1
    assert np.isfinite(report.margin)
