# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""The Python half of the example: a worker that runs one activity for the hub of `PythonActivity.swift`.

usage: worker.py PORT    until its standard input ends; needs the package durabletask
"""

import sys

from durabletask import task, worker


def describe(_: task.ActivityContext, text: str):
    words = text.split()
    return {"caption": f"{len(words)} words: {text}", "words": len(words)}


hub = worker.TaskHubGrpcWorker(host_address=f"127.0.0.1:{sys.argv[1]}")
hub.add_activity(describe)
# Without filters a worker is asked for everything, and fails what it does not know.
hub.use_work_item_filters()
with hub:
    hub.start()
    sys.stdin.read()
