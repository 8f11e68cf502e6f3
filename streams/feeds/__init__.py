"""How feeds get in: what is due (schedule), asked for (fetch), read (parse), named (identity) and sent on (collect).

schedule, guard, parse, dates, plain_text, charset, json_feed, identity and opml are pure; fetch speaks HTTP; memory
keeps poll state in the store; parser_pool reads hostile documents in processes that may be killed; collect is the glue.
"""
