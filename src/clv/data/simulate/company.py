"""A whole company: block by block, from one seed, into one folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from clv.data.simulate import catalogue as goods
from clv.data.simulate import truths
from clv.data.simulate.block import PEOPLE, make_block
from clv.data.simulate.exports import Writer
from clv.errors import ConfigError

MOST_CUSTOMERS = 1_500_000  # person numbers must stay within the tax registry


def simulate_company(folder: Path, customers: int, seed: int) -> int:
    """Write a simulated company and its truth.

    Parameters
    ----------
    folder
        Folder to write into; made if it does not exist. Files of an earlier simulation are replaced.
    customers
        People and firms behind the registers, 1 to 1,500,000.
    seed
        The same seed and number of customers give the same bytes.

    Returns
    -------
    int
        Lines of the transaction log.

    Raises
    ------
    ConfigError
        If a number is out of range or the folder cannot be written.
    """
    if not 1 <= customers <= MOST_CUSTOMERS:
        raise ConfigError(f"--customers {customers} must lie between 1 and {MOST_CUSTOMERS:,}")
    if seed < 0:
        raise ConfigError(f"--seed {seed} must not be below 0")
    try:
        return _write(folder, customers, seed)
    except OSError as error:
        raise ConfigError(f"--out {folder}: cannot be written: {error.strerror or error}") from error


def _write(folder: Path, customers: int, seed: int) -> int:
    n_blocks = -(-customers // PEOPLE)
    of_company, *of_blocks = np.random.SeedSequence(seed).spawn(1 + n_blocks)
    rng = np.random.default_rng(of_company)
    catalogue = goods.draw_catalogue(rng)
    lines = 0
    with Writer(folder) as writer:
        writer.write(_without_customers(catalogue, rng))
        for number, seed_of_block in enumerate(of_blocks):
            tables = make_block(number, min(PEOPLE, customers - number * PEOPLE), catalogue, seed_of_block)
            writer.write(tables)
            lines += tables["transactions"].num_rows
    content = json.dumps(truths.parameters() | {"customers": customers, "seed": seed}, indent=1, ensure_ascii=False)
    (folder / "truth" / "parameters.json").write_text(content + "\n", encoding="utf-8")
    return lines


def _without_customers(catalogue: goods.Catalogue, rng: np.random.Generator) -> dict[str, pa.Table]:
    return {
        "products": goods.products(catalogue),
        "stores": goods.stores(rng),
        "campaigns": goods.campaigns(),
        "costs": goods.costs(),
        "plan": goods.plan(),
        "truth/campaign_effects": _campaign_effects(),
    }


def _campaign_effects() -> pa.Table:
    """Return the ratio of order rates, treated to control, for each campaign and message."""
    rows = [(each, message, ratio) for each in truths.CAMPAIGNS for message, ratio in each.rate_ratios.items()]
    return pa.table(
        {
            "campaign_id": [each.campaign_id for each, _, _ in rows],
            "message": [message for _, message, _ in rows],
            "rate_ratio": [ratio for _, _, ratio in rows],
            "effect_days": [truths.EFFECT_DAYS] * len(rows),
        }
    )
