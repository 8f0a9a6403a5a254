"""Published numbers that the models must reproduce, each with its source.

CDNOW is the 1/10 sample: 2,357 customers, calibration to 1997-09-30, weeks of seven days, same-day orders merged.
FHL: Fader, Hardie & Lee (2005), Marketing Science 24(2). CLVTools: package tests of 0.12.
"""

# FHL Table 2; CLVTools test_correctness_bgnbd.R:9-10
CDNOW_BGNBD = {"r": 0.2425945, "alpha": 4.4136019, "a": 0.7929199, "b": 2.4258881}
CDNOW_BGNBD_LOG_LIKELIHOOD = -9582.429
PAPER_BGNBD = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
# what a fit on calendar weeks instead of days gives, as lifetimes and PyMC-Marketing prepare weekly data: wrong
WEEKLY_BUCKETS_BGNBD = {"r": 0.291, "alpha": 6.852, "a": 0.665, "b": 2.320}
# what the fit without the 8 customers of only $0 orders gives: wrong
WITHOUT_FREE_ORDERS_LOG_LIKELIHOOD = -9578.197
WITHOUT_FREE_ORDERS_CUSTOMERS = 2349

# single customers at the paper's parameters: (x, t_x, T, horizon in weeks), expected purchases, P(alive)
# Hardie's Excel sheet (1.226) and the BTYD manual (25.76), to seven digits by quadrature
CONDITIONAL_EXPECTATIONS = [
    ((2, 30.43, 38.86, 39), 1.2260282, 0.7265786),
    ((0, 0, 38.86, 39), 0.1950981, 1.0),
    ((7, 29.43, 38.86, 39), 3.3370533, 0.6417563),
    ((26, 30.86, 31, 52), 25.7582, 0.9689156),
]
# Hardie's sheet at the fitted parameters: weeks, expected repeat purchases of a new customer. The sheet also has 1.8576
# at 78 weeks: there its series for 2F1 is cut after 150 terms; summed to the end (400 terms) it is 1.857956
NEW_CUSTOMER_SHEET = {0.1429: 0.0078, 1: 0.0532, 3: 0.1506, 31.8571: 1.0405, 32: 1.0437}
NEW_CUSTOMER_78_WEEKS, NEW_CUSTOMER_78_WEEKS_AFTER_150_TERMS = 1.857956, 1.8576
NEW_CUSTOMER_PAPER_PARAMS = {39: 1.1967, 52: 1.4461, 520: 4.975, 5200: 12.148}
# BTYD (R), through the tests of lifetimes: P(X(t) = n) at the paper's parameters
PMF_39_WEEKS_NONE = 0.5737864
PMF_2_WEEKS_TEN = 1.07869e-07
PMF_30_WEEKS_FROM_11 = [
    0.0019995214, 0.0015170236, 0.0011633150, 0.0009003148, 0.0007023638,
    0.0005517902, 0.0004361913, 0.0003467171, 0.0002769613, 0.0002222260,
]  # fmt: skip
# PyMC-Marketing tests, r .25 alpha 4 a .8 b 2.5 T 40: (x, t_x), log-likelihood
LOG_LIKELIHOODS = [((0, 0), -0.59947382), ((200, 38), 100.7957)]

# Gamma-gamma: CLVTools test_correctness_gg.R:9-11, unrounded by clvkit
CDNOW_GAMMA_GAMMA = {"p": 6.249690, "q": 3.744180, "gamma": 15.442988}
CDNOW_GAMMA_GAMMA_LOG_LIKELIHOOD = -4055.9177
CDNOW_REPEATERS = 946
# Hardie, note 025: expected spend of the first ten customers, and of the population
CDNOW_EXPECTED_SPEND = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
# Fader, Hardie & Lee (2005b), RFM and CLV; Spearman by clvkit
CDNOW_SPEND_PEARSON, CDNOW_SPEND_SPEARMAN = 0.11, 0.21

# (shape, elapsed, a, b): (a+b−1)/(a−1)·(1 − 2F1(shape, a−1; a+b−1; −elapsed)), evaluated by mpmath 1.3 with 60 digits
# (a = 1 as the limit a = 1 + 1e-30)
EXPECTATION_TO_SIXTY_DIGITS = {
    (0.02, 1e-4, 0.05, 0.1): 1.99996600209011e-6,
    (0.243, 30, 0.793, 2.426): 2.523215968641204,
    (3000, 30, 0.05, 2.4): 55367.21631793811,
    (3000, 1e4, 0.3, 5000): 3144988.559301018,
    (300, 1, 50, 5000): 96.87579932565115,
    (3, 1e4, 50, 0.1): 1.002040816325522,
    (0.243, 8.8, 1, 2.426): 1.08156676242631,
    (0.243, 8.8, 0.999999999, 2.426): 1.081566762899362,
    (0.243, 8.8, 1.000000001, 2.426): 1.081566761953257,
    (2000.243, 0.9, 0.793, 2002.426): 1373.346509488653,
    (0.11, 9.25, 0.31, 0.50): 0.564169547826903,
}
