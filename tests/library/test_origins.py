"""Where runs of notes come from: found in any key and tempo, as long as they are, and nothing that is everybody's."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.errors import ModelError
from bandmate.library.fingerprint import melodic_lines, symbols
from bandmate.library.origin_file import load_origins, save_origins
from bandmate.library.origins import COMMON_WORKS, OriginIndex, Piece, window_hash, window_hashes
from bandmate.library.runs import coded_lines
from bandmate.score.model import Score, Track, make_notes


def tune(onset, pitch) -> Score:
    return Score((Track("tune", notes=make_notes(np.asarray(onset) * 120, 100, pitch)),))


def index_of(*scores: Score) -> OriginIndex:
    pieces = [Piece(f"Tune {n}", f"tune-{n}.mid", f"work {n}", "home", "CC0 1.0") for n in range(len(scores))]
    found = coded_lines((piece.file, piece.work, score) for piece, score in zip(pieces, scores, strict=True))
    return OriginIndex.of_lines(found, pieces)


@pytest.fixture(scope="module")
def index(make_melody):
    return index_of(*(Score((make_melody(seed),)) for seed in range(30)))


def quoting(make_melody, first: int, count: int, semitones: int, factor: int) -> Score:
    """Eight bars of nothing, then some notes of tune 5, moved and slowed down."""
    notes = make_melody(5).notes[first : first + count].copy()
    notes["onset_ticks"] = (notes["onset_ticks"] - notes["onset_ticks"][0]) * factor + 8 * 1920
    notes["pitch"] = notes["pitch"].astype(int) + semitones
    return Score((Track(notes=make_notes([0], 100, [60])), Track("mine", notes=notes)))


@pytest.mark.parametrize(("semitones", "factor"), [(0, 1), (5, 1), (-7, 2), (12, 3)])
def test_a_quote_is_found_in_any_key_and_tempo(index, make_melody, semitones, factor) -> None:
    run = index.shared_runs(quoting(make_melody, 30, 20, semitones, factor))[0]
    assert (run.piece.name, run.piece.licence, run.notes, run.works) == ("Tune 5", "CC0 1.0", 20, 1)
    assert (run.track, run.first_bar, run.first_note) == (1, 8, 0)
    assert run.piece_bar == make_melody(5).notes["onset_ticks"][30] // 1920


def test_eight_notes_are_a_run_and_seven_are_none(index, make_melody) -> None:
    assert index.shared_runs(quoting(make_melody, 30, 8, 3, 1))[0].notes == 8
    assert index.shared_runs(quoting(make_melody, 30, 7, 3, 1)) == []


def test_runs_of_fewer_than_three_intervals_do_not_count() -> None:
    trill = tune(range(40), [60 + n % 2 for n in range(40)])
    assert index_of(trill).shared_runs(trill) == []


def test_what_many_works_hold_begins_no_run_but_may_lie_in_one(make_melody) -> None:
    figure = [60, 62, 65, 64, 60, 67, 65, 69, 72]
    rest = [[61 + n, 70 - n, 63, 66 + n, 62, 71, 60 + n, 68, 64, 75 - n] for n in range(COMMON_WORKS)]
    scores = [tune(range(19), [*figure, *more]) for more in rest]
    index = index_of(*scores)
    assert index.shared_runs(tune(range(9), figure)) == []
    assert index.shared_runs(tune(range(9), figure), common=True)[0].notes == 9
    assert index.shared_runs(tune(range(14), [*figure, *rest[2][:5]]))[0].notes == 14
    assert index_of(*scores[1:]).shared_runs(tune(range(9), figure))[0].works == COMMON_WORKS - 1


def test_drums_and_scores_without_notes_share_nothing(index, make_band) -> None:
    score = make_band(3)
    drums = replace(score, tracks=score.tracks[:1])
    assert index_of(score).shared_runs(drums) == []
    assert index.shared_runs(Score()) == []
    assert index_of().shared_runs(score) == []


def naive(asked: Score, held: list[Score]) -> set[tuple[int, int]]:
    """The twin: (first note, notes) of each run that lies in no other, by trying all places of all tunes."""
    found = set()
    mine = symbols(melodic_lines(asked)[0])[0]
    pitch = melodic_lines(asked)[0].pitch
    for other in (symbols(line)[0] for score in held for line in melodic_lines(score)):
        for a in range(len(mine)):
            for b in range(len(other)):
                size = 0
                while a + size < len(mine) and b + size < len(other) and mine[a + size] == other[b + size]:
                    size += 1
                if size >= 6:
                    found.add((a, size + 2))
    ends = {(a, n) for a, n in found if len(set(np.diff(pitch[a : a + n]).tolist())) >= 3}
    return {(a, n) for a, n in ends if not any((b, m) != (a, n) and b <= a and b + m >= a + n for b, m in ends)}


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_runs_agree_with_the_naive_twin(data) -> None:
    notes = st.lists(st.tuples(st.integers(1, 2), st.integers(60, 63)), min_size=9, max_size=40)

    def drawn(more: list[tuple[int, int]]) -> Score:
        return tune(np.cumsum([gap for gap, _ in more]), [pitch for _, pitch in more])

    held = [data.draw(notes) for _ in range(3)]
    asked = [*data.draw(notes), *held[0][3:], *held[1][:15], *data.draw(notes)]
    runs = index_of(*map(drawn, held)).shared_runs(drawn(asked))
    assert {(run.first_note, run.notes) for run in runs} == naive(drawn(asked), [drawn(one) for one in held])


def test_plain_numbers_hash_as_arrays_do(make_melody) -> None:
    codes = symbols(melodic_lines(Score((make_melody(1),)))[0])[0]
    hashed, counts = window_hashes(codes)
    assert counts.all()
    assert [window_hash(codes[n : n + 6].tolist()) for n in range(len(hashed))] == hashed.tolist()


def test_a_catalog_survives_the_disk(index, make_melody, tmp_path) -> None:
    again = load_origins(save_origins(index, tmp_path / "origins.npz"))
    assert again.pieces == index.pieces
    assert again.notes == index.notes
    for name in ("hashes", "ids", "works", "bars", "starts", "lines"):
        assert np.array_equal(getattr(again, name), getattr(index, name)), name
    quote = quoting(make_melody, 10, 18, 3, 1)
    assert again.shared_runs(quote) == index.shared_runs(quote)
    empty = load_origins(save_origins(index_of(), tmp_path / "none.npz"))
    assert empty.shared_runs(quote) == []


@pytest.mark.parametrize("data", [b"", b"not an archive", b"PK\x03\x04broken"])
def test_a_damaged_or_missing_catalog_says_so(tmp_path, data) -> None:
    (tmp_path / "origins.npz").write_bytes(data)
    with pytest.raises(ModelError, match=r"origins\.npz is damaged"):
        load_origins(tmp_path / "origins.npz")
    with pytest.raises(ModelError, match=r"other\.npz is missing"):
        load_origins(tmp_path / "other.npz")
