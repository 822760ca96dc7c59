"""Names and folders of takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.errors import OutputError
from bandmate.score.pitch import Key
from bandmate.score.plan import PlannedTrack
from bandmate.workflows.places import file_stem, fresh_folder, safe_name, take_folder, tempo_text

FORBIDDEN = set('<>:"/\\|?*')


@given(st.text(max_size=200))
def test_a_safe_name_is_legal_everywhere(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(name) <= 49
    assert not FORBIDDEN & set(name)
    assert not any(ord(sign) < 32 for sign in name)
    assert not name.endswith((".", " "))
    assert name.lower() not in ("con", "prn", "aux", "nul", "com1", "lpt9")


def test_safe_names_keep_words_and_sharps() -> None:
    assert safe_name("Funky: house / beat?") == "Funky-house-beat"
    assert safe_name("trap in F#m") == "trap-in-F#m"
    assert safe_name("…") == "take"
    assert safe_name("CON") == "CON-"


@pytest.mark.parametrize(
    ("role", "name", "expected"),
    [
        ("bass", "slap bass", "02-bass_slap_120_Am"),
        ("bass", "bass", "02-bass_120_Am"),
        ("chords", "rhodes", "02-chords_rhodes_120_Am"),
        ("lead", "../../evil", "02-lead_-evil_120_Am"),
    ],
)
def test_file_names_carry_role_instrument_tempo_and_key(role: str, name: str, expected: str) -> None:
    assert file_stem(2, PlannedTrack(role, name, 36, False), 120.0, Key(9, "minor")) == expected


def test_tempo_text_drops_empty_decimals() -> None:
    assert [tempo_text(bpm) for bpm in (120.0, 92.5, 100.0, 87.125)] == ["120", "92.5", "100", "87.12"]


def test_a_taken_folder_gives_a_numbered_neighbour(tmp_path) -> None:
    wanted = tmp_path / "funky"
    assert fresh_folder(wanted) == wanted
    assert fresh_folder(wanted) == wanted  # still empty
    (wanted / "song.mid").write_bytes(b"mine")
    assert fresh_folder(wanted) == tmp_path / "funky-2"
    (tmp_path / "funky-2" / "x").write_text("x")
    assert fresh_folder(wanted) == tmp_path / "funky-3"
    assert (wanted / "song.mid").read_bytes() == b"mine"


def test_a_file_in_the_way_gives_a_neighbour(tmp_path) -> None:
    (tmp_path / "funky").write_text("a file")
    assert fresh_folder(tmp_path / "funky") == tmp_path / "funky-2"
    assert (tmp_path / "funky").read_text() == "a file"


def test_a_folder_below_a_file_names_the_place(tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"cannot be made.*--out"):
        fresh_folder(tmp_path / "file" / "below")


def test_without_out_the_folder_is_dated_and_in_the_music_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    folder = take_folder(None, "slow blues in E")
    assert folder.parent == tmp_path / "home" / "music"
    assert folder.name[:4].isdigit()
    assert folder.name.endswith("-slow-blues-in-E")
    (folder / "x").write_text("x")
    assert take_folder(None, "slow blues in E").name.endswith("-slow-blues-in-E-2")
