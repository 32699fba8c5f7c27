"""Persistence, the only folder that knows SQL: plain functions over a connection, for SQLite and PostgreSQL."""
