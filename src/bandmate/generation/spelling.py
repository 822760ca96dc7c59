"""Spelling: which lexicon word a misspelt one stands for, and what to suggest for an unknown one.

Damerau-Levenshtein distance in its optimal-string-alignment form: insert, delete, replace, swap two neighbours.
A word is corrected only over a short distance (1 for 4 to 8 letters, 2 from 9 on), never when it is a common word
of its own, and never to another first letter unless the word is long.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache, lru_cache

from bandmate.analysis.genres import load_table
from bandmate.generation.lexicon import lexicon
from bandmate.generation.words_tokens import squeeze


def distance(a: str, b: str, most: int = 3) -> int:
    """Edits between two words, swaps of neighbours counted once; `most + 1` as soon as it is more than `most`."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, ca in enumerate(a, start=1):
        now = [i]
        for j, cb in enumerate(b, start=1):
            cost = min(row[j] + 1, now[j - 1] + 1, row[j - 1] + (ca != cb))
            if i > 1 and j > 1 and ca == b[j - 2] and a[i - 2] == cb:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1
        before, row = row, now
    return min(row[-1], most + 1)


def _letters(word: str) -> int:
    mask = 0
    for c in word:
        mask |= 1 << (ord(c) % 61)
    return mask


@cache
def _by_length() -> dict[int, list[tuple[str, int]]]:
    table: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for word in lexicon().spell:
        table[len(word)].append((word, _letters(word)))
    return table


@cache
def _own_words() -> frozenset[str]:
    """Common words that look like ours and are not to be touched."""
    words = load_table("words")
    return frozenset(words["not_typos"]) | frozenset(words["near_words"])


def _near(word: str, most: int) -> list[tuple[int, str]]:
    mask, found = _letters(word), []
    for length in range(len(word) - most, len(word) + most + 1):
        for other, letters in _by_length().get(length, ()):
            if (mask ^ letters).bit_count() <= 2 * most:
                edits = distance(word, other, most)
                if edits <= most:
                    found.append((edits, other))
    return sorted(found)


@lru_cache(maxsize=4096)
def correct(word: str) -> str | None:
    """The lexicon word that a misspelt one stands for, None if there is none near enough or several fit alike."""
    if len(word) < 4 or len(word) > 24 or not word.isalpha() or word in _own_words():
        return None
    most = 1 if len(word) <= 6 else 2
    near = [(e, other) for e, other in _near(word, most) if _same_start(word, other, e) and _short(word, other, e)]
    best = [other for edits, other in near if edits == near[0][0]]
    if len(best) > 1 and not _same_meaning(best):
        best = [other for other in best if sorted(other) == sorted(word)]  # letters only changed places
    return best[0] if best else None


def _short(word: str, other: str, edits: int) -> bool:
    """Two edits are little in nine letters; in seven or eight only if one of them is a doubled letter."""
    return edits < 2 or len(word) >= 9 or distance(_undoubled(word), _undoubled(other), 1) < 2


def _undoubled(word: str) -> str:
    return re.sub(r"(.)\1", r"\1", word)


def _same_meaning(words: list[str]) -> bool:
    """Singular and plural, `melancholic` and `melancholy`: either is right."""
    first = words[0]
    meant = {(e.kind, str(e.value)) for e in lexicon().phrases.get(first, ())}
    return all(
        w.startswith(first) or meant & {(e.kind, str(e.value)) for e in lexicon().phrases.get(w, ())} for w in words[1:]
    )


def _same_start(word: str, other: str, edits: int) -> bool:
    if word[0] == other[0] or word[:2] == other[1::-1]:
        return True
    return len(word) >= 7 and edits == 1


@lru_cache(maxsize=4096)
def suggest(word: str) -> tuple[str, ...]:
    """Up to three understood words close in meaning or spelling."""
    meant = load_table("words")["near_words"].get(word) or load_table("words")["near_words"].get(_stem(word))
    if meant:
        return tuple(meant[:3])
    if len(word) < 3 or len(word) > 24 or not squeeze(word).isalpha():
        return ()
    near = [n for n in _near(word, 1 if len(word) < 5 else 2) if n[1][0] == word[0] or n[0] == 1]
    return tuple(other for _, other in near if other != word and other in lexicon().phrases)[:3]


def _stem(word: str) -> str:
    for ending in ("ish", "ness", "ly", "s", "y", "ing"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
