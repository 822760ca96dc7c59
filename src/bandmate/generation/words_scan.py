"""From tokens to facts: at each place the longest rule or phrase wins; what none takes is unknown."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from bandmate.analysis.genres import load_table
from bandmate.generation import spelling, words_keys, words_numbers, words_tempo
from bandmate.generation.lexicon import MAX_PHRASE, Entry, lexicon
from bandmate.generation.words_tokens import Token, squeeze, tokenise

_RULES = (*words_keys.RULES, *words_tempo.RULES, *words_numbers.RULES)
_SENTENCE_ENDS = frozenset(".;!?\n")
_GRADES = (
    ("iest", "y", 1.4),
    ("ier", "y", 1.2),
    ("est", "", 1.4),
    ("er", "", 1.2),
    ("est", "e", 1.4),
    ("er", "e", 1.2),
)
_GRADED = frozenset({"mood", "energy", "density", "register", "genre", "articulation"})


@dataclass(frozen=True, slots=True)
class Fact:
    """Something said, at tokens start..end.

    Attributes:
        kind: "lexical" (see entries), "tempo", "key", "bars", ..., "number", "sign", "stop" or "unknown".
        entries: every meaning of a phrase.
        weight: 1.2 for "darker", 0.6 for "darkish".
    """

    kind: str
    value: Any
    start: int
    end: int
    text: str
    entries: tuple[Entry, ...] = ()
    weight: float = 1.0
    glued: bool = False

    def entry(self, *kinds: str) -> Entry | None:
        """The first meaning of one of these kinds."""
        for kind in kinds:
            for entry in self.entries:
                if entry.kind == kind:
                    return entry
        return None

    def meaning(self, kind: str) -> Any:
        """The value of the first meaning of a kind, None if there is none."""
        entry = self.entry(kind)
        return None if entry is None else entry.value


@dataclass(frozen=True, slots=True)
class Scan:
    """Facts in text order, and sentences about what was corrected or translated."""

    facts: tuple[Fact, ...]
    notices: tuple[str, ...]


def scan(text: str) -> Scan:
    """Read a text into facts. Every token ends in exactly one fact."""
    tokens, notices = _repair(tokenise(_complaints(_emoji(text))))
    facts: list[Fact] = []
    i = 0
    while i < len(tokens):
        fact = _fact_at(tokens, i)
        facts.append(fact)
        i = fact.end
    return Scan(tuple(facts), tuple(dict.fromkeys(notices)))


def _emoji(text: str) -> str:
    if text.isascii():
        return text
    for sign, word in load_table("words")["emoji"].items():
        text = text.replace(sign, f" {word} ")
    return text.replace("\ufe0f", "")


def _complaints(text: str) -> str:
    """`too busy` and `less energetic` ask for the opposite, as the table has it; `not too busy` is no complaint.

    What "less" makes of a number (`less busy`) is not said here: `words_draft.turned` reckons it.
    """
    for pattern, asked in _complaint_words():
        text = pattern.sub(lambda match, asked=asked: asked[" ".join(match["word"].lower().split())], text)
    return text


@cache
def _complaint_words() -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
    found = []
    for told, table in load_table("words")["complaints"].items():
        asked = {word: phrase for phrase, words in table.items() for word in words}
        words = "|".join(word.replace(" ", r"\s+") for word in sorted(asked, key=len, reverse=True))
        before = r"(?<!not\s)(?<!n't\s)(?<!nt\s)(?<!never\s)(?:(?:way|far|much|a\s+lot)\s+)?"
        found.append((re.compile(rf"{before}\b(?:{told.replace(', ', '|')})\s+(?P<word>{words})\b(?!-)", re.I), asked))
    return tuple(found)


@cache
def _known() -> frozenset[str]:
    """Every single word that a rule, a phrase or the stop list knows."""
    lex = lexicon()
    words = {
        w for entries in lex.phrases.values() for e in entries for w in re.split(r"[\s\-]+", squeeze_words(e.phrase))
    }
    units = words_numbers.NUMBER_WORDS | words_numbers.BARS | words_numbers.SECONDS | words_numbers.MINUTES
    rest = set(words_keys.modes()) | {
        "minor",
        "major",
        "sharp",
        "flat",
        "camelot",
        "whole",
        "harmonic",
        "melodic",
        "dominant",
        "scale",
        "key",
        "keys",
        "signature",
        "percent",
        "bpm",
        "bpms",
        "ish",
        "minute",
        "per",
    }
    return frozenset(words | units | rest | lex.stop | set(lex.translate))


def squeeze_words(phrase: str) -> str:
    """Lower-case words of a phrase, its hyphens as spaces."""
    return " ".join(squeeze(w) for w in re.split(r"[\s\-]+", phrase))


def _repair(tokens: list[Token]) -> tuple[list[Token], list[str]]:
    """Apply the table of typos, the language tables and the spelling correction, token by token."""
    out: list[Token] = []
    notices: list[str] = []
    i = 0
    while i < len(tokens):
        used, words, notice = _repaired(tokens, i)
        out.extend(words)
        if notice:
            notices.append(notice)
        i += used
    return out, notices


def _repaired(tokens: list[Token], i: int) -> tuple[int, list[Token], str]:
    token = tokens[i]
    if token.sign or token.value is not None:
        return 1, [token], ""
    lex = lexicon()
    for count in (3, 2, 1):
        span = tokens[i : i + count]
        if len(span) < count or any(t.sign for t in span):
            continue
        key = "".join(t.text for t in span)
        if key in lex.typos:
            fixed = lex.typos[key]
            return count, _retoken(fixed, token), f"'{' '.join(t.raw for t in span)}' is read as '{fixed}'"
        if count > 1 and key in lex.translate and key not in lex.phrases:
            return count, _retoken(lex.translate[key], token), ""
    return (1, *_single(token))


def _single(token: Token) -> tuple[list[Token], str]:
    lex, word = lexicon(), token.text
    if words_numbers.form([token], 0):
        return [token], ""
    if word in lex.phrases or word in lex.stop:
        return [token], ""
    if word in lex.translate and word not in ("min", "maj", "mins", "secs", "bpm", "bs", "sn"):
        return _retoken(lex.translate[word], token), ""
    if word in _known() or _stem_known(word):
        return [token], ""
    fixed = spelling.correct(word)
    if fixed is None:
        return [token], ""
    return _retoken(fixed, token), f"'{token.raw}' is read as '{fixed}'"


def _retoken(text: str, token: Token) -> list[Token]:
    words = tokenise(text)
    return [replace(words[0], glued=token.glued), *words[1:]] if words else [token]


def _stem_known(word: str) -> bool:
    return any(stem in _known() for stem in _singulars(word)) or _graded(word) is not None or _suffix(word) is not None


def _singulars(word: str) -> tuple[str, ...]:
    out = []
    if len(word) > 3 and word.endswith("es"):
        out.append(word[:-2])
    if len(word) > 2 and word.endswith("s") and not word.endswith("ss"):
        out.append(word[:-1])
    return tuple(out)


def _graded(word: str) -> tuple[tuple[Entry, ...], float] | None:
    """`darker`, `happier`, `sadder`, `darkish` -> the base word and its weight."""
    phrases = lexicon().phrases
    candidates = [(word[: -len(end)] + back, weight) for end, back, weight in _GRADES if word.endswith(end)]
    candidates += [
        (word[: -len(e) - 1], w)
        for e, w in (("er", 1.2), ("est", 1.4), ("ish", 0.6))
        if word.endswith(e) and word[-len(e) - 1 : -len(e)] == word[-len(e) - 2 : -len(e) - 1]
    ]
    if word.endswith("ish"):
        candidates += [(word[:-3], 0.6), (word[:-3] + "e", 0.6), (word[:-3] + "y", 0.6)]
    if word.endswith("ly"):
        candidates += [(word[:-2], 1.0), (word[:-3] + "y" if word.endswith("ily") else word[:-2] + "le", 1.0)]
    if word.endswith("ey"):  # "grimey", "jazzey"
        candidates.append((word[:-2] + "y", 1.0))
    for base, weight in candidates:
        entries = tuple(e for e in phrases.get(base, ()) if e.kind in _GRADED)
        if len(base) > 2 and entries:
            return entries, weight
    return None


def _suffix(word: str) -> tuple[str, str] | None:
    """`pianoless` -> (piano, less)."""
    for ending in ("less", "free"):
        base = word[: -len(ending)]
        if word.endswith(ending) and len(base) > 2:
            for form in (base, base + "s"):
                if any(e.kind in ("instrument", "role", "voice") for e in lexicon().phrases.get(form, ())):
                    return form, ending
    return None


def _fact_at(tokens: list[Token], i: int) -> Fact:
    token = tokens[i]
    best: Fact | None = None
    for rule in _RULES:
        found = rule(tokens, i)
        if found and (best is None or found[0] > best.end - i):
            text = " ".join(t.raw for t in tokens[i : i + found[0]])
            best = Fact(found[1], found[2], i, i + found[0], text, glued=token.glued)
    lexical = _lexical(tokens, i)
    if lexical and (best is None or lexical.end > best.end or (best.kind == "bare_tempo" and lexical.end >= best.end)):
        return lexical
    if best:
        return best
    return _plain_fact(tokens, i)


def _plain_fact(tokens: list[Token], i: int) -> Fact:
    token = tokens[i]
    if token.sign:
        return Fact("end" if token.text in _SENTENCE_ENDS else "sign", token.text, i, i + 1, token.raw)
    number = words_numbers.number_at(tokens, i)
    if number:
        used, value = number
        return Fact("number", value, i, i + used, " ".join(t.raw for t in tokens[i : i + used]), glued=token.glued)
    kind = "stop" if token.text in lexicon().stop else "unknown"
    return Fact(kind, token.text, i, i + 1, token.raw, glued=token.glued)


def _lexical(tokens: list[Token], i: int) -> Fact | None:
    phrases = lexicon().phrases
    if tokens[i].sign:
        return None
    run = 0
    while run < MAX_PHRASE and i + run < len(tokens) and not tokens[i + run].sign:
        run += 1
    for count in range(run, 0, -1):
        span = tokens[i : i + count]
        key = "".join(t.text for t in span)
        if count == 2 and key == "bassdrums":  # of one kick nobody has several: two players of a list
            continue
        text = " ".join(t.raw for t in span)
        entries = phrases.get(key) or next((phrases[s] for s in _singulars(key) if s in phrases), None)
        if entries and _joins(span, entries):
            return Fact("lexical", None, i, i + count, text, entries, _grade_of(key, entries), span[0].glued)
        if count == 1:
            return _derived(span[0], i, text)
    return None


def _grade_of(key: str, entries: tuple[Entry, ...]) -> float:
    """`darker` stands in the table as a word of its own; it is more than `dark` all the same."""
    graded = _graded(key) if key.endswith(("er", "est")) else None
    same = graded is not None and any(
        e.kind == "mood" and e in entries for e in (replace(g, phrase=key) for g in graded[0])
    )
    return graded[1] if graded is not None and same else 1.0


def _joins(span: list[Token], entries: tuple[Entry, ...]) -> bool:
    """A phrase typed in more words than it has must not be pieced together from little words ("so lo")."""
    words = max(len(re.split(r"[\s\-&]+", e.phrase)) for e in entries)
    if len(span) <= max(words, 1) or all(t.glued for t in span[1:]):
        return True
    return all(t.text not in lexicon().stop and len(t.text) > 1 for t in span)


def _derived(token: Token, i: int, text: str) -> Fact | None:
    if token.text in lexicon().stop:
        return None
    graded = _graded(token.text)
    if graded:
        return Fact("lexical", None, i, i + 1, text, graded[0], graded[1], token.glued)
    suffix = _suffix(token.text)
    if suffix:
        return Fact("without", suffix[0], i, i + 1, text, lexicon().phrases[suffix[0]], glued=token.glued)
    return None
