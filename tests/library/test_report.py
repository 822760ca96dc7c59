import pytest

from bandmate.library.report import summary


@pytest.mark.parametrize(
    ("pieces", "bars", "enough", "lacking", "sentence"),
    [
        (37, 37 * 8, ["drums", "bass"], ["chords", "melody"], "37 clips: drums and bass, not chords or melody"),
        (37, 37 * 8, ["drums", "bass", "chords"], ["melody"], "37 clips: drums, bass and chords, not melody"),
        (90, 90 * 80, ["drums", "bass", "chords", "melody"], [], "90 pieces: drums, bass, chords and melody"),
        (0, 0, [], [], "nothing to learn from"),
    ],
)
def test_what_a_library_is_enough_for(pieces, bars, enough, lacking, sentence):
    assert summary(pieces, bars, enough, lacking) == sentence


def test_a_single_clip_is_too_little():
    assert summary(1, 8, [], ["drums"]).startswith("1 clip: too little for any part")
