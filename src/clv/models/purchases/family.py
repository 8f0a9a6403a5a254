"""The probability models together: each is fitted, and their forecasts are averaged.

They describe one process with different ways of leaving (after a purchase, also after the first, at any time), the data
seldom tell which is right, and their errors differ: the mean of the three forecasts is close to the best of them
everywhere, which no single one is. All three let the gaps between purchases be exponential; customers with a rhythm of
their own are another matter, and then the MBG/CNBD-k stands alone, as the BG/BB does where all can buy on the dates of
a panel only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, Final, Self

import pandas as pd

from clv.errors import ConvergenceError
from clv.models.purchases.base import PurchaseModel
from clv.models.purchases.bgnbd import BGNBD
from clv.models.purchases.mbgcnbd import MBGCNBD
from clv.models.purchases.mbgnbd import MBGNBD
from clv.models.purchases.panel import PanelBGBB
from clv.models.purchases.pareto_nbd import ParetoNBD
from clv.units import DiscountRate, Horizon

MEMBERS: Final[dict[str, type[PurchaseModel[Any]]]] = {"BG/NBD": BGNBD, "MBG/NBD": MBGNBD, "Pareto/NBD": ParetoNBD}
REGULAR: Final = "MBG/CNBD-k"
ON_DATES: Final = "BG/BB"
_MOST_STEPS = 12  # of silence: who has not bought by then seldom does


class ModelFamily:
    """BG/NBD, MBG/NBD and Pareto/NBD of the same customers; time in weeks.

    Attributes
    ----------
    models_ : dict of PurchaseModel
        The fitted ones by name; one whose likelihood has no maximum on these data is left out.
    left_out_ : dict of str
        Why, by name.

    Examples
    --------
    >>> from clv.units import weeks
    >>> customers = pd.DataFrame({"frequency": [2, 1, 0, 5, 1], "recency": [30.4, 1.7, 0, 20.0, 9.0], "T": [38.9] * 5})
    >>> family = ModelFamily()
    >>> family.models_ = {"BG/NBD": BGNBD()}
    >>> family.models_["BG/NBD"].params_ = BGNBD._params_type(0.243, 4.414, 0.793, 2.426)
    >>> family.predict(customers, weeks(39))["expected_purchases"].round(3).tolist()
    [1.224, 0.203, 0.195, 1.089, 0.398]
    """

    models_: dict[str, PurchaseModel[Any]]
    left_out_: dict[str, str]

    def fit(
        self,
        customers: pd.DataFrame,
        weights: str | None = None,
        stages: int = 1,
        opportunities: Sequence[float] | None = None,
    ) -> Self:
        """Fit every member.

        Parameters
        ----------
        customers, weights
            As for `clv.models.purchases.base.PurchaseModel.fit`.
        stages : int, default 1
            Above 1 customers have a rhythm, and the MBG/CNBD-k with that k is fitted alone.
        opportunities : sequence of float, optional
            When customers can buy, in weeks from the date that they are described as of, for
            `clv.models.purchases.panel.PanelBGBB`, which is then fitted alone.

        Raises
        ------
        DataError
            If the frame breaks a rule, or no customer has a repeat purchase.
        ConvergenceError
            If no member's likelihood has a maximum.
        """
        self.models_, self.left_out_ = {}, {}
        members: dict[str, PurchaseModel[Any]] = {name: model() for name, model in MEMBERS.items()}
        if opportunities is not None:
            members = {ON_DATES: PanelBGBB(opportunities)}
        elif stages > 1:
            members = {REGULAR: MBGCNBD(stages)}
        for name, model in members.items():
            try:
                self.models_[name] = model.fit(customers, weights)
            except ConvergenceError as error:
                self.left_out_[name] = str(error)
        if not self.models_:
            raise ConvergenceError("; ".join(self.left_out_.values()))
        return self

    @property
    def best_(self) -> str:
        """Return the name of the model with the highest likelihood; all count the same data in the same unit."""
        return max(self.models_, key=lambda name: self.models_[name].log_likelihood_)

    def predict(self, customers: pd.DataFrame, horizon: Horizon) -> pd.DataFrame:
        """Return the means over the models of expected_purchases and p_no_purchase, and the best model's p_alive.

        P(alive) is a latent state that the models define differently, so it is never averaged. Silence is averaged
        without the BG/NBD where others are there: in it nobody who bought once can have left.

        Parameters
        ----------
        customers : DataFrame
            Columns frequency, recency and T (weeks).
        horizon : Horizon
            Length of the forecast.

        Returns
        -------
        DataFrame
            p_alive, expected_purchases, p_no_purchase on the index of customers.
        """
        by_model = {name: model.predict(customers, horizon) for name, model in self.models_.items()}
        best = self.best_ if len(by_model) > 1 else next(iter(by_model))
        may_leave_at_once = [by_model[name] for name in self._may_leave_at_once()]
        return pd.DataFrame(
            {
                "p_alive": by_model[best]["p_alive"],
                "expected_purchases": _mean([table["expected_purchases"] for table in by_model.values()]),
                "p_no_purchase": _mean([table["p_no_purchase"] for table in may_leave_at_once]),
            }
        )

    def p_no_purchase(self, customers: pd.DataFrame, horizon: Horizon) -> pd.Series:
        """Return the p_no_purchase of `predict` alone, which takes a small part of its time."""
        return _mean([self.models_[name].p_no_purchase(customers, horizon) for name in self._may_leave_at_once()])

    def expected_by_model(self, customers: pd.DataFrame, horizon: Horizon) -> pd.DataFrame:
        """Return each model's expected purchases in the horizon as a column, on the index of customers."""
        return pd.DataFrame(
            {name: model.predict(customers, horizon)["expected_purchases"] for name, model in self.models_.items()}
        )

    def most(self, horizon: Horizon) -> float:
        """Return how many purchases the horizon has room for, at least 1: one a day, of a panel one a date."""
        panel = self.models_.get(ON_DATES)
        return max(float(panel.dates_within(horizon).size if isinstance(panel, PanelBGBB) else horizon.days // 1), 1.0)

    def steps(self, horizon: Horizon) -> set[float]:
        """Return days between which silence keeps its probability: of a panel, those of its next dates and before."""
        panel = self.models_.get(ON_DATES)
        dates = panel.dates_within(horizon)[:_MOST_STEPS].tolist() if isinstance(panel, PanelBGBB) else []
        return {*dates, *(date - 1 for date in dates if date > 1)}

    def _may_leave_at_once(self) -> list[str]:
        """Return the models in which who bought once can have left; the BG/NBD only where it is alone."""
        return [name for name in self.models_ if name != "BG/NBD"] or list(self.models_)

    def discounted_purchases(self, customers: pd.DataFrame, horizon: Horizon, rate: DiscountRate) -> pd.Series:
        """Return the mean over the models of the expected purchases in the horizon, discounted to T."""
        each = [model.discounted_purchases(customers, horizon, rate) for model in self.models_.values()]
        return _mean(each).rename("discounted_purchases")


def _mean(columns: list[pd.Series]) -> pd.Series:
    """Return the mean of columns on one index."""
    return reduce(pd.Series.add, columns) / len(columns)
