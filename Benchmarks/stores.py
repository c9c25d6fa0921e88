# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Where engines keep their state: how a program is told of it, and what it costs."""

import contextlib
import sqlite3
import tempfile
from pathlib import Path
from typing import Protocol

from postgres_server import PostgresServer
from processes import total_cpu


class Store(Protocol):
    uri: str

    def size(self) -> int:
        """Bytes that the data takes, without the log that leads to it."""

    def cpu(self) -> float:
        """CPU seconds of the store's own processes so far."""


class Memory:
    uri = "memory"

    def size(self) -> int:
        return 0

    def cpu(self) -> float:
        return 0


class SQLite:
    """A file that does not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.path = Path(tempfile.mkdtemp(dir=folder)) / "store.sqlite"
        self.uri = f"sqlite:{self.path}"

    def size(self) -> int:
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as database:
            pages = database.execute("PRAGMA page_count").fetchone()[0]
            page_size = database.execute("PRAGMA page_size").fetchone()[0]
        return pages * page_size

    def cpu(self) -> float:
        return 0


class Postgres:
    """A new database on a server."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self.database = f"bench_{len(server.query('SELECT 1 FROM pg_database'))}"
        server.query(f"CREATE DATABASE {self.database}")
        self.uri = f"postgres:{server.uri(self.database)}"

    def size(self) -> int:
        return self.server.query(f"SELECT pg_database_size('{self.database}')")[0][0]

    def cpu(self) -> float:
        return total_cpu(self.server.process.pid)
