# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Uses the program as a person would: every verb, its output, its exit code."""

import argparse
import contextlib
import csv
import glob
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from PIL import Image
from server import Server

PICTURES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "demo", "pictures")
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


class Person:
    """Somebody at a terminal, in an empty folder."""

    def __init__(self, binary, folder):
        self.binary, self.folder = os.path.abspath(binary), folder
        self.data = os.path.join(folder, "data")

    def run(self, *words, status=0, data=True, environment=None):
        command = [self.binary, *words] + (["--data", self.data] if data else [])
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=120, cwd=self.folder,
            env={**os.environ, **(environment or {})})
        assert answer.returncode == status, f"{words} ended with {answer.returncode}: {answer.stdout}{answer.stderr}"
        return answer.stdout + (answer.stderr if status else "")

    def read(self, *words, **more):
        return json.loads(self.run(*words, "--json", **more))

    @contextlib.contextmanager
    def server(self, settings=None):
        server = Server(self.binary, self.data, settings)
        server.start()
        try:
            yield server
        finally:
            if server.process.poll() is None:
                server.kill()

    def wait(self, count):
        """Waits until so many runs have ended."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            runs = self.read("runs", "list", "--limit", "1000")["runs"]
            if sum(run["status"] in ("completed", "failed") for run in runs) >= count:
                return runs
            time.sleep(0.05)
        raise AssertionError(f"{count} runs did not end: {runs}")


@check
def explains_itself(person):
    assert "Usage" in person.run("help", data=False)
    for verb in ["serve", "upload", "process", "images", "runs", "sas", "doctor", "version"]:
        text = person.run(verb, "--help", data=False)
        assert "Usage:" in text and "Example" in text and "Exit codes" in text, verb
    assert "did you mean \"serve\"" in person.run("srve", data=False, status=2)
    assert "did you mean --data" in person.run("images", "list", "--dta", "x", status=2)
    assert "libvips" in person.read("version", data=False)


@check
def finds_this_machine_ready(person):
    assert all(finding["isFine"] for finding in person.read("doctor", "--set", "storage.blobPort=0"))
    findings = person.read("doctor", "--set", "storage.address=0.0.0.0", status=1)
    assert "development key" in findings[0]["words"]


@check
def refuses_a_wrong_setting_before_it_does_anything(person):
    text = person.run("serve", "--set", "imaging.wrkers=2", status=2)
    assert 'did you mean "imaging.workers"' in text, text
    assert not os.path.exists(person.data)


@check
def uploads_once_and_leaves_out_what_is_there(person):
    with person.server():
        first = person.read("upload", PICTURES, "--user", "anna")
        assert {outcome["status"] for outcome in first} == {"uploaded"} and len(first) == 8
        again = person.read("upload", PICTURES, "--user", "anna")
        assert {outcome["status"] for outcome in again} == {"unchanged"}
        person.wait(8)
        images = person.read("images", "list")["images"]
        assert len(images) == 8 and {image["user"] for image in images} == {"anna"}
        failed = person.read("images", "list", "--status", "failed")["images"]
        assert [image["fileName"] for image in failed] == ["torn.jpg"]
        assert failed[0]["reason"]["code"] == "truncated"
        turned = person.read("images", "show", "friends.jpg")["facts"]
        assert (turned["width"], turned["height"], turned["orientation"]) == (2056, 3088, 6)
        assert person.read("images", "show", "mountains.jpg")["facts"]["place"]["latitude"] > 43
        assert person.read("images", "show", "sunrise.gif")["facts"]["frames"] == 16
        person.run("images", "show", "nobody.jpg", status=3)
        subjects = [open(path).read() for path in glob.glob(f"{person.data}/outbox/*.eml")]
        assert len(subjects) == 8 and sum("could not be processed" in text for text in subjects) == 1


@check
def never_lets_a_position_out(person):
    with person.server() as server:
        person.run("upload", os.path.join(PICTURES, "mountains.jpg"))
        person.wait(1)
        for container in ["thumbnails", "optimized-images"]:
            content = server.get(container, "mountains.jpg")
            assert content and b"Exif" not in content and b"GPS" not in content
            assert not Image.open(io.BytesIO(content)).getexif()
        assert len(server.get("optimized-images", "mountains.jpg")) <= 200 * 1024


@check
def lets_the_later_version_win(person):
    with person.server() as server:
        for colour in ["red", "blue"]:
            path = os.path.join(person.folder, "cat.png")
            Image.new("RGB", (300, 200), colour).save(path)
            person.run("upload", path)
            person.wait(1 if colour == "red" else 2)
        image = person.read("images", "show", "cat.png")
        assert image["facts"]["dominantColour"] == "#0000ff", image
        thumbnail = Image.open(io.BytesIO(server.get("thumbnails", "cat.png.jpg"))).getpixel((50, 30))
        assert thumbnail[2] > 200 and thumbnail[0] < 60, thumbnail
        assert len(person.read("images", "list")["images"]) == 1


@check
def finds_pictures_that_were_there_before_their_pipeline(person):
    pipelines = json.dumps([{
        "name": "late", "source": "archive/{name}", "stores": ["sqlite"],
        "renditions": [{"name": "small", "container": "small", "width": 50, "format": "webp"}]}])
    with person.server():
        person.run("upload", os.path.join(PICTURES, "fig.png"), "--container", "archive")
        assert person.read("runs", "list")["runs"] == []
    with person.server({"pipelines": pipelines}) as server:
        assert person.wait(1)[0]["outcome"] == "processed"
        assert Image.open(io.BytesIO(server.get("small", "fig.png.webp"))).size[0] == 50
    with person.server({"pipelines": pipelines}):
        person.run("upload", os.path.join(PICTURES, "stream.webp"), "--container", "archive")
        assert len(person.wait(2)) == 2, "a recorded picture was worked on again"


@check
def tries_a_failed_run_again_when_told(person):
    with person.server():
        person.run("upload", os.path.join(PICTURES, "torn.jpg"))
        run = person.wait(1)[0]
        assert (run["status"], run["reason"]) == ("failed", "truncated")
        detail = person.read("runs", "show", run["id"])
        assert any("RenderPicture failed" in step["text"] for step in detail["steps"])
        person.run("runs", "retry", run["id"])
        person.wait(1)
        person.run("runs", "retry", "--failed")
        person.run("runs", "retry", "no-such-run", status=3)


@check
def answers_while_no_server_runs(person):
    person.run("images", "list", status=3)
    with person.server() as server:
        person.run("upload", os.path.join(PICTURES, "fig.png"))
        person.wait(1)
        assert server.stop() == 0
    assert person.read("images", "list")["images"][0]["fileName"] == "fig.png"
    assert person.read("runs", "list")["runs"][0]["outcome"] == "processed"
    nowhere = f"BlobEndpoint=http://127.0.0.1:{free_port()}/devstoreaccount1;SharedAccessSignature=sig=x"
    person.run("upload", os.path.join(PICTURES, "fig.png"), "--connect", nowhere, status=4)


@check
def drains_on_the_first_signal_and_goes_on_after_the_next_start(person):
    with person.server() as server:
        person.run("upload", PICTURES)
        assert server.stop() == 0, "the server did not stop cleanly"
    with person.server():
        person.wait(8)
        assert len(person.read("images", "list")["images"]) == 8


@check
def keeps_a_second_server_out_of_the_folder(person):
    with person.server():
        text = person.run("serve", "--port", "0", status=4)
        assert "in use" in text, text


@check
def keeps_two_servers_off_one_port(person):
    with person.server() as server:
        words = [person.binary, "serve", "--data", os.path.join(person.folder, "other"), "--port",
                 str(server.endpoint.port)]
        answer = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert answer.returncode == 4 and "choose another port" in answer.stderr, answer


@check
def serves_over_tls(person):
    certificate, key = os.path.join(person.folder, "certificate.pem"), os.path.join(person.folder, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    with person.server({"storage.tls.certificate": certificate, "storage.tls.key": key}) as server:
        assert server.note["blobEndpoint"].startswith("https://")
        drop = person.run("sas", "images-input/fig.png", "--permissions", "cw", "--https-only").strip()
        subprocess.run(
            ["curl", "-s", "--fail", "--cacert", certificate, "-T", os.path.join(PICTURES, "fig.png"), "-H",
             "x-ms-blob-type: BlockBlob", drop], check=True, capture_output=True)
        assert person.wait(1)[0]["outcome"] == "processed"


@check
def makes_links_that_allow_what_they_say(person):
    with person.server() as server:
        person.run("upload", os.path.join(PICTURES, "fig.png"))
        person.wait(1)
        read = person.run("sas", "thumbnails/fig.png.jpg").strip()
        drop = person.run("sas", "images-input/dropped.png", "--permissions", "cw").strip()

        def curl(*words):
            return subprocess.run(
                ["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", *words], capture_output=True, text=True).stdout

        assert curl(read) == "200"
        assert curl(read.replace("thumbnails", "optimized-images")) == "403"
        assert curl("-X", "DELETE", read) == "403"
        picture = os.path.join(PICTURES, "fig.png")
        assert curl("-T", picture, "-H", "x-ms-blob-type: BlockBlob", drop) == "201"
        assert curl(drop) == "403"
        connection = f"BlobEndpoint={server.note['blobEndpoint']};" \
            f"SharedAccessSignature={person.run('sas', 'images-input', '--permissions', 'cw').strip().split('?')[1]}"
        person.run("upload", os.path.join(PICTURES, "stream.webp"), "--connect", connection)
        person.wait(3)


@check
def processes_a_folder_without_a_server(person):
    folder = os.path.join(person.folder, "in")
    shutil.copytree(PICTURES, folder)
    report = person.read("process", folder, "--out", os.path.join(person.folder, "out"), data=False, status=1)
    rows = {row["fileName"]: row for row in report}
    assert rows["torn.jpg"]["reason"]["reason"] == "truncated"
    assert rows["nuthatch.jpg"]["facts"]["width"] == 6028
    made = sorted(os.listdir(os.path.join(person.folder, "out", "thumbnail")))
    assert len(made) == 7 and "fig.png.jpg" in made, made
    os.unlink(os.path.join(folder, "torn.jpg"))
    table = person.run(
        "process", folder, "--out", os.path.join(person.folder, "full"), "--format", "csv", "--renditions",
        "[{ name: 'full', format: 'jpeg', quality: 85 }]", data=False)
    parsed = list(csv.DictReader(io.StringIO(table)))
    assert len(parsed) == 7 and parsed[0]["file_name"] == "dandelions.jpg" and parsed[0]["width"] == "5312"
    assert Image.open(os.path.join(person.folder, "full", "full", "nuthatch.jpg")).size == (6028, 3391)


@check
def says_which_file_it_could_not_read_and_goes_on(person):
    shutil.copy(os.path.join(PICTURES, "fig.png"), person.folder)
    os.symlink("nowhere", os.path.join(person.folder, "broken-link.jpg"))
    os.mkfifo(os.path.join(person.folder, "pipe.jpg"))
    report = person.read("process", ".", "--out", "small", data=False, status=0)
    assert [row["fileName"] for row in report] == ["fig.png"], report
    folder = os.path.join(person.folder, "small", "web", "fig.png.jpg")
    os.unlink(folder)
    os.mkdir(os.path.join(person.folder, "small", "web", "fig.png.jpg.part"))
    report = person.read("process", ".", "--out", "small", data=False, status=1)
    assert report[0]["reason"]["reason"] == "outputUnwritable", report


@check
def never_processes_its_own_output(person):
    shutil.copy(os.path.join(PICTURES, "fig.png"), person.folder)
    for _ in range(2):
        report = person.read("process", ".", "--out", "./small/", data=False)
        assert [row["fileName"] for row in report] == ["fig.png"], report


@check
def sends_mail_to_a_real_server(person):
    from aiosmtpd.controller import Controller

    class Mailbox:
        def __init__(self):
            self.mails = []

        async def handle_DATA(self, server, session, envelope):
            self.mails.append(envelope.content.decode())
            return "250 OK"

    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=0)
    controller.port = free_port()
    controller.start()
    try:
        settings = {
            "mail.smtp.host": "127.0.0.1", "mail.smtp.port": str(controller.port), "mail.smtp.encryption": "none"}
        with person.server(settings) as server:
            person.run("upload", os.path.join(PICTURES, "fig.png"), os.path.join(PICTURES, "torn.jpg"))
            person.wait(2)
            server.wait_for(lambda: len(mailbox.mails) == 2, "both mails are there")
        subjects = sorted(line for mail in mailbox.mails for line in mail.splitlines() if line.startswith("Subject:"))
        assert subjects == ["Subject: fig.png is ready", "Subject: torn.jpg could not be processed (truncated)"], subjects
    finally:
        controller.stop()


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--darkroom", required=True, help="the program")
    parser.add_argument("--only", help="part of a check's name")
    options = parser.parse_args()
    failures = 0
    for function in CHECKS:
        if options.only and options.only not in function.__name__:
            continue
        with tempfile.TemporaryDirectory(prefix="darkroom-commands-") as folder:
            started = time.monotonic()
            try:
                function(Person(options.darkroom, folder))
                print(f"ok   {function.__name__} ({time.monotonic() - started:.1f} s)", flush=True)
            except Exception:
                failures += 1
                print(f"FAIL {function.__name__}", flush=True)
                traceback.print_exc(file=sys.stdout)
                with contextlib.suppress(FileNotFoundError), open(os.path.join(folder, "serve.log")) as log:
                    print("the server's last words:\n" + "".join(log.readlines()[-20:]))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
