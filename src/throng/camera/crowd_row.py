"""Movement, company, balance, outlook, events and risk of a reading as columns of its row."""

import math
from collections.abc import Mapping
from typing import TypeAlias

from throng.core.company import Company
from throng.core.crowd_state import Balance, CrowdEvent, Movement, Outlook, Risk, ThresholdOutlook
from throng.core.estimate import Estimate

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Cell = str | int | float | bool | list[Json] | None
Row = dict[str, Cell]

RISK_COLUMNS = ("risk_level", "risk_score", "risk_reasons", "risk_profile")
MOVEMENT_COLUMNS = (
    "velocity_x_mps", "velocity_y_mps", "movement_estimator", "moving_share", "polarisation", "direction_entropy",
    "counter_flow", "divergence_per_s", "congestion_level_per_m", "crowd_danger_per_m3", "pressure_per_s2",
    "pressure_gated", "wave_period_s",
)  # fmt: skip
COMPANY_COLUMNS = (
    "groups", "largest_group", "largest_group_m2", "largest_group_x_m", "largest_group_y_m",
    "close_pairs", "close_persons", "speed_outliers", "coherence", "slowness", "stagnation",
)  # fmt: skip
BALANCE_COLUMNS = (
    "inflow_per_min", "inflow_low_per_min", "inflow_high_per_min",
    "outflow_per_min", "outflow_low_per_min", "outflow_high_per_min", "net_per_min", "balance_window_s",
)  # fmt: skip
OUTLOOK_COLUMNS = (
    "slope_per_m2_per_min", "slope_low_per_m2_per_min", "slope_high_per_m2_per_min", "slope_significant",
    "outlook",
)  # fmt: skip
CROWD_COLUMNS = (*RISK_COLUMNS, "events", *MOVEMENT_COLUMNS, *COMPANY_COLUMNS, *BALANCE_COLUMNS, *OUTLOOK_COLUMNS)
"""Columns of a zone's row that say more than how many people there are."""


def number(value: float | None) -> float | None:
    """Pass finite numbers; NaN and infinity mean that nothing is known, and JSON has no word for them."""
    return None if value is None or not math.isfinite(value) else float(value)


def estimate_cells(estimate: Estimate | None, value: str, low: str, high: str) -> Row:
    """Return the three cells of a value with its interval; None where nothing is known."""
    if estimate is None:
        return {value: None, low: None, high: None}
    return {value: number(estimate.value), low: number(estimate.low), high: number(estimate.high)}


def risk_cells(risk: Risk | None) -> Row:
    """Return the cells `RISK_COLUMNS`."""
    if risk is None:
        return dict.fromkeys(RISK_COLUMNS)
    return {
        "risk_level": risk.level.value,
        "risk_score": number(risk.score),
        "risk_reasons": [*risk.reasons],
        "risk_profile": risk.profile,
    }


def movement_cells(movement: Movement | None) -> Row:
    """Return the cells `MOVEMENT_COLUMNS`."""
    if movement is None:
        return dict.fromkeys(MOVEMENT_COLUMNS)
    return {
        "velocity_x_mps": number(movement.velocity_mps[0]),
        "velocity_y_mps": number(movement.velocity_mps[1]),
        "movement_estimator": movement.estimator,
        "moving_share": number(movement.moving_share),
        "polarisation": number(movement.polarisation),
        "direction_entropy": number(movement.direction_entropy),
        "counter_flow": number(movement.counter_flow),
        "divergence_per_s": number(movement.divergence_per_s),
        "congestion_level_per_m": number(movement.congestion_level_per_m),
        "crowd_danger_per_m3": number(movement.crowd_danger_per_m3),
        "pressure_per_s2": number(movement.pressure_per_s2),
        "pressure_gated": movement.pressure_gated,
        "wave_period_s": number(movement.wave_period_s),
    }


def company_cells(company: Company | None) -> Row:
    """Return the cells `COMPANY_COLUMNS`."""
    if company is None:
        return dict.fromkeys(COMPANY_COLUMNS)
    x_m, y_m = company.largest_group_at_m or (None, None)
    return {
        "groups": company.groups,
        "largest_group": company.largest_group,
        "largest_group_m2": number(company.largest_group_m2),
        "largest_group_x_m": number(x_m),
        "largest_group_y_m": number(y_m),
        "close_pairs": company.close_pairs,
        "close_persons": company.close_persons,
        "speed_outliers": company.speed_outliers,
        "coherence": number(company.coherence),
        "slowness": number(company.slowness),
        "stagnation": number(company.stagnation),
    }


def balance_cells(balance: Balance | None) -> Row:
    """Return the cells `BALANCE_COLUMNS`."""
    if balance is None:
        return dict.fromkeys(BALANCE_COLUMNS)
    return {
        **estimate_cells(balance.inflow_per_min, *BALANCE_COLUMNS[:3]),
        **estimate_cells(balance.outflow_per_min, *BALANCE_COLUMNS[3:6]),
        "net_per_min": number(balance.net_per_min),
        "balance_window_s": number(balance.window_s),
    }


def outlook_cells(outlook: Outlook | None) -> Row:
    """Return the cells `OUTLOOK_COLUMNS`; `outlook` holds one object per threshold."""
    if outlook is None:
        return dict.fromkeys(OUTLOOK_COLUMNS)
    return {
        **estimate_cells(outlook.slope_per_m2_per_min, *OUTLOOK_COLUMNS[:3]),
        "slope_significant": outlook.significant,
        "outlook": [_threshold(threshold) for threshold in outlook.thresholds],
    }


def event_cells(events: tuple[CrowdEvent, ...]) -> list[Json]:
    """Return one object per event."""
    return [
        {
            "kind": event.kind.value,
            "score": number(event.score),
            "evidence": [*event.evidence],
            "x_m": None if event.at_m is None else number(event.at_m[0]),
            "y_m": None if event.at_m is None else number(event.at_m[1]),
        }
        for event in events
    ]


def _threshold(outlook: ThresholdOutlook) -> Json:
    chances: Mapping[str, float | None] = {f"{ahead_s:g}": number(p) for ahead_s, p in outlook.probabilities}
    time_to = estimate_cells(outlook.time_to_s, "time_to_s", "time_to_low_s", "time_to_high_s")
    known = {name: value for name, value in time_to.items() if not isinstance(value, list)}
    return {"threshold_per_m2": outlook.threshold_per_m2, "probability_by_s": dict(chances), **known}
