# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""A `darkroom serve` in a folder of its own, as the benchmarks need it."""

import contextlib
import datetime
import http.client
import json
import signal
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas
from processes import ProcessTree, free_port

UPLOADERS = 4


class DarkroomServer:
    """Use it in a `with`: the server is started on a free port, and stopped at the end."""

    def __init__(self, program: Path, folder: Path, renditions: list[dict] | None = None) -> None:
        self.program = program
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        settings: dict = {"data": str(self.data), "log": "warning", "storage": {"blobPort": self.port}}
        if renditions is not None:
            settings["pipelines"] = [
                {"name": "bench", "source": "images-input/{name}", "renditions": renditions, "stores": ["sqlite"]}
            ]
        self.settings = folder / "darkroom.json"
        self.settings.write_text(json.dumps(settings))

    def __enter__(self) -> "DarkroomServer":
        self.started_in = self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> float:
        """Starts the server; the seconds until it answered a request."""
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [self.program, "serve", "--config", self.settings],
            stdout=(self.folder / "serve.log").open("a"),
            stderr=subprocess.STDOUT,
        )
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() - begin > 30:
                raise SystemExit(f"darkroom did not start: {(self.folder / 'serve.log').read_text()}")
            time.sleep(0.0005)
        seconds = time.monotonic() - begin
        self.tree = ProcessTree(self.process.pid)
        threading.Thread(target=self.tree.watch, daemon=True).start()
        return seconds

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status > 0
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        self.tree.ended.set()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def container(self, name: str) -> tuple[str, str]:
        """Makes sure a container exists; its path, and a SAS to write into it."""
        # The note is written for people and tools just after the port opens.
        note = self.data / "server.json"
        while not note.exists():
            time.sleep(0.01)
        service = BlobServiceClient.from_connection_string(json.loads(note.read_text())["connectionString"])
        client = service.get_container_client(name)
        if not client.exists():
            client.create_container()
        sas = generate_container_sas(
            service.account_name,
            name,
            account_key=service.credential.account_key,
            permission=ContainerSasPermissions(write=True, create=True),
            expiry=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2),
        )
        return f"/{service.account_name}/{name}", sas

    def upload(self, pictures: list[Path]) -> None:
        """Puts the pictures into the watched container, a few at a time; returns when all are acknowledged."""
        path, sas = self.container("images-input")

        def send(share: list[Path]) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            for picture in share:
                headers = {"x-ms-blob-type": "BlockBlob", "x-ms-version": "2021-12-02", "Content-Type": "image/jpeg"}
                connection.request("PUT", f"{path}/{picture.name}?{sas}", picture.read_bytes(), headers)
                response = connection.getresponse()
                answer = response.read()
                if response.status != 201:
                    raise SystemExit(f"upload of {picture.name}: {response.status} {answer.decode()}")
            connection.close()

        with ThreadPoolExecutor(UPLOADERS) as pool:
            list(pool.map(send, [pictures[n::UPLOADERS] for n in range(UPLOADERS)]))

    def wait_for_records(self, count: int, seconds: float = 600) -> None:
        """Waits until the records of so many pictures are written; all must have been processed."""
        deadline = time.monotonic() + seconds
        with contextlib.closing(sqlite3.connect(f"file:{self.data}/records.sqlite?mode=ro", uri=True)) as database:
            while (states := dict(database.execute(
                "SELECT status, count(*) FROM ImageMetadata GROUP BY status"
            ))) and sum(states.values()) < count or not states:
                if time.monotonic() > deadline:
                    raise SystemExit(f"after {seconds} s there are only these records: {states}")
                time.sleep(0.01)
        if len(states) != 1:
            raise SystemExit(f"not every picture was processed: {states}")
