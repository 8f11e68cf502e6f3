"""Commands that run several stages' pure parts in one process, without broker, store or database."""
