# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""A worker of durabletask whose work can be held up, to be killed in the middle of it.

usage: task_hub_worker.py PORT FOLDER    until its standard input ends

Each activity, episode and operation notes its process in FOLDER/<name>, and does not go on while FOLDER/hold is there.
"""

import os
import pathlib
import sys
import time

from durabletask import entities, task, worker

folder = pathlib.Path(sys.argv[2])


def note(name):
    with open(folder / name, "a") as file:
        file.write(f"{os.getpid()}\n")
    while (folder / "hold").exists():
        time.sleep(0.02)
    return os.getpid()


def errand(context: task.OrchestrationContext, input):
    return (yield context.call_activity(work, input=input))


def work(_, input):
    return [note("activity"), input]


def thought(context: task.OrchestrationContext, _):
    return note("episode")
    yield


class Keeper(entities.DurableEntity):
    def add(self, amount: int):
        note("operation")
        self.set_state(self.get_state(int, 0) + amount)


hub = worker.TaskHubGrpcWorker(host_address=f"127.0.0.1:{sys.argv[1]}")
for orchestration in (errand, thought):
    hub.add_orchestrator(orchestration)
hub.add_activity(work)
hub.add_entity(Keeper)
hub.use_work_item_filters()
hub.start()
sys.stdin.read()
os._exit(0)
