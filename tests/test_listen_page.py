"""scripts/listen_page.py: twenty takes in ten genres on one page, the same bytes again, never too large."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bandmate.errors import OutputError
from bandmate.generation.words import compile_text

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "listen_page.py"
SMALL = ["--takes", "2", "--bars", "2", "--seconds", "2", "--engine", "rules"]

GENRES = {
    "House": ("house", "deep_house"), "Funk": ("funk",), "Hip hop": ("boom_bap", "lofi_hip_hop"), "Trap": ("trap",),
    "Drum and bass": ("drum_and_bass", "liquid_dnb"), "Jazz": ("jazz_swing",), "Bossa nova": ("bossa_nova",),
    "Blues": ("blues_shuffle",), "Reggae": ("reggae", "dub"), "Pop": ("pop",),
}  # fmt: skip


@pytest.fixture(scope="module")
def script():
    sys.path.insert(0, str(SCRIPT.parent))
    try:
        import listen_page  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    return listen_page


def made(folder: Path, *words: str) -> dict[str, bytes]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *SMALL, *words, "--out", str(folder / "listen")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_twenty_takes_in_ten_genres_of_words_that_are_understood(script) -> None:
    rows = script.table()
    assert len(rows) == 20
    assert len({row.genre for row in rows}) == len({row.genre for row in rows[:10]}) == 10
    assert len({row.stem for row in rows}) == 20
    for row in rows:
        found = compile_text(row.words)
        assert found.genre in GENRES[row.genre], row.words
        assert not found.not_understood, row.words


@pytest.mark.slow
def test_a_small_page_is_whole_and_the_same_again(tmp_path) -> None:
    (tmp_path / "1" / "listen").mkdir(parents=True)
    (tmp_path / "1" / "listen" / "99-old.mid").touch()
    (tmp_path / "1" / "listen" / "notes.mid").touch()  # not ours
    first = made(tmp_path / "1", "--workers", "2")
    (tmp_path / "1" / "listen" / "notes.mid").unlink()
    assert first.pop("listen/notes.mid") == b""
    assert first == made(tmp_path / "2", "--workers", "1")
    stems = ("01-house", "02-funk")
    assert set(first) == {"listen.md", *(f"listen/{stem}{end}" for stem in stems for end in (".mid", ".mp3", ".png"))}
    text = first["listen.md"].decode()
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert set(links) == set(first) - {"listen.md"}
    assert 'bandmate compose "funky house beat at 120 BPM with a slap bass line" --bars 2 --seed 1' in text
    assert text.count("demands met") == text.count("lines of the card lie inside what people's music does") == 2


def test_a_page_that_is_too_large_is_not_written(script, tmp_path) -> None:
    asked = script.table()[0]
    shown = script.Shown(asked, (), {"01-house.mp3": bytes(script.MOST_BYTES)})
    with pytest.raises(OutputError, match="10.0 MB, more than 10"):
        script.write([shown], tmp_path / "listen", "rules")
    assert not list(tmp_path.iterdir())
