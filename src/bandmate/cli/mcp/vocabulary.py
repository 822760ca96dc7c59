"""The words that Bandmate knows: genres with their tempo, moods, and instruments with role and General MIDI number."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator
from typing import Any

KINDS = ("genres", "moods", "instruments")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which words."""
    parser.add_argument("kind", choices=KINDS, help="which table")
    parser.add_argument("--search", help="only entries that have this word, or words close to it")


def run(arguments: argparse.Namespace, console: Any) -> None:
    """Look them up."""
    found = words(arguments.kind, arguments.search)
    for row in found:
        also = f" ({', '.join(row['also'][:6])})" if row["also"] else ""
        facts = "".join(f", {name} {value}" for name, value in row.items() if name not in ("name", "also"))
        console.say(f"{row['name']}{also}{facts}")
    if not found:
        console.say(f"no {arguments.kind} like '{arguments.search}'; leave search out to see all")
    console.result({arguments.kind: found})


def words(kind: str, search: str | None = None) -> list[dict[str, Any]]:
    """Entries of one of KINDS; with `search` those that have the word, else those that are close to it."""
    rows = list(_rows(kind))
    if not search or not search.strip():
        return rows
    wanted = search.strip().lower()

    def said(row: dict[str, Any]) -> list[str]:
        return [str(word).lower() for word in (row["name"], row["name"].replace("_", " "), *row["also"])]

    having = [row for row in rows if any(wanted in word for word in said(row))]
    return having or [row for row in rows if difflib.get_close_matches(wanted, said(row), n=1, cutoff=0.7)]


def _rows(kind: str) -> Iterator[dict[str, Any]]:
    from bandmate.analysis.genres import genre, genre_ids, load_table

    if kind == "genres":
        for name in genre_ids():
            facts = genre(name)
            yield {"name": name, "also": facts["aliases"], "tempo": f"{facts['tempo']['min']}-{facts['tempo']['max']}"}
    elif kind == "moods":
        for name, facts in load_table("moods")["moods"].items():
            yield {"name": name, "also": facts["aka"]}
    else:
        for row in load_table("instruments")["instruments"]:
            facts = {key: row[key] for key in ("role", "program", "kit", "note") if key in row}
            yield {"name": row["words"][0], "also": row["words"][1:], **facts}
