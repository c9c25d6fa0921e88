# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""How a program that is measured is talked to: one command in JSON per line in, one answer per line out.

{"run": "steps", "seconds": 3, "clients": 8} calls `steps(seconds=3, clients=8)`, and what that returns is the answer.
The first line of output, {}, says that the program is ready; it ends when its input does.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping


def serve(workloads: Mapping[str, Callable[..., dict]]) -> None:
    print("{}", flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        print(json.dumps(workloads[command.pop("run")](**command)), flush=True)
    # Threads of the libraries would hold up an ordinary end.
    os._exit(0)


def repeat(seconds: float, body: Callable[[int], float]) -> dict:
    """Calls `body` with 0, 1, … for so long, at least once; it returns how long it took."""
    begin, latencies = time.monotonic(), []
    while not latencies or time.monotonic() - begin < seconds:
        latencies.append(body(len(latencies)))
    return {"count": len(latencies), "seconds": time.monotonic() - begin, "latencies": latencies}


def together(parts: list[dict]) -> dict:
    """What clients that worked at the same time did."""
    return {
        "count": sum(part["count"] for part in parts),
        "seconds": max(part["seconds"] for part in parts),
        "latencies": [latency for part in parts for latency in part["latencies"]],
    }
