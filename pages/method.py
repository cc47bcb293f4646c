"""Method: what is computed, what is left out, and how it was checked."""

from __future__ import annotations

import streamlit as st

from ui.frame import layout
from ui.method.document import checked_sentence, sections
from ui.settings import address
from ui.settings.reproduce import version

ADDRESS = address.Address()
NUMBERS = ("asked", "agree", "worst", "on")

layout.style()
ADDRESS.read()
ADDRESS.write()
address.top("Method", "What is computed, what is left out, and how it was checked.", version())
for section in sections():
    if section.title != "Method":
        st.markdown(f"**{section.title}**")
    for block in section.blocks:
        if isinstance(block, str):
            st.markdown(block.replace("$", "\\$"))
        elif "check" in block[0]:
            layout.paragraph(checked_sentence())
            with st.expander("Every check, with its test"):
                layout.text_table(block, numbers=NUMBERS)
        else:
            layout.text_table(block, links="source")
layout.paragraph("The same text is docs/method.md.")
