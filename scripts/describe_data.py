"""Write the tables of docs/DATA.md: what the shipped model was trained on, counted from the files themselves.

    python scripts/describe_data.py --data DIR [--recipe small] [--print]

DIR holds corpus/<source>/ with manifest.jsonl and SOURCE.json. Counted are the pieces that training uses: readable, on
bars, at least 32 notes, by split; the hash is the sha256 of a source's manifest, which holds a hash of every file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bandmate.tokenizers.grid import encode_piece
from bandmate.training.corpora import CORPORA, read_corpus
from bandmate.training.prepare import usable
from bandmate.training.recipe import Recipe

PAGE = Path(__file__).parent.parent / "docs" / "DATA.md"
BEGIN, END = "<!-- written by scripts/describe_data.py -->", "<!-- end -->"
SPLITS = ("train", "valid", "reserve")


def source_of(folder: Path) -> dict[str, Any]:
    """SOURCE.json of a corpus."""
    return json.loads((folder / "SOURCE.json").read_text(encoding="utf-8"))


def entries_of(folder: Path) -> list[dict[str, Any]]:
    """Lines of a manifest."""
    lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def manifest_hash(folder: Path) -> str:
    """The sha256 of a manifest, whose lines hold a hash of every file."""
    return hashlib.sha256((folder / "manifest.jsonl").read_bytes()).hexdigest()


def counted(corpus: Path, name: str) -> tuple[Counter[str], Counter[str]]:
    """Pieces and notes by split, of what training uses."""
    pieces: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    for found in read_corpus(corpus, name):
        piece = encode_piece(found.score, echoes=False)
        if usable(piece):
            pieces[found.origin.split] += 1
            notes[found.origin.split] += len(piece.notes)
    return pieces, notes


def _links(repositories: str) -> str:
    return re.sub(r"[\w.-]+/[\w.-]+", lambda m: f"[{m[0]}](https://github.com/{m[0]})", repositories)


def origins(corpus: Path) -> Iterator[str]:
    """The table of versions and licences."""
    yield "| source | upstream | commit | licence |"
    yield "|---|---|---|---|"
    for name in CORPORA:
        said = source_of(corpus / name)
        upstream = _links(said["repo"])
        yield f"| {name} | {upstream} | `{said['commit'][:12]}` ({said['commit_date']}) | {said['licence']} |"


def counts(corpus: Path, recipe: Recipe) -> Iterator[str]:
    """The table of files, pieces, notes and shares; the last rows are by rule."""
    yield "| source | files | used: train | valid | reserve | notes (train) | share of draws | sha256 of the manifest |"
    yield "|---|---|---|---|---|---|---|---|"
    share = recipe.stages[-1].shares
    total: Counter[str] = Counter()
    for name in CORPORA:
        pieces, notes = counted(corpus, name)
        files = len(entries_of(corpus / name))
        total.update({"files": files, "notes": notes["train"], **pieces})
        used = " | ".join(str(pieces[split]) for split in SPLITS)
        yield (
            f"| {name} | {files} | {used} | {notes['train'] / 1000:,.0f} k | {100 * share.get(name, 0):g} % "
            f"| `{manifest_hash(corpus / name)}` |"
        )
    for name, count in (
        ("groove_book", recipe.counts["groove_book_pieces"]),
        ("rearranged", recipe.counts["rearranged_pieces"]),
    ):
        yield f"| {name} | {count} made | | | | | {100 * share.get(name, 0):g} % | by rule, seed 0 |"
    used = " | ".join(str(total[split]) for split in SPLITS)
    yield f"| together | {total['files']} | {used} | {total['notes'] / 1000:,.0f} k | | |"


def credits(corpus: Path) -> Iterator[str]:
    """Who is named in the manifests, by source; where only a licence is, the files (their names hold their authors)."""
    for name in CORPORA:
        named: Counter[str] = Counter()
        for entry in entries_of(corpus / name):
            said = entry["tags"]
            if said.get("credit"):
                named[str(said["credit"])] += 1
            elif said.get("licence"):
                named[f"{Path(entry['file']).stem} [{said['licence']}]"] += 1
        if named:
            listed = "; ".join(f"{who} ({count})" if count > 1 else who for who, count in sorted(named.items()))
            yield f"- **{name}**: {listed}"


def tables(data: Path, recipe: Recipe) -> str:
    """Everything between the marks of the page."""
    corpus = data / "corpus"
    blocks = {
        "Versions and licences": origins(corpus),
        "What of it is used": counts(corpus, recipe),
        "Credits named per file": credits(corpus),
    }
    return "\n\n".join(f"### {title}\n\n" + "\n".join(lines) for title, lines in blocks.items())


def main() -> None:
    """Write the page, or print what would stand in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds corpus/")
    parser.add_argument("--recipe", default="small")
    parser.add_argument("--print", action="store_true", dest="only_print", help="leave the page as it is")
    options = parser.parse_args()
    text = tables(options.data, Recipe.read(options.recipe))
    if options.only_print:
        print(text)
        return
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
