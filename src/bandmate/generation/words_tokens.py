"""Text into tokens: folded, lower-case words, numbers and signs, each remembering how it was typed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_PRE = (
    (re.compile(r"\bw/o\b", re.I), "without"),
    (re.compile(r"\bw/", re.I), "with "),
    (re.compile(r"['’‘`´]"), ""),
    (re.compile(r"[–—−]"), "-"),
    (re.compile(r"♯"), "#"),
    (re.compile(r"♭"), "b"),
    (re.compile(r"[×✕]"), " x "),
    (re.compile(r"[♩♪]\s*\."), " dotted quarter "),
    (re.compile(r"♩"), " quarter "),
    (re.compile(r"\s[rR]\s*(?:&|\band\b)\s*[bB]\b"), " rnb"),
    (re.compile(r"^[rR]\s*(?:&|\band\b)\s*[bB]\b"), "rnb"),
)
_TOKEN = re.compile(
    r"(?P<clock>\d{1,2}:\d\d(?!\d))"
    r"|(?P<number>\d+(?:\.\d+)?)(?![\w#])"
    r"|(?P<unit>\d+(?:\.\d+)?)(?=(?:bpm|bars?|measures?|takte?|sec|secs|seconds?|s|mins?|minutes?|x|ish|th|nd|rd|st|hz)\b)"
    r"|(?P<word>[^\W_](?:[^\W_]|#)*|&)"
    r"|(?P<sign>[^\s\w]|_)",
    re.IGNORECASE,
)
_NOT_IN_KEY = re.compile(r"[^\w#]|_")
_KEY_OF = {code: chr(code).lower() if chr(code).isalnum() or code == ord("#") else "" for code in range(128)}
_KEY_OF[ord("&")] = "and"
_DECADE = re.compile(r"(?:50|60|70|80|90|00|(?:19|20)\d0)s", re.I)
_SLANG_NUMBER = re.compile(r"(?:808|303|909|707|606)s", re.I)


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign.

    Attributes:
        text: folded and lower-case ("f#m", "120", ",").
        raw: as typed, accents folded ("F#m").
        glued: a hyphen or nothing stood between this and the token before it.
        value: the number, for number tokens.
        sign: whether it is punctuation.
    """

    text: str
    raw: str
    glued: bool = False
    value: float | None = None
    sign: bool = False


def fold(text: str) -> str:
    """Fold accents and typographic signs, keep case, sharps and flats: `Klavier für F♯` -> `Klavier fur F#`."""
    for pattern, replacement in _PRE:
        text = pattern.sub(replacement, text)
    text = text.replace("ß", "ss").replace("ø", "o").replace("Ø", "O").replace("ł", "l")
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c))


def squeeze(text: str) -> str:
    """The key under which hyphen, space and nothing are equal: `Lo-Fi hip hop` -> `lofihiphop`."""
    if text.isascii():
        return text.translate(_KEY_OF)  # one call for thousands of phrases
    return _NOT_IN_KEY.sub("", fold(text).lower().replace("&", "and"))


def tokenise(text: str) -> list[Token]:
    """Split folded text into tokens; a hyphen between two words only marks the second as glued."""
    text = fold(text)
    tokens: list[Token] = []
    hyphen = False
    last_end = -1
    for match in _TOKEN.finditer(text):
        raw = match.group()
        start, end = match.span()
        close = start == last_end
        if raw == "-" and close and end < len(text) and text[end].isalnum() and _word_before(tokens, text[end]):
            hyphen, last_end = True, end
            continue
        if match.lastgroup == "unit" and (_DECADE.match(text, start) or _SLANG_NUMBER.match(text, start)):
            whole = _DECADE.match(text, start) or _SLANG_NUMBER.match(text, start)
            assert whole is not None
            if not (whole.group().lower() in ("50s", "60s", "90s") and _seconds_context(text, whole.end())):
                tokens.append(Token(whole.group().lower(), whole.group(), glued=hyphen))
                hyphen, last_end = False, whole.end()
                continue
        if tokens and start < last_end:  # the tail of a decade word, already taken
            continue
        tokens.append(_token(match, raw, glued=hyphen or (close and not tokens[-1].sign if tokens else False)))
        hyphen, last_end = False, end
    return tokens


def _seconds_context(text: str, end: int) -> bool:
    return bool(re.match(r"\s*(?:of\b|long\b|loop\b|clip\b|jingle\b|piece\b)", text[end:], re.I))


def _word_before(tokens: list[Token], following: str) -> bool:
    """A hyphen joins words; between two numbers it is a range and stays."""
    return bool(tokens) and not tokens[-1].sign and not (tokens[-1].value is not None and following.isdigit())


def _token(match: re.Match[str], raw: str, glued: bool) -> Token:
    kind = match.lastgroup
    if kind in ("number", "unit"):
        return Token(raw, raw, glued, float(raw))
    if kind == "word":
        text = "and" if raw == "&" else raw.lower()
        return Token(text, raw, glued)
    return Token(raw, raw, glued, sign=kind == "sign")
