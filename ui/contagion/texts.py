"""Contagion in words: the sentence, its numbers, the takeaways, what is measured and what is assumed, the command."""

from __future__ import annotations

from shlex import join

import numpy as np

from engine import POLICIES, CoinFall, Contagion, load_market
from ui.contagion.answers import DRAWINGS, Answer, Asked, Spread, is_deleveraging
from ui.frame.formats import counted, duration, listed, percent, usd

Row = dict[str, str]
NOTHING = 1.0  # USD below which nothing is said to have been liquidated


def named(is_cross: bool) -> str:
    """Return the kind of margin."""
    return "cross margin" if is_cross else "isolated margin"


def headline(found: Answer) -> str:
    """Return what a crash in one coin does to the holders of the others, and what the other margin makes of it."""
    coin, own = found.asked.coin, float(found.beyond[found.place])
    begin = f"{coin} falls {percent(found.asked.question.crash, 0)} in {duration(60 * found.asked.question.hours)}"
    begin += f" {_others_move(found)}"
    if own + found.in_others < NOTHING and float(found.other.liquidated.sum()) < NOTHING:
        return f"{begin} Nobody is liquidated: raise the crash or the leverage to see something."
    return f"{begin} {_this_margin(found, own)} {_other_margin(found)}"


def _others_move(found: Answer) -> str:
    question = found.asked.question
    parts = []
    if question.correlation > 0 and question.crash > 0:
        parts.append(f"the others follow with a correlation of {question.correlation:.2f}")
    if question.common_fall > 0:
        parts.append(f"BTC and all with it fall {percent(question.common_fall)} besides")
    if any(question.own_falls):
        names = [coin for coin, fall in zip(found.coins, question.own_falls, strict=True) if fall]
        parts.append(f"{listed(names)} of {'its' if len(names) == 1 else 'their'} own")
    if not parts:
        return "and no other price moves by itself."
    return f"and {'; '.join(parts)}."


def _this_margin(found: Answer, own: float) -> str:
    coin, fall, traders = found.asked.coin, found.fall, found.asked.question.n_accounts
    more = " more" if float(found.matrix.base.liquidated.sum()) > NOTHING else ""
    if own + found.in_others < NOTHING:
        return f"With {named(found.asked.question.is_cross)} its crash liquidates nothing{more}."
    who = f"{counted(fall.traders_hit, 'trader')} of {traders:,d} {'is' if fall.traders_hit == 1 else 'are'} hit"
    if fall.strangers_hit:
        who += f", {fall.strangers_hit:,d} of whom held no {coin}"
    if not found.asked.question.is_cross and abs(found.in_others) < NOTHING:
        return f"Margin is isolated, so forced selling stays in {coin}: {usd(own)}{more}; {who}."
    ratio = f", {found.in_others / own:.1f} times as much" if own > NOTHING and found.in_others > own else ""
    cause = " because one margin stands behind all coins" if found.asked.question.is_cross else ""
    forced = f"{usd(own)} of {coin} and {usd(found.in_others)} of other coins{more}{ratio}"
    return f"Forced trades take {forced},{cause} ({who})." if cause else f"Forced trades take {forced} ({who})."


def _other_margin(found: Answer) -> str:
    is_cross = found.asked.question.is_cross
    own, other = found.fall, found.other
    place = found.place
    elsewhere = float(np.delete(other.liquidated, place).sum())
    rest = f"and {usd(elsewhere)} of the others" if elsewhere > NOTHING else "and nothing else"
    ends = f"deficits of {usd(other.deficit)} instead of {usd(own.deficit)}"
    if own.adl_closed + other.adl_closed > NOTHING:
        ends = f"with {usd(other.adl_closed)} of winners closed early instead of {usd(own.adl_closed)}"
    return (
        f"In {named(not is_cross)}, the same positions and the same money: {usd(float(other.liquidated[place]))} of "
        f"{found.asked.coin} {rest}, {ends}."
    )


def numbers(found: Answer) -> list[tuple[str, str]]:
    """Return the numbers below the sentence."""
    fall, coin = found.fall, found.asked.coin
    return [
        (f"Liquidated in {coin}", usd(float(found.beyond[found.place]))),
        ("In the other coins", usd(found.in_others)),
        ("Traders hit", f"{fall.traders_hit:,d}"),
        ("Deficits", usd(fall.deficit)),
        ("Left unhedged", usd(fall.naked + fall.naked_by_deleveraging)),
    ]


def matrix_sentence(found: Answer) -> str:
    """Return the largest thing that a crash does in another coin."""
    across = found.matrix.liquidated.copy()
    np.fill_diagonal(across, -np.inf)
    row, column = np.unravel_index(int(np.argmax(across)), across.shape)
    rest = "Darker: a larger share of the coin's positions. Outlined: the crash that is told."
    if across.size < 2 or not across[row, column] > NOTHING:
        return f"No coin's crash liquidates anything in another one. {rest}"
    amount, share = across[row, column], across[row, column] / (2.0 * found.matrix.market.open_interest[row])
    return (
        f"The largest leap: a crash in {found.coins[column]} liquidates {usd(amount)} of {found.coins[row]}, "
        f"{percent(share)} of all positions in it. {rest}"
    )


def ladder_sentence(found: Answer) -> str:
    """Return how many longs of the coin its own fall reaches, and how many no fall of the coin alone does."""
    fall, coin = found.asked.question.crash, found.asked.coin
    reached = float(found.ladder[found.place][min(round(100 * fall), found.ladder.shape[1] - 1)])
    never = 1.0 - float(found.ladder[found.place][-1])
    return (
        f"A fall of {percent(fall, 0)} in {coin} alone reaches {percent(reached)} of its longs before any forced sale; "
        f"{percent(never)} stand even at \N{MINUS SIGN}90 %."
    )


def payers_sentence(found: Answer) -> str:
    """Return who pays the deficits of the chosen crash."""
    fall, policy = found.fall, found.asked.question.policy
    if fall.deficit < NOTHING and fall.adl_closed < NOTHING:
        return "No account is left below zero: there is no deficit to pay."
    if is_deleveraging(policy) and fall.adl_closed > NOTHING:
        return (
            f"Winners of {usd(fall.adl_closed)} are closed early against bankrupt accounts; "
            f"the fund pays {usd(float(fall.run.fund_paid.sum()))}."
        )
    fund = float(fall.run.fund_paid.sum())
    if fall.deficit - fund < NOTHING:
        return f"The fund pays all of {usd(fall.deficit)}."
    rest = f", and nobody pays {usd(fall.run.unfunded)}" if fall.run.unfunded > NOTHING else ""
    return f"Of {usd(fall.deficit)} the fund pays {usd(fund)} and others {usd(fall.charged)}{rest}."


def naked_sentence(found: Answer) -> str:
    """Return what deleveraging leaves unhedged beside what haircuts charge, for the margin that is chosen."""
    is_cross = found.asked.question.is_cross
    own, other = (
        {is_deleveraging(policy): way for (cross, policy), way in found.ways.items() if cross == margin}
        for margin in (is_cross, not is_cross)
    )
    return f"In {named(is_cross)} {_broken(own)}; in {named(not is_cross)} {_broken(other)}."


def _broken(ways: dict[bool, CoinFall]) -> str:
    """Return what haircuts charge, and what each kind of closing leaves unhedged."""
    haircut, adl = ways[False], ways[True]
    parts = []
    if haircut.charged > NOTHING:
        parts.append(f"haircuts charge {usd(haircut.charged)}")
    if adl.naked_by_deleveraging > NOTHING:
        parts.append(f"deleveraging leaves {usd(adl.naked_by_deleveraging)} unhedged")
    if haircut.naked > NOTHING:
        parts.append(f"liquidation itself leaves {usd(haircut.naked)} unhedged")
    return listed(parts) if parts else "nobody is charged and no hedge is broken"


def way_name(is_cross: bool, policy: str) -> str:
    """Return the name of one of the four ways."""
    kind = "deleveraging" if is_deleveraging(policy) else "haircuts"
    return f"{'cross' if is_cross else 'isolated'},<br>{kind}"


def spread_words(found: Answer, seen: Spread) -> str:
    """Return how far the answer moves with who happens to trade."""
    ends = {way: f"{usd(low)} to {usd(high)}" for way, (low, high) in seen.deficit.items()}
    return (
        f"The traders are drawn, and {DRAWINGS} other drawings of them give other amounts: {usd(seen.in_others[0])} to "
        f"{usd(seen.in_others[1])} of other coins forced out (above: {usd(found.in_others)}), deficits of {ends[True]} "
        f"in cross margin and {ends[False]} in isolated margin."
    )


def matrix_rows(found: Answer) -> list[Row]:
    """Return the matrix as rows of text."""
    return [
        {
            "liquidated in": coin,
            **{f"crash in {other}": usd(value) for other, value in zip(found.coins, row, strict=True)},
        }
        for coin, row in zip(found.coins, found.matrix.liquidated, strict=True)
    ]


def way_rows(found: Answer) -> list[Row]:
    """Return the four ways of the chosen crash as rows."""
    return [_way_row(way_name(*key).replace("<br>", " "), key[1], way) for key, way in found.ways.items()]


def _way_row(name: str, policy: str, way: CoinFall) -> Row:
    return {
        "margin and rule": f"{name} ({POLICIES[policy].label})",
        "traders hit": f"{way.traders_hit:,d}",
        "liquidated": usd(float(way.liquidated.sum())),
        "deficits": usd(way.deficit),
        "charged": usd(way.charged),
        "closed early": usd(way.adl_closed),
        "left unhedged by liquidation": usd(way.naked),
        "by deleveraging": usd(way.naked_by_deleveraging),
    }


def coin_rows(found: Answer) -> list[Row]:
    """Return what is known of each coin: beta and volatilities as measured, open interest and depth as on record."""
    market, moves = found.matrix.market, found.matrix.market.moves
    depth = found.asked.question.depth
    rows = []
    for k, coin in enumerate(found.coins):
        known, open_interest = load_market("binance", coin), float(market.open_interest[k])
        rows.append(
            {
                "coin": coin,
                "beta on BTC (measured)": f"{moves.beta[k]:.2f}",
                "volatility (measured)": percent(moves.volatility[k], 0),
                "of its own (measured)": percent(moves.residual_volatility[k], 0),
                "open interest": f"{usd(open_interest)} ({known.ranges['open_interest'].kind})",
                "left for 1 % (assumed)": usd(depth * known.values["depth"] * open_interest),
                "mark at its low": percent(-float(found.fall.mark_fall[k])),
            }
        )
    return rows


def measured(found: Answer) -> str:
    """Return where the measures come from."""
    moves = found.matrix.market.moves
    return (
        f"Measured on {moves.n_hours:,d} hours in which all {len(moves.coins)} coins have a price, {moves.since} to "
        f"{moves.until}: the mean correlation is {moves.mean_correlation:.2f}, from {moves.correlation.min():.2f} to "
        f"{_highest(moves.correlation):.2f}."
    )


def _highest(correlation: np.ndarray) -> float:
    return float((correlation - 2.0 * np.eye(correlation.shape[0])).max())


ASSUMED = (
    "Open interest is that of Binance as data/markets has it (BTC recorded, ETH derived, the others assumed), depth a "
    "share of it, of which the crash leaves what the slider says.",
    "2,000 drawn traders with one to five coins, a coin more often and larger by the root of its open interest; sizes "
    "are Pareto with a tail of 1.4, leverage is lognormal with a spread of 0.615 and at most 40x. No venue says who "
    "holds which coins together.",
    "Hedged traders hold their largest coin against all their others, net zero at the start; seven of ten are long the "
    "others. The rest are long or short, half each, four of five positions on their side.",
    "Everybody enters at the first price. Maintenance margin is 1 % in BTC and ETH, 2 % elsewhere, and a hedge brings "
    "no relief. In isolated margin a trader's cash is divided by requirement and cannot be moved.",
    "Every price falls evenly and stays at its low; losses are shared once, at the end. What is left of a margin goes "
    "back to its owner. A coin's spot market is not in it.",
)
WORDS = (
    "Left unhedged: by how much the sum of a trader's signed positions grew, step by step, when some were closed by "
    "force. Liquidation of one leg does so in isolated margin, deleveraging in both. It is exposure, not a loss.",
    "Correlation: the others fall by correlation x their volatility / the coin's volatility x its fall, in logs.",
    "Beta: covariance of hourly log returns with BTC's over BTC's variance.",
    "The matrix leaves out what falls without the crash: common fall and own falls alone.",
)


def command(asked: Asked) -> str:
    """Return the command that gives the same figures."""
    plain, words = Contagion(), ["--coin", asked.coin]
    for name in ("crash", "correlation", "common_fall", "leverage", "hours", "depth", "fund", "hedged_share"):
        value = getattr(asked.question, name)
        if value != getattr(plain, name):
            words += [f"--{name.replace('_', '-')}", f"{value:.10g}"]
    for coin, fall in zip(asked.question.coins, asked.question.own_falls, strict=False):
        words += ["--own", f"{coin}={fall:.10g}"] if fall else []
    words += [] if asked.question.is_cross else ["--isolated"]
    for name in ("policy", "order"):
        value = getattr(asked.question, name)
        words += [f"--{name}", value] if value != getattr(plain, name) else []
    return join(["python", "-m", "engine", "contagion", *words])
