from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate import registry
from bandmate.errors import FileFormatError, UserError
from bandmate.score.model import METER, NOTE, TEMPO, Score, Track, make_meters, make_notes, make_tempos
from bandmate.score.pitch import Key
from bandmate.tokenizers import trackbar_table as table
from bandmate.tokenizers.base import TokenSequence
from bandmate.tokenizers.trackbar import TrackBarOptions, TrackBarTokenizer
from bandmate.tokenizers.trackbar_grammar import Asked

ALL_OPTIONS = [
    TrackBarOptions(*choice)
    for choice in itertools.product(
        (12, 24), ("off", "duration"), (0, 32), ("tracks", "bars"), ("score", "fixed"), (False, True)
    )
]
COLUMNS = ["onset_ticks", "duration_ticks", "pitch", "velocity"]


def options() -> st.SearchStrategy[TrackBarOptions]:
    return st.builds(
        TrackBarOptions,
        st.sampled_from(table.RESOLUTIONS),
        st.sampled_from(("off", "duration")),
        st.sampled_from((0, 2, 32, 127, 128)),
        st.sampled_from(("tracks", "bars")),
        st.sampled_from(("score", "fixed")),
        st.booleans(),
    )


@st.composite
def scores(draw: st.DrawFn) -> Score:
    tpq = draw(st.sampled_from((96, 120, 480, 960)))
    note = st.tuples(st.integers(0, 20 * tpq), st.integers(0, 6 * tpq), st.integers(30, 40), st.integers(1, 127))
    tracks = []
    for _ in range(draw(st.integers(0, 3))):
        rows = draw(st.lists(note, max_size=12))
        columns = np.array(rows).reshape(-1, 4).T
        notes = make_notes(*columns) if rows else np.empty(0, NOTE)
        is_drum = draw(st.booleans())
        tracks.append(Track("", draw(st.sampled_from((0, 25, 33, 38, 80))), is_drum, notes))
    meters = draw(
        st.lists(st.tuples(st.integers(0, 16 * tpq), st.sampled_from(((3, 4), (6, 8), (7, 16), (32, 1), (5, 32)))))
    )
    tempos = draw(st.lists(st.tuples(st.integers(0, 16 * tpq), st.integers(100_000, 4_000_000)), max_size=3))
    return Score(
        tuple(tracks),
        tpq,
        np.array([(t, us, 0, -1) for t, us in sorted(tempos)], TEMPO),
        np.array([(t, *m, 0, -1, 24, 8) for t, m in sorted(meters)], METER),
        end_ticks=draw(st.sampled_from((0, 24 * tpq))),
    )


def two_tracks() -> Score:
    drums = make_notes([0, 0, 240, 480, 960], 60, [36, 42, 42, 38, 36], [110, 70, 50, 100, 110], channel=9)
    bass = make_notes([0, 480, 1920], [470, 1440, 1920], [38, 45, 38], 90)
    return Score(
        (Track("Drums", 0, True, drums, role="drums"), Track("Bass", 33, False, bass, role="bass")),
        480, make_tempos(90), end_ticks=2 * 1920,
    )  # fmt: skip


def sorted_notes(track: Track) -> list[tuple[int, ...]]:
    return sorted(map(tuple, track.notes[COLUMNS].tolist()))


def test_a_piece_reads_as_the_format_says():
    text = TrackBarTokenizer().encode_text(two_tracks(), genre="hip_hop", key=Key.parse("D minor"))
    assert text == (
        "PIECE_START GENRE=hip_hop TEMPO=90 KEY=D_minor "
        "TRACK_START INST=DRUMS BAR_START NOTE_ON=36 NOTE_ON=42 TIME_DELTA=2 NOTE_OFF=36 NOTE_OFF=42 TIME_DELTA=4 "
        "NOTE_ON=42 TIME_DELTA=2 NOTE_OFF=42 TIME_DELTA=4 NOTE_ON=38 TIME_DELTA=2 NOTE_OFF=38 TIME_DELTA=10 NOTE_ON=36 "
        "TIME_DELTA=2 NOTE_OFF=36 BAR_END BAR_START BAR_END TRACK_END "
        "TRACK_START INST=ELECTRIC_BASS_FINGER BAR_START NOTE_ON=38 TIME_DELTA=12 NOTE_OFF=38 NOTE_ON=45 TIME_DELTA=36 "
        "NOTE_OFF=45 BAR_END BAR_START NOTE_ON=38 TIME_DELTA=48 NOTE_OFF=38 BAR_END TRACK_END PIECE_END"
    )


def test_durations_velocities_and_bars_side_by_side():
    form = TrackBarOptions(24, "duration", 16, "bars", density=True)
    text = TrackBarTokenizer(form).encode_text(two_tracks())
    assert text == (
        "PIECE_START STEPS=24 TEMPO=90 TRACK_START INST=DRUMS DENSITY=3 TRACK_END "
        "TRACK_START INST=ELECTRIC_BASS_FINGER DENSITY=0 TRACK_END "
        "BAR_START TRACK=1 NOTE_ON=36 VELOCITY=107 DURATION=3 NOTE_ON=42 VELOCITY=67 DURATION=3 TIME_DELTA=12 "
        "NOTE_ON=42 VELOCITY=51 DURATION=3 TIME_DELTA=12 NOTE_ON=38 VELOCITY=99 DURATION=3 TIME_DELTA=24 "
        "NOTE_ON=36 VELOCITY=107 DURATION=3 TRACK=2 NOTE_ON=38 VELOCITY=91 DURATION=24 TIME_DELTA=24 "
        "NOTE_ON=45 VELOCITY=91 DURATION=72 BAR_END "
        "BAR_START TRACK=2 NOTE_ON=38 VELOCITY=91 DURATION=96 BAR_END PIECE_END"
    )


@pytest.mark.parametrize("form", ALL_OPTIONS, ids=str)
def test_every_form_gives_back_the_quantised_score(form):
    tokenizer = TrackBarTokenizer(form)
    score = two_tracks()
    tokens = tokenizer.encode(score, genre="house")
    back, labels = tokenizer.read(tokens)
    for track, original in zip(back.tracks, score.tracks, strict=True):
        assert [row[:3] for row in sorted_notes(track)] == rounded(original, 480 // form.steps_per_quarter)
        if form.velocity_bins:  # 32 bins are 4 wide
            assert all(abs(a[3] - b[3]) <= 2 for a, b in zip(sorted_notes(track), sorted_notes(original), strict=True))
    assert (round(back.bpm, 3), back.end_ticks, labels.genre) == (90, 3840, "house")
    assert [(track.program, track.is_drum) for track in back.tracks] == [(0, True), (33, False)]
    tokenizer.grammar.check(tokens.ids)


def rounded(track: Track, step: int) -> list[tuple[int, ...]]:
    """By hand and one by one: the nearest step for begin and end, halves up, at least one step long."""
    rows = []
    for onset, duration, pitch, _ in sorted_notes(track):
        begin, end = ((t + step // 2) // step * step for t in (onset, onset + duration))
        rows.append((begin, max(step, end - begin), pitch))
    return rows


@settings(max_examples=150, deadline=None)
@given(scores(), options())
def test_decoding_gives_back_the_quantised_score(score, form):
    tokenizer = TrackBarTokenizer(form)
    tokens = tokenizer.encode(score)
    back, wanted = tokenizer.decode(tokens), tokenizer.quantise(score)
    assert len(back.tracks) == len(wanted.tracks) == sum(len(track.notes) > 0 for track in score.tracks)
    for got, want in zip(back.tracks, wanted.tracks, strict=True):
        assert (got.program, got.is_drum) == (want.program, want.is_drum)
        assert sorted_notes(got) == sorted_notes(want)
    if wanted.tracks:
        assert np.array_equal(back.meters, wanted.meters)
        assert np.array_equal(back.tempos, wanted.tempos)
        assert back.end_ticks == wanted.end_ticks
    tokenizer.grammar.check(tokens.ids)
    assert (
        tokenizer.encode(back).ids.tolist() == tokenizer.encode(tokenizer.decode(tokenizer.encode(back))).ids.tolist()
    )


@settings(max_examples=100, deadline=None)
@given(scores(), st.sampled_from((12, 24)))
def test_no_note_is_lost_or_moved_by_more_than_half_a_step(score, steps):
    score = Score(score.tracks, score.ticks_per_quarter, score.tempos, make_meters(), end_ticks=score.end_ticks)
    back = TrackBarTokenizer(TrackBarOptions(steps, "duration", 128)).decode(
        TrackBarTokenizer(TrackBarOptions(steps, "duration", 128)).encode(score)
    )
    sounding = [track for track in score.tracks if len(track.notes)]
    for old, new in zip(sounding, back.tracks, strict=True):
        for name, slack in (("pitch", 0), ("velocity", 0), ("onset_ticks", 0.5)):
            a = np.sort(old.notes[name].astype(float)) / (score.ticks_per_quarter if slack else 1)
            b = np.sort(new.notes[name].astype(float)) / (480 if slack else 1)
            last = score.last_ticks / score.ticks_per_quarter - 1 / steps  # a note at the very end steps back inside
            assert np.all((np.abs(a - b) <= slack / steps + 1e-9) | (a > last))


def walk(tokenizer: TrackBarTokenizer, asked: Asked, seed: int, room: int) -> list[int]:
    """A random model: one random weight an id, sharpened at random, drawn among what is allowed."""
    dice = np.random.default_rng(seed)
    weights = dice.normal(size=len(tokenizer.vocabulary)) * dice.uniform(0, 4)
    state, ids = tokenizer.grammar.start(asked), []
    while len(allowed := tokenizer.grammar.allowed(state)) and len(ids) < room:
        ids.append(int(allowed[np.argmax(weights[allowed] + dice.gumbel(size=len(allowed)))]))
        state = tokenizer.grammar.advance(state, ids[-1])
    return ids + tokenizer.grammar.finish(state)


@settings(max_examples=60, deadline=None)
@given(options(), st.integers(0, 10**9), st.integers(0, 250))
def test_every_random_walk_decodes_and_encodes_back(form, seed, room):
    tokenizer = TrackBarTokenizer(form)
    ids = walk(tokenizer, Asked(), seed, room)
    score = tokenizer.decode(TokenSequence(np.array(ids, np.int32), tokenizer.name))
    assert ids[-1] == tokenizer.vocabulary.id("PIECE_END")
    assert all(track.last_ticks <= score.end_ticks for track in score.tracks)
    assert score.note_count == sum(tokenizer.vocabulary.owners[token][0] == "NOTE_ON" for token in ids)


@settings(max_examples=60, deadline=None)
@given(options(), st.integers(0, 10**9), st.integers(0, 300), st.integers(1, 6), st.sampled_from(((4, 4), (7, 8))))
def test_random_weights_meet_what_was_asked(form, seed, room, bars, meter):
    tokenizer = TrackBarTokenizer(form)
    asked = Asked(bars, ("DRUMS", "SLAP_BASS_1", "ACOUSTIC_GRAND_PIANO"), meter, 97, "house", "D_minor")
    score, labels = tokenizer.read(np.array(walk(tokenizer, asked, seed, room)))
    assert score.end_ticks == bars * 480 * 4 * meter[0] // meter[1]
    assert [(track.program, track.is_drum) for track in score.tracks] == [(0, True), (36, False), (0, False)]
    assert (labels.genre, labels.key) == ("house", Key.parse("D minor"))
    assert score.tempos["us_per_quarter"].tolist() == [round(60e6 / 97)]
    assert score.meters[["numerator", "denominator"]].tolist() == [meter]


def test_meter_and_tempo_changes_stand_at_their_bars():
    score = Score(
        two_tracks().tracks, 480,
        np.array([(0, 500_000, 0, -1), (1920, 600_000, 0, -1)], TEMPO),
        np.array([(0, 4, 4, 0, -1, 24, 8), (1920, 3, 4, 0, -1, 24, 8), (1920 + 1440, 6, 8, 0, -1, 24, 8)], METER),
    )  # fmt: skip
    text = TrackBarTokenizer().encode_text(score)
    assert text.count("BAR_START TIME_SIG=3/4 TEMPO=100") == 1
    assert text.count("BAR_START TIME_SIG=3/4") == text.count("BAR_START TIME_SIG=6/8") == 2


# what people type

MANY_TYPES = table.token_types(TrackBarOptions(12, "off", 4, "bars")).values()
SOME_WORDS = [text for kind in MANY_TYPES for text in kind.texts[:4]]


HEAD = "piece_start tempo=92.5 time_sig=3/4\n track_start inst=33\n"


def test_a_text_typed_by_a_person_is_taken():
    score = TrackBarTokenizer().decode_text(
        "# my waltz\n" + HEAD + "BAR_START  NOTE_ON=40 TIME_DELTA=12 NOTE_OFF=40 NOTE_ON=47 velocity=33 TIME_DELTA=24\n"
        "BAR_END # and so on\nBAR_START NOTE_ON=40 DURATION=6"
    )
    assert sorted_notes(score.tracks[0]) == [(0, 480, 40, 90), (480, 2400, 47, 33), (1440, 240, 40, 90)]
    assert (round(score.bpm, 2), score.end_ticks, score.tracks[0].program) == (92.5, 2 * 1440, 33)


def test_drum_hits_need_no_end():
    score = TrackBarTokenizer().decode_text(
        "PIECE_START TRACK_START INST=DRUMS BAR_START NOTE_ON=36 TIME_DELTA=12 NOTE_ON=38"
    )
    assert sorted_notes(score.tracks[0]) == [(0, 120, 36, 90), (480, 120, 38, 90)]


@pytest.mark.parametrize(
    ("text", "number", "says"),
    [
        ("NOTE_ON=36", 1, "write PIECE_START first"),
        ("PIECE_START NOTE_ON=36", 2, "TRACK_START and INST="),
        (HEAD + "BAR_START NOTEON=36", 7, "did you mean NOTE_ON"),
        (HEAD + "BAR_START NOTE_ON", 7, "NOTE_ON=64"),
        (HEAD + "BAR_START NOTE_ON=128", 7, "0 to 127"),
        (HEAD + "BAR_START NOTE_ON=C4", 7, "0 to 127"),
        (HEAD + "BAR_START NOTE_OFF=36", 7, "NOTE_ON=36 before it"),
        (HEAD + "BAR_START NOTE_ON=36 NOTE_OFF=36", 8, "TIME_DELTA= between"),
        (HEAD + "BAR_START TIME_DELTA=30 TIME_DELTA=12", 8, "36 steps in 3/4); give at most 6"),
        (HEAD + "BAR_START TIME_DELTA=36 NOTE_ON=3", 8, "BAR_END BAR_START"),
        (HEAD + "BAR_START VELOCITY=3", 7, "behind NOTE_ON"),
        (HEAD + "BAR_START BAR_START", 7, "BAR_END first"),
        (HEAD + "BAR_START=1", 6, "takes no value"),
        (HEAD + "NOTE_ON=3", 6, "BAR_START first"),
        (HEAD + "INST=3", 6, "second instrument"),
        ("PIECE_START TRACK_START INST=SLAPBASS", 3, "SLAP_BASS_1"),
        ("PIECE_START TRACK_START BAR_START", 3, "write INST="),
        ("PIECE_START GENRE=hiphop", 2, "hip_hop"),
        ("PIECE_START KEY=H_minor", 2, "D minor"),
        ("PIECE_START TEMPO=1e9", 2, "20 to 400"),
        ("PIECE_START TIME_SIG=4/5", 2, "4/4 or 6/8"),
        ("PIECE_START STEPS=13", 2, "STEPS"),
        ("PIECE_START PIECE_END TRACK_START", 3, "end the text there"),
        ("PIECE_START TRACK_START INST=1 TRACK_END BAR_START TRACK=2", 6, "tracks 1 to 1"),
        ("PIECE_START TRACK_START INST=1 TRACK_END BAR_START NOTE_ON=2", 6, "TRACK=1"),
        (HEAD + "BAR_START BAR_END TRACK_END TRACK_START INST=1 BAR_START TIME_SIG=4/4", 12, "which is 3/4"),
        (HEAD + "BAR_START NOTE_ON=1 TIME_SIG=4/4", 8, "right behind BAR_START"),
    ],
)
def test_an_error_names_the_token_its_number_and_the_cure(text, number, says):
    with pytest.raises(FileFormatError) as caught:
        TrackBarTokenizer().decode_text(text, "song.txt")
    message = str(caught.value)
    assert f"song.txt, token {number} '{text.split()[number - 1]}'" in message
    assert says in message


@pytest.mark.parametrize("text", ["", "   \n", "# nothing but a remark"])
def test_an_empty_text_says_how_to_begin(text):
    with pytest.raises(FileFormatError, match="PIECE_START"):
        TrackBarTokenizer().decode_text(text)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [t for k in table.token_types(TrackBarOptions(12, "off", 4, "bars")).values() for t in k.texts[:4]]
        ),
        max_size=40,
    )
)
def test_any_words_end_in_a_score_or_one_clear_error(words):
    try:
        score = TrackBarTokenizer().decode_text(" ".join(["PIECE_START", "TRACK_START", "INST=DRUMS", *words]))
    except FileFormatError as error:
        assert "token" in str(error)
    else:
        assert all(track.last_ticks <= score.end_ticks for track in score.tracks)


# the table


def test_ids_text_and_table_agree():
    for form in ALL_OPTIONS[::7]:
        tokenizer = TrackBarTokenizer(form)
        tokens = tokenizer.encode(two_tracks())
        assert tokenizer.parse(tokenizer.text(tokens, lines=True)).ids.tolist() == tokens.ids.tolist()
        assert len(set(tokenizer.vocabulary)) == len(tokenizer.vocabulary)
        assert [tokenizer.vocabulary.find(text) for text in tokenizer.vocabulary] == list(
            range(len(tokenizer.vocabulary))
        )


def test_a_token_that_is_not_there_gets_its_neighbours():
    with pytest.raises(UserError, match="GENRE=hip_hop"):
        TrackBarTokenizer().encode(two_tracks(), genre="hiphop")
    with pytest.raises(UserError, match="known types: PAD"):
        TrackBarTokenizer().vocabulary.find("XYZ=1")


def test_every_key_of_the_table_is_read_as_typed():
    assert all(Key.parse(word.replace("_", " ", 1)) == key for word, key in table.KEYS.items())


def test_the_options_of_a_text_are_found_in_it():
    form = TrackBarOptions(24, "duration", 128, "bars", density=True)
    assert TrackBarTokenizer.for_text(TrackBarTokenizer(form).encode_text(two_tracks())).options == form


def test_velocity_bins_stand_for_themselves():
    for bins in (2, 3, 16, 32, 100, 127, 128):
        values = table.velocity_values(bins)
        mine = {v * bins // 128 for v in range(1, 128)}
        assert all(values[index] * bins // 128 == index for index in mine)


@pytest.mark.parametrize("bad", [{"steps_per_quarter": 10}, {"lengths": "on"}, {"velocity_bins": 1}, {"layout": "x"}])
def test_a_bad_option_is_named(bad):
    with pytest.raises(UserError, match=next(iter(bad))):
        TrackBarOptions(**bad)


def test_what_cannot_be_asked_is_refused():
    grammar = TrackBarTokenizer(TrackBarOptions(track_order="fixed")).grammar
    for asked in (
        Asked(instruments=("SLAP_BASS_1", "DRUMS")),
        Asked(instruments=("KAZOO",)),
        Asked(tempo=1000),
        Asked(bars=2, instruments=()),
    ):
        with pytest.raises(UserError):
            grammar.start(asked)
    with pytest.raises(UserError, match="bars"):
        Asked(bars=0)


def test_ids_of_another_tokenizer_are_refused():
    with pytest.raises(FileFormatError, match=r"remi\.v1"):
        TrackBarTokenizer().decode(TokenSequence(np.zeros(1, np.int32), "remi.v1"))
    with pytest.raises(FileFormatError, match="outside the vocabulary"):
        TrackBarTokenizer().decode([1, 10**6])


def test_the_printed_reference_is_current():
    page = Path(__file__).parents[2] / "docs" / "TRACKBAR.md"
    assert page.read_text(encoding="utf-8") == table.reference()


def test_it_stands_in_the_registry():
    assert registry.get("tokenizer.trackbar.v1") is TrackBarTokenizer
