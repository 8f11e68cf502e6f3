"""collect: feeds in, articles out. The work is in streams/feeds; here is only the stage."""
