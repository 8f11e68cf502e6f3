"""Alembic's migrations of the tables in streams/database.py."""
