"""Which sessions may send files now, and how much of them this server holds: the one page that takes any says so."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from streamlit import runtime

from ui.frame.sessions import own_session

MOST_FILE = 100 * 2**20  # bytes of one file; also server.maxUploadSize
MOST_SESSION = 200 * 2**20  # of one session's files at once
MOST_ALL = 600 * 2**20  # of all sessions' files at once
OVERHEAD = 2**16  # of the form around a file
CLOSED = "No page of this session takes files."
FULL = "This server holds as many files as it can now: try again in a minute."
TOO_LARGE = "A file may have {most} MB, this one has more."
NO_LENGTH = "A file must come with its length."

_lock = threading.Lock()
_open: set[str] = set()  # sessions whose page takes files
_coming: dict[str, int] = {}  # bytes that are on their way, by session


def open_door() -> None:
    """Let the session of this script send files; its page calls it in every run."""
    with _lock:
        _open.add(own_session())


def close_door() -> None:
    """Let it send none: any other page is shown."""
    with _lock:
        _open.discard(own_session())


def held() -> Mapping[str, int]:
    """Return how many bytes of files are held, by session."""
    storage = getattr(_manager(), "file_storage", {})
    return {session: sum(len(file.data) for file in list(files.values())) for session, files in list(storage.items())}


def let_go(file_id: str) -> None:
    """Drop a file of this session that was read."""
    manager = _manager()
    if manager is not None:
        manager.remove_file(own_session(), file_id)


def refusal(path: str, method: str, length: str | None) -> tuple[int, str]:
    """Return status and sentence for a request to the upload address; (0, "") lets it through.

    What may come is counted from its length until `arrived`.
    """
    session = path.rstrip("/").split("/")[-2]
    if method not in ("PUT", "DELETE", "OPTIONS") or session not in _open or not _is_active(session):
        return 403, CLOSED
    if method != "PUT":
        return 0, ""
    if length is None or not length.isdecimal():
        return 411, NO_LENGTH
    size = int(length[:15])
    if size > MOST_FILE + OVERHEAD:
        return 413, TOO_LARGE.format(most=MOST_FILE // 2**20)
    with _lock:
        now = held()
        own, every = now.get(session, 0) + _coming.get(session, 0), sum(now.values()) + sum(_coming.values())
        if own + size > MOST_SESSION or every + size > MOST_ALL:
            return 507, FULL
        _coming[session] = _coming.get(session, 0) + size
    return 0, ""


def arrived(path: str, length: str | None) -> None:
    """Count a file that was let through as no longer on its way."""
    session = path.rstrip("/").split("/")[-2]
    with _lock:
        left = _coming.pop(session, 0) - int(length or 0)
        if left > 0:
            _coming[session] = left


def _is_active(session: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session)


def _manager() -> Any:
    return runtime.get_instance().uploaded_file_mgr if runtime.exists() else None
