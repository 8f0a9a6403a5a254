"""Models of purchase counts and spend: fit on customers or on counts of equal customers, predict per customer."""

from clv.models.purchases.bgbb import BGBB
from clv.models.purchases.bgnbd import BGNBD
from clv.models.purchases.mbgcnbd import MBGCNBD
from clv.models.purchases.mbgnbd import MBGNBD
from clv.models.purchases.pareto_nbd import ParetoNBD
from clv.models.spend.gamma_gamma import GammaGamma

__all__ = ["BGBB", "BGNBD", "MBGCNBD", "MBGNBD", "GammaGamma", "ParetoNBD"]
