from __future__ import annotations

import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from bandmate.errors import OutputError
from bandmate.pictures import style
from bandmate.pictures.names import drum_place
from bandmate.pictures.roll import _uses_flats, draw_roll, roll_png
from bandmate.score.model import Marker, Score, Track, make_meters, make_notes, make_tempos
from bandmate.score.pitch import Chord

BAR = 1920


def one_note(pitch: int = 60, velocity: int = 100, role: str = "melody", bars: int = 4) -> Score:
    track = Track("Lead", 80, notes=make_notes([0], [BAR], [pitch], velocity), role=role)
    return Score((track,), end_ticks=bars * BAR)


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(data)).convert("RGB")).astype(int)


def count_near(picture: np.ndarray, colour: style.Colour) -> int:
    return int((np.abs(picture - np.array(colour)).max(axis=2) <= 2).sum())


def test_a_note_is_drawn_in_the_colour_of_its_role():
    loud = pixels(roll_png(one_note(velocity=127)))
    bare = pixels(roll_png(Score((Track("Lead", 80, notes=make_notes([3 * BAR], [10], [60], 1), role="melody"),))))
    colour = style.ROLE_COLOURS["melody"]
    assert count_near(loud, colour) > count_near(bare, colour) + 300 * 4


def test_velocity_is_strength_of_colour():
    def note_sum(velocity: int) -> int:
        return int(pixels(roll_png(one_note(velocity=velocity))).sum())

    assert note_sum(20) > note_sum(64) > note_sum(110)


def test_width_grows_with_bars_and_is_capped():
    widths = [Image.open(BytesIO(roll_png(one_note(bars=bars)))).width for bars in (4, 32, 128, 2048)]
    assert widths[0] < widths[1] < widths[2] <= widths[3] < 10_000


def test_sections_chords_and_markers_add_a_strip_each(tmp_path):
    score = one_note()
    plain = pixels(draw_roll(score, tmp_path / "a.png").read_bytes()).shape[0]
    chords = [Chord.parse("Dm7"), None] * 4
    with_chords = pixels(draw_roll(score, tmp_path / "b.png", chords=chords).read_bytes()).shape[0]
    marked = Score(score.tracks, end_ticks=score.end_ticks, markers=(Marker(0, "intro"), Marker(2 * BAR, "verse")))
    with_both = pixels(draw_roll(marked, tmp_path / "c.png", chords=chords, title="Mine").read_bytes()).shape[0]
    assert plain < with_chords < with_both
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png", "c.png"]


def test_drum_keys_stand_in_kit_order():
    assert sorted([49, 42, 38, 36, 82, 50], key=drum_place) == [36, 38, 42, 50, 49, 82]


@pytest.mark.parametrize(
    "score",
    [
        Score(),
        Score((Track("empty"),)),
        Score((Track("低音\n\x00", notes=make_notes([0, 5], [0, 10**6], [0, 127], 1)),), 96),
        Score((Track("d", 0, True, make_notes(range(128), 1, range(128), 127, channel=9)),), end_ticks=10),
        Score((Track("m", notes=make_notes([0], [9000], [60])),), 480, make_tempos(90), make_meters(7, 8, 500)),
    ],
)
def test_odd_scores_give_a_picture(score):
    assert Image.open(BytesIO(roll_png(score))).format == "PNG"


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "roll.png").mkdir()
    with pytest.raises(OutputError, match=r"roll\.png"):
        draw_roll(one_note(), tmp_path / "roll.png")


def test_tracks_of_one_role_differ_in_colour_and_the_first_keeps_its_own():
    colours = style.track_colours([Track(role="chords"), Track(role="chords"), Track(role="bass")])
    assert colours[0] == style.ROLE_COLOURS["chords"]
    assert len(set(colours)) == 3


def test_chords_are_spelt_as_the_key_is():
    f_minor = make_notes(range(7), 1, [53, 55, 56, 58, 60, 61, 63])
    assert _uses_flats(Score((Track("", notes=f_minor),)))
    assert not _uses_flats(Score((Track("", notes=make_notes(range(7), 1, [52, 54, 56, 57, 59, 61, 63])),)))


def test_names_the_font_cannot_write_are_cleaned():
    assert style.clean_text("F♯ lead\n\x07低 2") == "F# lead 2"
    assert style.fit_text("a very long name of a track", 20, 80).endswith("...")


def test_no_matplotlib():
    code = "import sys, bandmate.pictures.roll; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_band_in_one_track_gets_a_lane_a_channel():
    one = make_notes([0, 0, 480], 240, [36, 60, 38], 80, channel=0)
    both = make_notes([0, 0, 480], 240, [36, 60, 38], 80, channel=[9, 0, 9])
    heights = [pixels(roll_png(Score((Track("all", notes=notes),)))).shape[0] for notes in (one, both)]
    assert heights[1] != heights[0]
    colours = [style.ROLE_COLOURS["drums"], style.ROLE_COLOURS["chords"]]
    assert all(count_near(pixels(roll_png(Score((Track("all", notes=both),)))), colour) > 20 for colour in colours)
