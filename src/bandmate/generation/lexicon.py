"""The lexicon: every word and phrase of the tables, under one key, with what it may mean.

A key has no spaces and no hyphens ("lofihiphop"), so that `lo-fi`, `lo fi` and `lofi` are one word. A phrase may
mean several things ("swing" is a genre and a rhythm); the reader decides by what stands around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bandmate.analysis.genres import genre_ids, load_table
from bandmate.generation.words_tokens import squeeze

# Kinds whose words a misspelt one may stand for; little words ("better", "only") are not guessed at.
_SPELT = frozenset(
    {
        "genre",
        "mood",
        "instrument",
        "voice",
        "role",
        "group",
        "section",
        "event",
        "tempo_word",
        "tempo_factor",
        "feel",
        "swing",
        "mode",
        "pattern",
        "density",
        "energy",
        "articulation",
        "register",
    }
)
MAX_PHRASE = 6  # words of the longest phrase looked for


@dataclass(frozen=True, slots=True)
class Entry:
    """One meaning of a phrase.

    Attributes:
        kind: "genre", "near", "mood", "instrument", "voice" (a drum key), "role", "tempo_factor", ...
        value: what it means to the reader of that kind.
        phrase: the words as the table has them.
        weak: counts as this kind only if nothing stronger does.
    """

    kind: str
    value: Any
    phrase: str
    weak: bool = False
    extra: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Lexicon:
    """Phrases by key, stop words, and the single words that spelling is checked against."""

    phrases: dict[str, tuple[Entry, ...]]
    stop: frozenset[str]
    spell: tuple[str, ...]
    typos: dict[str, str]
    translate: dict[str, str]


def meanings(phrase: str) -> tuple[Entry, ...]:
    """All meanings of a phrase, () if it has none."""
    return lexicon().phrases.get(squeeze(phrase), ())


@cache
def lexicon() -> Lexicon:
    """Build the lexicon from the tables, once."""
    words = load_table("words")
    found: dict[str, list[Entry]] = {}
    for entry in _entries(words):
        key = squeeze(entry.phrase)
        if key.isdigit() and key != entry.phrase:
            continue  # "12/8" is read by the rule for meters; as a key it would be the number 128
        slot = found.setdefault(key, [])
        if not any(e.kind == entry.kind and e.value == entry.value for e in slot):
            slot.append(entry)
    phrases = {key: tuple(entries) for key, entries in found.items() if key}
    stop = frozenset(squeeze(word) for group in words["stop"].values() for word in group)
    spell = sorted({w for entry in _all(phrases) for w in entry.phrase.lower().split() if w.isalpha() and len(w) > 3})
    foreign = [pair for table in words["languages"].values() for pair in table.items()]
    translate = {key: english for word, english in foreign for key in _umlauts(squeeze(word))}
    translate.update({squeeze(k): v.replace("_", " ") for k, v in words["abbreviations"].items()})
    typos = {squeeze(k): v for k, v in words["typos"]["examples"].items() if squeeze(k) not in phrases}
    return Lexicon(phrases, stop, tuple(spell), typos, translate)


def _spelt(word: str, stop: frozenset[str]) -> bool:
    return word.isalpha() and len(word) > 3 and word not in stop


def _umlauts(word: str) -> set[str]:
    """`froehlich` is also met as `fröhlich`, which folds to `frohlich`."""
    return {word, word.replace("oe", "o").replace("ue", "u").replace("ae", "a")}


def _all(phrases: dict[str, tuple[Entry, ...]]) -> Iterator[Entry]:
    for entries in phrases.values():
        yield from entries


def _entries(words: dict[str, Any]) -> Iterator[Entry]:
    yield from _genres(words)
    yield from _instruments(words)
    for mood, row in load_table("moods")["moods"].items():
        yield from (Entry("mood", mood, phrase) for phrase in (mood, *row["aka"]))
    yield from _tempo(words["tempo"])
    yield from _table("swing", words["swing"]["words"])
    yield from _table("meter", {k: tuple(map(int, v.split("/"))) for k, v in words["meter"]["words"].items()})
    yield from _table("mode", {m.replace("_", " "): m for m in words["key"]["modes"]})
    yield from _table("mode", words["key"]["aliases"])
    yield from _table("chord_word", words["key"]["chord_words"])
    yield from _table("section", {k: v for k, v in words["structure"]["sections"].items() if " ii " not in v})
    yield from _table("event", words["structure"]["events"])
    for kind in ("density", "register", "articulation"):
        table = words[kind]["words"] if kind == "density" else words[kind]
        yield from _table(kind, table)
    yield from _table("energy", words["density"]["energy"])
    yield from _table("dynamics", {k: v for k, v in words["density"]["dynamics"].items() if isinstance(v, int)})
    yield from _negation(words["negation"])
    yield from _table("quantifier", {k: v for k, v in words["quantifier"].items() if isinstance(v, int | float)})
    yield from _table("pattern", words["patterns"])
    yield from _plain("revision", words["revision"])
    yield from _plain("connector", words["connectors"])
    yield from _plain("flavour", words["flavour"])
    yield from _plain("era", words["eras"])
    yield from _plain("production", words["production"])
    yield from _table("artist", words["artists"])
    yield from _table("group", {k: v for k, v in words["groups"].items() if not k.startswith("_")})


def _table(kind: str, table: dict[str, Any]) -> Iterator[Entry]:
    return (Entry(kind, value, phrase) for phrase, value in table.items())


def _plain(kind: str, phrases: Iterable[str]) -> Iterator[Entry]:
    return (Entry(kind, phrase, phrase) for phrase in phrases)


def _genres(words: dict[str, Any]) -> Iterator[Entry]:
    table, extra = load_table("genres"), words["genre_words"]
    weak, drop = {squeeze(w) for w in extra["weak"]}, {squeeze(w) for w in extra["drop"]}
    for pair, (head, other) in extra["hybrid"].items():
        yield Entry("genre", head, pair, extra={"genre2": other})
    for style in words["near_genres"]:
        yield from _near(style, style.replace("_", " "), words, weak)
    for phrase, style in words["near_aliases"].items():
        yield from _near(style, phrase, words, weak)
    known = {squeeze(p) for p in (*words["near_genres"], *words["near_aliases"])}
    for phrase, name in extra["extra"].items():
        if squeeze(phrase) not in known:
            yield Entry("genre", name, phrase, weak=squeeze(phrase) in weak)
    for name in genre_ids():
        for phrase in (name.replace("_", " "), *table[name]["aliases"]):
            key = squeeze(phrase)
            own = phrase == name.replace("_", " ")
            if own or (key not in drop and key not in known):
                yield Entry("genre", name, phrase, weak=key in weak)


def _near(style: str, phrase: str, words: dict[str, Any], weak: set[str]) -> Iterator[Entry]:
    row = words["near_genres"][style]
    yield Entry("genre", row["base"], phrase, weak=squeeze(phrase) in weak, extra={"style": style})


def _instruments(words: dict[str, Any]) -> Iterator[Entry]:
    for phrase, role in words["roles"].items():
        yield Entry("role", role, phrase)
    cells = words["bass_words"]
    for row in load_table("instruments")["instruments"]:
        kind = "voice" if row["role"] == "drum_note" else "instrument"
        for phrase in row["words"]:
            yield Entry(kind, row, phrase, extra={"art": cells.get(phrase, "")})
    rows = {word: row for row in load_table("instruments")["instruments"] for word in row["words"]}
    for phrase, cell in cells.items():
        single = phrase.rstrip("s")
        named = next((rows[w] for w in (phrase, single, *single.split()) if w in rows), rows["bass"])
        generic = "bass guitar" in named["words"]
        yield Entry("instrument", {**named, "program": None} if generic else named, phrase, extra={"art": cell})


def _tempo(table: dict[str, Any]) -> Iterator[Entry]:
    yield from _table("tempo_word", {k: v[2] for k, v in table["italian"].items()})
    yield from _table("tempo_factor", table["relative"])
    yield from _table("tempo_word", table["absolute"])
    yield from _table("tempo_modifier", table["modifiers"])
    feel = {k: k.replace("-", " ").replace(" ", "_") for k in table["feel"] if k != "cut time"}
    yield from _table("feel", feel)


def _negation(table: dict[str, Any]) -> Iterator[Entry]:
    lists = set(table["lists"])
    for phrase in table["triggers"]:
        if "(" not in phrase and "->" not in phrase:
            yield Entry("not", phrase, phrase, extra={"list": phrase in lists})
    yield from _plain("ends_not", table["ends"])
    yield from _table("special", table["special"])
    yield from (Entry("only", phrase, phrase) for phrase in table["only"] if "->" not in phrase)
