"""What customers say and what is done for them: surveys by touchpoint, and tasks that a protocol asks for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clv.data.simulate import truths
from clv.data.simulate.behaviour import Exposure, Orders, is_within
from clv.data.simulate.clock import HISTORY_DAYS
from clv.data.simulate.columns import Flags, Floats, Ints, rows
from clv.data.simulate.complaints import Cases
from clv.data.simulate.words import BLAME, NEUTRAL, PRAISE, SELLERS

ASKED_AND_ANSWERED = 0.06  # of the orders
COMMENTED = 0.35
COMMENTS = (*PRAISE, *NEUTRAL, *BLAME)
PERSON_SCATTER = 0.07  # standard deviation between people of the satisfied share

TASKS = ("bienvenida", "llamada por reclamo", "revisión de cuenta")
PROTOCOL_DAYS = (7, 2, 90)  # after the first order; after a severe case; a firm's quarter
WELCOME_SHARE, DONE_SHARE = 0.35, 0.86
DELAY_MEAN_DAYS = 2.5


class Surveys(NamedTuple):
    """One row an answer, by time."""

    person: Ints
    answered: Floats
    touchpoint: Ints
    score: Ints
    comment: Ints  # −1 for none


class Tasks(NamedTuple):
    """One row a task, by the day it is due."""

    person: Ints
    type: Ints
    due: Floats
    done: Floats  # infinite where it was not done by the as-of date
    owner: Ints


def draw_surveys(orders: Orders, channel: Ints, bad: Exposure, n_people: int, rng: np.random.Generator) -> Surveys:
    """Draw the answers after some orders (of a `channel`: store, phone, web, app) in the log."""
    order = np.flatnonzero((rng.random(orders.time.size) < ASKED_AND_ANSWERED) & (orders.time < HISTORY_DAYS - 6))
    person, n = orders.person[order], order.size
    answered = orders.time[order] + rng.uniform(0.5, 5.0, n)
    of_channel = np.array([0, 2, 1, 1])[channel[order]]  # places in truths.TOUCHPOINTS
    other = np.array([3, 4])[rng.integers(0, 2, n)]
    touchpoint = np.where(rng.random(n) < 0.5, of_channel, other)
    scatter = np.clip(rng.normal(0, PERSON_SCATTER, n_people), -0.12, 0.12)
    share = np.array(truths.TOUCHPOINT_SATISFACTION)[touchpoint] + scatter[person]
    share -= truths.SATISFACTION_LOST * is_within(bad, person, answered, n_people)
    score = rng.binomial(10, share)
    word = rng.integers(0, len(PRAISE), n)
    unhappy = len(PRAISE) + len(NEUTRAL) + rng.integers(0, len(BLAME), n)
    tepid = len(PRAISE) + rng.integers(0, len(NEUTRAL), n)
    comment = np.select([score >= 8, score <= 5], [word, unhappy], tepid)
    comment = np.where(rng.random(n) < COMMENTED, comment, -1)
    return rows(Surveys(person, answered, touchpoint, score, comment), np.lexsort((person, answered)))


def draw_tasks(first: Floats, is_company: Flags, cases: Cases, rng: np.random.Generator) -> Tasks:
    """Draw the tasks of the protocol that were set by the as-of date, done or not."""
    welcome = np.flatnonzero(rng.random(first.size) < WELCOME_SHARE)
    severe = np.flatnonzero((cases.severity == 2) & (cases.opened < HISTORY_DAYS))
    firms = np.flatnonzero(is_company)
    quarters = np.arange(1, HISTORY_DAYS // PROTOCOL_DAYS[2] + 1) * float(PROTOCOL_DAYS[2])
    firm, quarter = (grid.ravel() for grid in np.meshgrid(firms, quarters, indexing="ij"))
    known = quarter > first[firm]
    person = np.concatenate([welcome, cases.person[severe], firm[known]])
    type_ = np.repeat([0, 1, 2], [welcome.size, severe.size, int(known.sum())])
    due = np.concatenate([first[welcome] + PROTOCOL_DAYS[0], cases.opened[severe] + PROTOCOL_DAYS[1], quarter[known]])
    done = due - 1 + rng.exponential(DELAY_MEAN_DAYS, due.size)
    done = np.where((rng.random(due.size) < DONE_SHARE) & (done < HISTORY_DAYS), done, np.inf)
    owner = rng.integers(0, len(SELLERS), first.size)[person]
    return rows(Tasks(person, type_, due, done, owner), np.lexsort((person, type_, due)))
