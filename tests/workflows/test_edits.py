"""Edits with a model of random weights: demands are met, the rest is untouched, takes come again byte for byte."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bandmate.errors import BriefError, FileFormatError, ModelError, OutputError, ScoreError, UserError
from bandmate.evaluation.preference import LINES, Preference
from bandmate.evaluation.quality import verdict
from bandmate.generation.infill import Ask, Infilled
from bandmate.generation.scene import with_roles
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.midi import midi_bytes, parse_midi, read_midi, write_midi
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.cut import trim
from bandmate.score.model import EVENT, Score, Track, make_meters, make_notes
from bandmate.score.pitch import Key
from bandmate.score.selection import select
from bandmate.score.splice import music_bars
from bandmate.score.timeline import bar_grid
from bandmate.score.untouched import untouched
from bandmate.workflows import making
from bandmate.workflows.again import again
from bandmate.workflows.edit_desk import Desk, notes_within
from bandmate.workflows.edits import CommonOptions, notes_asked, run_edit
from bandmate.workflows.history import last_take
from bandmate.workflows.jobs import Job
from bandmate.workflows.models import WEIGHTS_FILE, models_folder
from bandmate.workflows.replay import replay
from bandmate.workflows.report import Demand
from bandmate.workflows.sessions import sessions_folder
from bandmate.workflows.take import read_take
from bandmate.workflows.taste import TASTE_FILE, with_taste

QUICK = {"model": "dice", "seed": 3, "candidates": 2}
BAND = tuple(TrackAsk(role) for role in ("drums", "bass", "chords", "melody"))


@pytest.fixture(autouse=True)
def model(tmp_path, monkeypatch, tiny_weights_path):
    """A model of random weights, installed under the name "dice"."""
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = models_folder() / "dice"
    folder.mkdir(parents=True)
    shutil.copy(tiny_weights_path, folder / WEIGHTS_FILE)
    return folder


LIED = Path(__file__).parents[1] / "fixtures" / "music" / "lied.mid"


@pytest.fixture
def song(tmp_path) -> Path:
    path = tmp_path / "song.mid"
    plan = make_plan(
        Brief(genre="funk", bars=6, key=Key.parse("D minor"), tracks=BAND, only=("drums", "bass", "chords", "melody")),
        1,
    )
    play(plan, 1).write(path)
    return path


def missed(take) -> list:
    return [row for row in take.report["demands"] if not row["met"]]


def asked(score: Score, take_score: Score, tracks: str, bars: str) -> tuple[list, list]:
    def cells(piece: Score) -> list:
        selection = select(piece, tracks, bars)
        start, end = selection.span(piece)
        notes = piece.tracks[selection.tracks[0]].notes
        return notes[(notes["onset_ticks"] >= start) & (notes["onset_ticks"] < end)][["onset_ticks", "pitch"]].tolist()

    return cells(score), cells(take_score)


class TestRegenerate:
    def test_asked_bars_are_new_the_rest_is_untouched_and_it_comes_again(self, song):
        take = run_edit("regenerate", song, "busier, more syncopated", tracks="bass", bars="3-4", out="a", **QUICK).best
        before, after = read_midi(song), read_midi(take.midi)
        bass = next(i for i, track in enumerate(with_roles(before).tracks) if track.role == "bass")
        assert untouched(before, after, select(before, str(bass + 1), "3-4")) == []
        old, new = asked(before, after, str(bass + 1), "3-4")
        assert old != new and len(new) > len(old)
        assert missed(take) == []
        assert {"song.mid", "given.mid", "roll.png"} == set(take.files)
        assert replay(take.folder).same
        assert read_take(take.folder).parents == ()

    @pytest.mark.parametrize(("words", "times"), [("half as many notes", 0.5), ("less busy", 1 / 1.3)])
    def test_fewer_notes_are_fewer(self, song, words, times):
        before = int(notes_asked(read_midi(song), select(with_roles(read_midi(song)), "bass", "2-5")).sum())
        take = run_edit("regenerate", song, words, tracks="bass", bars="2-5", out="a", **QUICK).best
        after = int(notes_asked(take.score, select(with_roles(take.score), "bass", "2-5")).sum())
        assert missed(take) == []
        assert after == pytest.approx(before * times, rel=0.3)

    def test_takes_differ_and_each_comes_again_alone(self, song):
        takes = run_edit("regenerate", song, tracks="bass", bars="3-4", takes=2, out="many", **QUICK).takes
        assert [take.folder.name for take in takes] == ["take-1", "take-2"]
        assert takes[0].files["song.mid"] != takes[1].files["song.mid"]
        assert replay(takes[1].folder).same

    def test_a_key_binds_what_is_written(self, song):
        take = run_edit("regenerate", song, "in F# minor", tracks="bass,melody", bars="2-3", out="a", **QUICK).best
        row = next(row for row in take.report["demands"] if row["demand"] == "key")
        assert row["met"] and row["asked"] == "F# minor"

    def test_the_rules_engine_writes_cells_too(self, song):
        take = run_edit("regenerate", song, tracks="bass", bars="3-4", engine="rules", seed=1, out="a").best
        assert missed(take) == [] and take.recipe.model == {}
        assert replay(take.folder).same

    def test_a_midi_file_and_its_take_beside_it(self, song):
        take = run_edit("regenerate", song, tracks="bass", bars="3", out="new.mid", **QUICK).best
        assert take.midi == Path("new.mid") and take.json_path == Path("new.take.json")
        assert not Path("roll.png").exists()
        assert replay("new.take.json", out="anew").same

    def test_a_score_in_memory(self, song):
        result = run_edit("regenerate", read_midi(song), tracks="bass", bars="3", out="a", **QUICK)
        assert result.score.note_count > 0 and missed(result.best) == []

    def test_a_take_knows_the_take_it_came_from(self, song):
        first = run_edit("regenerate", song, tracks="bass", bars="3", out="a", **QUICK).best
        second = run_edit("regenerate", first.midi, tracks="bass", bars="4", out="b", **QUICK).best
        assert len(second.parents) == 1


class TestAgain:
    def test_an_edit_is_the_last_take_and_again_goes_on_from_it(self, song, monkeypatch):
        monkeypatch.setattr(making, "_render", lambda take, *rest: take)
        take = run_edit("regenerate", song, tracks="bass", bars="3-4", engine="rules", seed=1, out="a").best
        assert last_take().folder.resolve() == take.folder.resolve()
        changed = again("half as many notes in the bass, keep the drums", seed=2).best
        before, after = with_roles(take.score), with_roles(changed.score)
        drums, bass = (next(i for i, t in enumerate(before.tracks) if t.role == role) for role in ("drums", "bass"))
        kept = next(t for t in after.tracks if t.role == "drums")
        assert (
            kept.notes[["onset_ticks", "pitch"]].tolist()
            == before.tracks[drums].notes[["onset_ticks", "pitch"]].tolist()
        )
        fewer = next(t for t in after.tracks if t.role == "bass")
        assert len(fewer.notes) < len(before.tracks[bass].notes)
        assert changed.recipe.engine == "rules"

    def test_a_midi_file_alone_is_not_the_last_take(self, song):
        run_edit("regenerate", song, tracks="bass", bars="3", engine="rules", seed=1, out="new.mid")
        with pytest.raises(UserError, match="no last take"):
            last_take()


class TestContinue:
    def test_bars_come_behind_the_last_and_what_was_there_stays(self, song):
        take = run_edit("continue", song, bars=3, out="a", **QUICK).best
        before, after = read_midi(song), read_midi(take.midi)
        assert len(bar_grid(after)) == len(bar_grid(before)) + 3
        assert missed(take) == []
        seam = int(bar_grid(after)["start_ticks"][len(bar_grid(before))])
        assert sum((track.notes["onset_ticks"] >= seam).any() for track in after.tracks) >= 3
        assert replay(take.folder).same

    def test_a_pedal_that_was_down_is_let_go_and_a_slow_ending_is_left(self, song):
        pedal = np.array([(7000, 0, 0xB0, 0, 64, 127, -1)], EVENT)
        piano = Track("piano", 0, False, make_notes(np.arange(16) * 480, 400, 60), pedal)
        score = parse_midi(midi_bytes(Score((piano,), end_ticks=4 * 1920)))
        tempos = np.concatenate([score.tempos, score.tempos])
        tempos["ticks"][1], tempos["us_per_quarter"][1], tempos["order"][1] = 7200, 900_000, -1
        score = Score(score.tracks, 480, tempos, score.meters, header=score.header, end_ticks=score.end_ticks)
        after = read_midi(run_edit("continue", score, bars=2, out="a", **QUICK).best.midi)
        pedal = np.concatenate([track.events[track.events["status"] == 0xB0] for track in after.tracks])
        assert pedal[["ticks", "data2"]].tolist() == [(7000, 127), (7680, 0)]
        assert after.tempos[["ticks", "us_per_quarter"]].tolist()[-1] == (7680, 500_000)


class TestAccompany:
    def test_tracks_are_added_and_all_play(self, song, tmp_path):
        drums = read_midi(song)
        kit = next(track for track in drums.tracks if track.is_drum)
        write_midi(Score((kit,), drums.ticks_per_quarter, drums.tempos, drums.meters), tmp_path / "drums.mid")
        take = run_edit("accompany", "drums.mid", "funk", add="bass,chords=rhodes", out="a", **QUICK).best
        assert missed(take) == []
        after = read_midi(take.midi)
        added = [track for track in after.tracks if len(track.notes) and not track.is_drum]
        assert [track.program for track in added][1] in (4, 5)
        assert len({track.channel for track in added} | {9}) == 3
        assert replay(take.folder).same

    def test_over_a_piece_the_chords_are_the_piece_s_own(self, song):
        take = run_edit("accompany", song, add="pad", bars="2-3", out="a", **QUICK).best
        pad = read_midi(take.midi).tracks[-1].notes
        assert pad["onset_ticks"].min() >= 1920 and pad["onset_ticks"].max() < 3 * 1920

    def test_over_drums_alone_the_genre_is_heard_in_them(self, tmp_path):
        trap = play(make_plan(Brief(genre="trap", bars=8), 1), 1)
        beat = replace(trap, tracks=tuple(track for track in trap.tracks if track.is_drum))
        beat.write(tmp_path / "beat.mid")
        take = run_edit("accompany", tmp_path / "beat.mid", add="bass", out="a", **QUICK).best
        assert "trap is guessed from the drums" in take.heard
        assert missed(take) == []
        told = run_edit("accompany", tmp_path / "beat.mid", add="bass", genre="house", out="b", **QUICK).best
        assert "guessed" not in told.heard

    def test_a_song_with_piano_is_accompanied_acoustically(self):
        take = run_edit("accompany", LIED, add="bass,drums", engine="rules", seed=1, out="a").best
        assert "no genre is clear" in take.heard and "acoustic and light, as in folk" in take.heard
        bass, drums = read_midi(take.midi).tracks[-2:]
        assert bass.program in (32, 43) and drums.program == 40  # upright or bowed; brushes
        piece = np.concatenate([track.notes["velocity"] for track in read_midi(LIED).tracks])
        assert drums.notes["velocity"].mean() < piece.mean() + 10
        assert replay(take.folder).same
        told = run_edit("accompany", LIED, add="bass", genre="house", engine="rules", seed=1, out="b").best
        assert "genre" not in told.heard and read_midi(told.midi).tracks[-1].program not in (32, 43)

    def test_a_song_in_three_gets_a_light_waltz_of_folk_players(self):
        song = read_midi(LIED)
        write_midi(replace(song, meters=make_meters(3, 4)), Path("three.mid"))
        take = run_edit("accompany", "three.mid", add="bass,drums", engine="rules", seed=1, out="a").best
        assert "acoustic and light, as in a waltz" in take.heard
        bass, drums = read_midi(take.midi).tracks[-2:]
        assert bass.program in (32, 43) and drums.program == 40
        assert not np.isin(drums.notes["pitch"], [49, 52, 55, 57]).any()  # no crashes

    @pytest.mark.parametrize(("stated", "said"), [(True, "acoustic"), (False, "the instruments are those of pop")])
    def test_a_piano_is_acoustic_where_the_file_says_that_it_is_one(self, stated, said):
        played = b"".join(b"\0\x90" + bytes((key, 64)) + b"\x60\x80" + bytes((key, 0)) for key in [60, 65, 64, 67] * 4)
        track = (b"\0\xc0\0" if stated else b"") + played + b"\0\xff\x2f\0"
        header = b"MThd\0\0\0\6\0\0\0\1\0\x60"
        Path("piano.mid").write_bytes(header + b"MTrk" + len(track).to_bytes(4, "big") + track)
        assert said in run_edit("accompany", "piano.mid", add="bass", engine="rules", seed=1, out="a.mid").best.heard

    def test_new_tracks_listen_to_the_tracks_that_are_named(self):
        take = run_edit("accompany", LIED, add="bass", tracks="Voice", engine="rules", seed=1, out="a").best
        assert take.heard.split(";")[0].endswith("added to Voice")
        before, after = read_midi(LIED), read_midi(take.midi)
        assert untouched(before, after) == [] and len(after.tracks) == len(before.tracks) + 1
        with pytest.raises(ScoreError, match="track 'tuba' is not in the piece"):
            run_edit("accompany", LIED, add="bass", tracks="tuba", engine="rules", out="b")

    def test_a_band_that_sounds_like_a_genre_is_accompanied_in_it(self, tmp_path):
        play(make_plan(Brief(genre="reggae", bars=8, only=("drums", "bass")), 1), 1).write(tmp_path / "band.mid")
        take = run_edit("accompany", tmp_path / "band.mid", add="chords", engine="rules", seed=1, out="a").best
        assert "it sounds like reggae (" in take.heard and "--genre says it better" in take.heard


class TestFill:
    def test_drums_turn_at_the_end_of_the_bar(self, song):
        take = run_edit("fill", song, at=4, seed=3, out="a", model="dice").best
        before, after = read_midi(song), read_midi(take.midi)
        kit = next(i for i, track in enumerate(after.tracks) if track.is_drum)
        old, new = asked(before, after, str(kit + 1), "4")
        half = 3 * 1920 + 960
        assert [n for n in old if n[0] < half] == [n for n in new if n[0] < half]
        assert len({pitch for at, pitch in new if at >= half}) >= 3
        assert missed(take) == [] and replay(take.folder).same

    def test_a_melody_runs_up_to_its_next_note(self, song):
        take = run_edit("fill", song, at=2, beats=1, tracks="melody", seed=3, out="a", model="dice").best
        after = read_midi(take.midi)
        notes = next(t for t in after.tracks if "melody" in t.name.lower() or t.name == take.plan.tracks[-1].name).notes
        run = notes[(notes["onset_ticks"] >= 2 * 1920 - 480) & (notes["onset_ticks"] < 2 * 1920)]["pitch"].astype(int)
        following = int(notes[notes["onset_ticks"] >= 2 * 1920]["pitch"][0])
        assert len(run) == 4
        assert abs(run[-1] - following) <= 4 and np.abs(np.diff(run)).max() <= 4

    def test_a_bar_shorter_than_a_beat_has_no_fill(self):
        notes = make_notes(np.arange(8) * 240, 200, 60)
        write_midi(Score((Track("lead", 81, False, notes),), meters=make_meters(1, 8)), Path("short.mid"))
        with pytest.raises(BriefError, match="a fill of 1 beat does not fit into bar 2"):
            run_edit("fill", "short.mid", at=2, engine="rules", seed=1, out="a.mid")


class TestVary:
    @pytest.mark.parametrize("keep", ["rhythm", "pitches", "contour", "chords", None])
    def test_what_is_kept_is_kept(self, song, keep):
        options = {} if keep is None else {"keep": keep}
        take = run_edit("vary", song, tracks="melody,bass", bars="2-5", strength=0.6, out="a", **options, **QUICK).best
        assert missed(take) == []
        assert take.score.note_count > 0

    @pytest.mark.parametrize("keep", ["pitches", "chords"])
    def test_bars_of_rest_get_what_the_track_has_in_the_others(self, song, keep):
        score = read_midi(song)
        index = next(
            i for i, t in enumerate(score.tracks) if len(t.notes) and t.notes["pitch"].max() < 60 and not t.is_drum
        )
        notes = score.tracks[index].notes
        bars = notes["onset_ticks"] // (4 * score.ticks_per_quarter)
        tracks = list(score.tracks)
        tracks[index] = tracks[index].with_notes(notes[(bars != 2) & (bars != 3)])
        replace(score, tracks=tuple(tracks)).write("rests.mid")
        take = run_edit("vary", "rests.mid", tracks=str(index + 1), bars="2-5", strength=1.0, keep=keep, out="a",
                        **QUICK).best  # fmt: skip
        assert missed(take) == []

    def test_contour_goes_up_and_down_as_before(self, song):
        take = run_edit("vary", song, tracks="melody", keep="contour", strength=1.0, out="a", **QUICK).best
        index = next(i for i, track in enumerate(take.plan.tracks) if track.role == "melody")
        before = [t for t in read_midi(song).tracks if len(t.notes)][index].notes
        after = [t for t in read_midi(take.midi).tracks if len(t.notes)][index].notes
        assert np.array_equal(
            np.sign(np.diff(before["pitch"].astype(int))), np.sign(np.diff(after["pitch"].astype(int)))
        )
        assert before["pitch"].tolist() != after["pitch"].tolist()


class TestRespond:
    def test_an_answer_goes_over_the_chords_of_its_call(self, song, monkeypatch):
        heard = []
        write = Desk.write

        def listening(desk, *arguments, harmony=None, **named):
            heard.append(harmony)
            return write(desk, *arguments, harmony=harmony, **named)

        monkeypatch.setattr(Desk, "write", listening)
        run_edit("respond", song, out="a", **QUICK)
        chords = heard[0].chords
        assert any(chords) and chords[len(chords) // 2 :] == chords[: len(chords) // 2]

    def test_an_answer_is_as_long_and_the_exchange_remembers(self, song):
        first = run_edit("respond", song, mode="contrast", out="a", **QUICK).best
        assert len(bar_grid(read_midi(first.midi))) == 6
        assert len(bar_grid(read_midi(first.folder / "exchange.mid"))) == 12
        second = run_edit("respond", song, memory=str(first.folder / "exchange.mid"), out="b", **QUICK).best
        assert len(bar_grid(read_midi(second.folder / "exchange.mid"))) == 24
        assert missed(second) == []

    def test_some_bars_are_answered_in_as_many(self, song):
        take = run_edit("respond", song, bars="3-4", out="a", **QUICK).best
        assert len(bar_grid(read_midi(take.midi))) == 2 and missed(take) == []
        exchange, asked = read_midi(take.folder / "exchange.mid"), trim(read_midi(song), 3, 4)
        assert len(bar_grid(exchange)) == 4
        for heard, call in zip(exchange.tracks, asked.tracks, strict=True):
            early = heard.notes[heard.notes["onset_ticks"] < asked.end_ticks]
            assert early[["onset_ticks", "pitch"]].tolist() == call.notes[["onset_ticks", "pitch"]].tolist()
        assert replay(take.folder).same

    def test_it_is_as_if_the_bars_were_a_piece(self, song):
        write_midi(trim(read_midi(song), 1, 4), "four.mid")
        some, whole = run_edit("respond", song, bars="1-4", out="a", **QUICK), run_edit("respond", "four.mid", **QUICK)
        for one, other in zip(some.score.tracks, whole.score.tracks, strict=True):
            assert one.notes[["onset_ticks", "pitch"]].tolist() == other.notes[["onset_ticks", "pitch"]].tolist()

    def test_it_hears_what_came_before_the_bars(self, song, monkeypatch):
        """The piece up to the call stands before the model, and is no part of the exchange."""
        heard = []
        write = Desk.write

        def listening(desk, score, selection, ask, **named):
            heard.append((music_bars(desk.score), selection))
            return write(desk, score, selection, ask, **named)

        monkeypatch.setattr(Desk, "write", listening)
        take = run_edit("respond", song, tracks="bass", bars="3-4", out="a", **QUICK).best
        (bars, cells), piece = heard[0], read_midi(song)
        assert (bars, cells.first_bar, cells.last_bar) == (4, 4, 5)
        exchange = read_midi(take.folder / "exchange.mid")
        assert len(bar_grid(exchange)) == 4 and exchange.tracks[0].name == piece.tracks[0].name

    def test_a_contrast_is_sparser_where_the_call_is_busy_and_busier_where_it_is_not(self, song):
        place = select(with_roles(read_midi(song)), "bass", None).tracks[0]
        busy = len(notes_within(read_midi(song).tracks[place].notes, 0, 4 * 1920)) / 16 > 1.5
        alike, other = (
            run_edit("respond", song, tracks="bass", bars="1-4", mode=mode, engine="rules", seed=1, out=mode).best
            for mode in ("complement", "contrast")
        )
        answers = [len(read_midi(take.midi).tracks[place].notes) for take in (alike, other)]
        assert (answers[1] < answers[0]) == busy and answers[1] != answers[0]

    def test_some_bars_join_what_is_remembered(self, song):
        first = run_edit("respond", song, bars="1-2", out="a", **QUICK).best
        memory = str(first.folder / "exchange.mid")
        second = run_edit("respond", song, bars="3", memory=memory, out="b", **QUICK).best
        assert len(bar_grid(read_midi(second.folder / "exchange.mid"))) == 6

    def test_words_name_the_bars(self, song):
        first = run_edit("regenerate", song, tracks="bass", bars="3", out="a", **QUICK).best
        take = again("answer bars 1-2 with a contrast", take=first, engine="rules", seed=1).best
        assert len(bar_grid(read_midi(take.midi))) == 2

    def test_silent_bars_have_no_answer(self):
        notes = make_notes(np.arange(8) * 480, 400, [60, 64, 67, 72] * 2)
        late = Score((Track("piano", 0, False, notes),), end_ticks=4 * 1920)
        with pytest.raises(ScoreError, match="piano, bar 3: nothing sounds there"):
            run_edit("respond", late, bars="3", **QUICK)


class TestRefused:
    @pytest.mark.parametrize(
        ("command", "options", "error", "message"),
        [
            ("regenerate", {"bars": "5-99"}, ScoreError, "bars 5-99 are not in the piece"),
            ("regenerate", {"tracks": "tuba"}, ScoreError, "track 'tuba' is not in the piece"),
            ("regenerate", {"track": "bass"}, BriefError, "did you mean 'tracks'"),
            ("regenerate", {"takes": 0}, BriefError, "takes 0 is out of range"),
            ("regenerate", {"variety": "wild"}, BriefError, "variety 'wild' is not known"),
            ("regenerate", {"key": "H minor"}, BriefError, "key 'H minor'"),
            ("regenerate", {"genre": "polka2"}, BriefError, "polka2"),
            ("regenerate", {"model": "nobody"}, ModelError, "model 'nobody' is not installed"),
            ("regenerate", {"out": "x.wav"}, OutputError, "end the name in .mid"),
            ("regenerate", {"out": "song.mid"}, OutputError, "the file being edited"),
            ("continue", {"bars": 0}, BriefError, "bars 0 is out of range"),
            ("accompany", {"add": " , "}, BriefError, "nothing to add was named"),
            ("accompany", {"add": "kazoo9"}, BriefError, "kazoo9"),
            ("fill", {"at": 0}, BriefError, "at 0 is out of range; give 1 to 6"),
            ("fill", {"at": 2, "beats": 9}, BriefError, "does not fit into bar 2"),
            ("vary", {"strength": 0}, BriefError, "strength 0 is out of range"),
            ("vary", {"keep": "colour"}, BriefError, "'colour' cannot be kept"),
            ("vary", {"keep": "contour", "tracks": "drums"}, ScoreError, "drums have no contour"),
            ("regenerate", {"controllers": True}, BriefError, "played without pedal and expression"),
            ("fill", {"at": 2, "controllers": True}, BriefError, "a fill keeps the controllers"),
            ("respond", {"bars": "5-99"}, ScoreError, "bars 5-99 are not in the piece; give two numbers from 1 to 6"),
            ("respond", {"mode": "shout"}, BriefError, "'shout' is no way to answer"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_done_is_said_and_nothing_is_written(self, song, command, options, error, message):
        before = sorted(Path.cwd().iterdir())
        with pytest.raises(error, match=message):
            run_edit(command, song, **({**QUICK, "tracks": "bass"} if command == "regenerate" else QUICK) | options)
        assert sorted(Path.cwd().iterdir()) == before

    def test_an_empty_clip(self):
        with pytest.raises(ScoreError, match="has no notes, so there is nothing to go by"):
            run_edit("regenerate", Score((Track("x"),)), **QUICK)

    def test_a_take_whose_file_or_model_is_gone(self, song, model):
        take = run_edit("regenerate", song, tracks="bass", bars="3", out="a", **QUICK).best
        (take.folder / "given.mid").write_bytes(b"other")
        song.rename("moved.mid")
        with pytest.raises(FileFormatError, match="is missing or was changed"):
            replay(take.folder)
        shutil.copy("moved.mid", song)
        shutil.rmtree(model)
        before = sorted(Path.cwd().rglob("*"))
        with pytest.raises(ModelError, match="model 'dice' is not installed"):
            replay(take.folder)
        assert sorted(Path.cwd().rglob("*")) == before  # no empty folder either


class TestSteps:
    """A step that was asked is drawn again until it is made, and said if it cannot be."""

    def test_more_syncopated_is_a_demand_that_is_met_and_replays(self, song):
        take = run_edit("regenerate", song, "more syncopated", tracks="bass", bars="3-6", out="off", **QUICK).best
        row = next(row for row in take.report["demands"] if row["demand"] == "more syncopated notes")
        assert row["met"]
        assert replay(take.folder).same

    def test_what_a_lock_forbids_is_said_in_one_sentence(self, song):
        told: list = []
        take = run_edit("regenerate", song, "more syncopated", tracks="bass", bars="3-4", out="on",
                        lock="bass: rhythm x...x...x...x...", listener=told.append, **QUICK).best  # fmt: skip
        said = [each["text"] for each in told if "not clearly reached in 4 tries" in str(each.get("text", ""))]
        assert len(said) == 1
        assert "more syncopated notes" in said[0]
        assert [row["demand"] for row in missed(take)] == ["more syncopated notes"]
        assert replay(take.folder).same


class TestTaste:
    """Stars and discards order the takes of an edit as they order those of compose."""

    def of_taste(self, liked: float) -> None:
        weights = np.where(np.array(LINES) == "bass_interval", liked, 0.0)
        assert weights.any()
        sessions_folder().mkdir(parents=True, exist_ok=True)
        Preference(weights, 12).save(sessions_folder() / TASTE_FILE)

    def made(self, song: Path, out: str, listener=None):
        return run_edit("regenerate", song, tracks="bass", takes=3, out=out, listener=listener, **QUICK).takes

    def test_what_is_liked_more_comes_first_and_it_is_said(self, song):
        told: list = []
        plain = self.made(song, "plain", told.append)
        assert [take.recipe.index for take in plain] == [0, 1, 2]
        assert not [each for each in told if "taste" in str(each.get("text", ""))]
        shares = {take.recipe.index: take.report["share"] for take in plain}
        assert len(set(shares.values())) == 1  # so that taste alone decides
        place = {take.recipe.index: take.report["card"]["places"]["bass_interval"] for take in plain}
        assert len(set(place.values())) == 3
        for liked, name in ((4.0, "up"), (-4.0, "down")):
            self.of_taste(liked)
            takes = self.made(song, name, told.append)
            likings = [take.report["taste"]["liking"] for take in takes]
            quality = {t.recipe.index: with_taste(verdict(t.score).quality, t.report["card"]["places"]) for t in takes}
            assert [take.recipe.index for take in takes] == sorted(quality, key=lambda n: -quality[n])
            assert max(likings) > min(likings)
            assert "12 pairs" in next(str(each["text"]) for each in told if "taste" in str(each.get("text", "")))

    def test_a_replay_needs_no_taste(self, song):
        self.of_taste(4.0)
        takes = self.made(song, "liked")
        (sessions_folder() / TASTE_FILE).unlink()
        assert all(replay(take.folder).same for take in takes)
        self.of_taste(-4.0)
        assert all(replay(take.folder).same for take in takes)


def test_a_step_that_goes_too_far_is_asked_for_less_and_one_not_far_enough_for_more(monkeypatch) -> None:
    """A hand that writes a fixed number of notes: 20 where the goal is 13, then 4."""
    notes = make_notes(np.arange(10) * 480, 400, 60)
    score = Score((Track("bass", 32, False, notes, role="bass"),))
    cells = select(score, "1", "1-3")
    desk = Desk.of(score, Brief(), CommonOptions(), "rules", 1, Job())
    for count, factor in ((20, 1 / 1.15), (4, 1.15)):
        asked: list[float] = []

        def write(_desk, _score, _cells, ask, count=count, asked=asked) -> Infilled:
            asked.append(ask.density)
            return Infilled({0: make_notes(np.arange(count) * 100, 90, 60)}, 1.0, 0.0, 0)

        monkeypatch.setattr(Desk, "write", write)
        missed = [Demand("density", "13", str(count), 0.5)]
        desk.write_step(score, cells, Ask(density=1.3), lambda _, missed=missed: missed)
        assert asked == pytest.approx([1.3 * factor**n for n in range(4)])


def test_track_numbers_are_those_of_the_piece_that_was_given_whatever_its_format(tmp_path: Path) -> None:
    tune = tmp_path / "tune.abc"
    tune.write_text("X:1\nT:Tune\nM:4/4\nL:1/4\nK:G\nGABc|dedc|BAGF|G4|\n")
    edited = run_edit("regenerate", tune, tracks="1", bars="2", engine="rules", seed=1, out=str(tmp_path / "take"))
    sounding = [track for track in edited.best.score.tracks if len(track.notes)]
    assert len(sounding) == 1 and sounding[0].role == "melody"
    assert replay(tmp_path / "take" / "take.json", out=tmp_path / "again").same
    with pytest.raises(ScoreError, match=r"track 2 is not in the piece; it has 1 "):
        run_edit("regenerate", tune, tracks="2", bars="2", engine="rules", seed=1, out=str(tmp_path / "no"))
