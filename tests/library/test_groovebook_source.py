from __future__ import annotations

import pytest

from bandmate.analysis.genres import genre_ids
from bandmate.errors import BriefError, LibraryError
from bandmate.library.sources.groovebook import piece, pieces
from bandmate.score.pitch import Chord, Key


def test_pieces_come_labelled_and_in_turn() -> None:
    for (score, labels), name in zip(pieces(6, 3, bars=(8, 16)), genre_ids(), strict=False):
        assert labels["genre"] == name
        assert labels["roles"] == [t.role for t in score.tracks] and all(len(t.notes) for t in score.tracks)
        assert len(labels["chords"]) == 2 * labels["bars"] and all(Chord.parse(c) for c in labels["chords"])
        assert Key.parse(labels["key"]).name == labels["key"]
        assert sum(bars for _, _, bars, _ in labels["sections"]) == labels["bars"] <= 16


def test_a_piece_is_known_by_seed_and_index() -> None:
    (one, first), (two, second) = piece(7, 5), piece(7, 5)
    assert first == second
    assert [t.notes.tobytes() for t in one.tracks] == [t.notes.tobytes() for t in two.tracks]
    assert piece(7, 6)[1] != first


def test_genres_can_be_chosen() -> None:
    assert [labels["genre"] for _, labels in pieces(3, 1, genres=["trap", "waltz"])] == ["trap", "waltz", "trap"]
    with pytest.raises(LibraryError):
        piece(0, 0, genres=())
    with pytest.raises(BriefError):
        piece(0, 0, genres=("polkacore",))
