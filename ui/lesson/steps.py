"""The steps of the lesson as data: rule, scene, question, answer, task. An eleventh step is one entry more.

In a text a word in braces is a figure that the step's answer computes; no number is written here in words.
"""

from __future__ import annotations

from ui.lesson import answers, charts, sharing
from ui.lesson.market import letters
from ui.lesson.step import Choice, Drawing, Number, Step, Task
from ui.settings.page_settings import Pick, Several, Slider, Whole


def _slide(word: str, label: str, low: float, high: float, start: float, step: float, unit: str, help: str) -> Slider:
    digits = 2 if step < 0.1 else 1 if step < 1 else 0
    return Slider(
        key=f"lesson:{word}", name=word, label=label, low=low, high=high, start=start, step=step, unit=unit,
        digits=digits, help=help,
    )  # fmt: skip


STEPS: tuple[Step, ...] = (
    Step(
        name="pair",
        title="Two sides",
        rule="Every contract has two sides: what the long loses the short wins, and the venue only passes the money "
        "on.",
        scene="F is long {coins}: F wins when the price rises. W is short {coins}: W wins when it falls. Both entered "
        "at {start}. Now the price falls to {fallen}.",
        question="How many dollars has W won?",
        ask=Number(
            unit="$",
            most=1000.0,
            absurd="That is as much as the whole position is worth; the price only moved a part of the way.",
        ),
        answer=answers.pair_answer,
        why="{coins} × ({start} − {fallen}) = {won} for W, and F has lost {lost}. Together: {sum}.",
        task=Task(
            text="Move the price until F has won {wanted}.",
            control=_slide("pair", "Price", 92.0, 108.0, answers.FALLEN, 0.5, "", "The price of a coin in dollars."),
            is_done=answers.is_wanted_gain,
            said=answers.pair_said,
        ),
        picture=lambda value, is_shown: [charts.pair(value, is_shown)],
    ),
    Step(
        name="lever",
        title="Leverage",
        rule="With leverage a little money of your own carries a large position, and a small fall takes you out.",
        scene="A has {margin} behind a position of {notional}: leverage {leverage}. When less than {rate} of the "
        "position is left of A's own money, the venue takes over and sells.",
        question="By how much must the price fall until a long is sold? Draw it, from leverage {few} to {many}.",
        ask=Drawing(
            x=answers.LEVERAGES, x_title="leverage", y_title="fall that takes you out", x_unit="x", unit="%", high=60.0
        ),
        answer=answers.lever_answer,
        why="All of the margin is gone after a fall of one over the leverage, and the venue sells a little before "
        "that: {many_fall} with {many}, but {few_fall} with {few}. A, with {leverage}, is out at {out}, and has "
        "nothing left at {gone}.",
        task=Task(
            text="Find the largest leverage that survives a fall of {wanted}.",
            control=_slide(
                "lever", "Leverage", 2.0, 25.0, 20.0, 0.1, "x", "Value of the position over your own money."
            ),
            is_done=answers.is_wanted_fall,
            said=answers.lever_said,
        ),
        picture=lambda value, is_shown: [charts.lever(value, is_shown)],
    ),
    Step(
        name="sell",
        title="By hand",
        rule="You are the liquidation engine: who is below its trigger must be sold, whatever the price.",
        scene="A thin market: {depth} sold move the price by {one}. The price has begun to fall and reaches {first}'s "
        "trigger at {trigger}. There are {longs} longs, with {coins} each.",
        question="How many of the {longs} longs will you have to sell before it stops?",
        ask=Number(unit="", most=12.0, absurd="There are not that many traders here."),
        answer=answers.sell_answer,
        why="{names}. The first sale took the price from {trigger} to {after}, below {next}'s trigger of "
        "{next_trigger}, and so on: a fall of {fall} became one of {whole}. Only {safe}, who is sold at "
        "{safe_trigger}, was out of reach.",
        task=Task(
            text="Sell until nobody is below its trigger any more.",
            control=Whole(
                key="lesson:sell",
                name="sold",
                label="Sold",
                start=0,
                low=0,
                high=12,
                help="How many were sold by hand.",
            ),
            is_done=answers.is_all_sold,
            said=answers.sell_said,
            press=answers.sell_press,
        ),
        picture=lambda value, is_shown: [charts.sell(value, is_shown)],
        is_answered_by_hand=True,
    ),
    Step(
        name="gap",
        title="A gap",
        rule="When the price jumps nobody can sell in between, and a position can end below zero.",
        scene="A put in {margin} and holds {coins}. It would be sold at {out}; at {gone} nothing of its money is "
        "left. In the evening the price is {calm}, and in the morning it opens at {open}. All can be sold at that "
        "price.",
        question="How many dollars are missing when A has been sold?",
        ask=Number(unit="$", most=1000.0, absurd="More than the whole position is worth cannot go missing."),
        answer=answers.gap_answer,
        why="{coins} × ({gone} − {open}) = {missing}. A lost {lost} and had {margin}: what it cannot pay is called "
        "the deficit, and the winners on the other side are still owed it.",
        task=Task(
            text="Move the opening: A shall be sold, and nothing be missing.",
            control=_slide(
                "gap",
                "Opening price",
                85.0,
                97.0,
                answers.GAP,
                0.05,
                "",
                "The price of a coin in the morning, in dollars.",
            ),
            is_done=answers.is_sold_without_hole,
            said=answers.gap_said,
        ),
        picture=lambda value, is_shown: [charts.gap(value, is_shown)],
    ),
    Step(
        name="fund",
        title="The fund",
        rule="The insurance fund pays first what a bankrupt trader cannot.",
        scene="The same morning, all twelve traders: {each} are missing. The fund holds {fund}.",
        question="How many dollars are left in the fund?",
        ask=Number(unit="$", most=1000.0, absurd="The fund never held that much."),
        answer=answers.fund_answer,
        why="{holes} = {total}, and {fund} − {total} = {left}. Nobody else notices anything.",
        task=Task(
            text="Find the smallest fund that still pays for all.",
            control=_slide(
                "fund", "Insurance fund", 0.0, 150.0, answers.FULL_FUND, 1.0, "", "What the fund holds, in dollars."
            ),
            is_done=answers.is_just_enough,
            said=answers.fund_said,
        ),
        picture=lambda value, is_shown: [charts.fund(value, is_shown)],
    ),
    Step(
        name="haircut",
        title="The haircut",
        rule="When the fund is empty the winners pay: each gives up the same share of its profit, the haircut.",
        scene="The same morning with a fund of {fund}. {total} are missing; {shorts} have won {profit} together.",
        question="What share of its profit does each winner lose?",
        ask=Number(unit="%", most=100.0, absurd="Nobody can lose more than the whole of its profit here."),
        answer=answers.haircut_answer,
        why="({total} − {fund}) / {profit} = {rate}. {biggest} had won {biggest_profit} and gives up {biggest_paid}: "
        "the loss of those who could not pay has been shared out, it is socialized.",
        task=Task(
            text="Find a fund with which winners lose {wanted}.",
            control=_slide("haircut", "Insurance fund", 0.0, 100.0, 20.0, 1.0, "", "What the fund holds, in dollars."),
            is_done=answers.is_wanted_rate,
            said=answers.haircut_said,
        ),
        picture=lambda value, is_shown: [charts.haircut(value, is_shown)],
    ),
    Step(
        name="tip",
        title="The tipping point",
        rule="Now the engine sells by itself: each forced sale lowers the price, and the lower price forces the next.",
        scene="The thin market again. This time a first fall comes from outside, and whatever is forced to sell, "
        "sells.",
        question="Where does the price end, for each first fall? Draw it.",
        ask=Drawing(x=answers.FALLS, x_title="first fall", y_title="fall in the end", x_unit="%", unit="%", high=30.0),
        answer=answers.tip_answer,
        why="It is not a slope but a step. After a first fall of {before} the price is down {before_end}; after "
        "{tip}, only {step} more, {names} are forced out and it is down {tip_end}.",
        task=Task(
            text="Find the tipping point: the smallest first fall that starts the cascade.",
            control=_slide(
                "tip",
                "First fall",
                0.0,
                8.0,
                2.0,
                0.1,
                "%",
                "How far the price falls before anybody is forced to sell.",
            ),
            is_done=answers.is_tipping_point,
            said=answers.tip_said,
        ),
        picture=lambda value, is_shown: [charts.tip(value, is_shown)],
    ),
    Step(
        name="rules",
        title="Three rules",
        rule="A rule decides who bears the loss: the loss is the same, the losers are not.",
        scene="The jump to {open}, and no fund at all. {names} leave {total} unpaid. Somebody has to bear it.",
        question="Vote: which rule is fair?",
        ask=Choice(
            options={
                "profit_prorata": "Winners pay, each by its profit",
                "open_interest_both_sides": "Every open position pays by its size, winners and losers",
                "adl_queue": "The most profitable and most leveraged winners are closed first",
            },
            said=sharing.vote_said,
        ),
        answer=sharing.rules_answer,
        why="By profit, {profit_n} pay and {profit_first} the most, {profit_most}. By size, {size_n} pay, among them "
        "{losers}, who lost already. In the queue only {queue_names} pay; {queue_first} gives up {queue_most}, "
        "{queue_share} of its profit.",
        task=Task(
            text="Find a trader who pays under one of the three rules only.",
            control=Pick(
                key="lesson:trader",
                name="trader",
                label="Trader",
                start="U",
                choices=letters,
                help="One of the dozen.",
            ),
            is_done=sharing.only_under_one,
            said=sharing.trader_said,
        ),
        picture=charts.rules,
    ),
    Step(
        name="leg",
        title="One leg",
        rule="Auto-deleveraging closes positions, not people: who is hedged can lose one leg and keep the other.",
        scene="M is long {coins} and short {coins}: whatever the price does, M wins and loses nothing. Here these are "
        "two isolated positions of one person; the venue sees two accounts. The jump to {open} bankrupts A, there is "
        "no fund, and M's short stands first in the queue. Then the price slides on to {next}.",
        question="How many dollars has M lost?",
        ask=Number(unit="$", most=1000.0, absurd="That is as much as the whole position is worth."),
        answer=sharing.leg_answer,
        why="The short was closed at A's bankruptcy price of {closed} and won {won}; the long lost {lost}: {total} in "
        "all, {first} for the price at which it was closed and {then} since then, without its other leg. Where a "
        "venue margins both legs together, as one account, it may see the hedge; this run does not model that.",
        task=Task(
            text="Where must the price go for M to be even?",
            control=_slide(
                "leg", "Price", 80.0, 100.0, sharing.NEXT, 0.5, "", "Where the price goes on to, in dollars."
            ),
            is_done=sharing.is_even,
            said=sharing.leg_said,
        ),
        picture=lambda value, is_shown: [charts.leg(value, is_shown)],
    ),
    Step(
        name="help",
        title="What helps",
        rule="Each remedy has a price: somebody pays it on every calm day, or somebody is sold who need not have been.",
        scene="The cascade that you sold by hand, without a fund: {total} are missing, and winners lose {base_rate} "
        "of their profit.",
        question="A large enough fund pays for all. Which of the others helps winners most?",
        ask=Choice(options={name: label for name, label in sharing.HELP.items() if name != "fund"}),
        answer=sharing.help_answer,
        why="With {best}, winners lose {best_rate}. And the price of each? {fund}: {fund_cost} {margin}: "
        "{margin_cost} {band}: {band_cost} {partial}: {partial_cost}",
        task=Task(
            text="Without a larger fund: find remedies with which winners lose nothing, and nothing is owed.",
            control=Several(
                key="lesson:help",
                name="help",
                label="Remedies",
                start=(),
                most=4,
                choices=lambda: sharing.HELP,
                show=lambda name: sharing.HELP[name],
                help="Used together.",
            ),
            is_done=sharing.is_helped_without_fund,
            said=sharing.help_said,
        ),
        picture=lambda value, is_shown: [charts.help_(value, is_shown)],
    ),
)
