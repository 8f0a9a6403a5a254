"""The two registers: which person stands in which, how often, and which record an order is written to.

*shop* holds what is sold in stores and by phone, *web* what is sold online. Some people stand in both, some twice in
one: they were registered anew and order under the new id from then on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from clv.data.simulate.clock import HISTORY_DAYS
from clv.data.simulate.columns import Flags, Floats, Ints, pick, text_ids

SHOP, WEB = 0, 1
REGISTERS = ("shop", "web")
KIND_SHARES = [0.50, 0.25, 0.25]  # shop only, web only, both
TWICE_SHARES = (0.05, 0.03)  # of those in the register
ROOM = 60_000  # record numbers of a block and register: more than it can hold


class Records(NamedTuple):
    """One row a record of a register; `of` finds a person's records."""

    person: Ints
    register: Ints
    is_second: Flags
    number: Ints  # in its register, in the whole company
    of: Ints  # (people, 4): shop, web, shop again, web again; −1 for none
    switch: Floats  # (people, 2): day from which the second record is used
    web_share: Floats  # of a person's orders

    def ids(self) -> pa.Array:
        """Return the customer ids: eight digits in the shop, u and hexadecimal digits on the web."""
        # multiplying by a unit scatters the numbers, so that ids say nothing about who was registered when
        shop = text_ids("", (self.number * 7_368_787 + 1_234_567) % 99_999_989, 8)
        scattered = (self.number * 2_654_435_761 % 2**32).astype(np.uint32)
        digits = np.array([f"{byte:02x}" for byte in range(256)])[scattered.byteswap().view(np.uint8).reshape(-1, 4)]
        web = np.strings.add(np.strings.add(digits[:, 0], digits[:, 1]), np.strings.add(digits[:, 2], digits[:, 3]))
        in_shop = pa.array(self.register == SHOP)
        return pa.compute.if_else(in_shop, shop, pa.array(np.strings.add("u", web), pa.string()))


def draw_records(block: int, first: Floats, rng: np.random.Generator) -> Records:
    """Draw in which registers each person stands; `first` is the day of the first order."""
    n = first.size
    kind = pick(KIND_SHARES, n, rng)
    web_share = np.select([kind == 0, kind == 1], [0.0, 1.0], rng.beta(2, 2, n))
    inside = np.stack([kind != 1, kind != 0], axis=1)
    again = inside & (rng.random((n, 2)) < np.array(TWICE_SHARES))
    there = np.concatenate([inside, again], axis=1)
    of = np.full((n, 4), -1)
    person, place = np.nonzero(there)
    of[person, place] = np.arange(person.size)
    register = place % 2
    number = np.empty(person.size, np.int64)
    for one in (SHOP, WEB):
        rows = np.flatnonzero(register == one)
        number[rows] = block * ROOM + rng.permutation(rows.size)
    switch = first[:, None] + rng.random((n, 2)) * (HISTORY_DAYS - first)[:, None]
    return Records(person, register, place >= 2, number, of, switch, web_share)


def record_of(records: Records, person: Ints, time: Floats, is_web: Flags) -> Ints:
    """Return the record that an order of a person is written to."""
    register = is_web.astype(np.int64)
    second = records.of[person, register + 2]
    return np.where((second >= 0) & (time >= records.switch[person, register]), second, records.of[person, register])


def registered_days(records: Records, first: Floats, record: Ints, time: Floats, rng: np.random.Generator) -> Floats:
    """Return when each record was made: at its first order (`record`, `time`) in the log, or some day without."""
    made = np.full(records.person.size, np.inf)
    seen = time < HISTORY_DAYS
    np.minimum.at(made, record[seen], time[seen])
    begun = np.where(records.is_second, records.switch[records.person, records.register], first[records.person])
    some_day = begun + rng.random(begun.size) * (HISTORY_DAYS - begun)
    return np.where(np.isfinite(made), made, some_day)
