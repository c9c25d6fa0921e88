# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Lists everything that a task hub has, with durabletask's own client and its own defaults.

usage: task_hub_lists.py PORT INSTANCES ENTITIES

Prints nothing; ends with a traceback when the lists have other lengths, or a list cannot be had.
"""

import sys

from durabletask import client

port, instances, entities = (int(argument) for argument in sys.argv[1:])
hub = client.TaskHubGrpcClient(host_address=f"127.0.0.1:{port}")


def ids(states):
    return {state.instance_id for state in states}


plain = hub.get_all_orchestration_states()
assert len(plain) == len(ids(plain)) == instances, len(plain)
full = hub.get_all_orchestration_states(client.OrchestrationQuery(fetch_inputs_and_outputs=True))
assert len(full) == len(ids(full)) == instances, len(full)
assert all(len(state.serialized_input) > 40_000 for state in full)
found = hub.get_all_entities()
assert len(found) == entities, len(found)
names, token = [], None
while True:
    page = hub.list_instance_ids(page_size=(1 << 31) - 1, continuation_token=token)
    names += page.items
    token = page.continuation_token
    if token is None:
        break
assert len(names) == len(set(names)) == instances, len(names)
