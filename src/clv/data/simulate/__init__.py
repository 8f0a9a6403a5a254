"""A company whose truth is known: every table of a real one, and a folder that says how it came about.

Customers arrive, order at a pace of their own, are contacted, complain, and leave; two registers write them down badly.
Modules follow that order: `clock`, `people`, `registers`, `behaviour`, `contacts`, `complaints`, `catalogue`, `baskets`,
`experience`, `pipeline`; `block` puts them together for some thousand people, `company` for all, `exports` writes.
"""
