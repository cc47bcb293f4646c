"""What a link, a name or a refusal says is shown as text, never as markup or as a link."""

import html

import pytest
import streamlit

from ui.settings import address


@pytest.mark.parametrize(
    "text",
    [
        "www.evil.example/x",
        "http://evil.example/x",
        "a@evil.example",
        "[x](http://a.b)",
        "**x** ~~y~~ `z` $1$ :red[w]",
        "<b>x</b><script>y</script>",
        "# x",
    ],
)
def test_what_a_link_says_is_shown_as_text(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A refusal quotes the link; nothing of it is markup, and no address in it can be clicked."""
    shown: list[str] = []
    monkeypatch.setattr(streamlit, "session_state", {address.REFUSED: [f"Replay must be one of these, was '{text}'."]})
    monkeypatch.setattr(streamlit, "html", shown.append)
    for kind in ("markdown", "warning", "error", "info", "caption", "write"):
        monkeypatch.setattr(streamlit, kind, None)
    address.say_refused()
    ((element,), said) = (shown, f"Replay must be one of these, was '{text}'.")
    assert element == f'<p class="sf-notice sf-warning" role="alert">{html.escape(said)}</p>'
