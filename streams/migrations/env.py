"""Alembic's entry: runs the migrations on the configured database."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from streams.database import metadata, open_engine, transaction

LOCK = 0x61726D74  # one number for all workers


def _run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Workers that start at once all migrate: one does, the others find it done. SQLite's BEGIN IMMEDIATE waits by itself.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


async def _online() -> None:
    # A migration may take long, and so may waiting for another worker's.
    engine = open_engine(context.config.get_main_option("sqlalchemy.url") or "", answer_seconds=None)
    try:
        async with transaction(engine) as connection:
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


asyncio.run(_online())
