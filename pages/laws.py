"""Laws: which promises does a rule keep? Computed on generated markets, with the smallest counterexample."""

from __future__ import annotations

import streamlit as st

from engine import LAW_TABLE, LAWS_SEARCHED, POLICIES, Verdict, counterexample, law_cases, law_matrix, venue_numbers
from ui.frame import layout
from ui.laws import charts, texts
from ui.laws.controls import LAW, RULE, SETTINGS
from ui.settings import address

GRID = "laws:grid"
ADDRESS = address.Address(SETTINGS)


def matrix() -> None:
    """Draw the matrix; a cell that is chosen moves the two lists below it."""
    rules = list(law_matrix())

    def on_select() -> None:
        cells = st.session_state[GRID]["selection"]["cells"]
        if cells:
            row, head = cells[0]
            RULE.put(rules[row])
            LAW.put(charts.law_of(head) or LAW.value)  # a click on a rule's name keeps the law

    frame = charts.matrix_frame()
    charts.text_matrix(frame)
    if not layout.is_large():  # a drawn one has its own size of type
        charts.clickable_matrix(frame, key=GRID, on_select=on_select)
    charts.meanings()


def chosen() -> tuple[str, str]:
    """Draw the two lists and return the chosen rule and law."""
    left, right = st.columns(2)
    with left:
        rule = RULE.draw(lambda: None)
    with right:
        law = LAW.draw(lambda: None)
    return rule, law


def explain(rule: str, law: str, verdict: Verdict) -> None:
    """Draw the counterexample, or what was tried without finding one."""
    policy, text = POLICIES[rule], LAW_TABLE[law]
    layout.paragraph(texts.rule_sentence(policy, law_matrix()[policy.name]))
    layout.caption(f"**{policy.label}**: {policy.who_pays} **{text.label}**: {text.meaning}")
    example = counterexample(policy, law)
    if example is None:
        st.success(texts.kept_sentence(policy, law, verdict))
        return
    st.warning(f"{texts.market(example.case, policy)} {texts.breach_sentence(example)}")
    after = texts.after_rows(example)
    left, right = st.columns(2) if after else (st.container(), None)
    with left:
        st.markdown(f"**{'Before' if after else 'The traders'}**")
        layout.text_table(texts.before_rows(example), numbers=texts.NUMBERS)
    if right is not None:
        with right:
            st.markdown(f"**{texts.LAW_TEXTS[law].after}**")
            layout.text_table(after, numbers=texts.NUMBERS)
    layout.caption(
        "The smallest market found: whole numbers, three or four traders, all marked at a price of 100. "
        f"The {'first' if verdict.n_cases == 1 else f'{verdict.n_cases:,d}th'} that was tried. Computed, not asserted."
    )


def asked_of_the_simulator() -> None:
    """Draw, by venue, how many of its own published numbers the simulator agrees with."""
    rows = venue_numbers()
    st.divider()
    st.markdown("**Asked of the simulator: the venues' own numbers**")
    layout.paragraph(texts.venues_sentence(rows))
    layout.text_table(texts.venue_rows(rows), numbers=tuple(texts.COUNTS))


layout.style()
layout.own_style("laws")
ADDRESS.read()
ADDRESS.write()
address.top(
    "Laws: which promises does a rule keep?",
    texts.matrix_sentence(len(POLICIES), len(LAW_TABLE), len(law_cases(LAWS_SEARCHED))),
    "computed",
)
with st.spinner("Trying every rule on every market: once after a start, some seconds."):
    law_matrix()
matrix()
rule, law = chosen()
explain(rule, law, law_matrix()[rule][law])
asked_of_the_simulator()
