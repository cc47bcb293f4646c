"""Where classes are kept: tables, and an engine made ready for two writers and for a server that is killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Engine, Float, Integer, MetaData, String, Table, Text, event

LONGEST_NAME, LONGEST_VALUE = 20, 200  # characters

meta = MetaData()
CLASSES = Table(
    "classes", meta, Column("code", String(8), primary_key=True), Column("secret", String(64), unique=True),
    Column("started", Float), Column("has_names", Boolean), Column("is_over", Boolean), Column("version", Integer),
    Column("question", String(40)),
)  # fmt: skip
STUDENTS = Table(
    "students", meta, Column("code", String(8), primary_key=True), Column("student", String(64), primary_key=True),
    Column("number", Integer), Column("name", String(LONGEST_NAME)),
)  # fmt: skip
QUESTIONS = Table(
    "questions", meta, Column("code", String(8), primary_key=True), Column("name", String(40), primary_key=True),
    Column("place", Integer), Column("body", Text), Column("result", Text),
)  # fmt: skip
ANSWERS = Table(
    "answers", meta, Column("code", String(8), primary_key=True), Column("question", String(40), primary_key=True),
    Column("student", String(64), primary_key=True), Column("value", String(LONGEST_VALUE)), Column("at", Float),
    Column("points", Float), Column("place", Integer), Column("told", Text),
)  # fmt: skip


def prepared(engine: Engine) -> Engine:
    """Return an engine made ready: tables, and in SQLite what two writers and a killed server need."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _connected)
        event.listen(engine, "begin", _begun)
    meta.create_all(engine)
    return engine


def _connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def _begun(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get("is_writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Begin what writes: alone from its first line, and on the disk when it is over."""
    with engine.connect().execution_options(is_writing=True) as connection, connection.begin():
        yield connection
