"""Models of purchase counts and spend: fit on customers or on counts of equal customers, predict per customer."""

from clv.models.bgnbd import BGNBD
from clv.models.gamma_gamma import GammaGamma

__all__ = ["BGNBD", "GammaGamma"]
