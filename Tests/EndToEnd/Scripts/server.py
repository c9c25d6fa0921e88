# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""A `darkroom serve` of a test's own: free port, own data folder, own process group."""

import contextlib
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import time
import urllib.parse
from datetime import datetime, timedelta, timezone

from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

# The published key of the development account (not a secret).
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Server:
    """Starts, kills and asks one server."""

    def __init__(self, binary, data, settings=None):
        self.binary = binary
        self.data = data
        self.settings = {"data": data, "storage.blobPort": "0", **(settings or {})}
        self.process = None
        self.log = open(os.path.join(os.path.dirname(data), "serve.log"), "ab")
        self.sas = generate_account_sas(
            ACCOUNT, KEY, ResourceTypes(service=True, container=True, object=True),
            AccountSasPermissions(read=True, write=True, list=True, create=True, delete=True, add=True),
            datetime.now(timezone.utc) + timedelta(hours=12))

    def start(self, timeout=60):
        """Starts the server and waits until it has said where it listens."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.data, "server.json"))
        words = [self.binary, "serve"]
        for key, value in self.settings.items():
            words += ["--set", f"{key}={value}"]
        self.process = subprocess.Popen(words, stdout=self.log, stderr=self.log, start_new_session=True)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
                with open(os.path.join(self.data, "server.json")) as file:
                    self.note = json.load(file)
                self.endpoint = urllib.parse.urlsplit(self.note["blobEndpoint"])
                return
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}; see {self.log.name}")
            time.sleep(0.005)
        raise RuntimeError("the server did not start in time")

    def kill(self):
        """Kills the server and all its workers at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Asks the server to stop and returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def connect(self):
        return http.client.HTTPConnection(self.endpoint.hostname, self.endpoint.port, timeout=30)

    def request(self, method, path, body=None, headers=None, query="", connection=None):
        """One request with a SAS; returns status and body."""
        connection = connection or self.connect()
        target = f"{self.endpoint.path}/{urllib.parse.quote(path)}?{query}{'&' if query else ''}{self.sas}"
        connection.request(method, target, body=body, headers={"x-ms-version": "2021-12-02", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def put(self, container, name, content, connection=None):
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "application/octet-stream"}
        return self.request("PUT", f"{container}/{name}", content, headers, connection=connection)[0]

    def get(self, container, name):
        status, body = self.request("GET", f"{container}/{name}")
        return body if status == 200 else None

    def names(self, container):
        """Every blob name of a container."""
        import re

        names, marker = [], ""
        while True:
            query = f"restype=container&comp=list&maxresults=1000&marker={urllib.parse.quote(marker)}"
            status, body = self.request("GET", container, query=query)
            assert status == 200, (status, body)
            text = body.decode()
            names += re.findall(r"<Blob><Name>([^<]*)</Name>", text)
            found = re.search(r"<NextMarker>([^<]+)</NextMarker>", text)
            if not found:
                return names
            marker = found.group(1)

    def records(self, columns="file_name, file_size_kb, width, height, format, status, reason_code, sha256"):
        """The rows of the user's table."""
        path = os.path.join(self.data, "records.sqlite")
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
            return database.execute(f"SELECT {columns} FROM ImageMetadata").fetchall()

    def runs(self):
        """How many runs are in which state."""
        words = [self.binary, "runs", "list", "--data", self.data, "--limit", "1000000", "--json"]
        answer = subprocess.run(words, capture_output=True, text=True, timeout=120)
        assert answer.returncode == 0, answer.stderr
        counts = {}
        for run in json.loads(answer.stdout)["runs"]:
            counts[run["status"]] = counts.get(run["status"], 0) + 1
        return counts

    def wait_for(self, condition, what, timeout=120):
        """Waits until a condition holds."""
        deadline = time.monotonic() + timeout
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended while waiting until {what}")
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {timeout} s in vain until {what}")
            time.sleep(0.05)
