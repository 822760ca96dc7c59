"""Every error Bandmate raises on purpose.

    BandmateError
    ├── UserError                the caller's mistake: exit code 2, one sentence with the cure
    │   ├── BriefError           words or flags that cannot be met
    │   │   └── RuleConflict     hard rules that leave nothing to write
    │   ├── ScoreError           a score that breaks its own rules
    │   ├── FileFormatError      a file that cannot be read as what it claims to be
    │   ├── LibraryError         a folder or catalog that gives nothing to learn from
    │   ├── ModelError           a model that is missing, damaged or of another version
    │   ├── OutputError          a place that cannot be written
    │   ├── MissingExtra         an optional part that is not installed
    │   └── LiveError            a running Live that does not answer, or refuses
    └── InternalError            ours: exit code 1, the log says where

A message names the file, the place, the value and the cure, in one sentence.
"""

from __future__ import annotations


class BandmateError(Exception):
    """Root of the tree; catch it to catch everything Bandmate raises on purpose."""


class UserError(BandmateError):
    """The caller can cure it; the message says how."""


class BriefError(UserError):
    """A demand that cannot be understood or met."""


class RuleConflict(BriefError):  # noqa: N818  a rule is named, as musicians name it
    """Hard rules leave nothing to write; the message names the rules."""


class ScoreError(UserError):
    """A score, or a value for one, outside what a score can hold."""


class FileFormatError(UserError):
    """A file that cannot be read as what it claims to be."""


class LibraryError(UserError):
    """A folder or catalog that holds nothing usable."""


class ModelError(UserError):
    """A model that is missing, damaged or made by another version."""


class OutputError(UserError):
    """A place that cannot be written to."""


class MissingExtra(UserError):  # noqa: N818
    """An optional part is not installed; the message is its install line."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f'{purpose} needs an optional part; install it with: pip install "bandmate[{extra}]"')
        self.extra = extra


class LiveError(UserError):
    """A running Ableton Live that does not answer, refuses, or was changed meanwhile."""


class InternalError(BandmateError):
    """A promise of ours that did not hold."""
