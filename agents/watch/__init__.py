"""Which events a watch is for, which reports are one development, and when a person is told of it."""
