"""The fast store (Redis or Valkey): it may come back empty, which costs work, never an alert."""

import redis.asyncio
from redis._parsers.base import BaseParser
from redis.exceptions import BusyLoadingError, ClusterDownError, OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as StoreConnectionError
from redis.exceptions import TimeoutError as StoreTimeoutError

from config.settings import Settings, SettingsError


class StoreRefusesWritesError(ResponseError):
    """The store cannot write to its disk (MISCONF), misses replicas (NOREPLICAS) or runs a long script (BUSY)."""


# The client knows no class for these and raises a bare ResponseError, which also stands for faults that stay.
BaseParser.EXCEPTION_CLASSES.update(dict.fromkeys(("MISCONF", "NOREPLICAS", "BUSY"), StoreRefusesWritesError))

# What may pass by itself. Never bare RedisError: a wrong type would be retried for ever and stop the stream.
STORE_TRANSIENT = (
    StoreConnectionError,
    StoreTimeoutError,
    BusyLoadingError,
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    StoreRefusesWritesError,
)
TIMEOUT_SECONDS = 5.0


def open_store(settings: Settings) -> redis.asyncio.Redis:
    """A client of the store, answers as bytes; close it with ``aclose()``. Raises SettingsError where none is named."""
    if not settings.redis:
        raise SettingsError(["ARMSWIRE_REDIS: must be given, for example redis://127.0.0.1:6379/0"])
    return redis.asyncio.Redis.from_url(
        settings.redis, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, health_check_interval=30
    )
