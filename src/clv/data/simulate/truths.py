"""What is true of the simulated company: every number that a fit on its tables should find again."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from clv.data.simulate import clock

# Orders a week while alive: a gamma part of this shape and mean, times the effect of the occupation; nothing else.
RATE_SHAPE, RATE_MEAN = 0.9, 0.10
OCCUPATIONS = ("empleado", "independiente", "jubilado", "estudiante")
OCCUPATION_SHARES = (0.48, 0.22, 0.18, 0.12)
OCCUPATION_LOG_EFFECTS = (0.0, 0.40, -0.20, -0.50)
COMPANY_LOG_EFFECT = 0.60

# Leaving: a hazard of time and a hazard at each order, both of a person; a bad case multiplies both.
LEAVING_SHAPE, LEAVING_MEAN = 4.0, 0.0060  # a week
AFTER_ORDER_SHAPE, AFTER_ORDER_MEAN = 4.0, 0.030  # at each order; P(leaves) = 1 − exp(−hazard)
BAD_CASE_HAZARD_RATIO = 3.0
BAD_CASE_DAYS = 182  # from the day the case was opened; overlapping cases do not multiply again
BAD_SEVERITY, BAD_AFTER_DAYS = "alta", 5.0  # a case is bad when severe and not resolved within these days

CASE_PER_ORDER = 0.10
REFUND_PER_ORDER, REFUND_SAME_DAY, REFUND_FULL = 0.04, 0.40, 0.50
SHARE_OF_WALLET = (2.0, 2.0)  # beta: what of a category's spend is spent with us

CONTROL_SHARE, CONTACT_SHARE = 0.30, 0.70
EFFECT_DAYS = 42  # from the day of contact


class Campaign(NamedTuple):
    """One campaign: when, how, and the ratio of order rates of each message to the control group."""

    campaign_id: str
    name: str
    objective: str
    channel: str
    starts: int  # day since the start; windows do not overlap
    rate_ratios: dict[str, float]


CAMPAIGNS = (
    Campaign("C01", "Bienvenida de verano", "activación", "email", 190, {"descuento": 1.50, "novedades": 1.15}),
    Campaign("C02", "Vuelta a clases", "crecimiento", "email", 240, {"descuento": 1.35, "regalo": 1.00}),
    Campaign("C03", "Aniversario", "fidelización", "carta", 470, {"novedades": 1.25, "regalo": 1.10}),
    Campaign("C04", "Navidad", "crecimiento", "whatsapp", 870, {"descuento": 1.60, "novedades": 1.30}),
    Campaign("C05", "Otras categorías", "venta cruzada", "email", 660, {"novedades": 1.00, "regalo": 1.00}),
    Campaign("C06", "Te echamos de menos", "retención", "teléfono", 1000, {"descuento": 1.40, "regalo": 1.20}),
)
CONTACT_DAYS = 7  # over which the contacts of a campaign are spread

STAGES = ("contacto", "reunión", "propuesta", "negociación")
STAGE_PASSES = (0.60, 0.55, 0.60, 0.65)  # P(passing a stage); the last is the sale
STAGE_MEAN_DAYS = (20.0, 25.0, 30.0, 20.0)

TOUCHPOINTS = ("tienda", "web", "teléfono", "entrega", "servicio")
TOUCHPOINT_SATISFACTION = (0.86, 0.80, 0.72, 0.78, 0.68)  # share of ten points, without a bad case
SATISFACTION_LOST = 0.38  # while a bad case is felt

PLANS = ("básico", "plus", "total")
PLAN_PRICES = (4990, 8990, 14990)  # a month
PLAN_CHURN = (1.2, 22.0)  # beta: a person's chance to end the contract each month
REASONS = ("precio", "servicio", "se mudó", "competencia", "ya no lo necesita")
REASON_SHARES = (0.34, 0.14, 0.16, 0.22, 0.14)
SERVICE_REASON_AFTER_BAD_CASE = 0.70


def win_probabilities() -> dict[str, float]:
    """Return the chance of a sale for an opportunity that stands at a stage."""
    return {stage: math.prod(STAGE_PASSES[place:]) for place, stage in enumerate(STAGES)}


def parameters() -> dict[str, Any]:
    """Return the truths as they stand in `truth/parameters.json`."""
    return {
        "starts_on": clock.START.isoformat(),
        "as_of": clock.AS_OF.isoformat(),
        "future_days": clock.FUTURE_DAYS,
        "season_by_week_of_year": [round(float(index), 6) for index in clock.SEASON_BY_WEEK],
        "season_by_month": [round(index, 6) for index in clock.season_by_month()],
        "order_rate_per_week": {
            "gamma_shape": RATE_SHAPE,
            "gamma_mean": RATE_MEAN,
            "log_effects": {
                **dict(zip(OCCUPATIONS, OCCUPATION_LOG_EFFECTS, strict=True)),
                "company": COMPANY_LOG_EFFECT,
            },
        },
        "leaving_hazard_per_week": {"gamma_shape": LEAVING_SHAPE, "gamma_mean": LEAVING_MEAN},
        "leaving_hazard_per_order": {"gamma_shape": AFTER_ORDER_SHAPE, "gamma_mean": AFTER_ORDER_MEAN},
        "bad_case": {
            "hazard_ratio": BAD_CASE_HAZARD_RATIO,
            "days": BAD_CASE_DAYS,
            "rule": {"severity": BAD_SEVERITY, "unresolved_after_days": BAD_AFTER_DAYS},
        },
        "cases_per_order": CASE_PER_ORDER,
        "refunds": {"per_order": REFUND_PER_ORDER, "same_day": REFUND_SAME_DAY, "full": REFUND_FULL},
        "campaigns": {
            each.campaign_id: {"rate_ratio": each.rate_ratios, "effect_days": EFFECT_DAYS, "control": CONTROL_SHARE}
            for each in CAMPAIGNS
        },
        "win_probability_by_stage": {stage: round(chance, 6) for stage, chance in win_probabilities().items()},
        "satisfaction": {
            "share_of_ten_by_touchpoint": dict(zip(TOUCHPOINTS, TOUCHPOINT_SATISFACTION, strict=True)),
            "lost_while_a_bad_case_is_felt": SATISFACTION_LOST,
        },
        "subscriptions": {"monthly_churn_beta": PLAN_CHURN},
        "share_of_wallet_beta": SHARE_OF_WALLET,
    }
