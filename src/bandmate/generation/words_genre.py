"""Which genre leads, which one lends, and which genre a text without a genre word suggests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bandmate.analysis.genres import load_table
from bandmate.generation.lexicon import Entry
from bandmate.generation.words_scan import Fact

_TRACKS = ("instrument", "role", "voice", "group")
_ADJECTIVES = frozenset({"minimal", "deep", "liquid", "groove", "epic", "electronic", "dance", "wave", "atmospheric"})
_DRUM_WORDS = frozenset(["drums", "drum", "beat", "beats", "groove", "kit"])


@dataclass(frozen=True, slots=True)
class GenreChoice:
    """The genre that leads (drums, tempo), the one that lends harmony and instruments, styles, and what was used.

    Attributes:
        used: indices of facts read as genre words; their other meanings are not read.
        inferred: whether the genre follows from an instrument or a mood rather than from a genre word.
    """

    head: str | None = None
    other: str | None = None
    styles: tuple[str, ...] = ()
    used: frozenset[int] = frozenset()
    inferred: bool = False
    notices: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    index: int
    entry: Entry
    flavour: bool
    revised: bool
    ambiguous: bool = False  # names an instrument or a mood as well


def choose(facts: Sequence[Fact]) -> GenreChoice:
    """Pick the genres of a text."""
    candidates = [c for c in (_candidate(facts, i) for i in range(len(facts))) if c]
    strong = [c for c in candidates if not c.entry.weak]
    if not strong:
        return _from_weak(candidates)
    last_revision = max((n for n, c in enumerate(strong) if c.revised), default=0)
    dropped, strong = strong[:last_revision], strong[last_revision:]
    heads = [c for c in strong if not c.flavour] or strong
    head = heads[-1]
    others = [c for c in strong if c.entry.value != head.entry.value]
    other = head.entry.extra.get("genre2") or (others[-1].entry.value if others else None)
    led = [c for c in strong if c.entry.value == head.entry.value]
    styles = tuple(dict.fromkeys(c.entry.extra["style"] for c in (*led, *others[-1:]) if "style" in c.entry.extra))
    used = frozenset(c.index for c in strong + dropped)
    refined = _refined(head.entry.value, candidates)
    conflicts = tuple(
        f"the genres {c.entry.phrase} and {head.entry.phrase}: the later one, {head.entry.phrase}, wins"
        for c in dropped
        if c.entry.value != head.entry.value
    )
    extra = tuple(
        f"'{c.entry.phrase}' is left out: one leading and one lending genre are taken"
        for c in others[:-1]
        if c.entry.value != other
    )
    return GenreChoice(refined, other if other != refined else None, styles, used, False, extra, conflicts)


def _from_weak(candidates: list[_Candidate]) -> GenreChoice:
    if not candidates:
        return GenreChoice()
    candidates = [c for c in candidates if not (c.flavour and c.entry.phrase in _ADJECTIVES)]  # "minimal piano"
    if not candidates:
        return GenreChoice()
    pure = [c for c in candidates if not c.flavour] or candidates
    pure = [c for c in pure if not c.ambiguous] or pure
    head = pure[-1]
    styles = (head.entry.extra["style"],) if "style" in head.entry.extra else ()
    return GenreChoice(head.entry.value, None, styles, frozenset({head.index}), True)


def _refined(head: str, candidates: list[_Candidate]) -> str:
    """`drum and bass, liquid` is liquid drum and bass: a word apart names the kind."""
    table = load_table("words")["genre_words"]["refine"]
    for candidate in candidates:
        head = table.get(candidate.entry.phrase, {}).get(head, head)
    return head


def _candidate(facts: Sequence[Fact], i: int) -> _Candidate | None:
    fact = facts[i]
    entries = [e for e in fact.entries if e.kind == "genre"]
    if not entries or fact.kind != "lexical" or _negated(facts, i):
        return None
    if fact.entry("mood") and i + 1 < len(facts) and facts[i + 1].entry("section") and len(facts) > 2:
        return None  # "horror intro" colours the intro
    entry = next((e for e in entries if not e.weak), entries[0])
    return _Candidate(i, entry, _flavour(facts, i), _revised(facts, i), fact.entry(*_TRACKS, "mood") is not None)


def _negated(facts: Sequence[Fact], i: int) -> bool:
    """`no techno`, `not a waltz`; but in `not too dark techno` and `not dark techno` the mood is meant."""
    for k in range(i - 1, max(-1, i - 4), -1):
        if facts[k].entry("not"):
            return True
        if facts[k].kind != "stop" or facts[k].text.lower() == "too":
            return False
    return False


def _flavour(facts: Sequence[Fact], i: int) -> bool:
    """`jazzy`, `jazz piano`, `latin-tinged`, a genre in a with-clause: they lend, they do not lead."""
    after = facts[i + 1] if i + 1 < len(facts) else None
    if after is not None and after.kind == "lexical":
        if after.entry("flavour") and after.glued:
            return True
        if after.entry(*_TRACKS):
            return after.text.lower() not in _DRUM_WORDS
    for k in range(i - 1, max(-1, i - 5), -1):
        word = facts[k].text.lower()
        if word == "with":
            return not (after is not None and after.text.lower() in _DRUM_WORDS)
        if facts[k].kind == "end" or facts[k].entry("genre"):
            return False
    return False


def _revised(facts: Sequence[Fact], i: int) -> bool:
    """Whether a revision word ("actually", "make it") stands before it in its clause."""
    for k in range(i - 1, -1, -1):
        if facts[k].entry("revision"):
            return True
        if facts[k].kind == "end" or facts[k].entry("genre"):
            return False
    return False


def guess(roles: Sequence[str], moods: Sequence[str], excluded: Sequence[str]) -> str:
    """The genre where none is named: pads without drums are ambient, strings alone a quartet, epic is cinematic."""
    quiet = {"calm", "sleepy", "dreamy", "spiritual"} & set(moods)
    if (
        roles
        and set(roles) <= {"pad", "arp", "fx", "vox"}
        and ("drums" in excluded or quiet or set(roles) <= {"pad", "fx"})
    ):
        return "ambient"
    if roles and set(roles) == {"strings"}:
        return "cinematic" if {"epic", "tense", "scary", "heroic", "dark"} & set(moods) else "string_quartet"
    if {"epic", "heroic", "majestic", "scary", "menacing", "tense", "magical"} & set(moods) and "drums" not in roles:
        return "cinematic"
    if quiet and not roles:
        return "ambient"
    return "pop"
