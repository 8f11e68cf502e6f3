"""How feeds get in: what is due (schedule), asked for (fetch), read (parse), named (identity) and sent on (harvest).

These are pure, but for fetch, which speaks HTTP. memory keeps poll state in the store, ledger what the database knows of
feeds; parser_pool reads hostile documents in processes that may be killed. poll puts one poll together, collect takes what
is due, board shows how feeds do, notices says what people are told of them.
"""
