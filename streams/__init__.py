"""The stream: what flows and how it gets in.

feeds ─collect→ articles.collected ─deduplicate→ articles.deduplicated ─classify→ events.classified ─watch→ alerts.raised
─deliver→ receivers; archive stores events and dead letters. A stage is a process with a Faust app of its own.
"""
