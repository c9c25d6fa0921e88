# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server in a folder of its own, with full durability, as the benchmarks need it."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
from processes import free_port

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "max_connections": "200",
}


def programs() -> Path:
    """Where Debian puts the newest server's programs, or where they are on the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    found = debian[-1] if debian else shutil.which("postgres")
    if not found:
        raise SystemExit("the benchmark needs PostgreSQL: scripts/setup bench installs it")
    return Path(found).parent


class PostgresServer:
    """Use it in a `with`; the folder must not exist, or be empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        # PostgreSQL refuses to run as root.
        self.account = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}

    def __enter__(self) -> "PostgresServer":
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.account:
            shutil.chown(self.folder, "postgres", "postgres")
        subprocess.run(
            [programs() / "initdb", "--pgdata", self.folder, "--username", "bench", "--auth", "trust", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd="/", **self.account,
        )
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [programs() / "postgres", "-D", self.folder, "-p", str(self.port), *options],
            stdout=(self.folder.parent / "postgres.log").open("w"), stderr=subprocess.STDOUT, cwd="/", **self.account,
        )
        self.wait_until_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                self.query("SELECT 1")
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"PostgreSQL did not start, see {self.folder.parent / 'postgres.log'}") from None
                time.sleep(0.05)

    def uri(self, database: str) -> str:
        return f"postgresql://bench@127.0.0.1:{self.port}/{database}"

    def query(self, statement: str, database: str = "postgres") -> list[tuple]:
        with psycopg.connect(self.uri(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []
