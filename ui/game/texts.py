"""The game in words: templates of computed figures, in which no number is written."""

from __future__ import annotations

from datetime import date

from engine import GAME, SEARCHED, GamePolicy, PlayedSeason, searched_seeds
from ui.frame.formats import count, counted, date_words, duration, listed, percent, usd
from ui.game.answers import Standing
from ui.game.progress import N_SEASONS, NO_BAND, PICKS, WORDS, word_of

SCORES = ("Solvency", "Fairness", "Revenue")
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
IDEA = (
    "You set {n_settings} rules of a venue, and then comes a season of {days} real days that you have not seen. "
    "{n_seasons} seasons are scored for solvency, fairness and revenue, and no setting is best in all three."
)
KIND_WORDS = {  # of the engine's kinds of seasons
    "calm": "days that hardly move",
    "crash": "a fall among the deepest on record",
    "squeeze": "a rise that runs over shorts",
    "grind": "a fall without a pause",
    "10 October": "the day that emptied funds",
}
KINDS = "One season is of each kind, in an order that you do not know: {kinds}. Coin and days are drawn by the seed."
SCALE = {
    "Solvency": (
        "all {most} points where every loss is paid, none from {unfunded} of all that traders want to hold. What "
        "positions that are still open have lost beyond their margin counts as paid by nobody."
    ),
    "Fairness": (
        "a third each: the largest haircut of a winner (no points from {largest}), the mean haircut (none from {mean}) "
        "and the Gini of the charges (none where one pays all)."
    ),
    "Revenue": (
        "{open_points} points for all wanted open interest still open at the end, {fee_points} more for fees of {fees} "
        "of it paid into the fund, {fund_cost} fewer for each {one} of it that you put into the fund. Positions that "
        "are closed early are charged nothing; they are open interest lost."
    ),
}
POINTS = "Points are the mean of the three."
ASSUMED = (
    "{n_traders} traders want {wanted}, at a median leverage of {leverage}. Each brings the margin that this "
    "takes and holds as much as you allow with it; each {basis} of fee a day keeps {scares} of them away. {depth} "
    "moves the price by {one}, impact fades by half in {half_life}, forced trading halts for {halt} at the band, "
    "losses are shared each night, and every season begins anew."
)
COMES = "With these settings {comes} of the {wanted} that traders want will come: {why}."
SEASON = (
    "{kind}, {coin}, {days}: the mark fell {fall} and rose {rise}. {out} of {n_traders} were forced out{deficit}. "
    "{kept} of {wanted} is still open."
)
DEFICIT = " and left a deficit of {deficit}: {payers}"
CLOSED = "{closed} of positions are closed early against the bankrupt"
ALL_PAID = "nobody had to pay"
END = (
    "You reach {points} points: solvency {solvency}, fairness {fairness}, revenue {revenue}. The best of {n} policies, "
    "each the same in every season, reaches {best}; {better} of them have more than you."
)
BEATEN = "At least one of them is as good as you in all three and better in one: there was room."
ON_FRONTIER = "None of them is as good as you in all three and better in one: you stand on the frontier."
SEARCHED_FOR = "The frontier is of {n} policies that were searched for these very seasons."
TRIED_NOW = (
    "For this seed nothing was searched: these {n} policies were on the frontier of seed {first} and are played now. "
    "All {searched} are known for seeds {seeds}."
)
BEST = "The best one: {settings}."
TITLE = "Season {number} of {n_seasons}"
CLASS = "Students set the venue on their phones; you see what they choose, open the season to all, and go on."
CLASS_QUESTION = "Which settings? The season comes when everybody has chosen."
CLASS_POINTS = "Points: the mean of solvency, fairness and revenue, summed over the seasons."
CLASS_SAID = "The best of {n} venues: {best} points, with {settings}. The middle one: {middle}."
TOLD = "Your venue: {points} points. Solvency {solvency}, fairness {fairness}, revenue {revenue}."


def word(number: int) -> str:
    """Return a small number as a word."""
    return NUMBERS[number] if number < len(NUMBERS) else count(number)


def idea() -> str:
    """Return what the game is, in two sentences."""
    return IDEA.format(n_settings=word(len(WORDS)), days=word(GAME.days), n_seasons=word(N_SEASONS).capitalize())


def kinds() -> str:
    """Return which kinds of seasons there are."""
    return KINDS.format(kinds=", ".join(f"{kind} ({words})" for kind, words in KIND_WORDS.items()))


def scale() -> list[tuple[str, str]]:
    """Return what each score is, with the numbers of its formula."""
    facts = {
        "most": count(100), "unfunded": percent(GAME.unfunded_worst), "largest": percent(GAME.largest_worst, 0),
        "mean": percent(GAME.mean_worst, 0), "open_points": f"{GAME.open_points:g}",
        "fee_points": f"{GAME.fee_points:g}", "fees": percent(GAME.fees_best),
        "fund_cost": f"{GAME.fund_cost / 100.0:g}", "one": percent(0.01, 0),
    }  # fmt: skip
    return [(name, SCALE[name].format(**facts)) for name in SCORES]


def assumed() -> str:
    """Return what the game assumes."""
    return ASSUMED.format(
        n_traders=count(GAME.n_traders), wanted=usd(GAME.wanted), leverage=f"{GAME.leverage:g}x",
        basis=percent(1e-4), scares=percent(GAME.fee_scares, 0), depth=usd(GAME.depth * GAME.wanted / 2.0),
        one=percent(0.01, 0), half_life=duration(GAME.half_life), halt=duration(GAME.halt),
    )  # fmt: skip


def coming(comes: float, policy: GamePolicy) -> str:
    """Return how much will come under settings, and why not more."""
    why = []
    if policy.most_leverage < policy.leverage_cap:
        why.append(f"this margin allows {policy.most_leverage:.3g}x, less than the cap")
    else:
        why.append(f"who wants more than {policy.leverage_cap:g}x holds less")
    if policy.fund_fee > 0:
        why.append("the fee keeps some away")
    return COMES.format(comes=usd(comes), wanted=usd(GAME.wanted), why=" and ".join(why))


def days_of(first: str, last: str) -> str:
    """Return days as people write them: 10 to 12 October 2025."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    start = f"{begin.day}" if begin.month == end.month else f"{begin.day} {begin:%B}"
    start = start if begin.year == end.year else f"{start} {begin.year}"
    return f"{start} to {date_words(last)}"


def season(played: PlayedSeason) -> str:
    """Return what became of a season, in a sentence or two."""
    run, season = played.run, played.season
    low, high = float(run.mark_low.min()), float(run.mark_high.max())
    owed = max(played.figures.deficit, played.unfunded)
    deficit = ", without a deficit"
    if owed > 0.005:
        deficit = DEFICIT.format(deficit=usd(owed), payers=payers(played))
    return SEASON.format(
        kind=season.kind[0].upper() + season.kind[1:], coin=season.coin, days=days_of(*season.days),
        fall=percent(max(0.0, 1.0 - low)),
        rise=percent(max(0.0, high - 1.0)), out=count(run.n_liquidated), n_traders=counted(GAME.n_traders, "trader"),
        deficit=deficit, kept=usd(played.kept * GAME.wanted), wanted=usd(GAME.wanted),
    )  # fmt: skip


def paid(played: PlayedSeason) -> dict[str, float]:
    """Return who paid how much, USD."""
    run = played.run
    return {
        "the fund": float(run.fund_paid.sum()),
        "winners": played.figures.charged,
        "nobody": played.unfunded,
    }


def payers(played: PlayedSeason) -> str:
    """Return who paid what, in words."""
    said = []
    for name, amount in paid(played).items():
        if amount > 0.005:
            verb = "pay" if name == "winners" else "pays"
            more = f" (at most {percent(played.figures.largest_haircut)} of a profit)" if name == "winners" else ""
            said.append(f"{name} {verb} {usd(amount)}{more}")
    if played.figures.closed_early > 0.005:
        said.append(CLOSED.format(closed=usd(played.figures.closed_early)))
    return ", ".join(said) or ALL_PAID


def settings(policy: GamePolicy) -> str:
    """Return settings in words, one after the other."""
    said = []
    for field, (label, _, _) in WORDS.items():
        text = PICKS[field].show(word_of(field, getattr(policy, field)))
        said.append(f"no {label.lower()}" if text == NO_BAND else f"{label.lower()} {text[0].lower()}{text[1:]}")
    return ", ".join(said)


def end(standing: Standing) -> str:
    """Return where a game stands, in a sentence or two."""
    solvency, fairness, revenue = (f"{score:.0f}" for score in standing.scores)
    _, best = standing.found.best
    text = END.format(
        points=f"{standing.points:.1f}", solvency=solvency, fairness=fairness, revenue=revenue,
        n=count(len(standing.found.codes)), best=f"{best:.1f}", better=count(standing.n_better),
    )  # fmt: skip
    return f"{text} {BEATEN if standing.is_beaten else ON_FRONTIER}"


def known_for(standing: Standing) -> str:
    """Return for which seasons the frontier is known, and the settings of the best policy."""
    n, seeds = count(len(standing.found.codes)), searched_seeds()
    best, _ = standing.found.best
    text = SEARCHED_FOR.format(n=n)
    if standing.found.seed not in seeds:
        known = listed([str(seed) for seed in seeds])
        text = TRIED_NOW.format(n=n, first=seeds[0], searched=count(SEARCHED), seeds=known)
    return f"{text} {BEST.format(settings=settings(best))}"


def title(number: int) -> str:
    """Return the title of a season, counted from 0."""
    return TITLE.format(number=number + 1, n_seasons=N_SEASONS)


def told(scores: tuple[float, float, float]) -> str:
    """Return three scores to whoever reached them."""
    solvency, fairness, revenue = (f"{score:.0f}" for score in scores)
    points = f"{sum(scores) / len(scores):.1f}"
    return TOLD.format(points=points, solvency=solvency, fairness=fairness, revenue=revenue)
