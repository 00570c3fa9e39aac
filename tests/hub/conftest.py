"""The same counter and city as for sync."""

from tests.sync.conftest import city, client, forger, office, stranger

__all__ = ["city", "client", "forger", "office", "stranger"]
