import itertools

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from clv.data.identity import clusters
from clv.data.identity.clusters import cluster


def links(*pairs, weight=5.0):
    rows = [(*pair, weight) if len(pair) == 2 else pair for pair in pairs]
    return pd.DataFrame(rows, columns=["record_l", "record_r", "weight"])


def forbids(*apart):
    def judge(pairs):
        keys = zip(pairs["record_l"], pairs["record_r"], strict=True)
        return pd.Series(["tax" if key in apart else "" for key in keys], index=pairs.index, dtype=object)

    return judge


def test_connected_records_are_one_person():
    assert cluster(5, links((0, 1), (1, 2)), forbids()).group.tolist() == [0, 0, 0, 3, 4]


def test_a_forbidden_pair_cuts_the_weakest_link():
    found = cluster(3, links((0, 1, 9.0), (1, 2, 4.0)), forbids((0, 2)))
    assert found.group.tolist() == [0, 0, 2]
    assert found.refused.values.tolist() == [[1, 2, "tax"]]


def test_a_long_chain_is_cut():
    found = cluster(12, links(*itertools.pairwise(range(12))), forbids())
    assert np.bincount(found.group).max() <= clusters.LONGEST_CHAIN
    assert (found.refused["why"] == "chain").all()


def test_two_families_are_not_joined_by_a_bridge():
    one, other = itertools.combinations(range(4), 2), itertools.combinations(range(4, 8), 2)
    found = cluster(8, links(*one, *other, (3, 4, 4.0)), forbids())
    assert found.group.tolist() == [0] * 4 + [4] * 4
    assert found.refused.values.tolist() == [[3, 4, "chain"]]


def test_nine_records_all_alike_are_one_and_said_to_be_many():
    found = cluster(9, links(*itertools.combinations(range(9), 2)), forbids())
    assert found.group.tolist() == [0] * 9
    assert found.large.tolist() == [0]


def test_a_component_too_large_to_compare_loses_its_weak_links(monkeypatch):
    monkeypatch.setattr(clusters, "MOST_COMPARED", 10)
    strong, weak = [(2 * n, 2 * n + 1, 9.0) for n in range(10)], [(2 * n + 1, 2 * n + 2, 3.0) for n in range(9)]
    found = cluster(20, links(*strong, *weak), forbids())
    assert found.group.tolist() == [2 * (n // 2) for n in range(20)]
    assert len(found.refused) == 9


N = 12
PAIRS = st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)).filter(lambda pair: pair[0] < pair[1])


@given(st.lists(st.tuples(PAIRS, st.floats(0, 20)), unique_by=lambda x: x[0]), st.sets(PAIRS, max_size=8))
def test_whatever_the_links_no_forbidden_pair_is_together_and_no_chain_is_long(weighed, apart):
    linked = links(*[(*pair, weight) for pair, weight in weighed if pair not in apart])
    found = cluster(N, linked, forbids(*apart))
    assert all(found.group[one] != found.group[other] for one, other in apart)
    for group in np.unique(found.group):
        members = np.flatnonzero(found.group == group)
        assert group == members.min()
        if len(members) > clusters.LONGEST_CHAIN:
            inside = linked["record_l"].isin(members) & linked["record_r"].isin(members)
            assert inside.sum() > len(members) - 1  # more than a chain
            assert group in found.large
