"""Which articles are one story: exact and near copies across feeds, marked and passed on, never dropped."""
