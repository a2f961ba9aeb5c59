"""Databases for the papers of example payloads."""

from __future__ import annotations

from tests.store.conftest import made_sqlite, sqlite

__all__ = ("made_sqlite", "sqlite")
