"""One file from the net: gone on with after a stop, checked, and there whole or not at all.

The only place in Bandmate that opens a connection, and only for `datasets download`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from bandmate.errors import LibraryError, OutputError
from bandmate.io.atomic import cannot_write, write_text_atomic
from bandmate.library.datasets.description import Remote

LIMIT_BYTES = 2**40  # a file whose size nobody published may be so large
WAIT_SECONDS = 30.0  # for an answer, and for each piece of it
ATTEMPTS = 5
_CHUNK = 2**18
_AGAIN = (408, 425, 429, 500, 502, 503, 504)

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all


class _CutOff(Exception):  # noqa: N818  no error of ours: tried again
    pass


def fetch(
    remote: Remote,
    path: Path,
    progress: Progress | None = None,
    *,
    limit_bytes: int = LIMIT_BYTES,
    attempts: int = ATTEMPTS,
    pause_sec: float = 1.0,
) -> Path:
    """Fetch a file, going on where an earlier try stopped.

    What has come so far lies beside it as NAME.part; it is moved into place when its checksum is right.

    Args:
        remote: what.
        path: where it shall lie; if it is there and its checksum is right, nothing is fetched.
        progress: called with the bytes so far and the bytes in all, if known.
        limit_bytes: more is not taken.
        attempts: tries before giving up; each goes on where the last stopped.
        pause_sec: before the second try; twice as long before each further one.

    Raises:
        LibraryError: it is not to be had, broke off, is too large, or is not what was published.
        OutputError: there is no room, or the place cannot be written.
    """
    if urlsplit(remote.url).scheme not in ("http", "https"):
        raise LibraryError(f"address '{remote.url}' is none of http or https; it is not opened")
    if path.exists() and _is_right(path, remote):
        return path
    part, mark = path.with_name(path.name + ".part"), path.with_name(path.name + ".part.json")
    reason = ""
    for attempt in range(attempts):
        if attempt:
            time.sleep(pause_sec * 2 ** (attempt - 1))
        try:
            _attempt(remote, part, mark, progress, limit_bytes)
            break
        except _CutOff as stop:
            reason = str(stop)
    else:
        have = part.stat().st_size if part.exists() else 0
        raise LibraryError(
            f"{remote.url} broke off after {have:,} bytes ({reason}); say the same again to go on from there"
        )
    _check(part, mark, remote)
    try:
        part.replace(path)
        mark.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def _attempt(remote: Remote, part: Path, mark: Path, progress: Progress | None, limit_bytes: int) -> None:
    have, tag = _so_far(remote, part, mark)
    if remote.size_bytes is not None and have == remote.size_bytes:
        return
    answer = _open(remote.url, have, tag)
    if answer is None:  # the server has nothing behind what we have: ours is not theirs
        part.unlink(missing_ok=True)
        raise _CutOff("the file there has changed")
    with answer:
        if answer.status != 206 or _start(answer) != have:
            have = 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length and length.isdigit() else None
        _check_room(remote, part, have, total, limit_bytes)
        _note(mark, remote.url, answer.headers.get("ETag") or answer.headers.get("Last-Modified") or "")
        done = _copy(answer, part, have, total or remote.size_bytes, progress, limit_bytes)
    if total is not None and done < total:
        raise _CutOff(f"{total:,} were announced")


def _so_far(remote: Remote, part: Path, mark: Path) -> tuple[int, str]:
    """Bytes that may be kept, and the tag of the file they are of."""
    if not part.exists():
        return 0, ""
    try:
        known: Any = json.loads(mark.read_text(encoding="utf-8"))
        tag = str(known["tag"]) if known["url"] == remote.url else ""
    except (OSError, ValueError, KeyError, TypeError):
        tag = ""
    size = part.stat().st_size
    # Without a tag nobody knows whether the rest is of the same file; a checksum would find out.
    usable = (tag or remote.checksum) and (remote.size_bytes is None or size <= remote.size_bytes)
    return (size, tag) if usable else (0, "")


def _note(mark: Path, url: str, tag: str) -> None:
    write_text_atomic(mark, json.dumps({"url": url, "tag": "" if tag.startswith("W/") else tag}))


def _opener() -> OpenerDirector:
    opener = OpenerDirector()  # no file:, no ftp:, wherever a redirection may point
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler(), HTTPRedirectHandler(), _Errors()):
        opener.add_handler(handler)
    return opener


class _Errors(HTTPRedirectHandler):
    """Turns every answer that is no success into an HTTPError, after redirections had their turn."""

    handler_order = 900

    def http_response(self, request: Request, response: Any) -> Any:
        if not 200 <= response.status < 300:
            return self.parent.error("http", request, response, response.status, response.msg, response.headers)
        return response

    https_response = http_response

    def http_error_default(self, req: Request, fp: Any, code: int, msg: str, hdrs: Any) -> None:
        raise HTTPError(req.full_url, code, msg, hdrs, fp)


def _open(url: str, have: int, tag: str) -> Any:
    headers = {"User-Agent": "bandmate", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if tag:
            headers["If-Range"] = tag
    try:
        answer = _opener().open(Request(url, headers=headers), timeout=WAIT_SECONDS)  # noqa: S310  http and https only
    except HTTPError as error:
        error.close()
        if error.code == 416:
            return None
        if error.code in _AGAIN:
            raise _CutOff(f"the server says {error.code}") from error
        raise LibraryError(
            f"{url} is not to be had (the server says {error.code} {error.reason}); look at the dataset's page"
        ) from error
    except (URLError, OSError, HTTPException) as error:
        raise _CutOff(str(getattr(error, "reason", "") or error)) from error
    if answer is None:
        raise LibraryError(f"{url} leads to an address that is none of http or https; it is not opened")
    return answer


def _start(answer: Any) -> int:
    words = (answer.headers.get("Content-Range") or "").removeprefix("bytes ").split("-")
    return int(words[0]) if words[0].strip().isdigit() else -1


def _check_room(remote: Remote, part: Path, have: int, total: int | None, limit_bytes: int) -> None:
    expected = total if total is not None else remote.size_bytes
    if remote.size_bytes is not None and total is not None and total != remote.size_bytes:
        raise LibraryError(
            f"{remote.url} is {total:,} bytes, but {remote.size_bytes:,} were published: it is another file now; "
            "it is not taken"
        )
    if expected is not None and expected > limit_bytes:
        raise LibraryError(f"{remote.url} is {expected:,} bytes, more than the {limit_bytes:,} that are taken")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(part.parent).free
    except OSError as error:
        raise cannot_write(part, error) from error
    if expected is not None and expected - have > free:
        raise OutputError(
            f"{part.parent} has {free:,} bytes left, but {expected - have:,} are needed; free some space or choose "
            "another place"
        )


def _copy(answer: Any, part: Path, have: int, total: int | None, progress: Progress | None, limit: int) -> int:
    try:
        with part.open("ab" if have else "wb") as file:
            while data := _read(answer):
                have += len(data)
                if have > limit:
                    raise LibraryError(f"what comes is more than the {limit:,} bytes that are taken; it is not taken")
                file.write(data)
                if progress is not None:
                    progress(have, total)
    except OSError as error:  # those of the net are no OSErrors any more
        raise cannot_write(part, error) from error
    return have


def _read(answer: Any) -> bytes:
    try:
        return answer.read(_CHUNK)
    except (OSError, HTTPException) as error:
        raise _CutOff(str(error) or type(error).__name__) from error


def _check(part: Path, mark: Path, remote: Remote) -> None:
    size = part.stat().st_size if part.exists() else 0
    wrong = f"it is {size:,} bytes, not {remote.size_bytes:,}" if remote.size_bytes not in (None, size) else ""
    if not wrong and not _is_right(part, remote):
        wrong = f"its checksum is {digest(part, remote.checksum)}, not {remote.checksum}"
    if wrong:
        part.unlink(missing_ok=True)
        mark.unlink(missing_ok=True)
        raise LibraryError(
            f"{remote.url} is not the file that was published: {wrong}; nothing of it was kept, try again or look at "
            "the dataset's page"
        )


def _is_right(path: Path, remote: Remote) -> bool:
    if remote.size_bytes is not None and path.stat().st_size != remote.size_bytes:
        return False
    return not remote.checksum or digest(path, remote.checksum) == remote.checksum.lower()


def digest(path: Path, like: str) -> str:
    """The checksum of a file by the method that `like` names, in the same form.

    Raises:
        LibraryError: the method is not known.
    """
    method = like.partition(":")[0].lower()
    if method not in ("md5", "sha1", "sha256", "sha512"):
        raise LibraryError(f"checksum '{like}' names no method known here; write sha256:... or md5:...")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.new(method, usedforsecurity=False))
    return f"{method}:{found.hexdigest()}"
