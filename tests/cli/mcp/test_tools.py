"""Tools out of commands: every argument is sorted, every schema is JSON Schema, sentences speak of tools."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from bandmate.cli.main import main
from bandmate.cli.mcp import takes
from bandmate.cli.mcp.calls import call
from bandmate.cli.mcp.folders import Folders, free
from bandmate.cli.mcp.tools import LEFT_OUT, MAY_READ, READS, ROLE_READS, TOOLS, as_arguments, is_sorted, tool
from bandmate.cli.mcp.vocabulary import words
from bandmate.errors import BriefError, UserError
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief
from bandmate.workflows.compose import compose
from bandmate.workflows.sessions import find_session, record, take_of
from bandmate.workflows.take import read_take


@pytest.mark.parametrize("name", list(TOOLS))
def test_every_argument_of_a_command_is_sorted(name: str) -> None:
    unsorted = [action.dest for action in tool(name).parser._actions if not is_sorted(action)]
    assert not unsorted, f"say in cli/mcp/tools.py whether these of {name} name files: {unsorted}"


@pytest.mark.parametrize("name", list(TOOLS))
def test_an_argument_that_shows_a_file_is_a_place(name: str) -> None:
    places = READS | MAY_READ | ROLE_READS | LEFT_OUT
    metavars = {action.dest: str(action.metavar or "") for action in tool(name).parser._actions}
    found = tool(name)
    loose = [dest for dest, shown in metavars.items()
             if ("FILE" in shown or "DIR" in shown) and dest not in places and not found.writes(dest)]  # fmt: skip
    assert not loose


@pytest.mark.parametrize("name", list(TOOLS))
def test_a_schema_is_right_and_says_what_each_argument_is(name: str) -> None:
    schema = tool(name).schema
    jsonschema.Draft202012Validator.check_schema(schema)
    assert tool(name).description
    assert not [prop for prop, facts in schema["properties"].items() if not facts["description"]]
    assert set(schema["required"]) <= set(schema["properties"])


def test_the_page_names_every_tool() -> None:
    page = (Path(__file__).parents[3] / "docs" / "MCP.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \|", page, re.MULTILINE)
    assert sorted(re.findall(r"`([a-z_]+)`", " ".join(rows))) == sorted(TOOLS)


@pytest.mark.parametrize(("name", "arguments"), [("show", ["as"]), ("tokens", ["as", "set"]), ("hear", ["as"])])
def test_an_argument_is_called_as_its_option(name: str, arguments: list[str]) -> None:
    assert set(arguments) <= set(tool(name).schema["properties"])


def test_nothing_that_makes_music_is_loaded_to_say_what_there_is() -> None:
    code = (
        "import sys; from bandmate.cli.mcp.tools import TOOLS, tool; [tool(name) for name in TOOLS];"
        "print([m for m in sys.modules if m.startswith(('bandmate.generation', 'bandmate.models', 'onnxruntime'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_sentences_of_the_command_line_become_those_of_tools() -> None:
    assert as_arguments("leave --no-stems out (see: bandmate inspect FILE)") == (
        "leave no_stems out (see: the tool inspect)"
    )
    assert as_arguments("write: bandmate live-set tempo 124, or open another with --folder") == (
        "write: the tool live_set tempo 124, or open another with --folder"
    )


def test_the_vocabulary_is_that_of_the_tables() -> None:
    assert [row["name"] for row in words("genres", "bossa")] == ["bossa_nova"]
    assert "chill" in [row["name"] for row in words("moods")]
    assert {row["role"] for row in words("instruments", "slap bass")} == {"bass"}
    assert words("genres", "hosue")[0]["name"] == "house"
    assert words("moods", "xyzzy") == []


def test_without_a_folder_the_one_for_takes_is_open(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    assert Folders.of([]).roots == ((tmp_path / "home" / "music").resolve(),)
    with pytest.raises(UserError, match="no folder that is there"):
        Folders.of([tmp_path / "gone"])


@pytest.mark.parametrize("to", ["dawproject, reaper", ["dawproject", "reaper"], ["dawproject,reaper"]])
def test_several_projects_are_named_as_on_the_command_line_or_as_a_list(tmp_path, to) -> None:
    play(make_plan(Brief(genre="house", bars=2), 1), 1).write(tmp_path / "song.mid")
    given = {"file": "song.mid", "to": to, "no_stems": True, "out": "sent"}
    files = call("export", given, Folders.of([tmp_path]), lambda event: None).data["files"]
    assert sorted(Path(file).suffix for file in files) == [".dawproject", ".rpp"]
    with pytest.raises(BriefError, match="to 'raeper' is not known; did you mean 'reaper'"):
        call("export", given | {"to": "dawproject,raeper"}, Folders.of([tmp_path]), lambda event: None)


def test_nothing_is_written_over(tmp_path) -> None:
    song = tmp_path / "song.mid"
    song.write_bytes(b"x")
    with pytest.raises(UserError, match="there already"):
        Folders.of([tmp_path]).writing("out", "song.mid")
    assert free(song) == tmp_path / "song-2.mid"
    assert free(tmp_path / "new") == tmp_path / "new"


@pytest.mark.parametrize("text", ["", " ", "a\0b", "~no-such-user/x", "x" * 5000, "loop"])
def test_what_cannot_be_a_path_is_said_so(tmp_path, text: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(UserError):
        Folders.of([tmp_path]).reading("file", text)


def test_takes_outside_the_folders_are_not_listed_opened_or_borrowed_from(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    asked = {"bars": 1, "engine": "rules", "stems": False, "candidates": 1, "seed": 1}
    compose("house", out=tmp_path / "private" / "one", **asked)
    (tmp_path / "songs").mkdir()
    folders = Folders.of([tmp_path / "songs"])
    with pytest.raises(UserError, match="tool compose"):
        call("again", {"text": "busier bass"}, folders, print)
    with pytest.raises(UserError, match="tool compose"):
        call("takes", {}, folders, print)
    call("compose", {"text": "house", "bars": 1, "engine": "rules", "no_stems": True}, folders, print)
    session = find_session(record([read_take(tmp_path / "private" / "one")]).name)
    assert [Path(row["folder"]).parent for row in takes.listed(folders)] == [tmp_path / "songs"]
    with pytest.raises(UserError, match="outside"):
        takes.read_resource(takes.address(session.name, session.entries[0].number, "song.mid"), folders)
    with takes.within(folders), pytest.raises(UserError, match="outside"):
        take_of(session, session.entries[0].number)


def test_without_the_extra_the_command_says_how_to_add_it(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "mcp_types", None)
    monkeypatch.delitem(sys.modules, "bandmate.cli.mcp.server", raising=False)
    assert main(["mcp", "--folder", str(tmp_path)]) == 2
    assert 'pip install "bandmate[mcp]"' in capsys.readouterr().err
