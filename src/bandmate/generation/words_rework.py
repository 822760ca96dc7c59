"""Words that rework a take with another command: "groove it like funk", "restyle to bossa nova", "bars 5-8 busier".

What is left of the words is a follow-up (`words_followup`). One table, REWORKS, says which words mean which command;
the groups of its patterns are the options: `who` names tracks, `style` a style, `amount` a strength.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bandmate.generation.words_followup import clauses_of

_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "sixteen": 16,
}  # fmt: skip
_COUNT = r"(?:\d{1,4}|" + "|".join(_NUMBERS) + ")"
_BARS = re.compile(
    r"\s*\b(?:(?P<word>in|of|at|for|over|from|through|before|into|to|after|on)\s+)?(?:the\s+)?"
    r"(?:bars?\s+(?P<first>\d{1,4})(?:\s*(?:-|–|to|through|until|and)\s*(?P<last>\d{1,4}))?"
    rf"|(?P<side>first|last)\s+(?P<count>{_COUNT})?\s*bars?)\b",
    re.I,
)
_WHO = r"(?:\s+(?P<who>(?!like\b|in\b|to\b|as\b|with\b|by\b|into\b|a\b).+?))?"
_STYLE = r"(?:\s+(?:like|as|in|to|into|with)\s+(?:an?\s+|the\s+|some\s+)?(?P<style>(?!second voice).+?)" \
         r"(?:\s+(?:feel|style|groove|drummer|drums|band|manner|chords|way))?)?"  # fmt: skip
_AMOUNT = (
    r"(?:,?\s+(?P<amount>(?:only\s+)?(?:just\s+)?(?:a (?:tiny |little |wee )?bit|a little|a touch|slightly|gently|"
    r"somewhat|a lot|much|strongly|heavily|fully|completely|(?:by\s+)?\d{1,3}\s*(?:%|percent))))?"
)
_IT = r"(?:\s+(?:it|this|that|everything|all|the (?:song|piece|take|whole thing|whole song)))?"
_KEEP = r"(?:,?\s+(?:but\s+|and\s+)?keep(?:ing)?\s+(?:the\s+|its\s+)?(?P<keep>rhythm|pitches|notes|contour|chords))?"
_FORM_PART = re.compile(r"^(?:and\s+)?(?:an?\s+)?[a-z-]+(?:\s+\d)?\s+\d{1,3}(?:\s+bars?)?$", re.I)
_KEPT = re.compile(r"^keep(?:ing)?\s+(?:the\s+|its\s+)?(?:rhythm|pitches|notes|contour|chords)$", re.I)
_REST = ("it", "this", "that", "everything", "all", "the song", "the piece", "the take", "the whole thing", "")

# (command, pattern of a whole clause, options that it states)
REWORKS: tuple[tuple[str, re.Pattern[str], dict[str, Any]], ...] = tuple(
    (command, re.compile(rf"^{pattern}$", re.I), options)
    for command, pattern, options in (
        ("fill", r"(?:(?:add|put|play|with|give me)\s+)?(?:an?\s+)?(?P<who>drum|tom|snare|bass|melody)?\s*fill"
                 r"(?:\s+(?:at|in|on|before|into|to|after|near)\s+the\s+end)?", {}),
        ("groove", rf"(?:groove|humani[sz]e){_WHO}{_STYLE}{_AMOUNT}", {}),
        ("groove", r"(?:give|play)\s+(?P<who>.+?)\s+(?:with\s+)?(?:an?\s+|the\s+)(?P<style>.+?)\s+(?:feel|groove)"
                   rf"{_AMOUNT}",
         {}),
        ("reharmonise", rf"re-?harmoni[sz]e{_IT}{_STYLE}{_AMOUNT}", {}),
        ("harmonise", rf"(?:harmoni[sz]e{_WHO}|add)\s+(?:with\s+)?an?\s+second voice"
                      r"(?:\s+(?P<above>above|on top|below))?",
         {"voice": True}),
        ("harmonise", rf"harmoni[sz]e{_WHO}{_STYLE}", {}),
        ("drumify", rf"drumify{_WHO}{_STYLE}", {}),
        ("drumify", rf"(?:make |add )?drums (?:from|out of|of) (?:the )?(?P<who>.+?)(?:'s rhythm| rhythm)?{_STYLE}",
         {}),
        ("restyle", rf"(?:re-?style){_IT}{_STYLE}", {}),
        ("restyle", r"(?:turn|make|rework)\s+(?:it|this|the song|the piece)\s+into\s+(?:an?\s+)?(?P<style>.+?)"
                    r"(?:\s+(?:song|tune|piece))?", {}),
        ("arrange", rf"arrange{_IT}(?:\s+(?:(?:as|into)\s+a\s+(?:whole\s+|full\s+)?song|"
                    r"(?:as|into|like|with|in|to)?:?\s*(?:the form\s+)?(?P<form>[a-z-]+(?:\s+\d)?\s+\d.*)))?", {}),
        ("arrange", r"make\s+a\s+(?:whole\s+|full\s+)?song\s+(?:out\s+)?of\s+(?:it|this)", {}),
        ("vary", rf"vary{_WHO}{_AMOUNT}{_KEEP}", {}),
        ("continue", rf"(?:(?:continue|go on|carry on|extend)(?:\s+it)?(?:\s+(?:for|by))?|add|play)\s+(?:another\s+)?"
                     rf"(?P<bars>{_COUNT})\s+(?:more\s+)?bars?(?:\s+more)?(?:\s+(?P<words>.+))?", {}),
        ("continue", rf"(?P<bars>{_COUNT})\s+more\s+bars?", {}),
        ("continue", r"(?:continue|go on|carry on)(?:\s+it)?", {}),
        ("respond", r"(?:respond|answer|reply)(?:\s+to)?(?:\s+(?:it|this))?(?:\s+(?:with|by|in)\s+an?\s+"
                    r"(?P<mode>contrast|complement)\w*(?:\s+.*)?)?", {}),
        ("accompany", r"accompany(?:\s+(?:it|this|them))?\s+(?:with|by)\s+(?P<add>.+)", {}),
        ("interpolate", rf"(?:interpolate|morph|cross-?fade|move)(?:\s+(?:it|over|from here))?\s+"
                        r"(?:with|to|into|towards?)\s+take\s+(?P<other>\d{1,4})"
                        rf"(?:\s+in\s+(?P<steps>{_COUNT})\s+steps)?",
         {}),
    )
)  # fmt: skip
_AMOUNTS = (("tiny", 0.15), ("lot", 0.8), ("much", 0.8), ("strong", 0.8), ("heav", 0.8), ("full", 1.0),
            ("complete", 1.0), ("somewhat", 0.5))  # fmt: skip
_LITTLE = 0.25
_NO_STEP = re.compile(r"^(?:keep|leave|don.?t|do not|hold|preserve)\b", re.I)
_ENTERS = re.compile(r"\b(?:enters?|come|comes|joins?|starts?|begins?)\b", re.I)
_WRITE = re.compile(r"^(?:(?:re-?generate|re-?write|re-?do|make|play|change)\b\s*)?(?:(?:it|of|the)\b\s*)*", re.I)
_TAKE = re.compile(r"^take\s+(\d{1,4})$", re.I)


@dataclass(frozen=True, slots=True)
class Step:
    """One command on a take.

    Attributes:
        command: its name; clause: the words that asked for it.
        options: of the command, but for those that need the take:
        who: words for its tracks, "" = those that it takes itself.
        bars: first and last from 1, negative = from the end.
        take: number of another take that it leans on, 0 = none.
        words: that are handed on to the command.
    """

    command: str
    clause: str
    options: dict[str, Any] = field(default_factory=dict)
    who: str = ""
    bars: tuple[int, int] | None = None
    take: int = 0
    words: str = ""


def read_steps(text: str) -> tuple[str, tuple[Step, ...]]:
    """The words that are left for a follow-up, and the steps that rework the take, in the order they were said."""
    left, steps = [], []
    for clause in _joined(clauses_of(text)):
        step = _step(clause)
        if step is None:
            left.append(clause)
        else:
            steps.append(step)
    return ", ".join(left), tuple(steps)


def _joined(clauses: list[str]) -> list[str]:
    """Clauses with the further sections of a form, and what a variation keeps, back where they belong."""
    found: list[str] = []
    for clause in clauses:
        last = found[-1].lower() if found else ""
        form = last.startswith(("arrange", "re-arrange")) and _FORM_PART.match(clause)
        if form or (last.startswith("vary") and _KEPT.match(clause)):
            found[-1] += f", {clause}"
        else:
            found.append(clause)
    return found


def _step(clause: str) -> Step | None:
    if _NO_STEP.match(clause):
        return None
    where = _BARS.search(clause)
    rest = re.sub(r"\s+", " ", f"{clause[: where.start()]} {clause[where.end() :]}").strip() if where else clause
    bars = _span(where) if where else None
    for command, pattern, stated in REWORKS:
        if match := pattern.match(rest):
            found = _before(where, bars) if command == "fill" else bars
            return _read(command, clause, match, dict(stated), found)
    if where is None or _ENTERS.search(clause) or (str(where["word"]).lower() in ("from", "at") and not where["last"]):
        return None  # "strings from bar 9" is about who plays when
    words = _WRITE.sub("", rest)
    return Step("regenerate", clause, who=words, bars=bars, words=words)


def _span(where: re.Match[str]) -> tuple[int, int]:
    if where["first"]:
        return int(where["first"]), int(where["last"] or where["first"])
    count = _number(where["count"] or "one")
    return (1, count) if where["side"].lower() == "first" else (-count, -1)


def _before(where: re.Match[str] | None, bars: tuple[int, int] | None) -> tuple[int, int]:
    """The bar that a fill ends: the one named, or the one before it; the last one if none is."""
    if where is None or bars is None:
        return (-1, -1)
    leads = str(where["word"]).lower() in ("before", "into", "to") and bars[0] > 1
    return (bars[0] - 1, bars[0] - 1) if leads else bars


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.lower()]


def _read(
    command: str, clause: str, match: re.Match[str], options: dict[str, Any], bars: tuple[int, int] | None
) -> Step:
    said = {name: value.strip() for name, value in match.groupdict().items() if value is not None}
    who, take, words = said.pop("who", ""), 0, said.pop("words", "")
    for name, value in said.items():
        if name == "style" and (other := _TAKE.match(value)):
            take = int(other[1])
        elif name == "other":
            take = int(value)
        else:
            options |= _OPTIONS[name](value)
    who = "" if who.lower() in _REST else re.sub(r"^(?:the|my|its)\s+", "", who, flags=re.I)
    return Step(command, clause, options, who, bars, take, words)


def _strength(text: str) -> dict[str, Any]:
    digits = re.search(r"\d+", text)
    if digits:
        return {"strength": int(digits[0]) / 100}
    return {"strength": next((value for word, value in _AMOUNTS if word in text.lower()), _LITTLE)}


_OPTIONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "style": lambda text: {"style": text},
    "amount": _strength,
    "above": lambda text: {"above": text.lower() != "below"},
    "form": lambda text: {"form": text},
    "keep": lambda text: {"keep": "pitches" if text.lower() == "notes" else text.lower()},
    "bars": lambda text: {"bars": _number(text)},
    "mode": lambda text: {"mode": text.lower()},
    "add": lambda text: {"add": text},
    "steps": lambda text: {"steps": _number(text)},
}
