"""A company whose truth is known: every table of a real one, and a folder that says how it came about.

Customers arrive, order at a pace of their own, are contacted, complain, and leave; two registers write them badly.
`truths` says what is true and `clock` when; `people`, `behaviour`, `contacts`, `complaints` and `baskets` are drawn and
put in order by `life`; `registers` and `cards` write people down; `sales`, `registry`, `service` and `deals` are the
tables; `block` makes all of them for some thousand people, `company` for all, `exports` writes the files.
"""
