"""Alerts on their way to receivers: bytes fixed once, an outbox in the database, retries until each receiver has them."""
