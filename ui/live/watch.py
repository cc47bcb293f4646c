"""An open page notices that its session has ended, and opens itself again from its link.

Streamlit's page connects again by itself after a restart of the server, a laptop's sleep or a lost network. If the
server has forgotten its session by then, a new one is made in silence, and what the page has on the screen belongs to
none: sliders move and nothing follows. So each page asks, over a websocket of its own, whether its session is there.
If it is there again after a loss, the page runs once: what was moved meanwhile was not heard.
"""

import json
import secrets
from weakref import WeakValueDictionary

import streamlit as st
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.live.assets import register
from ui.live.live_channel import LONGEST, POLICY, TOO_LONG, is_same_origin, token_of

GONE = 4001  # closing code: the server does not know this session
NAME, KEY = "live:watch", "watch"
_watch = register("watch")
_pages: "WeakValueDictionary[str, Watched]" = WeakValueDictionary()


class Watched:
    """One session and the token by which its page asks for it. Lives as long as the session's state."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.token = secrets.token_urlsafe(18)
        _pages[self.token] = self


def watch_session() -> None:
    """Put onto the page what notices that the session has ended; once per run, outside fragments."""
    if NAME not in st.session_state:
        context = get_script_run_ctx()
        st.session_state[NAME] = Watched(context.session_id if context else "")
    state = st.session_state.get(KEY)
    back = state.get("back") if hasattr(state, "get") else 0
    data = {"token": st.session_state[NAME].token, "back": back if type(back) is int and 0 <= back < 2**53 else 0}
    _watch(key=KEY, data=json.dumps(data).encode(), on_back_change=_nothing)


def _nothing() -> None:
    """The page was back after its connection had been lost; that it runs is all that was wanted."""


async def serve(socket: WebSocket) -> None:
    """Say "here" while the page is connected to its session, "away" while it is not, and close when there is none."""
    token = token_of(socket)
    if not token or not is_same_origin(socket):
        await socket.close(POLICY)
        return
    try:
        await socket.accept(token)
        while (mine := _pages.get(token)) is not None:
            await socket.send_text("here" if get_instance().is_active_session(mine.session) else "away")
            del mine  # the session may end while nobody asks
            if len(await socket.receive_text()) > LONGEST:
                await socket.close(TOO_LONG)
                return
        await socket.close(GONE)
    except (WebSocketDisconnect, KeyError, RuntimeError):  # KeyError: a binary message; RuntimeError: it has gone
        return
