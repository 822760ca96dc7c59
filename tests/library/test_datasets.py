"""Every dataset on a sample in its own layout: fetched, unpacked, split, read, converted; and what goes wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.library.dataset_samples import SAMPLES, TUNES, contents, packed, song
from tests.library.dataset_server import Shelf, serving

from bandmate.errors import FileFormatError, LibraryError, MissingExtra, OutputError
from bandmate.io.files import FORMATS, read
from bandmate.io.midi import write_midi
from bandmate.library.datasets.convert import convert
from bandmate.library.datasets.description import UNVERIFIED, Remote
from bandmate.library.datasets.entries import draw, entries, split_word
from bandmate.library.datasets.place import download
from bandmate.library.datasets.reading import open_dataset
from bandmate.library.datasets.table import NAMES, dataset, datasets
from bandmate.library.split import Shares


def laid_out(name, folder):
    for path, data in contents(name).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def test_every_dataset_has_a_sample() -> None:
    assert list(SAMPLES) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_description_says_what_it_has_to(name) -> None:
    one = dataset(name)
    assert one.name == name
    assert one.title and one.about and one.homepage and one.licence and one.citation and one.files
    assert one.remotes or one.where
    assert "thesession" not in str(one.to_json()).lower()
    for remote, checksum in zip(one.remotes, one.checksums, strict=True):
        assert remote.url.startswith(("http://", "https://"))
        assert checksum == UNVERIFIED or (checksum.startswith(("sha256:", "md5:")) and remote.checksum_from)
        digits = {"sha256": 64, "md5": 32}.get(checksum.partition(":")[0])
        assert digits is None or len(checksum.partition(":")[2]) == digits


def test_every_class_of_muspy_has_one() -> None:
    theirs = {
        "EMOPIADataset", "EssenFolkSongDatabase", "HaydnOp20Dataset", "HymnalDataset", "HymnalTuneDataset",
        "JSBChoralesDataset", "LakhMIDIDataset", "LakhMIDIMatchedDataset", "LakhMIDIAlignedDataset", "MAESTRODatasetV1",
        "MAESTRODatasetV2", "MAESTRODatasetV3", "Music21Dataset", "MusicNetDataset", "NESMusicDatabase",
        "NottinghamDatabase", "WikifoniaDataset", "MusicDataset", "FolderDataset",
    }  # fmt: skip
    assert {one.muspy for one in datasets() if one.muspy} == theirs


def test_the_page_holds_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "DATASETS.md").read_text(encoding="utf-8")
    for one in datasets():
        assert f"| `{one.name}` | " in text and one.about in text and f"| {one.licence} |" in text, one.name
        assert one.remotes or f"- `{one.name}`: {one.where}" in text
        for remote, checksum in zip(one.remotes, one.checksums, strict=True):
            assert f"| {remote.url} | `{checksum}` |" in text


@pytest.mark.parametrize("name", [one.name for one in datasets() if one.remotes])
def test_a_dataset_is_fetched_and_unpacked_without_what_is_no_music(name, tmp_path) -> None:
    one = dataset(name)
    shelf = Shelf(packed(one))
    with serving(shelf):
        remotes = tuple(Remote(f"{shelf.url}/{r.file.replace(' ', '%20')}", r.file) for r in one.remotes)
        got = download(replace(one, remotes=remotes), tmp_path, pause_sec=0)
        again = download(replace(one, remotes=remotes), tmp_path, pause_sec=0)
    assert got.folder == tmp_path / name
    assert set(got.fetched.values()) == {UNVERIFIED}
    assert (again.files, len(shelf.asked)) == (0, len(one.remotes))
    assert not list(got.folder.rglob("*.flac"))
    assert json.loads((got.folder / "SOURCE.json").read_text(encoding="utf-8"))["licence"] == one.licence
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert list(entries(one, got.folder))


@pytest.mark.parametrize("name", NAMES)
def test_a_dataset_is_read_split_and_converted(name, tmp_path) -> None:
    sample, folder = SAMPLES[name], laid_out(name, tmp_path / "in")
    pieces = open_dataset(name, folder)
    found = pieces.entries
    assert tuple(entry.split for entry in found) == sample.splits or not sample.splits
    assert all(entry.published for entry in found) == bool(sample.splits)
    assert sample.works is None or len({entry.work for entry in found}) == sample.works
    assert sample.labels.items() <= found[0].labels.items()
    if name == "haydn_op20":
        pytest.importorskip("verovio")  # of the extra [scores]
    made = convert(pieces, tmp_path / "out")
    assert (made.written, made.skipped) == (len(found), ())
    assert convert(pieces, tmp_path / "out").known == made.written
    corpus = open_dataset("corpus", tmp_path / "out")
    expected = sorted((entry.work, entry.split) for entry in found)
    assert sorted((entry.work, entry.split) for entry in corpus.entries) == expected
    for score, entry in corpus:
        assert score.note_count > 0, entry


def test_what_changed_is_converted_again_and_nothing_else(tmp_path) -> None:
    folder = laid_out("any_folder", tmp_path / "in")
    first, *_ = open_dataset("any_folder", folder).entries
    made = convert(open_dataset("any_folder", folder), tmp_path / "out")
    write_midi(replace(song(), title="another"), first.path)
    again = convert(open_dataset("any_folder", folder), tmp_path / "out")
    assert (again.written, again.known) == (1, made.written - 1)
    assert read(tmp_path / "out" / first.relative).title == "another"


def test_a_conversion_that_was_stopped_goes_on(tmp_path, monkeypatch) -> None:
    folder = laid_out("any_folder", tmp_path / "in")
    stop = iter([None])
    with pytest.raises(StopIteration):
        convert(open_dataset("any_folder", folder), tmp_path / "out", progress=lambda _: next(stop))
    assert not (tmp_path / "out" / "manifest.jsonl").exists()
    made = convert(open_dataset("any_folder", folder), tmp_path / "out")
    assert made.known == 1 and made.written >= 1
    assert not list((tmp_path / "out").glob(".*"))


def test_two_sources_are_not_mixed_in_one_folder(tmp_path) -> None:
    out = tmp_path / "out"
    convert(open_dataset("any_folder", laid_out("any_folder", tmp_path / "in")), out)
    before = sorted(path.relative_to(out) for path in out.rglob("*"))
    others = (("any_folder", "other"), ("corpus", "in"), ("lakh_full", "lakh"))
    for name, place in others:
        folder = tmp_path / place if place == "in" else laid_out(name, tmp_path / place)
        with pytest.raises(OutputError, match="out holds what was converted from another source .* give another --out"):
            convert(open_dataset(name, folder), out)
    assert sorted(path.relative_to(out) for path in out.rglob("*")) == before
    assert convert(open_dataset("any_folder", tmp_path / "in"), out).written == 0


def test_what_was_not_converted_here_is_not_written_over(tmp_path) -> None:
    folder = laid_out("any_folder", tmp_path / "in")
    first, *_ = open_dataset("any_folder", folder).entries
    (tmp_path / "out" / first.relative).parent.mkdir(parents=True)
    (tmp_path / "out" / first.relative).write_bytes(b"mine")
    with pytest.raises(OutputError, match="is there already and was not converted here; give another --out"):
        convert(open_dataset("any_folder", folder), tmp_path / "out")
    assert (tmp_path / "out" / first.relative).read_bytes() == b"mine"
    with pytest.raises(OutputError, match="lies in the folder that is read"):
        convert(open_dataset("any_folder", folder), folder / "out")


@pytest.mark.parametrize("suffix", [".json", ".als", ".musicxml"])
def test_a_corpus_of_any_format_is_a_corpus(tmp_path, suffix) -> None:
    folder = laid_out("any_folder", tmp_path / "in")
    for _ in range(2):
        made = convert(open_dataset("any_folder", folder), tmp_path / "out", suffix=suffix)
        write_midi(replace(song(), title="another"), open_dataset("any_folder", folder).entries[0].path)
    corpus = open_dataset("corpus", tmp_path / "out")
    assert len(corpus) == made.written + made.known == sum(1 for _ in corpus)


def test_groove_drums_are_put_on_general_midi_keys_and_pop909_tracks_get_roles(tmp_path) -> None:
    groove, _ = open_dataset("groove_midi", laid_out("groove_midi", tmp_path / "groove"))[0]
    assert groove.tracks[-1].is_drum and 42 in groove.tracks[-1].notes["pitch"]
    pop, _ = open_dataset("pop909", laid_out("pop909", tmp_path / "pop"))[0]
    assert "melody" in [track.role for track in pop.tracks]


def test_works_are_drawn_by_seed_and_what_is_added_moves_none(tmp_path) -> None:
    for number in range(40):
        write_midi(song(), tmp_path / f"tune {chr(97 + number // 26)}{chr(97 + number % 26)}x.mid")
    before = {entry.work: entry.split for entry in entries(dataset("any_folder"), tmp_path, seed=3)}
    write_midi(song(), tmp_path / "another.mid")
    after = {entry.work: entry.split for entry in entries(dataset("any_folder"), tmp_path, seed=3)}
    assert len(before) == 40 and before.items() <= after.items()
    assert {draw("x", seed, Shares(0.3, 0.3)) for seed in range(30)} == {"train", "valid", "test"}
    assert before != {entry.work: entry.split for entry in entries(dataset("any_folder"), tmp_path, seed=4)}


@pytest.mark.parametrize(
    ("text", "side"),
    [("training-V1.1-80%", "train"), ("validation", "valid"), ("dev", "valid"), ("test", "test"), ("True", "test"),
     ("testament", ""), ("Train Songs", "train"), ("", "")],
)  # fmt: skip
def test_words_for_sides(text, side) -> None:
    assert split_word(text) == side


def test_a_tunebook_gives_each_of_its_tunes_with_what_stands_before_the_first(tmp_path) -> None:
    notes = {"1": "CDE|]", "7": "CD[|]", "7 ": "C|]", "9": "C3|]"}
    tunes = [f"X:{number}\nT:Tune\nK:C\n{music}\n" for number, music in notes.items()]
    book = "%abc\nM:3/4\nL:1/4\n\n" + "\n".join(tunes)
    (tmp_path / "a.abc").write_text(book, encoding="utf-8")
    (tmp_path / "b#2.abc").write_text(TUNES.split("\n\n")[0], encoding="utf-8")
    pieces = open_dataset("essen", tmp_path)
    assert [entry.relative for entry in pieces.entries] == ["a.abc#1", "a.abc#7", "a.abc#9", "b#2.abc"]
    read_by_door = [read(tmp_path / name).note_count for name in ("a.abc#1", "a.abc#9", "b#2.abc")]
    found = {entry.relative: score for score, entry in pieces}
    assert [found[name].note_count for name in ("a.abc#1", "a.abc#9", "b#2.abc")] == read_by_door
    assert found["a.abc#9"].meters["numerator"].tolist() == [3]
    assert len({entry.work for entry in pieces.entries}) == 4


def test_a_corpus_keeps_its_licence_and_its_tags(tmp_path) -> None:
    folder = laid_out("corpus", tmp_path / "in")
    about = {"source": "groove_midi", "licence": "CC BY 4.0", "credit": "the drummers"}
    (folder / "SOURCE.json").write_text(json.dumps(about), encoding="utf-8")
    tags = {"group": "song-1", "split": "test", "downbeat_offset_beats_est": 2, "genre": ["pop", "rock"]}
    (folder / "manifest.jsonl").write_text(json.dumps({"file": "a.mid", "tags": tags}), encoding="utf-8")
    convert(open_dataset("corpus", folder), tmp_path / "out")
    said = json.loads((tmp_path / "out" / "SOURCE.json").read_text(encoding="utf-8"))
    assert about.items() <= said.items()
    kept = json.loads((tmp_path / "out" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert kept["tags"] == tags | {"downbeat_offset_beats_est": "2", "genre": "pop, rock"}


def test_a_cache_is_filled_at_the_first_reading_and_used_at_the_next(tmp_path) -> None:
    folder = laid_out("any_folder", tmp_path / "in")
    pieces = open_dataset("any_folder", folder, cache=tmp_path / "cache")
    first = [score.note_count for score, _ in pieces]
    kept = sorted((tmp_path / "cache").rglob("*.mid"))
    assert len(kept) == 2
    for path in kept:
        write_midi(replace(song(), tracks=()), path)
    assert [score.note_count for score, _ in pieces.stream()] == [0, 0] != first


def test_files_that_cannot_be_read_are_named_and_passed_over(tmp_path) -> None:
    write_midi(song(), tmp_path / "good.mid")
    (tmp_path / "bad.mid").write_bytes(b"MThd no")
    pieces = open_dataset("any_folder", tmp_path)
    assert [entry.relative for _, entry in pieces] == ["good.mid"]
    assert len(pieces.skipped) == 1 and "bad.mid" in pieces.skipped[0]
    with pytest.raises(FileFormatError):
        pieces[0]


def test_a_format_of_an_extra_that_is_not_installed_leaves_out_its_files_alone(tmp_path, monkeypatch) -> None:
    def without(path):
        raise MissingExtra("scores", "reading Humdrum")

    monkeypatch.setitem(FORMATS, ".krn", replace(FORMATS[".krn"], read=without))
    write_midi(song(), tmp_path / "in" / "good.mid")
    (tmp_path / "in" / "bach.krn").write_text("**kern\n4c\n*-\n")
    pieces = open_dataset("music21_corpus", tmp_path / "in")
    assert [entry.relative for _, entry in pieces] == ["good.mid"]
    made = convert(pieces, tmp_path / "out")
    assert made.written == 1 and 'pip install "bandmate[scores]"' in made.skipped[0]


def test_a_dataset_of_ones_own_is_a_json_file(tmp_path) -> None:
    about = {
        "name": "mine", "licence": "CC0", "names": r"(?P<work>song\d)", "splits": "table",
        "tables": [{"file": "*info.csv", "path": "file", "split": "side", "work": ["title"]}],
    }  # fmt: skip
    (tmp_path / "mine.json").write_text(json.dumps(about), encoding="utf-8")
    folder = tmp_path / "music"
    folder.mkdir()
    write_midi(song(), folder / "song1.mid")
    (folder / "info.csv").write_text("file,side,title\nsong1.mid,dev,First\n", encoding="utf-8")
    (entry,) = open_dataset(tmp_path / "mine.json", folder).entries
    assert (entry.work, entry.split) == ("First", "valid")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is no JSON"),
        ("[]", "holds no JSON object"),
        ('{"titel": "x"}', "'titel' is no field of a dataset"),
        ('{"name": "../x"}', "is no name"),
        ('{"files": "*.mid"}', "files is no list"),
        ('{"files": [1]}', "which is no text"),
        ('{"pieces": "many"}', "pieces is no int"),
        ('{"remotes": [{"url": "file:///etc/passwd", "file": "x"}]}', "is none of http or https"),
        ('{"remotes": [{"url": "http://x", "file": "../x"}]}', "is no name of a file"),
        ('{"remotes": [{"adress": "http://x"}]}', "which is no remote"),
        ('{"names": "("}', "is no regular expression"),
    ],
)
def test_a_wrong_description_is_refused_in_a_sentence(tmp_path, text, sentence) -> None:
    (tmp_path / "mine.json").write_text(text, encoding="utf-8")
    with pytest.raises(LibraryError, match=sentence):
        dataset(tmp_path / "mine.json")


def test_what_is_not_there_is_said(tmp_path) -> None:
    with pytest.raises(LibraryError, match="did you mean 'maestro_v3'"):
        dataset("maestro-v4")
    with pytest.raises(LibraryError, match="is not there"):
        list(entries(dataset("nes"), tmp_path / "no"))
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(LibraryError, match="is a file"):
        list(entries(dataset("nes"), tmp_path / "a.txt"))
    with pytest.raises(LibraryError, match=r"holds no \*\.mid or \*\.midi; give the folder of NES Music Database"):
        list(entries(dataset("nes"), tmp_path))
    with pytest.raises(LibraryError, match="'dev' is no split"):
        open_dataset("nes", tmp_path, only="dev")
    with pytest.raises(LibraryError, match=r"wikifonia is not offered any more.*datasets convert wikifonia"):
        download(dataset("wikifonia"), tmp_path)
    with pytest.raises(LibraryError, match="gigamidi is not fetched by program: ask for access"):
        download(dataset("gigamidi"), tmp_path)


def test_a_damaged_table_and_a_wrong_format_are_said(tmp_path) -> None:
    folder = laid_out("corpus", tmp_path / "in")
    (folder / "manifest.jsonl").write_text('{"file": ', encoding="utf-8")
    with pytest.raises(LibraryError, match=r"manifest.jsonl cannot be read as the table"):
        list(entries(dataset("corpus"), folder))
    pieces = open_dataset("any_folder", folder)
    with pytest.raises(OutputError, match="'.xyz' is no format written here"):
        convert(pieces, tmp_path / "out", suffix=".xyz")
    with pytest.raises(OutputError, match="lies in the folder that is read"):
        convert(pieces, folder)
    assert convert(pieces, tmp_path / "json", suffix=".json").written == 2
    assert read(tmp_path / "json" / "a.mid.json").note_count == 4
