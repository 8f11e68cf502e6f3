"""What people must not lose: every table, the engine, transactions that SQLite and PostgreSQL both keep."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

if TYPE_CHECKING:
    from alembic.config import Config  # imported where it is used: running stages need no migrations

BUSY_SECONDS = 30
MIGRATIONS = Path(__file__).parent / "migrations"
CLOSING_SECONDS = 2.0  # for connections, where a stage is told to end

Result = TypeVar("Result")
_plain_engines: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()
# A server that vanished without a word (power, network, failover) never answers: what waits for it would wait for ever.
ANSWER_SECONDS, CONNECT_SECONDS = 30.0, 15.0
# Classes of PostgreSQL's SQLSTATE that no statement is to blame for: connection lost, deadlock or serialization, no
# resources (memory, disk, connections), an operator's doing (restart, shutdown, cancelled), a fault of the system; and a
# lock that was not free, a standby that takes no writes until it is promoted.
PASSING = ("08", "40", "53", "57", "58", "55P03", "25006")


class Outage(ConnectionError):
    """The database is away, starting or full, or ended the transaction for another's sake; it passes by itself.

    asyncpg and SQLAlchemy say this with bare OSErrors and with DBAPIError, which also stands for faults that stay.
    """


TRANSIENT = (OperationalError, InterfaceError, NoFreeConnectionError, Outage)  # what may pass by itself


class Utc(TypeDecorator[datetime]):
    """An aware time in UTC, also on SQLite, which knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


metadata = MetaData()

feeds = Table(
    "feeds",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("first_polled", Utc),  # null: never polled with success
    Column("cutoff", Utc),  # items dated before it are never sent on; null: none
    Column("paused", Boolean, nullable=False, default=False),
)

# Articles that the embedded broker might forget: written before they are published, struck out when every stage is done.
journal = Table(
    "journal",
    metadata,
    Column("id", String(160), primary_key=True),  # Article.event_id
    Column("key", LargeBinary, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("written", Utc, nullable=False),
    Column("archived", Utc),
    Column("watched", Utc),
)

developments = Table(
    "developments",
    metadata,
    Column("id", String(64), primary_key=True),  # article id of the founder
    Column("groups", String(64), nullable=False),  # of types, between spaces
    Column("denied", Boolean, nullable=False),
    Column("first_reported", Utc, nullable=False),
    Column("last_reported", Utc, nullable=False),
    Column("suppliers", Text, nullable=False),  # these three: sorted JSON lists of what its founder names,
    Column("recipients", Text, nullable=False),  # or, where the founder names none, the first report that does
    Column("systems", Text, nullable=False),
    Column("types", Text, nullable=False),  # JSON list, the founder's, primary first
    Index("developments_by_report", "denied", "last_reported"),
)

reports = Table(
    "reports",
    metadata,
    Column("event", String(160), primary_key=True),
    Column("article", String(64), nullable=False),
    Column("development", String(64), ForeignKey("developments.id"), nullable=False),
    Column("story", String(64), nullable=False),
    Column("feed", String(64), nullable=False),
    Column("outlet", Text, nullable=False),
    Column("reported", Utc, nullable=False),
    Column("article_json", LargeBinary, nullable=False),  # AlertArticle
    Column("event_json", LargeBinary, nullable=False),  # the event as alerts carry it
    Column("retracted", Boolean, nullable=False, default=False),  # this state of the article withdraws its report
    Column("placed", Utc, nullable=False),  # when it came: the order of a development's reports
    Index("reports_by_story", "story"),
    Index("reports_by_development", "development"),
    Index("reports_by_article", "article"),
    Index("reports_by_age", "placed"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("watch", String(64), primary_key=True),
    Column("event", String(160), primary_key=True),
    Column("development", String(64)),  # null: a near miss of an event that was not placed
    Column("outcome", String(32), nullable=False),
    Column("alert", String(64)),  # the message that told it
    Column("match", LargeBinary),  # why the watch matched, null where it did not
    Column("decided", Utc, nullable=False),
    Index("decisions_by_development", "development", "watch"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("created", String(64), nullable=False),  # id of the `created` alert: the record's key
    Column("kind", String(32), nullable=False),
    Column("watch", String(64)),
    Column("level", String(16)),
    Column("development", String(64)),
    Column("event", String(160)),  # Article.event_id that raised it; null: a timer did
    Column("told", String(160)),  # Article.event_id whose facts it tells; null: a digest of several
    Column("held", String(32)),  # why it is stored and shown but never sent (experimental); null: it is sent
    Column("raised", Utc, nullable=False),
    Column("body", LargeBinary, nullable=False),  # the Alert record
    Column("published", Utc),  # last time it went to the topic
    Column("taken", Utc),  # deliver has made its deliveries
    Index("alerts_by_development", "development", "watch"),
    Index("alerts_by_event", "event"),
    Index("alerts_untaken", "taken", "raised"),
)

# What a watch is collecting: later reports of a development until group_interval is over, or a first poll's digest.
gatherings = Table(
    "gatherings",
    metadata,
    Column("watch", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),  # updated | digest
    Column("development", String(64), primary_key=True),  # "" for a digest
    Column("first", Utc, nullable=False),
    Column("due", Utc, nullable=False),
    Column("events", Text, nullable=False),  # JSON list of event ids
    Index("gatherings_by_due", "due"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("alert", String(64), primary_key=True),
    Column("receiver", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("body", LargeBinary, nullable=False),  # the bytes that every attempt sends
    Column("content_type", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),  # how far in the retry schedule
    Column("next_at", Utc),
    Column("hurried_from", Utc),  # when it was due before its receiver came back: the extra attempt costs no place
    Column("published", Utc),  # of the article that raised a `created` alert: where its latency starts
    Column("fetched", Utc),
    Column("created", Utc, nullable=False),
    Column("finished", Utc),
    Index("deliveries_due", "state", "receiver", "next_at", "created"),
    Index("deliveries_by_time", "created"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("alert", String(64), nullable=False),
    Column("receiver", String(64), nullable=False),
    Column("at", Utc, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("status", Integer),
    Column("error", Text),
    Column("duration", Float, nullable=False),
    Index("attempts_by_delivery", "alert", "receiver"),
)

receiver_states = Table(
    "receiver_states",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("disabled", Utc),  # it answered 410: nothing is sent until a person enables it
    Column("reason", Text),
    Column("failing_since", Utc),
    Column("held_until", Utc),  # it asked for a pause (Retry-After)
    Column("leased_by", String(64)),  # of several workers only one sends to it at a time
    Column("leased_until", Utc),
)

events = Table(
    "events",
    metadata,
    Column("id", String(160), primary_key=True),
    Column("article", String(64), nullable=False),
    Column("story", String(64), nullable=False),
    Column("relevant", Boolean, nullable=False),
    Column("verdict", String(16)),
    Column("reason", Text),
    Column("types", Text),  # these four: `|a|b|`, so that one value can be looked for; null where irrelevant
    Column("suppliers", Text),
    Column("recipients", Text),
    Column("systems", Text),
    Column("assertion", String(16)),
    Column("outlet", Text),
    Column("title", Text),
    Column("published", Utc),
    Column("stored", Utc, nullable=False),
    Column("record", LargeBinary),  # the Event; null for irrelevant articles
    Index("events_by_time", "stored"),
    Index("events_by_relevance", "relevant", "stored"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column(
        "id", String(64), primary_key=True
    ),  # stage, topic, partition, offset and value hashed: a repeat is recognised
    Column("stage", String(16), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("partition", Integer),
    Column("offset", BigInteger),
    Column("key", LargeBinary),
    Column("value", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("traceback", Text),
    Column("stored", Utc, nullable=False),
    Column("replayed", Utc),
    Index("dead_letters_by_time", "stored"),
)


def open_engine(url: str, answer_seconds: float | None = ANSWER_SECONDS) -> AsyncEngine:
    """An engine on ``url``: SQLite with WAL and full synchronisation, or PostgreSQL. Dispose of it when done.

    ``answer_seconds``: until a statement that PostgreSQL does not answer counts as an Outage; None: never.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        patience = {"command_timeout": answer_seconds, "timeout": CONNECT_SECONDS}
        return create_async_engine(url, pool_pre_ping=True, connect_args=patience)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS})
    _prepare(engine.sync_engine)
    return engine


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[AsyncEngine]:
    """An engine for the life of a stage's task, closed whole: Faust cancels again while connections are being closed."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        closing = asyncio.ensure_future(engine.dispose())
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await asyncio.wait([closing], timeout=CLOSING_SECONDS)
            raise


def _prepare(engine: Engine) -> None:
    """What every SQLite connection and transaction of ours begins with."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # begin is ours: see transaction()
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # A transaction that reads first and writes later would fail at once where another process wrote in between
        # (SQLITE_BUSY_SNAPSHOT, which no timeout waits for); taking the write lock at the start waits its turn.
        immediate = not connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction that may write: committed at the end, rolled back on an exception. Raises Outage where it may pass."""
    async with _connected(engine) as connection, connection.begin():
        yield connection


async def at_once(engine: AsyncEngine, work: Callable[[Connection], Result]) -> Result:
    """``work`` in one transaction that may write, for what happens to every article.

    On SQLite in one step of another thread: with a statement awaited at a time the driver changes threads a dozen times, which
    costs more than the work and holds the write lock meanwhile.
    """
    if engine.dialect.name == "sqlite":
        return await asyncio.to_thread(_at_once, _plain(engine), work)
    async with transaction(engine) as connection:
        return await connection.run_sync(work)


def _at_once(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    with engine.begin() as connection:
        return work(connection)


def _plain(engine: AsyncEngine) -> Engine:
    """A plain engine on the same SQLite file; disposed of with ``engine``."""
    plain = _plain_engines.get(engine.sync_engine)
    if plain is None:
        plain = create_engine(engine.url.set(drivername="sqlite"), connect_args={"timeout": BUSY_SECONDS})
        _prepare(plain)
        event.listen(engine.sync_engine, "engine_disposed", lambda _engine, plain=plain: plain.dispose())
        _plain_engines[engine.sync_engine] = plain
    return plain


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection that only reads, and takes no write lock. Raises Outage where it may pass."""
    async with _connected(engine) as connection:
        yield await connection.execution_options(read_only=True)


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with AsyncExitStack() as stack:
        try:
            connection = await stack.enter_async_context(engine.connect())
        except (DBAPIError, OSError) as error:
            # Nothing was asked yet, so whatever it is (also a password that was just changed), no record is to blame.
            raise _outage("connecting to the database", error) from error
        try:
            yield connection
        except TimeoutError as error:
            raise Outage("asking the database: no answer in time") from error
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None) or ""
            if error.connection_invalidated or state.startswith(PASSING):
                raise _outage("asking the database", error) from error
            raise


def _outage(doing: str, error: DBAPIError | OSError) -> Outage:
    said = str(error.orig if isinstance(error, DBAPIError) else error)
    return Outage(f"{doing}: {said or type(error).__name__}")


def migration_config(url: str) -> "Config":
    """Alembic's configuration for our migrations on the database at ``url``."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str) -> None:
    """Bring the database to the newest migration; safe to run at every start. Blocks; call it before a loop runs.

    Raises Outage where the database is away.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    if asyncio.run(_is_newest(url)):  # nearly always; Alembic costs every worker a third of a second and 9 MB
        return
    from alembic import command

    command.upgrade(migration_config(url), "head")


def newest_migration() -> str:
    """Revision of the newest migration: their files are numbered."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


async def _is_newest(url: str) -> bool:
    engine = open_engine(url)
    try:
        async with reading(engine) as connection:
            if not await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
                return False
            found = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all()
            return list(found) == [newest_migration()]
    finally:
        await engine.dispose()
