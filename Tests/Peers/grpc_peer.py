# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""A gRPC server on grpcio, whose messages are plain bytes.

usage: grpc_peer.py PORT [FOLDER]    0 takes a free port; with a folder: TLS by its certificate.pem and key.pem
Prints its port, serves until standard input closes.
"""
import concurrent.futures, json, os, sys, threading

import grpc

cancelled = 0


def echo(request, context):
    return request


def size(request, context):
    return bytes(int(request))


def count(request, context):
    number, length = map(int, request.split())
    for index in range(number):
        yield index.to_bytes(4, "big") + bytes(length - 4)


def fail(request, context):
    context.set_trailing_metadata((("x-reason", "test"), ("x-detail-bin", b"\x00\xff")))
    context.abort(grpc.StatusCode(tuple(c.value for c in grpc.StatusCode)[int(request)]), "Größe 100 % – 日本 🙂\n")


def fail_late(request, context):
    yield b"first"
    context.abort(grpc.StatusCode.DATA_LOSS, "lost")


def wait(request, context):
    over = threading.Event()

    def note():
        global cancelled
        cancelled += 1
        over.set()

    context.add_callback(note)
    yield b"begun"
    over.wait(30)


def wait_long(request, context):
    threading.Event().wait(25)
    return b"late"


def cancellations(request, context):
    return str(cancelled).encode()


def facts(request, context):
    context.send_initial_metadata((("x-head", "h"), ("x-head-bin", b"\x01\x02")))
    context.set_trailing_metadata((("x-tail", "t"),))
    metadata = [[k, v.hex() if isinstance(v, bytes) else v] for k, v in context.invocation_metadata()]
    return json.dumps({"metadata": metadata, "remaining": context.time_remaining()}).encode()


def leave(request, context):
    """Ends the server in order: running calls may end, new ones go elsewhere."""
    server.stop(grace=10)
    return b""


unary = {"Echo": echo, "Size": size, "Fail": fail, "WaitLong": wait_long, "Cancellations": cancellations,
         "Facts": facts, "Leave": leave}
streams = {"Count": count, "FailLate": fail_late, "Wait": wait}
handlers = {name: grpc.unary_unary_rpc_method_handler(body) for name, body in unary.items()}
handlers |= {name: grpc.unary_stream_rpc_method_handler(body) for name, body in streams.items()}
options = [("grpc.max_receive_message_length", 16 << 20), ("grpc.so_reuseport", 0)]
server = grpc.server(concurrent.futures.ThreadPoolExecutor(32), options=options)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("peer.Peer", handlers),))
address = f"127.0.0.1:{sys.argv[1]}"
if len(sys.argv) > 2:
    key, chain = (open(f"{sys.argv[2]}/{name}.pem", "rb").read() for name in ("key", "certificate"))
    port = server.add_secure_port(address, grpc.ssl_server_credentials([(key, chain)]))
else:
    port = server.add_insecure_port(address)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
server.start()
print(port, flush=True)
threading.Event().wait()
