# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""An HTTP server from Python's standard library that tells what it got, and misbehaves on request.

usage: http_peer.py [FOLDER]    with a folder: TLS by its certificate.pem and key.pem
Prints its port, serves until standard input closes.
"""
import gzip, hashlib, http.server, json, os, ssl, sys, threading

flooded = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def read_body(self):
        digest, total, chunks = hashlib.sha256(), 0, 0
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                digest.update(self.rfile.read(size))
                total, chunks = total + size, chunks + 1
                self.rfile.readline()
            self.rfile.readline()
        left = int(self.headers.get("Content-Length", 0))
        while left:
            piece = self.rfile.read(min(left, 1 << 20))
            if not piece:
                break
            digest.update(piece)
            total, left = total + len(piece), left - len(piece)
        return digest.hexdigest(), total

    def answer(self, status, body=b"", headers=()):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def serve(self):
        name = self.path.split("/")[1].split("?")[0]
        getattr(self, "do_" + name, self.do_echo)()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = serve

    def do_echo(self):
        sha256, length = self.read_body()
        line = self.raw_requestline.decode().rstrip("\r\n")
        report = {"line": line, "headers": [list(x) for x in self.headers.items()], "length": length,
                  "sha256": sha256, "port": self.client_address[1]}
        self.answer(200, json.dumps(report).encode(), [("X-ms-Meta-CaSe", "a"), ("x-twice", "1"), ("x-twice", "2")])

    def do_bytes(self):
        self.answer(200, bytes(range(256)) * (int(self.path.split("/")[2]) // 256))

    def do_flood(self):
        global flooded
        self.send_response_only(200)
        self.send_header("Content-Length", str(1 << 30))
        self.end_headers()
        for _ in range(1 << 14):
            self.wfile.write(bytes(1 << 16))
            flooded += 1 << 16

    def do_flooded(self):
        self.answer(200, str(flooded).encode())

    def do_chunked(self):
        self.send_response_only(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Trailer", "X-Trailer")
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n1;ext=1\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: t\r\n\r\n")

    def do_interim(self):
        self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        self.answer(200, b"final", [("X-Final", "yes")])

    def do_silent(self):
        threading.Event().wait(30)

    def do_late(self):
        threading.Event().wait(0.7)
        self.answer(200, b"late")

    def do_half(self):
        self.send_response_only(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def do_refuse(self):
        """Refuses before the body, with an answer larger than any window."""
        self.answer(413, b"x" * (1 << 20), [("Connection", "close")])
        self.wfile.flush()
        self.read_body()

    def do_redirect(self):
        self.answer(302, b"", [("Location", "/echo")])

    def do_gzip(self):
        self.answer(200, gzip.compress(b"hello", mtime=0), [("Content-Encoding", "gzip")])

    def do_hugehead(self):
        self.send_response_only(200)
        for index in range(100):
            self.send_header(f"X-{index}", "y" * 8000)
        self.end_headers()

    def do_garbage(self):
        self.wfile.write(b"this is not HTTP\r\n\r\n")
        self.close_connection = True


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
# Clients that break off are part of the tests.
server.handle_error = lambda *_: None
if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1] + "/certificate.pem", sys.argv[1] + "/key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print(server.server_port, flush=True)
server.serve_forever()
