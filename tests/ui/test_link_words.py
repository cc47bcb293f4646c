"""What a link may carry besides settings of the page: foreign words, a pinned run, names in any writing."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.ui.test_link import opened
from ui.settings.link import decode_page, encode, own
from ui.settings.run_settings import Choice


@pytest.mark.parametrize(
    "foreign", ["fbclid", "gclid", "msclkid", "utm_source", "utm_campaign", "mc_cid", "_ga", "ref"]
)
def test_what_others_append_to_a_link_is_left_out_silently(foreign: str) -> None:
    found = decode_page({"v": "1", "p": "calm", "leverage": "8", foreign: "abc"}, (), has_replay=True)
    assert found.choice == Choice("calm", {"book.leverage": 8.0})
    assert found.left_out == ()
    assert own({foreign: "abc", "p": "calm", "look": "large"}) == {"p": "calm"}


@pytest.mark.parametrize("house", ["krx-2013", "nasdaq-2018"])
def test_a_clearing_houses_default_is_opened_beside_the_rules_and_named_elsewhere(house: str) -> None:
    assert opened("rules", {"v": "1", "p": house})["house"] == house
    (sentence,) = decode_page({"v": "1", "p": house}, (), has_replay=True).left_out
    assert sentence.endswith("it is under Clearing houses on Rules side by side.")


def test_the_pinned_run_travels_in_the_link() -> None:
    now, before = Choice("calm", {"book.leverage": 8.0}), Choice("okex-2018", {"venue.fund": 2.0})
    parameters = encode(now, (), before)
    assert urlencode(parameters) == "v=1&p=calm&leverage=8&a.p=okex-2018&a.fund=2"
    found = decode_page(parameters, (), has_replay=True, has_pin=True)
    assert (found.choice, found.pinned, found.left_out) == (now, before, ())


def test_words_are_read_however_they_are_written() -> None:
    values = opened("cost", {"v": "1", "side": "Short", "horizon": "30 Days", "size": "250000"})
    assert (values["side"], values["horizon"], values["size"]) == ("Short", "30 days", 250000.0)


def test_of_several_names_those_that_exist_are_opened() -> None:
    values = opened("rules", {"p": "calm", "compare": "none.nobody.talmud"})
    assert values["compare"] == ("rule:none", "rule:talmud")
