"""Writes a migration for what changed in streams/database.py; see ``make migration``."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from streams.database import migration_config, upgrade


def write_migration(says: str) -> None:
    """Compare the tables with the migrations on an empty database and write down the difference."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'empty.db'}"
        config = migration_config(url)
        count = len(list(ScriptDirectory.from_config(config).walk_revisions()))
        if count:
            upgrade(url)
        command.revision(config, says, autogenerate=True, rev_id=f"{count + 1:04}")


if __name__ == "__main__":
    write_migration(sys.argv[1] or "What changed")
