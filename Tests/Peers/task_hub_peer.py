# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Serves durabletask's in-memory backend until its standard input ends.

usage: task_hub_peer.py    prints the port it listens on
"""

import socket
import sys

from durabletask.testing.in_memory_backend import InMemoryOrchestrationBackend

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
backend = InMemoryOrchestrationBackend(port=port)
backend.start()
print(port, flush=True)
sys.stdin.read()
backend.stop(grace=0.2)
