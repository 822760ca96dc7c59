"""bandmate.toml: defaults of a folder over those of the user."""

from __future__ import annotations

import pytest

from bandmate.errors import UserError
from bandmate.settings import FILE_NAME, Settings, load_settings, user_folder


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()


def test_without_files_nothing_is_stated(tmp_path) -> None:
    assert load_settings(tmp_path / "work") == Settings()


def test_the_folder_wins_over_the_user(tmp_path) -> None:
    (tmp_path / "home" / "config").mkdir(parents=True)
    (user_folder("config") / FILE_NAME).write_text('tempo = 96\nkey = "D minor"\n', encoding="utf-8")
    (tmp_path / "work" / FILE_NAME).write_text("tempo = 120.5\nstems = false\nkit = 25\n", encoding="utf-8")
    found = load_settings(tmp_path / "work")
    assert (found.tempo, found.key, found.stems, found.kit) == (120.5, "D minor", False, "25")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tempoo = 96", "'tempoo' is not a setting; did you mean 'tempo'"),
        ("tempo = 'fast'", "tempo = 'fast' is not usable; it takes a number"),
        ("stems = 1", "stems = 1 is not usable; it takes true or false"),
        ("bars = true", "bars = True is not usable; it takes a number"),
        ("tempo 96", "not valid TOML"),
        ("genre = 'caf\xe9", "not valid TOML"),
    ],
)
def test_a_wrong_line_names_file_and_cure(tmp_path, text: str, message: str) -> None:
    (tmp_path / "work" / FILE_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"bandmate\.toml") as error:
        load_settings(tmp_path / "work")
    assert message in str(error.value)
