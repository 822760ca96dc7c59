import json
import os
import sys

import pytest

from bandmate.errors import FileFormatError, LibraryError
from bandmate.io.midi import midi_bytes
from bandmate.io.midi_fast import parse_midi_fast
from bandmate.library.catalog import Catalog
from bandmate.library.ingest import ingest
from bandmate.library.sources.folder import FolderSource
from bandmate.score.model import Score, Track, make_notes


@pytest.fixture
def catalog(tmp_path):
    with Catalog(tmp_path / "catalog.sqlite") as opened:
        yield opened


def sixty(make_band) -> dict[str, Score | bytes | str]:
    """54 bands in folders, two duplicates, four files that are broken, one of them only cut short."""
    files: dict[str, Score | bytes | str] = {}
    for seed in range(54):
        genre = ("House", "boom bap", "misc")[seed % 3]
        files[f"{genre}/groove {chr(97 + seed % 26)} {seed} {90 + seed}bpm.mid"] = make_band(seed, bpm=90 + seed)
    whole = midi_bytes(make_band(99))
    return {
        **files,
        "misc/same again.midi": make_band(2),
        "misc/same again.kar": make_band(2),
        "broken/cut.mid": whole[: len(whole) // 2],
        "broken/noise.mid": bytes(range(256)) * 8,
        "broken/empty.mid": b"",
        "broken/one note.mid": Score((Track(notes=make_notes([0], 480, 60)),)),
        "misc/song.flp": b"later",
        "notes.txt": "not music",
        "metadata.csv": "file,mood,licence\nHouse/groove a 0 90bpm.mid,dreamy,CC0\n",
        ".hidden/x.mid": make_band(3),
        "__MACOSX/._x.mid": b"\0\5\x16\7",
    }


def test_sixty_files_go_through(folder, make_band, catalog):
    told = []
    report = ingest(folder(sixty(make_band)), catalog, told.append, workers=2)
    reasons = {item.reason: item.count for item in report.reasons}
    assert reasons.pop("duplicate") == 2
    assert reasons.pop("one note") == 1
    assert reasons == {"unreadable": 2}, "noise and nothing"
    assert report.taken == 55, "54 bands, and what is left of the one that was cut short"
    assert report.not_yet == {".flp": 1}
    assert report.splits["train"] + report.splits["valid"] + report.splits["test"] == 55
    assert report.splits["valid"] >= 1
    assert {"drums", "bass", "melody"} <= set(report.enough_for)
    assert told[-1].done == told[-1].total == 60
    assert (told[-1].taken, told[-1].left_out) == (57, 3)  # twins are found at the end
    pieces = {piece.relative: piece for piece in catalog.pieces()}
    first = pieces["House/groove a 0 90bpm.mid"]
    assert (first.genre, first.licence, first.labels["moods"]) == ("house", "CC0", ["dreamy"])
    assert first.labels["from"]["genres"] == "folder name"
    assert len(first.sha256) == 64
    assert sum(segment.piece == first.id for segment in catalog.segments()) == 1
    assert json.loads(json.dumps(report.to_json()))["taken"] == 55
    assert any("left out: 5 files" in line for line in report.lines())


def contents(catalog):
    return [(p.relative, p.split, p.labels, p.work) for p in catalog.pieces()], [
        (p.relative, p.reason) for p in catalog.pieces(state="left out")
    ]


def test_a_run_that_was_stopped_goes_on(folder, make_band, tmp_path):
    files = {f"{chr(97 + seed)}.mid": make_band(seed) for seed in range(12)}
    music = folder(files)

    class Stopped(Exception):
        pass

    def stop(progress):
        if progress.done >= 1:
            raise Stopped

    with Catalog(tmp_path / "killed.sqlite") as catalog:
        with pytest.raises(Stopped):
            ingest(music, catalog, stop, workers=1)
        catalog.put([])
    with Catalog(tmp_path / "killed.sqlite") as catalog:
        ingest(music, catalog, workers=1)
        told = []
        ingest(music, catalog, told.append, workers=1)
        assert told[-1].known == told[-1].done == 12
        resumed = contents(catalog)
    with Catalog(tmp_path / "whole.sqlite") as catalog:
        ingest(music, catalog, workers=2)
        assert contents(catalog) == resumed


def test_only_what_changed_is_read_again(folder, make_band, catalog):
    music = folder({f"{chr(97 + seed)}.mid": make_band(seed) for seed in range(4)})
    ingest(music, catalog, workers=1)
    (music / "b.mid").write_bytes(midi_bytes(make_band(40)))  # new music
    os.utime(music / "c.mid", ns=(5, 5))  # another time, the same bytes
    (music / "d.mid").unlink()
    (music / "metadata.json").write_text('{"a.mid": {"genre": "techno"}}', encoding="utf-8")  # new facts
    told = []
    report = ingest(music, catalog, told.append, workers=1)
    assert (told[-1].taken, told[-1].known) == (2, 1)
    assert report.taken == 3
    assert {piece.relative: piece.genre for piece in catalog.pieces()} == {"a.mid": "techno", "b.mid": "", "c.mid": ""}


def test_sources_carry_licence_group_and_split(folder, make_band, catalog):
    music = folder(
        {
            "one/SOURCE.json": '{"source": "one", "licence": "CC BY 4.0", "repo": "someone/one"}',
            "one/manifest.jsonl": '{"file": "a.mid", "tags": {"group": "g-1", "split": "test", "credit": "A. Uthor"}}',
            "one/a.mid": make_band(1),
            "two/b.mid": make_band(2),
        }
    )
    ingest(music, catalog, workers=1)
    one, two = sorted(catalog.pieces(), key=lambda piece: piece.relative)
    assert (one.source, one.licence, one.credit, one.work, one.split) == ("one", "CC BY 4.0", "A. Uthor", "g-1", "test")
    assert (two.source, two.licence) == ("music", "")
    assert one.relative == "a.mid"


def test_drummers_on_pads_are_mapped_to_general_midi(folder, make_band, catalog):
    score = make_band(1)
    pads = score.tracks[0].notes.copy()
    pads["pitch"][pads["pitch"] == 42] = 22
    played = Score((Track("MIDI", is_drum=True, notes=pads),))
    music = folder({"SOURCE.json": '{"source": "groove_midi"}', "a.mid": played})
    ingest(music, catalog, workers=1)
    (piece,) = catalog.pieces()
    (pattern,) = catalog.db.execute("select text from pattern where bars = 1").fetchall()
    assert piece.kind == "groove_midi"
    assert '"closed_hat": "x.x.x.x.x.x.x.x."' in pattern[0]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_is_passed_over(folder, make_band, catalog):
    music = folder({"a.mid": make_band(1)})
    (music / os.fsdecode(b"b\xff.mid")).write_bytes(midi_bytes(make_band(2)))
    report = ingest(music, catalog, workers=1)
    assert report.taken == 1
    assert "no text" in report.notices[0]


def test_what_the_fast_reader_refuses_the_lossless_one_may_read(folder, make_band, catalog):
    data = bytearray(midi_bytes(make_band(1)))
    data[data.index(b"\x99\x24") + 2] = 0xF0  # a velocity out of range
    with pytest.raises(FileFormatError):
        parse_midi_fast(bytes(data))
    report = ingest(folder({"a.mid": bytes(data)}), catalog, workers=1)
    assert report.taken == 1


def test_free_playing_is_kept_without_bars(folder, make_melody, catalog):
    notes = make_melody(3, 300).notes.copy()
    notes["onset_ticks"] = notes["onset_ticks"] * 1.037 + [(n * 7919) % 113 for n in range(300)]
    music = folder({"free.mid": Score((Track("Piano", notes=notes),))})
    report = ingest(music, catalog, workers=1)
    assert report.without_grid == 1
    assert list(catalog.segments()) == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"readme.txt": "x"}, "holds no music that is read here"),
        ({"a.flp": b"x", "b.mp3": b"x"}, r"\(not readable yet: 1 \.flp; read with learn --audio: 1 \.mp3\)"),
    ],
)
def test_a_folder_without_music_says_so(folder, catalog, files, message):
    with pytest.raises(LibraryError, match=message):
        ingest(folder(files), catalog, workers=1)


def test_a_folder_that_is_not_there_says_so(tmp_path):
    with pytest.raises(LibraryError, match="does not exist"):
        FolderSource(tmp_path / "nothing")
    (tmp_path / "song.mid").write_bytes(b"x")
    with pytest.raises(LibraryError, match="is a file"):
        FolderSource(tmp_path / "song.mid")
