"""Models of purchase counts and spend: fit on customers or on counts of equal customers, predict per customer."""

from clv.models.bgbb import BGBB
from clv.models.bgnbd import BGNBD
from clv.models.gamma_gamma import GammaGamma
from clv.models.mbgcnbd import MBGCNBD
from clv.models.mbgnbd import MBGNBD
from clv.models.pareto_nbd import ParetoNBD

__all__ = ["BGBB", "BGNBD", "MBGCNBD", "MBGNBD", "GammaGamma", "ParetoNBD"]
