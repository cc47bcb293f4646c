"""Laws: which promises does a rule keep? Computed on generated markets, with the smallest counterexample."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from engine import POLICIES
from engine.laws.cases import law_cases
from engine.laws.matrix import LAW_TABLE, SEARCHED, Verdict, counterexample, law_matrix
from ui.frame import layout
from ui.frame.layout import text_table
from ui.laws import texts as law_words
from ui.settings import address
from ui.settings.page_settings import Pick

GRID = "laws:grid"
RULE = Pick(
    key="laws:rule", name="rule", label="Rule", start="equal_losses", choices=lambda: POLICIES,
    show=lambda name: POLICIES[name].label, help="How the loss is shared.",
)  # fmt: skip
LAW = Pick(
    key="laws:law", name="law", label="Law", start="split_proof", choices=lambda: LAW_TABLE,
    show=lambda name: LAW_TABLE[name].label, help="The promise that is put to the test.",
)  # fmt: skip
ADDRESS = address.Address((RULE, LAW))
ROW, HEAD = 29, 39  # pixels
KEPT, BROKEN = "✓", "✗"
SHORT = {  # heading and width of a column
    "conserves_money": ("Conserves", 78),
    "within_claim": ("Claim", 56),
    "anonymous": ("Anonymous", 88),
    "order_preserving": ("Order", 57),
    "split_proof": ("Split", 54),
    "merge_proof": ("Merge", 60),
    "unit_free": ("Unit", 52),
    "monotone": ("Monotone", 82),
    "spares_losers": ("Losers", 62),
    "leaves_hedges_whole": ("Hedges", 66),
}
TEXT = """
<style>
.sf-laws { width: 100%; table-layout: fixed; border-collapse: collapse; font-size: .875rem; margin-bottom: .5rem; }
.sf-laws.sf-phone { display: none; }
.sf-laws th { text-align: left; font-weight: 400; line-height: 1.2; padding: .2rem .3rem .2rem 0; }
.sf-laws thead th { vertical-align: bottom; font-weight: 600; }
.sf-laws thead th + th { width: 4.6rem; text-align: center; padding-right: 0; }
.sf-laws td { text-align: center; padding: 0; border: 1px solid var(--st-background-color, transparent); }
.sf-laws tr { border-bottom: 1px solid rgba(128, 128, 128, .3); }
.sf-laws .sf-kept { background: rgba(0, 114, 178, .14); }
.sf-laws .sf-broken { background: rgba(213, 94, 0, .32); font-weight: 600; }
@media (max-width: 640px) {
  .stAppViewContainer .stElementContainer.st-key-laws-grid { display: none; }
  .sf-laws.sf-laws { display: table; font-size: .75rem; }
  .sf-laws th { overflow-wrap: anywhere; }
  .sf-laws thead th + th { width: min(1.45rem, 23px); padding: 0 0 .3rem; }
  .sf-laws thead span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
}
</style>
"""
TINT = {KEPT: "background-color: rgba(0,114,178,.14)", BROKEN: "background-color: rgba(213,94,0,.32); font-weight: 600"}


def matrix() -> None:
    """Draw the matrix; a cell that is chosen moves the two lists below it."""
    verdicts = law_matrix()
    rules = list(verdicts)
    frame = pd.DataFrame(
        {"Rule": [POLICIES[rule].label for rule in rules]}
        | {SHORT[name][0]: [KEPT if verdicts[rule][name].is_kept else BROKEN for rule in rules] for name in LAW_TABLE}
    )

    def on_select() -> None:
        cells = st.session_state[GRID]["selection"]["cells"]
        if cells:
            row, label = cells[0]
            RULE.put(rules[row])
            law = next((name for name, (short, _) in SHORT.items() if short == label), None)
            LAW.put(law or LAW.value)  # a click on a rule's name keeps the law

    text_matrix(frame)
    if layout.is_large():  # a drawn one has its own size of type
        return
    st.dataframe(
        frame.style.map(lambda text: TINT.get(text, "")),
        key=GRID,
        hide_index=True,
        on_select=on_select,
        selection_mode="single-cell",
        height=ROW * len(rules) + HEAD,
        row_height=ROW,
        column_config={"Rule": st.column_config.Column(width=252)}
        | {
            short: st.column_config.Column(
                width=width,
                alignment="center",
                help=f"{LAW_TABLE[name].label}. {LAW_TABLE[name].meaning}",
            )
            for name, (short, width) in SHORT.items()
        },
    )


def text_matrix(frame: pd.DataFrame) -> None:
    """Draw the matrix as text: in large type, and on a narrow screen, where its heads stand upright."""
    heads = "".join(f"<th scope=col><span>{escape(name)}</span></th>" for name in frame.columns[1:])
    rows = "".join(
        f"<tr><th scope=row>{escape(rule)}</th>"
        + "".join(f'<td class="sf-{"kept" if sign == KEPT else "broken"}">{sign}</td>' for sign in signs)
        + "</tr>"
        for rule, *signs in frame.itertuples(index=False)
    )
    look = "sf-laws" if layout.is_large() else "sf-laws sf-phone"
    st.html(f'{TEXT}<table class="{look}"><thead><tr><th>Rule</th>{heads}</tr></thead><tbody>{rows}</tbody></table>')


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
    layout.paragraph(law_words.rule_sentence(policy, law_matrix()[policy.name]))
    st.caption(f"**{policy.label}**: {policy.who_pays} **{text.label}**: {text.meaning}")
    example = counterexample(policy, law)
    if example is None:
        st.success(law_words.kept_sentence(policy, law, verdict))
        return
    st.warning(f"{law_words.market(example.case, policy)} {law_words.breach_sentence(example)}")
    after = law_words.after_rows(example)
    left, right = st.columns(2) if after else (st.container(), None)
    with left:
        st.markdown(f"**{'Before' if after else 'The traders'}**")
        text_table(law_words.before_rows(example), numbers=law_words.NUMBERS)
    if right is not None:
        with right:
            st.markdown(f"**{law_words.AFTER[law]}**")
            text_table(after, numbers=law_words.NUMBERS)
    st.caption(
        "The smallest market found: whole numbers, three or four traders, all marked at a price of 100. "
        f"First met after {law_words.counted(verdict.n_cases, 'market')}. Computed, not asserted."
    )


layout.style()
ADDRESS.read()
ADDRESS.write()
layout.top(
    "Laws: which promises does a rule keep?",
    law_words.matrix_sentence(len(POLICIES), len(LAW_TABLE), len(law_cases(SEARCHED))),
    "computed",
    address.copy_link,
)
address.say_refused()
with st.spinner("Trying every rule on every market: once after a start, some seconds."):
    law_matrix()
matrix()
rule, law = chosen()
explain(rule, law, law_matrix()[rule][law])
