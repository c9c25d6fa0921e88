# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Makes calls with grpcio to the server of the tests, and checks what comes back.

usage: grpc_client.py PORT [CERTIFICATE]    with a certificate: TLS, trusting it
Prints a line for each check: its name, and "ok" or what is wrong.
"""
import concurrent.futures, sys, threading, time, traceback

import grpc

target = f"localhost:{sys.argv[1]}"
options = [("grpc.max_receive_message_length", 16 << 20), ("grpc.max_send_message_length", 16 << 20),
           # Otherwise the library makes its window as large as the line is fast, which on one machine is very large.
           ("grpc.http2.bdp_probe", 0)]
if len(sys.argv) > 2:
    credentials = grpc.ssl_channel_credentials(open(sys.argv[2], "rb").read())
    channel = grpc.secure_channel(target, credentials, options)
else:
    channel = grpc.insecure_channel(target, options)


def unary(method, request, **more):
    return channel.unary_unary(f"/test.Test/{method}")(request, **({"timeout": 20} | more))


def stream(method, request, **more):
    return channel.unary_stream(f"/test.Test/{method}")(request, **({"timeout": 20} | more))


def error(call):
    try:
        call()
    except grpc.RpcError as failure:
        return failure
    raise AssertionError("the call did not fail")


def check_echo():
    assert unary("Echo", b"hello") == b"hello"
    assert unary("Echo", b"") == b""


def check_big_messages_both_ways():
    message = bytes(range(256)) * (3 << 12)
    assert unary("Echo", message) == message
    assert len(unary("Size", b"8000000")) == 8000000


def check_message_over_the_limit():
    failure = error(lambda: unary("Echo", bytes((4 << 20) + 1)))
    assert failure.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, failure
    assert "limit" in failure.details(), failure


def check_stream_of_5000():
    numbers = [int.from_bytes(m[:4], "big") for m in stream("Count", b"5000 100")]
    assert numbers == list(range(5000)), len(numbers)


def check_slow_consumer():
    before = int(unary("Sent", b""))
    call = stream("Count", b"400 65536")
    next(call)
    last, sent = -1, 0
    while sent != last:
        time.sleep(0.05)
        last, sent = sent, int(unary("Sent", b"")) - before
    assert sent < 200, f"{sent} messages of 64 KiB were sent to a client that read one"
    assert sum(1 for _ in call) == 399


def check_error_with_unicode():
    failure = error(lambda: unary("Fail", "Größe 100 % – 日本 🙂\n".encode()))
    assert failure.code() == grpc.StatusCode.FAILED_PRECONDITION, failure
    assert failure.details() == "Größe 100 % – 日本 🙂\n", failure.details()
    assert ("x-detail-bin", b"\x00\xff") in failure.trailing_metadata()


def check_error_after_messages():
    call = stream("FailLate", b"")
    assert next(call) == b"first"
    failure = error(lambda: next(call))
    assert failure.code() == grpc.StatusCode.DATA_LOSS, failure


def check_unexpected_error_says_nothing():
    failure = error(lambda: unary("Crash", b""))
    assert failure.code() == grpc.StatusCode.UNKNOWN and "secret" not in failure.details(), failure


def check_unknown_method():
    assert error(lambda: unary("Nothing", b"")).code() == grpc.StatusCode.UNIMPLEMENTED
    assert error(lambda: unary("Nothing", bytes(1 << 20))).code() == grpc.StatusCode.UNIMPLEMENTED


def check_deadline():
    started = time.monotonic()
    failure = error(lambda: unary("Wait", b"deadline", timeout=0.3))
    assert failure.code() == grpc.StatusCode.DEADLINE_EXCEEDED, failure
    assert time.monotonic() - started < 10
    assert unary("AwaitCancelled", b"deadline") == b"cancelled"


def check_cancellation():
    call = stream("WaitStream", b"cancel")
    assert next(call) == b"begun"
    call.cancel()
    assert unary("AwaitCancelled", b"cancel") == b"cancelled"


def check_metadata():
    sent = (("x-text", "some text"), ("x-data-bin", b"\x00\x01\xfe"), ("x-twice", "1"), ("x-twice", "2"))
    reply, call = channel.unary_unary("/test.Test/Metadata").with_call(b"", metadata=sent, timeout=20)
    assert reply == b"some text|0001fe|1,2", reply
    assert ("x-head", "h") in call.initial_metadata() and ("x-head-bin", b"\x01\x02") in call.initial_metadata()
    assert ("x-tail", "t") in call.trailing_metadata()


def check_too_much_metadata():
    failure = error(lambda: unary("Echo", b"", metadata=[(f"x-{i}", "y" * 500) for i in range(60)]))
    assert failure.code() in (grpc.StatusCode.INTERNAL, grpc.StatusCode.RESOURCE_EXHAUSTED), failure
    assert unary("Echo", b"after") == b"after"


def check_compressed_request():
    failure = error(lambda: unary("Echo", bytes(1000), compression=grpc.Compression.Gzip))
    assert failure.code() == grpc.StatusCode.UNIMPLEMENTED, failure


def check_200_calls_at_once():
    futures = [channel.unary_unary("/test.Test/Meet").future(b"%d" % i, timeout=20) for i in range(200)]
    assert [int(f.result()) for f in futures] == list(range(200))


for name, check in [(n, c) for n, c in list(globals().items()) if n.startswith("check_")]:
    try:
        check()
        print(name, "ok", flush=True)
    except Exception:
        print(name, traceback.format_exc().replace("\n", " / "), flush=True)
