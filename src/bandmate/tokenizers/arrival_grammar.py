"""Which id may follow in `arrival.v1`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import UserError
from bandmate.tokenizers.arrival import DENSITY_STEPS, TIMES, ArrivalTokenizer
from bandmate.tokenizers.flat import DRUMS


@dataclass(frozen=True, slots=True)
class TripletState:
    """Where a sequence of triplets is.

    Attributes:
        slot: 0 time, 1 duration, 2 note; -1 before the flag.
        now: time of the last event, counted anew every 100 s.
        time: of the triplet that is being said.
        rest: whether it may be a REST: its duration is 0.
        control: whether it is a control.
        separators: of the three that were begun.
        begun: whether a triplet was said, so that SEPARATORs end the piece.
        instruments: those in use.
    """

    slot: int = -1
    now: int = 0
    time: int = 0
    rest: bool = False
    control: bool = False
    separators: int = 0
    begun: bool = False
    instruments: frozenset[int] = frozenset()


class ArrivalGrammar:
    """Which id may follow in `arrival.v1`; whoever only takes what it allows, ends in a sequence that decodes.

    Events come at most a second apart, controls at most delta before their time. A sequence may stop behind any
    triplet; three SEPARATORs end it.

    Args:
        tokenizer: whose options count.
        controls: whether controls may be drawn; a sampler that places them itself says no.
        most_instruments: at most so many are used.
    """

    def __init__(
        self, tokenizer: ArrivalTokenizer, *, controls: bool = True, most_instruments: int = DRUMS + 1
    ) -> None:
        self._offset = tokenizer.vocabulary.offsets
        self._vocabulary = tokenizer.vocabulary
        self._delta, self._controls, self._most = tokenizer.options.delta_steps, controls, most_instruments
        if not 1 <= most_instruments <= DRUMS + 1:
            raise UserError(f"most_instruments {most_instruments} is out of range; give 1 to {DRUMS + 1}")

    def start(self) -> TripletState:
        """The state before the first id."""
        return TripletState()

    def allowed(self, state: TripletState) -> NDArray[np.int32]:
        """Ids that may come next, ascending; empty behind the SEPARATORs that end the piece."""
        offset = self._offset
        if state.slot < 0:
            return np.array([offset["AUTOREGRESS"], offset["ANTICIPATE"]], np.int32)
        if state.separators in (1, 2):
            return np.array([offset["SEPARATOR"]], np.int32)
        if state.separators == 3 and state.begun:
            return np.empty(0, np.int32)
        if state.slot == 0:
            found = [offset["TIME"] + (state.now + np.arange(DENSITY_STEPS + 1)) % TIMES]
            if self._controls:
                found.append(offset["CONTROL_TIME"] + (state.now + np.arange(self._delta + 1)) % TIMES)
            if not state.separators or state.begun:
                found.append(np.array([offset["SEPARATOR"]]))
            return np.sort(np.concatenate(found)).astype(np.int32)
        prefix = "CONTROL_" if state.control else ""
        if state.slot == 1:
            return self._vocabulary.ids(f"{prefix}DURATION")
        notes = self._vocabulary.ids(f"{prefix}NOTE")
        if len(state.instruments) >= self._most:
            used = np.array(sorted(state.instruments), np.int32)
            notes = notes.reshape(-1, 128)[used].reshape(-1)
        return np.append(notes, np.int32(offset["REST"])) if state.rest and not state.control else notes

    def advance(self, state: TripletState, token: int) -> TripletState:
        """The state after an id.

        Raises:
            UserError: the id is not allowed here.
        """
        name, index = self._vocabulary.taken(token, self.allowed(state))
        if name in ("AUTOREGRESS", "ANTICIPATE"):
            return replace(state, slot=0)
        if name == "SEPARATOR":
            return replace(state, separators=state.separators % 3 + 1)
        if state.slot == 0:
            return replace(state, slot=1, time=index, control=name.startswith("CONTROL"))
        if state.slot == 1:
            return replace(state, slot=2, rest=index == 0)
        used = state.instruments if name == "REST" else state.instruments | {index // 128}
        now = state.now if state.control else state.time
        return replace(state, slot=0, now=now, begun=True, separators=0, instruments=used)
