"""The log of transactions as tables: lines up to the as-of date, and those that only the truth knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clv.data.simulate.catalogue import product_ids, store_ids
from clv.data.simulate.clock import ALL_DAYS, HISTORY_DAYS
from clv.data.simulate.columns import Floats, Ints, chosen, moments, money, text_ids, where_known
from clv.data.simulate.contacts import MESSAGES
from clv.data.simulate.life import WEB, Company
from clv.data.simulate.registers import REGISTERS
from clv.data.simulate.truths import CAMPAIGNS

CHANNELS = ("tienda", "teléfono", "web", "app")
OPENS = np.array([600, 540, 420, 420])  # minute of the day
OPEN_MINUTES = np.array([600, 540, 1020, 1020])
ORDERS_OF_BLOCK = 1_000_000  # order numbers kept for a block


def minute_of_day(time: Floats, channel: npt.NDArray[Any]) -> Ints:
    """Return the minute of the day of moments, within the hours of their channel; later moments stay later."""
    return np.asarray(OPENS[channel] + ((time - np.floor(time)) * OPEN_MINUTES[channel]).astype(np.int64))


def order_ids(company: Company) -> pa.Array:
    """Return the id of each order: B or W and a number that grows with time."""
    rank = np.argsort(np.argsort(company.orders.time, kind="stable"), kind="stable")
    number = company.number * ORDERS_OF_BLOCK + rank + 1
    return pa.compute.if_else(pa.array(company.channel >= WEB), text_ids("W", number, 9), text_ids("B", number, 9))


def tables(company: Company, ids: pa.Array) -> dict[str, pa.Table]:
    """Return the lines of the log, those of the future, and the orders that a campaign caused."""
    lines, order_id = company.lines, order_ids(company)
    minute = minute_of_day(lines.time, company.channel[lines.order])
    settled = np.lexsort((lines.product, lines.quantity < 0, lines.order, np.floor(lines.time) * 1440 + minute))
    settled = settled[lines.time[settled] < ALL_DAYS]  # a refund may come later than all days
    is_known = lines.time[settled] < HISTORY_DAYS
    log = _lines(company, ids, order_id, settled[is_known], minute)
    future = _lines(company, ids, order_id, settled[~is_known], minute)
    person = company.orders.person[lines.order[settled[~is_known]]]
    future = future.add_column(2, "person_id", person_ids(company).take(pa.array(person)))
    return {"transactions": log, "truth/future_transactions": future, "truth/caused_orders": _caused(company, order_id)}


def person_ids(company: Company) -> pa.Array:
    """Return the id of each person."""
    return text_ids("P", company.people.number, 8)


def _lines(company: Company, ids: pa.Array, order_id: pa.Array, rows: Ints, minute: Ints) -> pa.Table:
    lines = company.lines
    order = lines.order[rows]
    record, channel, store = company.record[order], company.channel[order], company.store[order]
    return pa.table(
        {
            "register": chosen(REGISTERS, company.records.register[record]),
            "customer_id": ids.take(pa.array(record)),
            "ordered_at": moments(lines.time[rows], minute[rows]),
            "order_id": order_id.take(pa.array(order)),
            "product_id": product_ids().take(pa.array(lines.product[rows])),
            "quantity": pa.array(lines.quantity[rows]),
            "amount": money(lines.amount[rows]),
            "discount": money(lines.discount[rows]),
            "cost": money(lines.cost[rows]),
            "channel": chosen(CHANNELS, channel),
            "store_id": where_known(store_ids().take(pa.array(np.maximum(store, 0))), store >= 0),
        }
    )


def _caused(company: Company, order_id: pa.Array) -> pa.Table:
    rows = np.flatnonzero(company.orders.campaign >= 0)
    message = company.contacts.message[company.contact_of_order[rows]]
    return pa.table(
        {
            "order_id": order_id.take(pa.array(rows)),
            "person_id": person_ids(company).take(pa.array(company.orders.person[rows])),
            "campaign_id": chosen([each.campaign_id for each in CAMPAIGNS], company.orders.campaign[rows]),
            "message": chosen(MESSAGES, message),
        }
    )
