"""MidiTok's families behind our door: every one there and back, learned words, and bad input in one sentence."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate import registry
from bandmate.errors import FileFormatError, MissingExtra, UserError
from bandmate.io.files import read
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos
from bandmate.tokenizers.base import TokenSequence
from bandmate.tokenizers.families import FAMILIES, FamilyOptions

pytest.importorskip("miditok")
LIED = Path(__file__).parents[1] / "fixtures" / "music" / "lied.mid"
NAMES = list(FAMILIES)


def remi(**options):
    return FAMILIES["remi_plus.v1"](FamilyOptions(**options))


@st.composite
def scores(draw):
    """A piano and drums on eighths of a beat, no two notes of a pitch together; four bars of 4/4."""
    tracks = []
    for drum in (False, True):
        onsets = draw(st.lists(st.integers(0, 63), min_size=1, max_size=16, unique=True))
        pitch = draw(st.lists(st.integers(36, 80), min_size=len(onsets), max_size=len(onsets), unique=True))
        tracks.append(Track("", 0, drum, make_notes(np.array(onsets) * 120, 240, pitch, 64)))
    return Score(tuple(tracks), 480, make_tempos(120), make_meters())


def beginnings(score):
    return sorted(
        (int(n["onset_ticks"]) * 960 // score.ticks_per_quarter, int(n["pitch"]), t.is_drum)
        for t in score.tracks
        for n in t.notes
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_song_comes_back_and_its_text_too(name):
    song, family = read(LIED), registry.get(f"tokenizer.{name}")()
    tokens = family.encode(song)
    assert family.name == name == tokens.tokenizer
    assert tokens.ids.ndim == 1 or f"{family.width})" in family.about.shape
    assert family.decode(tokens).note_count == song.note_count
    body = family.text(tokens).partition("\n")[2]
    assert np.array_equal(family.parse_body(body, "it").ids, tokens.ids)
    assert family.reference().startswith(f"# {name}")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("structured.v1", "pertok.v1")])
@settings(max_examples=8, deadline=None)
@given(scores())
def test_what_lies_on_the_grid_comes_back(name, score):
    family = FAMILIES[name]()
    assert beginnings(family.decode(family.encode(score))) == beginnings(score)


@pytest.mark.parametrize("name", NAMES)
def test_silence_is_an_empty_sequence(name):
    family = FAMILIES[name]()
    assert len(family.encode(Score())) == 0
    assert family.decode(family.encode(Score((Track(),)))).note_count == 0


@pytest.mark.parametrize("model", ["BPE", "Unigram", "WordPiece"])
def test_learned_words_are_fewer_and_are_kept(tmp_path, model):
    song, family = read(LIED), remi()
    before = family.encode(song).ids
    family.train([song, LIED], len(family.peer) + 60, model)
    tokens = family.encode(song)
    assert len(tokens) < len(before)
    again = type(family).load(family.save(tmp_path / "words.json"))
    assert np.array_equal(again.encode(song).ids, tokens.ids)
    assert again.decode(tokens).note_count == song.note_count
    assert np.array_equal(again.parse_body(again.text(tokens).partition("\n")[2], "it").ids, tokens.ids)


def test_options_reach_miditok():
    assert len(remi(velocity_bins=8).peer) == len(remi().peer) - 24
    assert any("Chord" in word for word in remi(config={"use_chords": True}).peer.vocab)


def test_without_the_extra_the_pip_line_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "miditok", None)
    with pytest.raises(MissingExtra, match=r'pip install "bandmate\[tokens\]"'):
        remi().encode(read(LIED))


def test_bad_ids_are_named():
    with pytest.raises(FileFormatError, match="token 2 has the id 99999, outside the vocabulary of remi_plus.v1"):
        remi().decode([4, 99_999])
    octuple = FAMILIES["octuple.v1"]()
    rows = octuple.encode(read(LIED)).ids.copy()
    rows[2, 1] = 5_000
    with pytest.raises(FileFormatError, match="token 3, column 2, has the id 5000"):
        octuple.decode(rows)
    with pytest.raises(FileFormatError, match="rows of 8 ids, not the shape"):
        octuple.decode(rows[:, :3])
    with pytest.raises(FileFormatError, match=r"of tsd\.v1, not of remi_plus\.v1"):
        remi().decode(TokenSequence(np.zeros(1, np.int32), "tsd.v1"))
    with pytest.raises(FileFormatError, match="it, token 2 'Pitch_900'"):
        remi().parse_body("Bar_None Pitch_900", "it")
    with pytest.raises(FileFormatError, match="the last line has fewer"):
        octuple.parse_body("1 2 3", "it")


def test_bad_options_and_training_are_named(tmp_path):
    with pytest.raises(UserError, match="steps_per_beat 0"):
        FamilyOptions(steps_per_beat=0)
    with pytest.raises(UserError, match="config 3"):
        FamilyOptions(config=3)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="cannot be made with these options"):
        _ = remi(config={"pitch_range": "low"}).peer
    with pytest.raises(UserError, match="sequence a track"):
        remi(config={"use_programs": False}).encode(
            Score(tuple(Track("", program, False, make_notes([0], 480, 60)) for program in (0, 33)))
        )
    with pytest.raises(UserError, match="'LSTM' is not known"):
        remi().train([LIED], 600, "LSTM")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="vocabulary_size 10"):
        remi().train([LIED], 10)
    with pytest.raises(UserError, match="nothing to learn words from"):
        remi().train([], 900)
    with pytest.raises(UserError, match="8 vocabularies and learns no words"):
        FAMILIES["octuple.v1"]().train([LIED], 900)
    kind = FAMILIES["remi_plus.v1"]
    with pytest.raises(FileFormatError, match="cannot be read"):
        kind.load(tmp_path / "none.json")
    (tmp_path / "a.json").write_text("[1")
    with pytest.raises(FileFormatError, match="holds no tokenizer"):
        kind.load(tmp_path / "a.json")
    with pytest.raises(FileFormatError, match=r"of remi_plus\.v1, not of tsd\.v1"):
        FAMILIES["tsd.v1"].load(remi().save(tmp_path / "b.json"))
    (tmp_path / "c.json").write_text('{"bandmate": "remi_plus.v1"}')
    with pytest.raises(FileFormatError, match="no whole tokenizer"):
        kind.load(tmp_path / "c.json")
