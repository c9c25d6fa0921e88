# Darkroom
# SPDX-License-Identifier: Apache-2.0

"""A PostgreSQL server of its own, for the length of its standard input.

Prints its folder and port as the first line, then answers each command line with "ok" or "error <why>":
start, stop (orderly), crash (as if the power of the server were cut), create NAME [LANGUAGE], cut NAME.
PostgreSQL refuses to run as root, so root runs it as an account without rights.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PROGRAMS = "/usr/lib/postgresql/15/bin"
PASSWORD = "a secret: 50%"
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "2GB",
    "log_min_messages": "warning",
}


def account():
    """What makes a subprocess an ordinary user's; empty when this one is."""
    if os.getuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Server:
    def __init__(self, fsync):
        self.account = account()
        self.folder = tempfile.mkdtemp(prefix="darkroom-pg-", dir="/tmp")
        self.data = os.path.join(self.folder, "data")
        self.fsync = fsync
        self.process = None
        if self.account:
            os.chown(self.folder, self.account["user"], self.account["group"])
        secret = os.path.join(self.folder, "password")
        with open(secret, "w", encoding="utf-8") as file:
            file.write(PASSWORD)
        os.chmod(secret, 0o644)
        self.run(
            "initdb", "--pgdata", self.data, "--username", "tester", "--pwfile", secret, "--no-sync",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--auth-local", "trust", "--auth-host", "scram-sha-256",
        )
        self.make_certificate()
        # The folder is the server's alone, but root and the server's account both come in by the socket.
        os.chmod(self.folder, 0o755)
        self.port = None

    def make_certificate(self):
        names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        key, certificate = f"{self.folder}/key.pem", f"{self.folder}/certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", *names,
             "-days", "2", "-keyout", key, "-out", certificate],
            capture_output=True, check=True, **self.account,
        )

    @staticmethod
    def free_port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def run(self, program, *arguments):
        command = [os.path.join(PROGRAMS, program), *arguments]
        done = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **self.account
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr.strip()}")

    def sql(self, statement):
        self.run(
            "psql", "--quiet", "--no-psqlrc", "--host", self.folder, "--port", str(self.port), "--username", "tester",
            "--dbname", "postgres", "--set", "ON_ERROR_STOP=1", "--command", statement,
        )

    def start(self):
        """Starts the server, from then on at one port; tries again while somebody else has that."""
        known = self.port
        for _ in range(20):
            self.port = known or self.free_port()
            self.launch()
            while self.process.poll() is None:
                ready = subprocess.run(
                    [f"{PROGRAMS}/pg_isready", "--quiet", "--host", self.folder, "--port", str(self.port)],
                    cwd="/", stdin=subprocess.DEVNULL, check=False,
                )
                if ready.returncode == 0:
                    return
                time.sleep(0.02)
            time.sleep(0.1)
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
            raise RuntimeError(log.read()[-500:].replace("\n", " | "))

    def launch(self):
        settings = {
            **SETTINGS,
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "ssl": "on",
            "ssl_cert_file": f"{self.folder}/certificate.pem",
            "ssl_key_file": f"{self.folder}/key.pem",
            "fsync": "on" if self.fsync else "off",
        }
        command = [f"{PROGRAMS}/postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with open(os.path.join(self.folder, "log"), "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                **self.account,
            )

    def signal(self, number):
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
            self.process = None

    def stop(self):
        self.signal(2)

    def crash(self):
        self.signal(3)

    def create(self, name, language=None):
        """Without a language texts are in the order of their bytes."""
        order = f"LOCALE_PROVIDER icu ICU_LOCALE '{language}'" if language else ""
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE template0 {order}')

    def cut(self, name):
        self.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def close(self):
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)


def answer(server, line):
    verb, *arguments = line.split()
    try:
        {name: getattr(server, name) for name in ("start", "stop", "crash", "create", "cut")}[verb](*arguments)
        return "ok"
    except (RuntimeError, OSError, KeyError) as failure:
        return f"error {failure}".replace("\n", " | ")


def main():
    server = Server(fsync="--no-fsync" not in sys.argv)
    try:
        server.start()
        print(f"{server.folder} {server.port}", flush=True)
        for line in sys.stdin:
            print(answer(server, line), flush=True)
    finally:
        server.close()


if __name__ == "__main__":
    main()
