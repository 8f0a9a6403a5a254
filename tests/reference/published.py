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

# Pareto/NBD. CLVTools test_correctness_pnbd_nocovstaticcov.R: fit of CDNOW with its standard errors
CDNOW_PARETO_NBD = {"r": 0.55315, "alpha": 10.57633, "s": 0.60625, "beta": 11.67150}
CDNOW_PARETO_NBD_LOG_LIKELIHOOD = -9594.976
CDNOW_PARETO_NBD_STANDARD_ERRORS = {"r": 0.0476264, "alpha": 0.8427222, "s": 0.1872594, "beta": 6.2105448}
# the same fit in BTYD, to the digits of its manual; its forecast for customer 1516 of CDNOW in 52 weeks, its P(alive)
BTYD_PARETO_NBD = {"r": 0.5533971, "alpha": 10.5801985, "s": 0.6060625, "beta": 11.6562237}
BTYD_CUSTOMER_1516 = ((26, 30.86, 31, 52), 25.46, 0.9979)
# BTYD manual, pnbd.Expectation at its example's parameters: expected repeat purchases in 0 to 9 weeks
BTYD_EXPECTATION_PARAMS = {"r": 0.55, "alpha": 10.56, "s": 0.61, "beta": 11.64}
BTYD_EXPECTATIONS = [
    0, 0.05077821, 0.09916088, 0.14542507, 0.18979930, 0.23247466, 0.27361274, 0.31335159, 0.35181024, 0.38909211,
]  # fmt: skip
PARETO_NBD_52_WEEKS = 1.473113  # at BTYD's fit
# lifetimes tests, r .55 alpha 10.58 s .61 beta 11.67: (x, 200, 200), expected purchases in the next 10
PARETO_NBD_HEAVY_BUYERS = {132: 6.2060518, 133: 6.2528725}
# CLVTools: customers whose P(alive) was nan; x, t_x, T
PARETO_NBD_HEAVY_PARAMS = {"r": 0.5143, "alpha": 2.8845, "s": 0.2856, "beta": 14.1087}
PARETO_NBD_HEAVY_HISTORIES = [
    (221, 103.42857, 103.57143), (254, 97.14286, 97.28571), (161, 94.71429, 98), (204, 98.57143, 99.42857),
]  # fmt: skip
# BTYD manual, pnbd.DERT: params, (x, t_x, T), continuous rate per week; to eight digits by Tricomi's function
DERT_PARAMS = {"r": 0.5629966, "alpha": 12.5590370, "s": 0.4081095, "beta": 10.5148048}
DERT_HISTORY, DERT_RATE, DERT, DERT_P_ALIVE = (7, 35, 77.86), 0.0027, 1.8641833, 0.1007463
# CDNOW at BTYD's fit, (7, 29.43, 38.86): 10 % a year, and 10 % read as a week's
DERT_10_PERCENT_A_YEAR, DERT_10_PERCENT_A_WEEK = 20.807, 1.084
# CDNOW holdout of 39 weeks by x = 0..5 (FHL figure 5): actual, Pareto/NBD; bias of the sum (BTYDplus' author)
CDNOW_HOLDOUT_MEANS = [0.24, 0.70, 1.39, 1.56, 2.53, 2.95]
CDNOW_PARETO_NBD_MEANS = [0.14, 0.60, 1.20, 1.71, 2.40, 2.91]
CDNOW_PARETO_NBD_BIAS, CDNOW_PARETO_NBD_MEAN_P_ALIVE, CDNOW_PARETO_NBD_CORRELATION = -0.115, 0.4462, 0.630

# BG/BB: Fader, Hardie & Shang (2010), Marketing Science 29(6): 11,104 donors, 6 opportunities, Table 3
DONORS = 11_104
DONATIONS_BGBB = {"alpha": 1.2035, "beta": 0.7497, "gamma": 0.6567, "delta": 2.7834}
DONATIONS_BGBB_LOG_LIKELIHOOD = -33225.6
DONATIONS_P_ALIVE = {(0, 0): 0.11, (2, 4): 0.59, (6, 6): 0.93}  # in 2002, FHS figure 6
DONATIONS_LOG_LIKELIHOODS = {(6, 6): -2.18167, (0, 0): -1.16752}  # lifetimes and PyMC-Marketing tests, per donor
# Hardie's workbook: expected donors by number of donations, repeat donations in 5 years, and of a new donor by year
DONATIONS_EXPECTED_DONORS = {0: 3454.9, 6: 1253.1}
DONATIONS_NEXT_FIVE_YEARS = 12_884.2
NEW_DONOR_EXPECTATIONS = [0.4985, 0.9233, 1.2969, 1.6323, 1.9381, 2.2202, 2.4826, 2.7285, 2.9603, 3.1798, 3.3887]
# (1.20, .75, .66, 2.78), x = 3, t_x = 4, n = 6, 10 % a year, the next opportunity undiscounted
DONATIONS_DERT_PARAMS = {"alpha": 1.20, "beta": 0.75, "gamma": 0.66, "delta": 2.78}
DONATIONS_DERT = 1.7835

# MBG/NBD: BTYDplus on the CDNOW sample (lifetimes' test calls these numbers close to BTYDplus)
CDNOW_MBGNBD = {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}
# PyMC-Marketing tests, r .25 alpha 4 a .8 b 2.5 T 40: (x, t_x), log-likelihood
MBGNBD_LOG_LIKELIHOODS = [((0, 0), -0.41792826), ((200, 38), 100.7869)]
# BTYDplus' author: mean forecast of the 39 holdout weeks by x = 0..5, and bias of the total
CDNOW_MBGNBD_MEANS, CDNOW_MBGNBD_BIAS = [0.19, 0.55, 1.05, 1.49, 2.10, 2.56], -0.162
CDNOW_BGNBD_MEANS = [0.23, 0.52, 1.04, 1.52, 2.16, 2.65]
# MBG/CNBD-k: BTYDplus on the CDNOW sample, by k
CDNOW_MBGCNBD = {
    2: {"r": 0.580, "alpha": 2.288, "a": 1.135, "b": 1.585},
    3: {"r": 0.533, "alpha": 1.258, "a": 1.289, "b": 1.845},
}
