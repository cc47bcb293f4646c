"""Binance, Bybit, OKX, Kraken, FTX, Bitfinex: vectors to engine calls."""

from __future__ import annotations

from typing import Any

from tests.reference.venues import binance, bitfinex, bybit, ftx, kraken, okx
from tests.reference.venues.exact import nearest_to
from tests.vectors.reading import Adapter, Inputs, Outputs, one_or_all

VENUE = ""
CENT, DOLLAR, HALF_DOLLAR = 0.01, 1, 0.5  # steps at which the venues publish prices


def clawback_event(inputs: Inputs) -> Outputs:
    """The rate, and the profit that it implies, need one of the two to be given."""
    outputs: Outputs = {"notional_usd": okx.notional(contracts=inputs.need("contracts"), face=inputs.need("face_usd"))}
    uncovered = inputs.need("uncovered_after_fund_btc")
    profit, rate = inputs.get_any("total_profit_btc"), inputs.get_any("clawback_rate")
    if profit is not None:
        rate = okx.clawback_rate(deficits=[uncovered], fund=0, profits=[profit])
    if rate is not None:
        implied = okx.implied_profit(uncovered=uncovered, rate=rate)
        outputs |= {"clawback_rate_approx": rate, "implied_total_profit_btc_approx": implied}
    return outputs


def drawdown(inputs: Inputs) -> Outputs:
    """The pool's profit is given, or follows from a gain and the loss after it."""
    gain, loss = inputs.get_any("symbol_gain_first", default=0), inputs.get_any("symbol_loss_after", default=0)
    done = bybit.drawdown_trigger(
        pool_max=inputs.get_any("pool_8h_max", default=inputs.get_any("pool_initial", default=0) + gain),
        pnl_max=inputs.get_any("symbol_pnl_8h_max", default=gain),
        pnl_now=inputs.get_any("symbol_pnl_now", default=gain - loss),
        balance=inputs.need("balance"),
        balance_threshold=inputs.get_any("adl_trigger_threshold", default=1),
        ratio_threshold=inputs.get_any("pnl_ratio_threshold", default=bybit.PNL_RATIO_THRESHOLD),
        stop_ratio=inputs.get_any("stop_ratio", default=bybit.STOP_RATIO),
        is_own_pool=bool(inputs.get_any("own_pool", "carved_out", default=False)),
    )
    return {
        "pnl_ratio": done.pnl_ratio,
        "triggered": done.is_triggered,
        "adl_absorbs": done.absorbs,
        "pnl_ratio_after": done.ratio_after,
        "stopped": done.is_above_stop,
    }


def inverse_bankruptcy(inputs: Inputs) -> Outputs:
    terms = {
        "side": inputs.get_any("side", default="long"),
        "entry": inputs.need("entry"),
        "leverage": inputs.need("leverage"),
    }
    bankruptcy = bybit.inverse_bankruptcy_price(**terms)
    rate = inputs.get_any("mmr", "maintenance_rate", default=0.005)
    liquidation = bybit.inverse_liquidation_price(**terms, maintenance_rate=rate)
    tick = inputs.get_any("tick", default=HALF_DOLLAR)
    return {
        "bankruptcy_price": bankruptcy,
        "bankruptcy_price_raw": bankruptcy,
        "bankruptcy_price_tick": nearest_to(bankruptcy, tick),
        "liquidation_price": nearest_to(liquidation, tick),
    }


def equity_protection(inputs: Inputs) -> Outputs:
    done = kraken.prices(
        side=inputs.get_any("side", default="long"),
        contracts=inputs.need("contracts"),
        entry=inputs.need("entry"),
        margin_coin=inputs.need("margin_btc", "margin_coin"),
        initial_rate=inputs.get_any("im_rate", default=0.02),
        maintenance_rate=inputs.need("mm_rate"),
    )
    return {
        "value_btc": done.value,
        "im_btc": done.initial_margin,
        "mm_btc_at_entry": done.maintenance_margin,
        "liquidation_price": nearest_to(done.liquidation_price, DOLLAR),
        "limit_price_zero_equity": nearest_to(done.zero_equity_price, DOLLAR),
    }


def margin_stages(inputs: Inputs) -> Outputs:
    states = [
        ftx.state(
            collateral=inputs.need("collateral"),
            notional=inputs.need("long_notional", "notional", "short_notional"),
            drop=drop / 100,
            initial_fraction=inputs.get_any("im_fraction", default=0.1),
            maintenance_fraction=inputs.get_any("mm_fraction", default=0.04),
            auto_close_fraction=inputs.get_any("auto_close_fraction", default=0.02),
        )
        for drop in inputs.need("drops_pct")
    ]
    return {
        "equity": [state.equity for state in states],
        "leverage": [None if state.leverage is None else round(state.leverage) for state in states],
        "distance_to_bankruptcy_pct": [round(state.distance_pct, 9) for state in states],
        "stage": [state.stage for state in states],
    }


def bracketed(entry: dict[str, Any]) -> binance.Position:
    sign = -1 if str(entry.get("side", "long")) == "short" else 1
    return binance.Position(
        size=sign * abs(entry["qty"]),
        entry=entry["entry"],
        mark=entry.get("mark", entry["entry"]),
        maintenance_rate=entry["mmr"],
        maintenance_amount=entry.get("maint_amount", 0),
    )


def cross_liquidation(inputs: Inputs) -> Outputs:
    positions = inputs.need("positions")
    target = inputs.get_any("target", default=positions[0].get("symbol"))
    price = binance.liquidation_price(
        wallet=inputs.need("wallet_balance"),
        position=next(bracketed(entry) for entry in positions if entry.get("symbol") == target),
        others=[bracketed(entry) for entry in positions if entry.get("symbol") != target],
        other_maintenance=inputs.get_any("other_maintenance", "tmm"),
        other_profit=inputs.get_any("other_upnl", "upnl"),
    )
    return {"liquidation_price": nearest_to(price, CENT), "liquidation_price_raw": price}


def isolated_liquidation(inputs: Inputs) -> Outputs:
    cases = inputs.get_any("cases", default=[dict(inputs)])
    prices = [
        binance.liquidation_price(
            wallet=case.get("wallet_balance", inputs.get("wallet_balance")), position=bracketed(case)
        )
        for case in cases
    ]
    rounded = [nearest_to(price, CENT) for price in prices]
    return {"liquidation_price": rounded if "cases" in inputs else one_or_all(rounded)}


def balance_haircut(inputs: Inputs) -> Outputs:
    rate = inputs.get_any("haircut")
    if rate is None:
        total = inputs.need("total_claims", "total_balances", "total")
        rate = bitfinex.haircut_rate(loss=inputs.need("loss", "stolen"), balances=[total])
    done = bitfinex.haircut(rate=rate, balances=[1.0])
    return {
        "haircut": rate,
        "available_fraction": done.available[0],
        "token_claim_fraction": done.claims[0],
        "locked_fraction": done.claims[0],
        "token": "BFX, 1 per USD of loss",
    }


def redemption(inputs: Inputs) -> Outputs:
    """Which tokens a redemption applies to is a statement; what follows from it is the share outstanding."""
    left = [1.0]
    for percent in inputs.need("redemptions_pct"):
        left = bitfinex.redeem(rate=percent / 100, claims=left)[1]
    return {"outstanding_fraction": left[0]}


RULES: dict[str, Adapter] = {
    "adl_trigger_pool_drawdown": drawdown,
    "clawback_event": clawback_event,
    "bankruptcy_price_inverse": inverse_bankruptcy,
    "liquidation_and_bankruptcy_price_inverse": equity_protection,
    "waterfall_stage_by_margin_fraction": margin_stages,
    "liquidation_price_cross_tiered": cross_liquidation,
    "liquidation_price_isolated_tiered": isolated_liquidation,
    "generalised_balance_haircut": balance_haircut,
    "recovery_token_redemption": redemption,
}
