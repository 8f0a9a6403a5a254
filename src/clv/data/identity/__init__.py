"""One identity: which records of the customer registers are the same person."""
