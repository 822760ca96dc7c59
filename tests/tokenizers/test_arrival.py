"""Triplets by time of arrival, and beginnings, ends and waits: golden ids, there and back, grammar, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.errors import FileFormatError, ScoreError, UserError
from bandmate.score.model import Score, Track, make_notes
from bandmate.tokenizers.arrival import ArrivalOptions, ArrivalTokenizer, InterarrivalTokenizer
from bandmate.tokenizers.arrival_grammar import ArrivalGrammar
from bandmate.tokenizers.base import TokenSequence
from bandmate.tokenizers.stream import EventGrammar

NOTE, REST, CONTROL, SEPARATOR, AUTOREGRESS, ANTICIPATE = 11_000, 27_512, 27_513, 55_025, 55_026, 55_027
arrival, interarrival = ArrivalTokenizer(), InterarrivalTokenizer()


def two(late=50) -> Score:
    """A kick, and a bass note some hundredths of a second later; 50 ticks a quarter are hundredths at 120 BPM."""
    kick = Track("", 0, True, make_notes([0], 10, 36, channel=9))
    return Score((kick, Track("", 33, False, make_notes([late], 40, 45))), 50)


@st.composite
def scores(draw, most=30_000):
    tracks = []
    for program, drum in ((0, False), (33, False), (0, True)):
        rows = draw(st.lists(st.tuples(st.integers(0, most), st.integers(1, 900), st.integers(0, 127)), max_size=12,
                             unique_by=lambda row: (row[0], row[2])))  # fmt: skip
        onset, length, pitch = np.array(rows, np.int64).reshape(-1, 3).T
        tracks.append(Track("", program, drum, make_notes(onset, length, pitch)))
    return Score(tuple(tracks), 50)


def notes_of(score):
    """Onset and length in hundredths, instrument, pitch."""
    step = score.ticks_per_quarter // 50
    return sorted(
        (int(n["onset_ticks"]) // step, int(n["duration_ticks"]) // step, 128 if t.is_drum else t.program,
         int(n["pitch"]))
        for t in score.tracks for n in t.notes
    )  # fmt: skip


def test_the_vocabularies_have_the_published_sizes():
    assert len(arrival.vocabulary) == 55_028
    assert len(interarrival.vocabulary) == 34_025
    offset = arrival.vocabulary.offsets
    assert [offset[name] for name in ("TIME", "DURATION", "NOTE", "REST", "CONTROL_TIME", "SEPARATOR", "AUTOREGRESS",
            "ANTICIPATE")] == [0, 10_000, NOTE, REST, CONTROL, SEPARATOR, AUTOREGRESS, ANTICIPATE]  # fmt: skip
    assert list(interarrival.vocabulary.offsets.values()) == [0, 1_000, 17_512, 34_024]


def test_golden_triplets():
    assert arrival.encode(two()).ids.tolist() == [
        AUTOREGRESS, *[SEPARATOR] * 3, 0, 10_010, NOTE + 128 * 128 + 36, 50, 10_040, NOTE + 33 * 128 + 45]  # fmt: skip


def test_rests_stand_where_nothing_happens_for_more_than_a_second():
    assert arrival.encode(two(250)).ids.tolist()[7:] == [
        100, 10_000, REST, 200, 10_000, REST, 250, 10_040, NOTE + 33 * 128 + 45]  # fmt: skip
    assert REST in arrival.encode(two(101)).ids
    assert REST not in arrival.encode(two(100)).ids


def test_a_control_stands_behind_the_first_event_within_five_seconds():
    ids = arrival.encode(two(650), controls=[1]).ids
    rows = ids[4:].reshape(-1, 3)
    assert ids[0] == ANTICIPATE
    # the kick, RESTs at 1 and 2 s, then the control of 6.5 s: 2 s is the first event at most 5 s before it
    assert rows[:4, 0].tolist() == [0, 100, 200, CONTROL + 650]
    assert rows[3].tolist() == [CONTROL + 650, CONTROL + 10_040, CONTROL + NOTE + 33 * 128 + 45]
    assert rows[4:, 0].tolist() == [300, 400, 500, 600]
    near = arrival.encode(two(50), controls=[1]).ids[4:].reshape(-1, 3)
    assert near[:, 0].tolist() == [CONTROL + 50, 0]


def test_golden_waits():
    kick, bass = 128 * 128 + 36, 33 * 128 + 45
    on, off = 1_000, 17_512
    ids = interarrival.encode(two(1_500)).ids.tolist()
    assert ids == [on + kick, 10, off + kick, 999, 491, on + bass, 40, off + bass]


@settings(max_examples=30, deadline=None)
@given(scores(), st.sets(st.integers(0, 2)), st.sampled_from([101, 500, 4_000]))
def test_pieces_of_minutes_come_back_with_any_controls(score, controls, delta):
    tokenizer = ArrivalTokenizer(ArrivalOptions(delta_steps=delta))
    tokens = tokenizer.encode(score, controls=controls)
    assert notes_of(tokenizer.decode(tokens)) == notes_of(score)
    grammar = ArrivalGrammar(tokenizer)
    state = grammar.start()
    for token in tokens.ids[:100].tolist():
        state = grammar.advance(state, token)


@settings(max_examples=20, deadline=None)
@given(scores(3_000))
def test_waits_keep_beginnings_and_ends(score):
    back = notes_of(interarrival.decode(interarrival.encode(score)))
    for ends in (False, True):
        one, two = (sorted((o + ends * d, i, p) for o, d, i, p in found) for found in (back, notes_of(score)))
        assert one == two
    grammar = EventGrammar(interarrival)
    state = grammar.start()
    for token in interarrival.encode(score).ids.tolist():
        state = grammar.advance(state, token)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([1, 2, 129]))
def test_whatever_the_grammar_allows_decodes(seed, controls, most):
    dice = np.random.default_rng(seed)
    grammar = ArrivalGrammar(arrival, controls=controls, most_instruments=most)
    state, ids = grammar.start(), []
    while len(ids) < 1 + 3 * 30 and len(allowed := grammar.allowed(state)):
        assert np.all(np.diff(allowed) > 0)
        ids.append(int(dice.choice(allowed)))
        state = grammar.advance(state, ids[-1])
    whole = ids[: 1 + (len(ids) - 1) // 3 * 3]
    found = arrival.decode(whole)
    assert found.note_count == sum("NOTE=" in arrival.vocabulary.texts[i] for i in whole)
    assert len(found.tracks) <= most


def test_a_sampled_stream_decodes():
    dice, grammar = np.random.default_rng(3), EventGrammar(interarrival)
    state, ids = grammar.start(), []
    for _ in range(300):
        ids.append(int(dice.choice(grammar.allowed(state))))
        state = grammar.advance(state, ids[-1])
    assert interarrival.decode(ids).note_count == sum("NOTE_ON" in interarrival.vocabulary.texts[i] for i in ids)


def test_what_follows_the_end_of_a_piece_is_left_out_and_the_head_may_be_missing():
    ids = arrival.encode(two()).ids
    assert notes_of(arrival.decode(np.concatenate([ids, [SEPARATOR] * 3, ids[4:]]))) == notes_of(two())
    assert notes_of(arrival.decode(ids[4:])) == notes_of(two())


def test_silence():
    for tokenizer, count in ((arrival, 4), (interarrival, 0)):
        for silent in (Score(), Score((Track(),))):
            assert len(tokenizer.encode(silent)) == count
            assert tokenizer.decode(tokenizer.encode(silent)).note_count == 0
    assert arrival.decode([]).note_count == 0


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        ([5, 10_001, NOTE, 5, 5, NOTE], r"token 5 \(5, TIME=5\) stands where a DURATION must"),
        ([5, 10_001, REST + 1], r"token 3 \(27513, CONTROL_TIME=0\) stands where a NOTE must"),
        ([CONTROL, CONTROL + 10_001, NOTE], r"token 3 .* stands where a CONTROL_NOTE must"),
        ([5, 10_001], r"token 2 \(10001, DURATION=1\) is the last of a triplet that was cut"),
        ([5, 10_001, AUTOREGRESS], r"token 3 \(55026, AUTOREGRESS\) stands where a NOTE must"),
        ([5, 55_028, NOTE], "token 2 has the id 55028"),
        ([5, -1, NOTE], "token 2 has the id -1"),
    ],
)
def test_bad_ids_are_named(ids, says):
    with pytest.raises(FileFormatError, match=says):
        arrival.decode(ids)


def test_other_bad_input():
    with pytest.raises(FileFormatError, match=r"of arrival\.v1, not of interarrival\.v1"):
        interarrival.decode(arrival.encode(two()))
    with pytest.raises(FileFormatError, match=r"of arrival\.v2"):
        arrival.decode(TokenSequence(np.zeros(3, np.int32), "arrival.v2"))
    with pytest.raises(UserError, match="control 2 is no track"):
        arrival.encode(two(), controls=[2])
    with pytest.raises(UserError, match="delta_steps"):
        ArrivalOptions(delta_steps=50)
    with pytest.raises(UserError, match="most_instruments 0"):
        ArrivalGrammar(arrival, most_instruments=0)
    with pytest.raises(UserError, match="may not follow"):
        ArrivalGrammar(arrival).advance(ArrivalGrammar(arrival).start(), 5)
    for tokenizer in (arrival, interarrival):
        with pytest.raises(ScoreError, match="more than"):
            tokenizer.encode(two(2**45))
