"""What is in an order: lines of the categories a person likes, prices, discounts, and what comes back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clv.data.simulate import truths
from clv.data.simulate.behaviour import Orders
from clv.data.simulate.catalogue import CATEGORIES, PRODUCTS_PER_CATEGORY, Catalogue
from clv.data.simulate.columns import Flags, Floats, Ints, pick, rows

LINES_MEAN = 0.8  # lines of an order after its first
INTEREST_SHAPE = 0.30  # of the gammas behind a person's categories: few of the twelve
LEAST_INTEREST = 0.03  # share below which a person does not buy a category from us at all
QUANTITY_SHAPE, QUANTITY_MEAN = 1.5, 0.7  # units after the first: a person's mean
DISCOUNTS, DISCOUNT_SHARES = (0.0, 0.10, 0.20, 0.30), (0.86, 0.07, 0.05, 0.02)
PROMISED_DISCOUNT = 0.15  # on all lines of an order after the message of a discount


class Tastes(NamedTuple):
    """What a person buys when he buys; one row a person."""

    interest: Floats  # (people, categories), share of lines; rows sum to one
    extra_units: Floats  # mean units of a line after the first

    def ticket(self, catalogue: Catalogue) -> Floats:
        """Return the expected money of an order by category, in pesos, before what comes back."""
        usual = 1 - float(np.dot(DISCOUNTS, DISCOUNT_SHARES))
        units = (1 + self.extra_units) * (1 + LINES_MEAN)
        return self.interest * catalogue.mean_price() * units[:, None] * usual


class Lines(NamedTuple):
    """Lines of orders and of what came back; money in hundredths."""

    order: Ints  # place among the orders
    time: Floats
    product: Ints
    quantity: Ints  # below zero for what came back
    amount: Ints
    discount: Ints
    cost: Ints


def draw_tastes(n: int, rng: np.random.Generator) -> Tastes:
    """Draw what people like."""
    interest = rng.gamma(INTEREST_SHAPE, 1.0, (n, len(CATEGORIES)))
    interest /= interest.sum(axis=1, keepdims=True)
    interest[interest < LEAST_INTEREST] = 0
    interest /= interest.sum(axis=1, keepdims=True)
    return Tastes(interest, rng.gamma(QUANTITY_SHAPE, QUANTITY_MEAN / QUANTITY_SHAPE, n))


def draw_lines(
    orders: Orders, promised: Flags, tastes: Tastes, catalogue: Catalogue, rng: np.random.Generator
) -> Lines:
    """Draw what is in each order; `promised` orders follow the message of a discount."""
    order = np.repeat(np.arange(orders.time.size), 1 + rng.poisson(LINES_MEAN, orders.time.size))
    person, n = orders.person[order], order.size
    limits = np.cumsum(tastes.interest, axis=1)[:, :-1]
    category = (rng.random(n)[:, None] > limits[person]).sum(axis=1)
    # rounding may leave a sum a hair below one: what nobody likes must not be bought by that
    stray = np.flatnonzero(tastes.interest[person, category] == 0)
    category[stray] = tastes.interest[person[stray]].argmax(axis=1)
    product = category * PRODUCTS_PER_CATEGORY + pick(catalogue.popularity, n, rng)
    quantity = 1 + rng.poisson(tastes.extra_units[person])
    share = np.array(DISCOUNTS)[pick(list(DISCOUNT_SHARES), n, rng)]
    share = np.where(promised[order], np.maximum(share, PROMISED_DISCOUNT), share)
    full = catalogue.price[product] * quantity
    discount = np.rint(full * share).astype(np.int64)
    bought = Lines(
        order, orders.time[order], product, quantity, full - discount, discount, catalogue.unit_cost[product] * quantity
    )
    return _with_refunds(_one_line_a_product(bought), orders.time.size, rng)


def _one_line_a_product(lines: Lines) -> Lines:
    """Return the lines with those of one order and product summed, as a till does: none is the copy of another."""
    key = lines.order * (len(CATEGORIES) * PRODUCTS_PER_CATEGORY) + lines.product
    _, first, place = np.unique(key, return_index=True, return_inverse=True)

    def summed(column: Ints) -> Ints:
        total = np.zeros(first.size, np.int64)
        np.add.at(total, place, column)
        return total

    return rows(lines, first)._replace(
        quantity=summed(lines.quantity),
        amount=summed(lines.amount),
        discount=summed(lines.discount),
        cost=summed(lines.cost),
    )


def _with_refunds(bought: Lines, n_orders: int, rng: np.random.Generator) -> Lines:
    """Add what comes back: of some orders one line or all, on the same day or in the four weeks after."""
    is_refunded = rng.random(n_orders) < truths.REFUND_PER_ORDER
    is_full = rng.random(n_orders) < truths.REFUND_FULL
    is_same_day = rng.random(n_orders) < truths.REFUND_SAME_DAY
    share_of_day, later = rng.random(n_orders), 1 + np.minimum(rng.geometric(0.12, n_orders), 28)
    starts = np.diff(bought.order, prepend=-1) > 0
    back = np.flatnonzero(is_refunded[bought.order] & (is_full[bought.order] | starts))
    order, time = bought.order[back], bought.time[back]
    rest_of_day = np.floor(time) + 1 - time
    moment = np.where(
        is_same_day[order], time + rest_of_day * (0.1 + 0.8 * share_of_day[order]), np.floor(time) + later[order] + 0.5
    )
    refund = Lines(
        order,
        moment,
        bought.product[back],
        -bought.quantity[back],
        -bought.amount[back],
        np.zeros(back.size, np.int64),
        -bought.cost[back],
    )
    return Lines(*(np.concatenate(pair) for pair in zip(bought, refund, strict=True)))
