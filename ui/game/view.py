"""The game on the page: seasons as a row, the settings and what they bring, the season that was played, the end."""

from __future__ import annotations

import streamlit as st

from ui.charts.board import sized, told_board
from ui.classroom import screen
from ui.frame import layout
from ui.frame.terms import explained
from ui.game import answers, charts, class_screen, progress, texts
from ui.live import chart_board

SHOWN = "game:shown"  # which season stands on the right, counted from 0


def seasons_bar() -> None:
    """Draw the seasons as a row: points of those played, a question mark for those to come."""
    words = progress.played()
    with st.container(horizontal=True, gap="xsmall", key="game-seasons"):
        for number in range(progress.N_SEASONS):
            if number < len(words):
                played = answers.season(progress.SEED.value, number, words[number])
                label = f"{number + 1} {played.season.kind}: {played.points:.0f}"
                kind = "secondary" if number == shown_season() else "tertiary"
                st.button(label, key=f"game:to:{number}", type=kind, on_click=show, args=(number,))
            else:
                st.button(f"{number + 1} ?", key=f"game:to:{number}", type="tertiary", disabled=True)


def show(number: int) -> None:
    """Show a season that was played; to a class, too."""
    st.session_state[SHOWN] = number
    class_screen.go(number)


def shown_season() -> int:
    """Return which season is shown, the last one played where none was asked for; -1 before the first."""
    last = len(progress.played()) - 1
    if screen.is_on():
        return class_screen.at() if class_screen.is_opened() else -1
    return int(min(st.session_state.get(SHOWN, last), last))


def play() -> None:
    """Play the next season."""
    progress.open_next()
    st.session_state.pop(SHOWN, None)


def again() -> None:
    """Begin anew, with the same seasons or those of another seed."""
    progress.begin_anew()
    st.session_state.pop(SHOWN, None)


def game() -> None:
    """Draw settings on the left and what came of them on the right; after the last season the end above both."""
    if progress.left_over():
        layout.notice("The link has a season without the one before it; it does not count.", "warning")
    seasons_bar()
    n = len(progress.played())
    if n == progress.N_SEASONS:
        end()
    left, right = st.columns([5, 7], gap="large")
    with left:
        if screen.is_on():
            st.html(f'<h2 class="sf-game-title">{texts.title(class_screen.at())}</h2>')
            class_screen.talk()
        elif n < progress.N_SEASONS:
            settings(n)
        else:
            st.button("Play these seasons again", on_click=again, key="game:again")
            progress.SEED.draw(again)
            scale()
    with right:
        if shown_season() >= 0:
            outcome(shown_season())
        else:
            layout.paragraph(texts.kinds())
            scale()


def settings(n: int) -> None:
    """Draw the settings of the next season, how much comes with them, and the button that opens it."""
    st.html(f'<h2 class="sf-game-title">{texts.title(n)}</h2>')
    for field, pick in progress.PICKS.items():
        pick.draw(lambda: None, is_slider=field != "rule")
    words = progress.now()
    policy = progress.policy_of(words)
    layout.paragraph(texts.coming(answers.comes(progress.SEED.value, n, words), policy))
    st.button(f"Open season {n + 1}", key="game:play", type="primary", on_click=play, width="stretch")
    progress.SEED.draw(again)


def outcome(number: int) -> None:
    """Draw what became of a season."""
    words = progress.played()[number]
    played = answers.season(progress.SEED.value, number, words)
    key = f"game:season:{number}"
    told_board([charts.price(played)], texts.season(played), key=f"{key}:price", place=key, columns=1)
    chart_board(sized([charts.who_paid(played), charts.scores(played)]), key=f"{key}:paid")
    layout.paragraph(f"Played with {texts.settings(played.policy)}.")
    if len(progress.played()) < progress.N_SEASONS:
        with st.expander("How points are counted, and what is assumed"):
            scale()


def scale() -> None:
    """Draw the formula of the three scores, and what is assumed."""
    rows = "".join(f"<p><b>{name}</b>: {explained(text)}</p>" for name, text in texts.scale())
    st.html(f'<div class="sf-game-scale">{rows}<p>{texts.POINTS}</p></div>')
    st.html(f'<p class="sf-text"><span class="sf-mark">assumed</span> {explained(texts.assumed())}</p>')


def end() -> None:
    """Draw where the game stands among the policies that are known."""
    standing = answers.standing(progress.SEED.value, progress.played())
    told_board([charts.trilemma(standing)], texts.end(standing), key="game:end", place="game:end", columns=1)
    layout.paragraph(texts.known_for(standing))
