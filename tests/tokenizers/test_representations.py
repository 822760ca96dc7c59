"""The representations without bars: golden values, MusPy's own where it is installed, there and back, and bad input."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.errors import FileFormatError, ScoreError, UserError
from bandmate.io.event_codes import pairs_by_key
from bandmate.score.model import NOTE, Score, Track, make_notes
from bandmate.tokenizers.base import TokenSequence
from bandmate.tokenizers.event import (
    DEFAULT_EVENT,
    PERFORMANCE_EVENT,
    EventOptions,
    EventTokenizer,
    PerformanceTokenizer,
)
from bandmate.tokenizers.flat import flat_steps
from bandmate.tokenizers.steps import (
    HOLD,
    REST,
    NoteOptions,
    NoteTokenizer,
    PitchOptions,
    PitchTokenizer,
    RollOptions,
    RollTokenizer,
)
from bandmate.tokenizers.stream import EventGrammar
from bandmate.workflows.tokens import forms, representation, vocabulary

ROOT = Path(__file__).parents[2]
ALL = [EventTokenizer(), PerformanceTokenizer(), NoteTokenizer(), PitchTokenizer(), RollTokenizer()]


def line() -> Score:
    """C for two steps, a step's rest, E and E again for a step each; 24 steps a quarter."""
    return Score((Track("", 0, False, make_notes([0, 3, 4], [2, 1, 1], [60, 64, 64], [64, 100, 100])),), 24)


@st.composite
def scores(draw, voices=3, apart=False):
    """Notes on the steps of a quarter; `apart` leaves a step between two of one pitch."""
    tracks = []
    for program, drum in ((0, False), (33, False), (8, True))[:voices]:
        rows = draw(st.lists(
            st.tuples(st.integers(0, 400), st.integers(1, 40), st.integers(0, 127), st.integers(1, 127)),
            max_size=16, unique_by=lambda row: (row[0], row[2]),
        ))  # fmt: skip
        if apart:
            rows = _apart(rows)
        onset, length, pitch, velocity = np.array(rows, np.int64).reshape(-1, 4).T
        tracks.append(Track("", program, drum, make_notes(onset, length, pitch, velocity)))
    return Score(tuple(tracks), 24)


def _apart(rows):
    kept, until = [], {}
    for onset, length, pitch, velocity in sorted(rows):
        if onset > until.get(pitch, -1):
            kept.append((onset, length, pitch, velocity))
            until[pitch] = onset + length
    return kept


def rows_of(score, steps=24, *, columns=4):
    flat = flat_steps(score, steps).by_time()
    return np.stack([flat.onset, flat.pitch, flat.duration, flat.velocity], axis=1)[:, :columns].tolist()


def test_golden_events():
    ids = EventTokenizer().encode(line()).ids.tolist()
    assert ids == [60, 257, 188, 256, 64, 256, 192, 64, 256, 192]
    spoken = EventTokenizer(EventOptions(encode_velocity=True, force_velocity=False, end_of_sequence=True))
    assert spoken.encode(line()).ids.tolist() == [372, 60, 257, 188, 256, 381, 64, 256, 192, 64, 256, 192, 388]


def test_golden_performance_writes_a_velocity_where_it_changes():
    # 24 steps a quarter at 120 BPM: a step is 2.083 hundredths
    performance = PerformanceTokenizer()
    assert len(performance.vocabulary) == 388
    words = performance.lines(performance.encode(line()))[0].split()
    assert words[:4] == ["VELOCITY=15", "NOTE_ON=60", "TIME_SHIFT=4", "NOTE_OFF=60"]
    assert [word for word in words if word.startswith("VELOCITY")] == ["VELOCITY=15", "VELOCITY=24"]


def test_golden_pitch_roll_and_rows():
    assert PitchTokenizer().encode(line()).ids.tolist() == [60, 60, REST, 64, 64]
    held = PitchTokenizer(PitchOptions(use_hold_state=True))
    assert held.encode(line()).ids.tolist() == [60, HOLD, REST, 64, 64]
    roll = RollTokenizer().encode(line()).ids
    assert roll.shape == (5, 128)
    assert roll[:, [60, 64]].tolist() == [[64, 0], [64, 0], [0, 0], [0, 100], [0, 100]]
    assert NoteTokenizer().encode(line()).ids.tolist() == [[0, 60, 2, 64], [3, 64, 1, 100], [4, 64, 1, 100]]
    assert NoteTokenizer(NoteOptions(use_start_end=True, encode_velocity=False)).encode(line()).ids.tolist() == [
        [0, 60, 2], [3, 64, 4], [4, 64, 5]]  # fmt: skip


def events_one_by_one(rows, longest):
    """What event.v1 writes, found note by note: rows of onset, pitch, duration, velocity by time."""
    events = [event for onset, pitch, length, _ in rows for event in ((onset, pitch), (onset + length, 128 + pitch))]
    ids, now = [], 0
    for time, code in sorted(events, key=lambda event: event[0]):
        while now < time:
            wait = min(longest, time - now)
            ids.append(255 + wait)
            now += wait
        ids.append(code)
    return ids


@pytest.mark.parametrize(("notes", "longest"), [(1, 7), (90, 1000), (500, 1), (6000, 3), (6000, 1000)])
def test_few_notes_and_many_are_written_as_one_by_one(notes, longest):
    dice = np.random.default_rng(notes + longest)
    parts = []
    for _ in range(3):
        onset = np.sort(dice.integers(0, 5 * notes, notes)) + (np.arange(notes) > notes // 2) * 3 * longest
        columns = (dice.integers(1, 60, notes), dice.integers(30, 90, notes), dice.integers(1, 128, notes))
        parts.append(Track("", 0, False, make_notes(onset, *columns)))
    score = Score(tuple(parts), 24)
    rows = sorted(
        [int(note[name]) for name in ("onset_ticks", "pitch", "duration_ticks", "velocity")]
        for part in parts for note in part.notes
    )  # fmt: skip
    assert NoteTokenizer().encode(score).ids.tolist() == rows
    ids = EventTokenizer(EventOptions(max_time_shift=longest)).encode(score).ids.tolist()
    assert ids == events_one_by_one(rows, longest)
    roll = np.zeros((max(onset + length for onset, _, length, _ in rows), 128), np.uint8)
    line = np.full(len(roll), REST)
    for onset, pitch, length, velocity in rows:
        roll[onset : onset + length, pitch] = velocity
        line[onset : onset + length] = pitch
    assert np.array_equal(RollTokenizer().encode(score).ids, roll)
    assert np.array_equal(PitchTokenizer().encode(score).ids, line)


def as_muspy(score):
    muspy = pytest.importorskip("muspy")
    tracks = []
    for track in score.tracks:
        notes = [muspy.Note(*(int(note[name]) for name in ("onset_ticks", "pitch", "duration_ticks", "velocity")))
                 for note in track.notes]  # fmt: skip
        tracks.append(muspy.Track(program=track.program, is_drum=track.is_drum, notes=notes))
    return muspy, muspy.Music(resolution=24, tracks=tracks)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=25, deadline=None)
@given(scores())
def test_muspy_writes_the_same(score):
    muspy, music = as_muspy(score)
    if not score.note_count:
        return
    for theirs, ours in (
        ({}, {}),
        ({"use_single_note_off_event": True}, {"single_note_off": True}),
        ({"encode_velocity": True, "max_time_shift": 7}, {"encode_velocity": True, "max_time_shift": 7}),
        (
            {"encode_velocity": True, "force_velocity_event": False, "use_end_of_sequence_event": True},
            {"encode_velocity": True, "force_velocity": False, "end_of_sequence": True},
        ),
    ):
        expected = muspy.to_event_representation(music, **theirs).ravel().tolist()
        assert EventTokenizer(EventOptions(**ours)).encode(score).ids.tolist() == expected
    for name, options in (("default", DEFAULT_EVENT), ("performance", PERFORMANCE_EVENT)):
        write = getattr(muspy.outputs, f"to_{name}_event_representation")
        assert EventTokenizer(options).encode(score).ids.tolist() == write(music).tolist()
    assert NoteTokenizer().encode(score).ids.tolist() == muspy.to_note_representation(music).tolist()
    ended = NoteTokenizer(NoteOptions(use_start_end=True)).encode(score).ids.tolist()
    assert ended == muspy.to_note_representation(music, use_start_end=True).tolist()
    assert RollTokenizer().encode(score).ids.tolist() == muspy.to_pianoroll_representation(music)[:-1].tolist()
    bare = RollTokenizer(RollOptions(encode_velocity=False)).encode(score).ids
    assert np.array_equal(bare, muspy.to_pianoroll_representation(music, encode_velocity=False)[:-1])
    held = PitchTokenizer(PitchOptions(use_hold_state=True)).encode(score).ids
    assert held.tolist() == muspy.to_pitch_representation(music, use_hold_state=True).ravel().tolist()
    plain, theirs = PitchTokenizer().encode(score).ids, muspy.to_pitch_representation(music).ravel()
    assert np.where(plain == REST, 0, plain).tolist() == theirs.tolist()  # MusPy's rests are pitch 0


@settings(max_examples=40, deadline=None)
@given(scores())
def test_rows_lose_nothing_but_tracks(score):
    for options in (NoteOptions(), NoteOptions(use_start_end=True)):
        rows = NoteTokenizer(options)
        assert rows_of(rows.decode(rows.encode(score))) == rows_of(score)


@settings(max_examples=40, deadline=None)
@given(scores(voices=1, apart=True))
def test_events_keep_notes_that_do_not_overlap(score):
    events = EventTokenizer(EventOptions(encode_velocity=True, velocity_bins=128))
    assert rows_of(events.decode(events.encode(score))) == rows_of(score)


@settings(max_examples=40, deadline=None)
@given(scores())
def test_events_keep_beginnings_pitches_bins_and_all_ends(score):
    for tokenizer in (EventTokenizer(PERFORMANCE_EVENT), PerformanceTokenizer()):
        before = tokenizer.notes(score)
        after = tokenizer.notes(tokenizer.decode(tokenizer.encode(score)))
        bins = (tokenizer.bin_of(before.velocity), tokenizer.bin_of(after.velocity))
        one, two = (
            sorted(zip(n.onset.tolist(), n.pitch.tolist(), b.tolist(), strict=True))
            for n, b in zip((before, after), bins, strict=True)
        )
        assert one == two
        assert sorted(zip(before.end, before.pitch, strict=True)) == sorted(zip(after.end, after.pitch, strict=True))


@settings(max_examples=40, deadline=None)
@given(scores())
def test_a_roll_comes_back_as_the_same_roll(score):
    for options in (RollOptions(), RollOptions(encode_velocity=False)):
        roll = RollTokenizer(options)
        first = roll.encode(score)
        assert np.array_equal(roll.encode(roll.decode(first)).ids, first.ids)


@settings(max_examples=40, deadline=None)
@given(scores(voices=1))
def test_one_voice_comes_back(score):
    for hold in (True, False):
        pitch = PitchTokenizer(PitchOptions(use_hold_state=hold))
        ids = pitch.encode(score).ids
        sounding = int(np.flatnonzero(ids != REST)[-1]) + 1 if len(ids) else 0
        again = pitch.encode(pitch.decode(ids)).ids
        if not hold:
            assert again.tolist() == ids[:sounding].tolist()
        assert len(again) <= sounding


@settings(max_examples=30, deadline=None)
@given(scores())
def test_text_is_read_back(score):
    for tokenizer in ALL:
        tokens = tokenizer.encode(score)
        body = tokenizer.text(tokens).partition("\n")[2]
        assert np.array_equal(tokenizer.parse_body(body, "it").ids, tokens.ids)


@pytest.mark.parametrize(
    "options", [EventOptions(), EventOptions(single_note_off=True, end_of_sequence=True), EventOptions(order="tracks")]
)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_whatever_the_grammar_allows_decodes(options, seed):
    dice = np.random.default_rng(seed)
    for tokenizer in (EventTokenizer(options), PerformanceTokenizer()):
        grammar, ids = EventGrammar(tokenizer), []
        state = grammar.start()
        while len(ids) < 60 and len(allowed := grammar.allowed(state)):
            assert np.all(np.diff(allowed) > 0)
            ids.append(int(dice.choice(allowed)))
            state = grammar.advance(state, ids[-1])
        on = sum(tokenizer.vocabulary.owners[i][0] == "NOTE_ON" for i in ids)
        assert tokenizer.decode(ids).note_count == on


@settings(max_examples=20, deadline=None)
@given(scores())
def test_the_grammar_takes_what_is_encoded(score):
    for tokenizer in (EventTokenizer(PERFORMANCE_EVENT), PerformanceTokenizer()):
        grammar = EventGrammar(tokenizer)
        state = grammar.start()
        for token in tokenizer.encode(score).ids.tolist():
            state = grammar.advance(state, token)
    with pytest.raises(UserError, match="may not follow"):
        EventGrammar(EventTokenizer()).advance(EventGrammar(EventTokenizer()).start(), 128 + 60)


def test_an_end_closes_what_began_first():
    ons, ends, orphans = pairs_by_key(np.array([5, 7, 5, 5, 7, 5, 5, 5]), np.array([1, 0, 1, 0, 1, 0, 0, 1], bool))
    assert ons.tolist() == [0, 2, 4, 7]
    assert ends.tolist() == [3, 5, -1, -1]
    assert orphans.tolist() == [1, 6]


@pytest.mark.parametrize("tokenizer", ALL, ids=lambda t: t.name)
def test_silence_is_an_empty_sequence(tokenizer):
    for silent in (Score(), Score((Track(),))):
        tokens = tokenizer.encode(silent)
        assert len(tokens) == 0
        assert tokenizer.decode(tokens).note_count == 0


@pytest.mark.parametrize("tokenizer", ALL, ids=lambda t: t.name)
def test_bad_numbers_are_one_sentence_with_place_and_value(tokenizer):
    with pytest.raises(FileFormatError, match=r"of event\.v7"):
        tokenizer.decode(TokenSequence(np.zeros(1, np.int32), "event.v7"))
    with pytest.raises(FileFormatError, match="whole numbers"):
        tokenizer.decode(np.array([0.5]))
    wrong = np.full((3, 128), 0) if tokenizer.name == "pianoroll.v1" else np.zeros((3, 4), np.int64)
    if tokenizer.name in ("pianoroll.v1", "note.v1"):
        wrong[1, 1] = 200
        with pytest.raises(FileFormatError, match=r"row 2 .* pitch 1? ?200; it must be 0 to 127"):
            tokenizer.decode(wrong)
        with pytest.raises(FileFormatError, match="numbers, not the shape"):
            tokenizer.decode(np.zeros((2, 3), np.int64))
    else:
        with pytest.raises(FileFormatError, match="token 3 has the id 9999"):
            tokenizer.decode([0, 1, 9999])


def test_an_end_without_a_note_is_refused_or_passed_over():
    with pytest.raises(FileFormatError, match=r"token 2 \(188, NOTE_OFF=60\) ends a note that does not sound"):
        EventTokenizer().decode([256, 188, 60, 256])
    found = EventTokenizer().decode([256, 188, 60, 257], forgiving=True)
    assert rows_of(found, columns=3) == [[1, 60, 2]]


def test_a_note_that_ends_before_it_begins_is_named():
    with pytest.raises(FileFormatError, match="row 1 of note.v1 ends at 3, before its time 5"):
        NoteTokenizer(NoteOptions(use_start_end=True)).decode([[5, 60, 3, 90]])


def test_a_pitch_out_of_range_and_absurd_times_are_refused():
    notes = np.zeros(2, NOTE)
    notes["pitch"], notes["velocity"] = [60, 200], 80
    with pytest.raises(ScoreError, match="note 2 has pitch 200"):
        EventTokenizer().encode(Score((Track("", 0, False, notes),)))
    late = Score((Track("", 0, False, make_notes([0, 2**47], 10, 60)),))
    for tokenizer in ALL:
        if tokenizer.name == "note.v1":
            assert tokenizer.encode(late).ids[1, 0] == 2**47 // 20
        else:
            with pytest.raises(ScoreError, match="more than"):
                tokenizer.encode(late)


@pytest.mark.parametrize("options", [{"steps_per_quarter": 0}, {"velocity_bins": 129}, {"order": "loudness"},
                                     {"program": 1.5}, {"riddle": 1}])  # fmt: skip
def test_bad_options_are_named(options):
    with pytest.raises(UserError, match=next(iter(options))):
        representation("event", options)


def test_every_form_prints_its_vocabulary():
    for short, name in forms().items():
        assert vocabulary(short).startswith(f"# {name}")


def test_the_page_is_that_of_the_tables():
    script = runpy.run_path(str(ROOT / "scripts" / "tokens_page.py"))
    assert script["PAGE"].read_text(encoding="utf-8") == script["page"](), "run: python scripts/tokens_page.py"
