from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.errors import ModelError
from bandmate.library.fingerprint import SYMBOLS
from bandmate.library.runs import CopiedRun, RunIndex, _suffix_order, copy_check, weigh
from bandmate.score.model import Score, Track, make_notes


def tune(track: Track) -> Score:
    return Score((track,))


def index_of(*scores: Score) -> RunIndex:
    return RunIndex.build((f"piece-{n}", f"work-{n}", score) for n, score in enumerate(scores))


@pytest.fixture(scope="module")
def index(make_melody):
    return index_of(*(tune(make_melody(seed)) for seed in range(30)))


def planted(make_melody, first: int, count: int, semitones: int, factor: int) -> Score:
    """A tune of its own that quotes piece 5, moved and slowed down, from its ninth bar on."""
    own = make_melody(777).notes[:24].copy()
    quote = make_melody(5).notes[first : first + count].copy()
    quote["onset_ticks"] = (quote["onset_ticks"] - quote["onset_ticks"][0]) * factor + 8 * 1920
    quote["pitch"] = quote["pitch"].astype(int) + semitones
    own = own[own["onset_ticks"] < 6 * 1920]
    return tune(Track("mine", notes=np.concatenate([own, quote])))


@pytest.mark.parametrize(("semitones", "factor"), [(0, 1), (5, 1), (-7, 2), (12, 3)])
def test_a_quote_is_found_in_any_key_and_tempo(index, make_melody, semitones, factor):
    run = index.longest_copied_run(planted(make_melody, 30, 20, semitones, factor))
    assert run.piece == "piece-5"
    assert run.notes == 20
    assert run.own_bar == 8
    onset = make_melody(5).notes["onset_ticks"][30]
    assert run.bar == onset // 1920
    assert run.works == 1


def test_own_music_passes_and_a_copy_does_not(index, make_melody):
    fresh = copy_check(tune(make_melody(4242)), index)
    assert fresh.passed
    assert fresh.share == 0.0
    copied = copy_check(planted(make_melody, 30, 24, 2, 1), index)
    assert not copied.passed
    assert copied.longest.weight > 8
    assert 0.3 < copied.share <= 1.0
    assert copied.over[0] == copied.longest


@pytest.mark.parametrize(
    "pitches",
    [
        [60] * 40,  # one note, again and again
        [60 + step for _ in range(5) for step in (0, 2, 4, 5, 7, 9, 11, 12)],  # scales
        [60 + step for _ in range(10) for step in (0, 7, 4, 7)],  # a broken chord
    ],
)
def test_common_figures_are_no_copies(pitches):
    score = tune(Track(notes=make_notes(np.arange(40) * 240, 200, pitches)))
    report = copy_check(score, index_of(score))
    assert report.passed, report.longest


def test_a_run_of_many_works_belongs_to_nobody(make_melody):
    tunes = [tune(make_melody(1)) for _ in range(3)]
    assert index_of(*tunes[:2]).longest_copied_run(tunes[0]).works == 2
    assert index_of(*tunes).longest_copied_run(tunes[0]) == CopiedRun()
    runs = index_of(*tunes).runs(tunes[0])
    assert runs[0].works == 3  # seen, but not counted


def test_drums_are_never_looked_at(make_band):
    score = make_band(3)
    only_drums = replace(score, tracks=score.tracks[:1])
    assert index_of(score).longest_copied_run(only_drums) == CopiedRun()


def naive_longest(text: list[int], question: list[int], start: int) -> int:
    """The twin: the longest common run from one place, by trying every place of the text."""
    best = 0
    for place in range(len(text)):
        size = 0
        while (
            place + size < len(text)
            and start + size < len(question)
            and text[place + size] == question[start + size] < SYMBOLS
        ):
            size += 1
        best = max(best, size)
    return best


@settings(max_examples=60, deadline=None)
@given(
    text=st.lists(st.sampled_from([1, 2, 3, SYMBOLS]), min_size=1, max_size=160),
    question=st.lists(st.integers(1, 3), min_size=1, max_size=90),
    quote=st.booleans(),
)
def test_matches_agree_with_the_naive_twin(text, question, quote):
    if quote and len(text) > 70:  # long matches go another way than short ones
        text = [1 + n % 3 if n % 7 else 2 for n in range(len(text))]
        question = text[3:]
    codes = np.array([*text, SYMBOLS], np.uint32)
    index = RunIndex(codes, _suffix_order(codes), np.zeros(len(codes), np.uint16), np.array([0]),
                     np.array([[0, 0]], np.int32), ["p"], ["w"])  # fmt: skip
    length, at = index.matches(np.array(question))
    assert length.tolist() == [naive_longest(codes.tolist(), question, start) for start in range(len(question))]
    for start, (size, place) in enumerate(zip(length, at, strict=True)):
        assert codes[place : place + size].tolist() == question[start : start + size]


def test_an_index_survives_the_disk(index, make_melody, tmp_path):
    again = RunIndex.load(index.save(tmp_path / "runs.npz"))
    quote = planted(make_melody, 10, 18, 3, 1)
    assert again.runs(quote) == index.runs(quote)
    assert len(again) == 30


def test_an_empty_index_finds_nothing(make_melody, tmp_path):
    empty = RunIndex.load(RunIndex.build([]).save(tmp_path / "none.npz"))
    assert copy_check(tune(make_melody(1)), empty).passed


@pytest.mark.parametrize("data", [b"", b"not an archive", b"PK\x03\x04broken"])
def test_a_damaged_index_says_so(tmp_path, data):
    (tmp_path / "runs.npz").write_bytes(data)
    with pytest.raises(ModelError, match=r"runs\.npz.*learn"):
        RunIndex.load(tmp_path / "runs.npz")


def test_a_missing_index_says_so(tmp_path):
    with pytest.raises(ModelError, match="is missing"):
        RunIndex.load(tmp_path / "runs.npz")


def test_weights_count_different_figures():
    assert weigh(np.array([], np.uint32)) == 0
    assert weigh(np.array([20, 20, 20])) == 3  # one figure with unequal gaps, three times
    assert weigh(np.array([20, 21, 22])) == 5
    assert weigh(np.array([6, 6, 6])) == 2  # equal gaps weigh less
