#!/usr/bin/env python3
# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""The official Python SDK of durable tasks on its own in-memory backend, under the workloads of the task engine.

usage: durabletask_workflows.py --port PORT

Backend, worker and client share this process and talk gRPC over the loopback. Nothing is stored, so nothing is durable
and nothing is recovered: it shows what the protocol and the SDK alone cost.
"""

import argparse
import logging
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor

from contender import repeat, serve, together
from durabletask import task
from durabletask.client import OrchestrationStatus, TaskHubGrpcClient
from durabletask.testing.in_memory_backend import InMemoryOrchestrationBackend
from durabletask.worker import TaskHubGrpcWorker

first_steps: dict[str, float] = {}


def increment(context: task.ActivityContext, value: int) -> int:
    first_steps.setdefault(context.orchestration_id, time.monotonic())
    return value + 1


def three_steps(context: task.OrchestrationContext, value: int) -> Generator:
    for _ in range(3):
        value = yield context.call_activity(increment, input=value)
    return value


def wide(context: task.OrchestrationContext, width: int) -> Generator:
    results = yield task.when_all([context.call_activity(increment, input=number) for number in range(width)])
    return sum(results)


class Workloads:
    def __init__(self, client: TaskHubGrpcClient) -> None:
        self.client = client

    def run(self, orchestrator: Callable, value: int, expected: int) -> tuple[str, float]:
        """The id of one orchestration, and the seconds from its start to its end."""
        begin = time.monotonic()
        instance = self.client.schedule_new_orchestration(orchestrator, input=value)
        state = self.client.wait_for_orchestration_completion(instance, timeout=120)
        assert state.runtime_status == OrchestrationStatus.COMPLETED, state
        assert state.serialized_output == str(expected), state
        return instance, time.monotonic() - begin

    def steps(self, seconds: float, clients: int) -> dict:
        def client(_: int) -> dict:
            return repeat(seconds, lambda number: self.run(three_steps, number, number + 3)[1])

        with ThreadPoolExecutor(clients) as pool:
            return together(list(pool.map(client, range(clients))))

    def alone(self, count: int) -> dict:
        latencies, firsts = [], []
        for number in range(count):
            time.sleep(0.02)
            begin = time.monotonic()
            instance, seconds = self.run(three_steps, number, number + 3)
            latencies.append(seconds)
            firsts.append(first_steps[instance] - begin)
        return {"count": count, "latencies": latencies, "first_steps": firsts}

    def fan_out(self, seconds: float, width: int) -> dict:
        return repeat(seconds, lambda _: self.run(wide, width, width * (width + 1) // 2)[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    # A line for every step would cost it a good part of its speed.
    logging.disable(logging.WARNING)

    InMemoryOrchestrationBackend(port=port).start()
    worker = TaskHubGrpcWorker(host_address=f"127.0.0.1:{port}")
    worker.add_orchestrator(three_steps)
    worker.add_orchestrator(wide)
    worker.add_activity(increment)
    worker.start()
    workloads = Workloads(TaskHubGrpcClient(host_address=f"127.0.0.1:{port}"))
    serve({"steps": workloads.steps, "alone": workloads.alone, "fan_out": workloads.fan_out})


if __name__ == "__main__":
    main()
