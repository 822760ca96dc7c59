"""Sections in the order they are told: `8 bar intro`, `drop at bar 17`, `starts with solo cello`, `ends quiet`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bandmate.analysis.genres import genre
from bandmate.generation.lexicon import Entry
from bandmate.generation.words_draft import Draft
from bandmate.generation.words_scan import Fact
from bandmate.generation.words_tracks import Tracks

_STARTS = frozenset(["starts", "start", "starting", "begins", "begin", "beginning", "opens", "opening"])
_ENDS = frozenset(["ends", "end", "ending", "finishes", "finish", "closes"])


@dataclass
class _Section:
    label: str
    bars: int = 0
    energy: int = 0
    roles: list[str] = field(default_factory=list)
    at: int = 0


@dataclass
class Sections:
    """The plan as told so far, and the section that is being described."""

    draft: Draft
    tracks: Tracks
    rows: list[_Section] = field(default_factory=list)
    open_label: str = ""
    takes_modifiers: bool = False
    then: bool = False
    wait_bars: int = 0
    wait_energy: int = 0
    wait_words: list[str] = field(default_factory=list)

    @property
    def main(self) -> str:
        """What the main part is called in the genre that leads."""
        form = genre(self.tracks.genre)["form"]["sections"] if self.tracks.genre else ()
        return "drop" if any("drop" in str(row[0]) for row in form) else "verse"

    def add(self, label: str, bars: int = 0, roles: tuple[str, ...] = ()) -> None:
        """Add a section; what stood before it ("big", "8 bar") colours it."""
        self.leave()
        if self.then and not self.rows and label not in ("intro", "outro", "solo"):
            self.rows.append(_Section(self.main))  # "..., then a verse": what was told before is the main part
        self.then = False
        row = _Section(label, bars or self.wait_bars, self.wait_energy, list(roles))
        self.draft_events(label, self.wait_words)
        self.rows.append(row)
        self.wait_bars, self.wait_energy, self.wait_words = 0, 0, []

    def draft_events(self, label: str, words: list[str]) -> None:
        """Tell what a section is like, as events `label:word`."""
        for word in words:
            self.draft.add("events", f"{label}:{word}")

    def pending(self, entry: Entry, fact: Fact) -> None:
        """A modifier that stands before a section word."""
        if entry.kind == "energy":
            self.wait_energy = int(entry.value)
        elif fact.text.lower() == "big":
            self.wait_energy = 5
        elif fact.text.lower() in ("long", "short"):
            self.wait_bars = {"long": 16, "short": 4}[fact.text.lower()]
        elif entry.kind == "feel" or entry.kind in ("mood", "genre"):
            self.wait_words.append(str(entry.value))
        else:
            self.wait_words.append(fact.text.lower())

    def stop(self, word: str, facts: Sequence[Fact], i: int) -> None:
        """`starts with` and `ends with` open a section that the following tracks and words describe."""
        if word in _STARTS | _ENDS:
            following = facts[i + 1].text.lower() if i + 1 < len(facts) else ""
            label = "intro" if word in _STARTS else "outro"
            modifier = i + 1 < len(facts) and facts[i + 1].entry("energy", "mood", "density") is not None
            if following in ("with", "on", "off", "in", "as") or modifier:
                self.add(label)
                self.open_label, self.takes_modifiers = label, modifier or word in _ENDS
        elif word == "then":
            self.leave()
            self.then = True
        elif word == "later":
            self.tracks.enter(section=2)

    def comma(self, following: Fact | None) -> None:
        """A comma closes an opened section unless another track follows."""
        if self.open_label and not (
            following is not None and following.entry("instrument", "role") and self.rows[-1].roles
        ):
            self.leave()

    def leave(self) -> None:
        """No section is being described any more."""
        self.open_label, self.takes_modifiers = "", False

    def track(self, roles: list[str]) -> None:
        """A track named while a section is open sounds in it."""
        if self.open_label and self.rows:
            self.rows[-1].roles += [r for r in roles if r not in self.rows[-1].roles]

    def colour(self, entry: Entry) -> None:
        """A word about the section that is open."""
        if entry.kind == "energy":
            self.rows[-1].energy = int(entry.value)
        self.draft_events(self.open_label, [str(entry.value) if entry.kind == "mood" else entry.phrase])

    def event(self, value: str) -> None:
        """A ramp is a build in the plan."""
        if value == "ramp_up":
            self.leave()
            if not self.rows or self.rows[-1].label != "build":
                self.rows.append(_Section("build"))

    def bars(self, value: float, facts: Sequence[Fact], i: int) -> bool:
        """Give bars to the section beside the number; False if none stands there."""
        after = [f for f in facts[i + 1 : i + 4] if f.kind != "stop" or f.text.lower() == "of"]
        k = next((n for n, f in enumerate(after) if f.text.lower() != "of"), None)
        if k is not None and after[k].entry("section") and after[k].meaning("section") != "loop":
            self.wait_bars = int(min(value, 2048))
            return True
        before = [f for f in facts[max(0, i - 3) : i] if f.kind != "stop" and f.text not in ("(", ":", "-", "=")]
        if (
            self.rows
            and before
            and before[-1].entry("section")
            and before[-1].meaning("section") == self.rows[-1].label
        ):
            self.rows[-1].bars = int(min(value, 2048))
            return True
        return False

    def at_bar(self, bar: int, facts: Sequence[Fact], i: int) -> bool:
        """`drop at bar 17`; False if no section was named just before."""
        before = [f for f in facts[max(0, i - 3) : i] if f.kind == "lexical"]
        if self.rows and before and before[-1].entry("section"):
            self.rows[-1].at = bar
            return True
        return False

    def counts_bars(self, facts: Sequence[Fact], i: int) -> bool:
        """Whether `at 33` after a section word counts bars, as a section before it did."""
        return i > 0 and facts[i - 1].entry("section") is not None and any(row.at for row in self.rows)

    def close(self) -> None:
        """Turn "at bar N" into lengths of what comes before."""
        out: list[_Section] = []
        start = 1
        for row in self.rows:
            if row.at > start:
                if out and not out[-1].bars:
                    out[-1].bars = row.at - start
                else:
                    out.append(_Section("build" if row.label == "drop" else "intro", row.at - start))
                start = row.at
            out.append(row)
            start += row.bars
        self.rows = out

    def structure(self) -> tuple[tuple[str, int, int, tuple[str, ...]], ...]:
        """The plan as Brief holds it; sections told out of order (an intro last, an outro first) are put in place."""
        order = {"intro": -1, "outro": 1}
        rows = self.rows
        if sum(r.label == "intro" for r in rows) <= 1 and sum(r.label == "outro" for r in rows) <= 1:
            rows = sorted(rows, key=lambda r: order.get(r.label, 0))
        return tuple((r.label, r.bars, r.energy, tuple(r.roles)) for r in rows)
