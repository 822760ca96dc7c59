"""Scores as objects of other libraries and back; each library that is missing here is skipped and said."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

from bandmate import compat
from bandmate.errors import UserError
from bandmate.io.abc.read import parse_abc
from bandmate.io.midi import midi_bytes, parse_midi
from bandmate.io.text_events import LYRIC, texts_of, with_texts
from bandmate.score.model import EVENT, KEY_SIGNATURE, MADE, METER, TEMPO, Marker, Score, Track, make_notes

TARGETS = ("mido", "symusic", "pretty_midi", "muspy", "music21", "partitura")
PEDAL_AND_BEND = np.array(
    [(0, MADE, 0xB0, 0, 64, 127, -1), (480, MADE, 0xE0, 0, 0, 80, -1), (960, MADE, 0xB0, 0, 64, 0, -1)], EVENT
)
PLAIN = Score(
    (
        Track(
            "Tune", 73, False, make_notes([0, 480, 960, 960, 1920], [480, 480, 960, 960, 960], [60, 63, 67, 70, 72], 80)
        ),
        Track("Bass", 32, False, make_notes([0, 1440], 1440, [36, 43], 80)),
    ),
    480,
    tempos=np.array([(0, 600_000, 0, MADE), (1440, 500_000, 0, MADE)], TEMPO),
    meters=np.array([(0, 3, 4, 0, MADE, 24, 8)], METER),
    keys=np.array([(0, -3, True, 0, MADE)], KEY_SIGNATURE),
    title="Small",
)
RICH = Score(
    (
        with_texts(
            Track("Tune", 73, False, make_notes([0, 480], 480, [60, 64], [50, 90]), PEDAL_AND_BEND), [(0, LYRIC, "la")]
        ),
        Track("Kit", 0, True, make_notes([0, 240], 120, [36, 42], channel=9)),
    ),
    480,
    keys=np.array([(0, 2, False, 0, MADE)], KEY_SIGNATURE),
    markers=(Marker(0, "Verse"),),
)  # fmt: skip


@pytest.fixture(autouse=True)
def quiet():
    """Our warnings are looked for where they are tested; other libraries warn of themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def there_and_back(score, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip(name)
    return getattr(compat, f"from_{name}")(getattr(compat, f"to_{name}")(score))


def notes_of(score, *, velocity=True):
    """Notes by track in quarters; tracks without notes (a MIDI file's first) left out."""
    q = score.ticks_per_quarter
    return [
        sorted(
            (n["onset_ticks"] / q, n["duration_ticks"] / q, int(n["pitch"]), int(n["velocity"]) if velocity else 0)
            for n in track.notes
        )
        for track in score.tracks
        if len(track.notes)
    ]


@pytest.mark.parametrize("name", TARGETS)
class TestEveryLibrary:
    def test_notes_come_back(self, name):
        assert notes_of(there_and_back(PLAIN, name)) == notes_of(PLAIN)

    def test_time_and_key_come_back(self, name):
        again = there_and_back(PLAIN, name)
        q = again.ticks_per_quarter
        assert [(t["ticks"] / q, t["us_per_quarter"]) for t in again.tempos] == [(0, 600_000), (3, 500_000)]
        assert again.meters[["numerator", "denominator"]].tolist() == [(3, 4)]
        assert [(k["ticks"], int(k["fifths"]), bool(k["minor"])) for k in again.keys] == [(0, -3, True)]

    def test_names_come_back(self, name):
        assert [t.name for t in there_and_back(PLAIN, name).tracks if len(t.notes)] == ["Tune", "Bass"]

    def test_programs_come_back_where_they_are_held(self, name):
        programs = [t.program for t in there_and_back(PLAIN, name).tracks if len(t.notes)]
        assert programs == ([0, 0] if name == "partitura" else [73, 32])

    def test_it_warns_of_what_is_lost_and_of_nothing_else(self, name):
        pytest.importorskip(name)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", compat.LossWarning)
            getattr(compat, f"to_{name}")(RICH)
        told = [str(one.message) for one in caught if issubclass(one.category, compat.LossWarning)]
        lost = compat.left_out(RICH, name)
        assert bool(told) == bool(lost)
        assert all(f"{what} ({count})" in told[0] for what, count in lost.items())

    def test_without_the_library(self, name, monkeypatch):
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, "partitura.score", raising=False)
        with pytest.raises(UserError, match=f"pip install {name}"):
            getattr(compat, f"to_{name}")(PLAIN)


class TestWhatIsHeld:
    def test_mido_holds_every_event(self):
        data = midi_bytes(RICH)
        assert midi_bytes(there_and_back(parse_midi(data), "mido")) == data

    @pytest.mark.parametrize("name", ["symusic", "pretty_midi"])
    def test_controllers_bends_and_lyrics(self, name):
        again = there_and_back(RICH, name)
        track = next(t for t in again.tracks if t.name == "Tune")
        told = {(int(e["ticks"]), int(e["status"]), int(e["data1"]), int(e["data2"])) for e in track.events}
        assert {(0, 0xB0, 64, 127), (960, 0xB0, 64, 0), (480, 0xE0, 0, 80)} <= told
        words = [text for t in again.tracks for _, text in texts_of(t, LYRIC)]
        assert words == ["la"]

    @pytest.mark.parametrize("name", ["mido", "symusic", "pretty_midi", "muspy", "music21"])
    def test_drums_stay_drums(self, name):
        again = there_and_back(RICH, name)
        assert [t.is_drum for t in again.tracks if len(t.notes)] == [False, True]

    @pytest.mark.parametrize("name", ["symusic", "muspy"])
    def test_markers(self, name):
        assert there_and_back(RICH, name).markers == RICH.markers

    @pytest.mark.parametrize("name", ["muspy", "music21"])
    def test_lyrics(self, name):
        track = there_and_back(RICH, name).tracks[0]
        assert list(texts_of(track, LYRIC)) == [(0, "la")]

    def test_a_library_that_is_not_known(self):
        with pytest.raises(UserError, match="give one of mido, symusic"):
            compat.left_out(PLAIN, "fluidsynth")

    def test_names_of_the_face(self):
        assert set(dir(compat)) >= {f"{way}_{name}" for way in ("to", "from") for name in TARGETS}
        with pytest.raises(AttributeError):
            compat.to_fluidsynth  # noqa: B018


class TestSpelling:
    TUNE = parse_abc("X:1\nL:1/4\nM:4/4\nK:Eb\n^C _D =E ^F|\n")[0]

    def test_written_names_reach_music21(self):
        pytest.importorskip("music21")
        pitches = [note.pitch.name for note in compat.to_music21(self.TUNE).flatten().notes]
        assert pitches == ["C#", "D-", "E", "F#"]

    def test_written_names_reach_partitura(self):
        pytest.importorskip("partitura")
        part = compat.to_partitura(self.TUNE).parts[0]
        assert [(note.step, note.alter) for note in part.notes] == [("C", 1), ("D", -1), ("E", None), ("F", 1)]

    def test_names_by_the_key(self):
        pytest.importorskip("music21")
        played = Score((Track("", notes=make_notes([0, 480, 960], 480, [63, 68, 61])),), keys=PLAIN.keys)
        assert [note.pitch.name for note in compat.to_music21(played).flatten().notes] == ["E-", "A-", "D-"]


class TestFromTheirs:
    def test_ties_and_a_pickup_of_partitura(self):
        lib = pytest.importorskip("partitura.score")
        part = lib.Part("P1", "Oboe", quarter_duration=2)
        part.add(lib.TimeSignature(4, 4), 2)
        first, second = lib.Note("G", 4), lib.Note("G", 4)
        first.tie_next, second.tie_prev = second, first
        part.add(first, 0, 2)
        part.add(second, 2, 4)
        assert notes_of(compat.from_partitura(part)) == [[(0, 2, 67, 80)]]

    def test_chords_ties_and_graces_of_music21(self):
        music21 = pytest.importorskip("music21")
        stream = music21.converter.parse("tinynotation: 4/4 c4~ c8 e8 g2")
        assert notes_of(compat.from_music21(stream), velocity=False) == [
            [(0, 1.5, 60, 0), (1.5, 0.5, 64, 0), (2, 2, 67, 0)]
        ]
        chord = music21.stream.Part([music21.note.Note("D4").getGrace(), music21.chord.Chord("C4 E4", quarterLength=2)])
        assert notes_of(compat.from_music21(chord), velocity=False) == [[(0, 2, 60, 0), (0, 2, 64, 0)]]

    def test_symusic_in_seconds(self):
        pytest.importorskip("symusic")
        seconds = compat.to_symusic(PLAIN).to("second")
        assert len(notes_of(compat.from_symusic(seconds))) == 2
