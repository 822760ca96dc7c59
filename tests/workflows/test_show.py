"""show: what is drawn of what, bounded and in one sentence where it cannot be."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image
from tests.library.conftest import band
from tests.library.shards import take_in

from bandmate.cli.main import main
from bandmate.errors import BriefError, FileFormatError, LibraryError, OutputError, ScoreError, UserError
from bandmate.io.files import read
from bandmate.score.model import Marker, Score, Track, make_notes
from bandmate.workflows.show import KINDS, MOST_BARS, OF_FOLDERS, _chosen_tracks, show

BAR = 1920
MUSIC = [kind for kind in KINDS if kind not in OF_FOLDERS and kind != "score"]


def song(bars: int = 4, tracks: int = 2) -> Score:
    beats = [BAR * bar + beat * 480 for bar in range(bars) for beat in range(4)]
    made = [Track("drums", 0, True, make_notes(beats, 60, [36, 42] * (len(beats) // 2), 90, channel=9))]
    made += [Track(f"part {n}", n % 128, notes=make_notes(beats, 400, 40 + n % 40)) for n in range(1, tracks)]
    return Score(tuple(made), end_ticks=bars * BAR, title="song")


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


@pytest.fixture
def file(tmp_path):
    return song().write(tmp_path / "song.mid")


@pytest.mark.parametrize("kind", MUSIC)
def test_every_kind_of_a_piece_as_png_svg_and_letters(kind, file, tmp_path):
    png = show(file, kind, out=tmp_path / "a.png")
    assert png.file is not None
    assert png.text == ""
    svg = show(file, kind, out=tmp_path / "a.svg", terminal=True, width=70)
    root = ET.fromstring((tmp_path / "a.svg").read_bytes())
    assert (int(root.get("width", "0")), int(root.get("height", "0"))) == size(png.file)
    assert svg.text
    assert max(map(len, svg.text.splitlines())) <= 70


def test_without_a_file_letters_are_given(file):
    shown = show(file)
    assert (shown.kind, shown.file, shown.cut) == ("roll", None, ())
    assert "part 1" in shown.text


def test_bars_keep_their_numbers(tmp_path):
    source = song(12)
    assert show(source, bars="5-8").text.splitlines()[0].split() == ["5", "6", "7", "8"]
    assert show(source, "drums", bars="5-6").text.splitlines()[0].split() == ["bar", "5", "6"]
    assert show(source, "similarity", bars="5-8").text.split()[1] == "5"
    show(source, bars="5-8", out=tmp_path / "a.svg")
    texts = [element.text for element in ET.fromstring((tmp_path / "a.svg").read_bytes()).iter() if element.text]
    assert {"5", "6", "7", "8"} <= set(texts)
    assert not {"1", "4", "9"} & set(texts)


def test_tracks_are_chosen_by_name_role_or_number(tmp_path):
    assert "part 2" not in show(song(4, 3), tracks="part 1,drums").text
    with pytest.raises(ScoreError, match="track 'tuba' is not in the piece"):
        show(song(), tracks="tuba")
    with pytest.raises(BriefError, match="name no track"):
        show(song(), tracks=" , ")


def test_markers_of_a_file_are_its_sections(tmp_path):
    marked = Score(song(8).tracks, end_ticks=8 * BAR, markers=(Marker(0, "first"), Marker(4 * BAR, "second")))
    show(marked, out=tmp_path / "a.svg")
    texts = [element.text for element in ET.fromstring((tmp_path / "a.svg").read_bytes()).iter()]
    assert {"first", "second"} <= set(texts)


@pytest.mark.parametrize("kind", ["roll", "tokens", "similarity"])
@pytest.mark.parametrize("score", [Score(), Score((Track("empty"),), end_ticks=2 * BAR)])
def test_an_empty_score_is_a_picture(kind, score, tmp_path):
    assert show(score, kind, out=tmp_path / "a.png", terminal=True).file


def test_a_score_is_engraved_from_its_bar_on(file, tmp_path):
    shown = show(file, "score", out=tmp_path / "a.svg", bars="3-4", tracks="part 1")
    assert (shown.kind, shown.text, shown.cut) == ("score", "", ())
    words = [text.strip() for text in ET.fromstring((tmp_path / "a.svg").read_bytes()).itertext()]
    assert {"song", "part 1"} <= set(words)
    assert show(file, "score", out=tmp_path / "a.pdf").file == tmp_path / "a.pdf"


def test_a_score_has_no_letters_and_no_empty_page(file, tmp_path):
    with pytest.raises(UserError, match="cannot be drawn in letters"):
        show(file, "score")
    with pytest.raises(OutputError, match="no format of engraving"):
        show(file, "score", out=tmp_path / "a.gif")
    with pytest.raises(ScoreError, match="nothing to engrave"):
        show(Score(), "score", out=tmp_path / "a.svg")


def test_an_empty_score_has_no_drums():
    with pytest.raises(BriefError, match="no drum sounds"):
        show(Score(), "drums")


@pytest.mark.parametrize("kind", ["roll", "drums", "tokens"])
def test_two_thousand_bars_of_64_tracks_stay_bounded_and_say_so(kind, tmp_path):
    shown = show(song(2000, 64 if kind == "roll" else 3), kind, out=tmp_path / "a.png")
    width, height = size(tmp_path / "a.png")
    assert shown.file
    assert width < 6000
    assert height < 13_000
    assert any(f"bars 1-{MOST_BARS[kind]} of 2,000 are drawn" in sentence for sentence in shown.cut)
    assert any("32 tracks of 64" in sentence for sentence in shown.cut) == (kind == "roll")


def test_all_of_two_thousand_bars_is_one_matrix(tmp_path):
    shown = show(song(2000), "similarity", out=tmp_path / "a.png")
    assert shown.cut == ()
    assert size(tmp_path / "a.png")[0] < 1000


def test_a_matrix_does_not_grow_without_end():
    assert show(song(2500), "similarity").cut[0].startswith("bars 1-2400 of 2,500 are drawn")


def test_a_run_is_drawn_by_its_folder(tmp_path):
    rows = [{"step": step, "loss": 5 - step / 100, "valid/loss": 5.0} for step in range(0, 100, 10)]
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "log.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    shown = show(tmp_path / "run", out=tmp_path / "a.svg", terminal=True)
    assert shown.kind == "training"
    assert shown.text.startswith("loss, steps 0 to 90")
    assert show(tmp_path / "run" / "log.jsonl").kind == "training"


def test_a_folder_of_music_is_a_library(tmp_path):
    (tmp_path / "mine").mkdir()
    song(16).write(tmp_path / "mine" / "song.mid")
    shown = show(tmp_path / "mine", out=tmp_path / "a.png", terminal=True)
    assert shown.kind == "library"
    assert "1 piece by tempo" in shown.text


def test_shards_are_a_library(tmp_path):
    pytest.importorskip("pyarrow", reason="needs the extra [scale]")
    (tmp_path / "mine").mkdir()
    for seed in range(3):
        band(seed).write(tmp_path / "mine" / f"{seed}.mid")
    take_in(tmp_path / "mine", tmp_path / "shards")
    shown = show(tmp_path / "shards", out=tmp_path / "a.png", terminal=True)
    assert shown.kind == "library" and "3 pieces by tempo" in shown.text
    assert show(tmp_path / "mine").text.splitlines()[1:] == shown.text.splitlines()[1:]
    (tmp_path / "tars").mkdir()
    (tmp_path / "tars" / "shards.json").write_text("{}", encoding="utf-8")
    with pytest.raises(LibraryError, match="holds the tar shards of a dataset"):
        show(tmp_path / "tars", "library")
    (tmp_path / "shards" / "manifest-1-of-1.json").unlink()
    with pytest.raises(LibraryError, match="holds shards of a run that did not end; run the same ingest again"):
        show(tmp_path / "shards", "library")


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"kind": "poster"}, UserError, "pictures as 'poster' are not known; give roll, score, drums"),
        ({"kind": "training"}, UserError, "a score cannot be drawn as training"),
        ({"kind": "library", "bars": "1-2"}, UserError, "has no bars and tracks"),
        ({"out": "a.gif"}, OutputError, "no format of pictures"),
        ({"bars": "3-9"}, ScoreError, "are not in the piece; give two numbers from 1 to 4"),
        ({"bars": "x"}, ScoreError, "are not understood"),
        ({"width": 5}, BriefError, "roll width 5 is out of range"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_sentence(options, error, sentence):
    with pytest.raises(error, match=sentence):
        show(song(), **options)


def test_places_that_hold_nothing_are_named(tmp_path):
    with pytest.raises(FileFormatError, match="holds no log"):
        show(tmp_path, "training")
    with pytest.raises(FileFormatError, match="is a folder without take"):
        show(tmp_path, "roll")
    with pytest.raises(FileFormatError, match="does not exist"):
        show(tmp_path / "gone.sqlite")


def test_the_command_speaks_to_people_and_programs(file, tmp_path, capsys):
    assert main(["show", str(file), "--out", str(tmp_path / "a.svg")]) == 0
    assert capsys.readouterr().out == f"drew {tmp_path / 'a.svg'}\n"
    assert main(["show", str(file), "--as", "drums", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "drums"
    assert main(["show", str(file), "--as", "poster"]) == 2
    assert "are not known" in capsys.readouterr().err


def test_what_a_file_says_of_how_it_is_written_stays(tmp_path):
    waltz = Path(__file__).parents[1] / "fixtures" / "musicxml" / "waltz.musicxml"
    drawn, _ = _chosen_tracks(read(waltz), "score", None)
    assert drawn.notation is not None and all(track.notation is not None for track in drawn.tracks)
