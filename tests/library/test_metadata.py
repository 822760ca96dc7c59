from pathlib import Path

import pytest

from bandmate.library.metadata import MetadataTable, hints_from_entry, hints_from_folders, hints_from_name
from bandmate.library.sources.base import Hints


@pytest.mark.parametrize(
    ("name", "tempo", "weak", "key", "genres"),
    [
        ("FunkyBeat120bpm", 120, None, "", ("funky",)),
        ("lofi_Dm_84", None, 84, "D minor", ("lofi",)),
        ("Boom Bap - 90 BPM - F#m", 90, None, "F# minor", ("boom bap",)),
        ("01_DnB_174", None, 174, "", ("dnb",)),
        ("A minor waltz", None, None, "A minor", ("waltz",)),
        ("2step_garage_132.5bpm_Am", 132.5, None, "A minor", ("2step", "garage")),
        ("bpm95 reggae in Eb", 95, None, "Eb major", ("reggae",)),
        ("A song 120", None, None, "", ()),  # a letter is no key, a number alone no tempo
        ("Deep in love", None, None, "", ()),  # "deep" is a genre's alias, but not in a name
        ("take 0090", None, None, "", ()),
        ("trap 1500", None, None, "", ("trap",)),
    ],
)
def test_names_say_tempo_key_and_genre(name, tempo, weak, key, genres):
    hints = hints_from_name(name)
    assert (hints.tempo_bpm, hints.weak_tempo_bpm, hints.key, hints.genres) == (tempo, weak, key, genres)


def test_moods_and_instruments_are_found_in_names():
    hints = hints_from_name("sad_rhodes_loop")
    assert hints.moods == ("sad",)
    assert hints.instruments == ("rhodes",)
    assert hints.origin["moods"] == "file name"


def test_the_nearest_folder_is_believed():
    hints = hints_from_folders(["My Music", "House", "Techno loops"])
    assert hints.genres == ("techno",)
    assert hints.origin["genres"] == "folder name"


def test_stronger_hints_win_and_weaker_fill_the_gaps():
    strong = hints_from_entry({"file": "a.mid", "genre": "jazz", "bpm": "142 bpm"})
    merged = strong.or_else(hints_from_name("funk_Dm_90bpm"))
    assert (merged.genres, merged.tempo_bpm, merged.key) == (("jazz",), 142, "D minor")
    assert merged.origin == {"genres": "metadata", "tempo_bpm": "metadata", "key": "file name"}


def test_tags_of_a_manifest_count_as_columns_and_the_rest_is_kept():
    entry = {
        "file": "x.mid",
        "notes": 12,
        "tags": {"group": "song-1", "split": "validation", "genre": ["soul", "pop"], "shift": 2},
    }
    hints = hints_from_entry(entry)
    assert (hints.group, hints.split, hints.genres) == ("song-1", "valid", ("soul", "pop"))
    assert hints.tags["shift"] == 2


@pytest.mark.parametrize("tempo", ["fast", "0", "1e9", "", None])
def test_absurd_tempos_say_nothing(tempo):
    assert hints_from_entry({"file": "x.mid", "bpm": tempo}).tempo_bpm is None


FORMATS = {
    "metadata.csv": "filename,genre,tempo\nsub/a.mid,house,124\n",
    "metadata.tsv": "file\tgenre\tbpm\nsub/a.mid\thouse\t124\n",
    "info.csv": "midi_filename;style;bpm\na.mid;house;124\n",
    "metadata.json": '[{"file": "sub\\\\a.mid", "genre": "house", "bpm": 124}]',
    "index.json": '{"a.mid": {"genre": "house", "tempo": 124}}',
    "labels.json": '{"songs": [{"path": "./sub/A.MID", "genre": "house", "bpm": 124}]}',
    "manifest.jsonl": '{"file": "sub/a.mid", "tags": {"genre": ["house"], "bpm": 124}}\n\n',
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_metadata_format_names_its_files(tmp_path: Path, name):
    (tmp_path / name).write_text(FORMATS[name], encoding="utf-8-sig" if name.endswith(".csv") else "utf-8")
    hints = MetadataTable(tmp_path, [name]).hints(tmp_path / "sub" / "a.mid")
    assert "house" in (*hints.genres, *hints.styles)
    assert hints.tempo_bpm == 124


def test_one_object_without_a_file_counts_for_the_whole_folder(tmp_path: Path):
    (tmp_path / "metadata.json").write_text('{"genre": "ambient", "licence": "CC0"}', encoding="utf-8")
    assert MetadataTable(tmp_path, ["metadata.json"]).hints(tmp_path / "any.mid").licence == "CC0"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.json", "{broken"),
        ("manifest.jsonl", '{"file": \n'),
        ("metadata.yaml", "a: [1"),
        ("metadata.json", "[" * 100_000),
    ],
)
def test_a_broken_metadata_file_is_a_notice_not_an_end(tmp_path: Path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    table = MetadataTable(tmp_path, [name])
    assert len(table.notices) == 1
    assert name in table.notices[0]
    assert table.hints(tmp_path / "a.mid") == Hints()


def test_hints_survive_json():
    hints = hints_from_entry({"file": "a.mid", "genre": "jazz", "key": "D minor", "extra": 1})
    assert Hints.from_json(hints.to_json()) == hints
