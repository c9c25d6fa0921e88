# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Drives a task hub with durabletask's own worker and client.

usage: task_hub_client.py PORT [STEP...]

Each step prints a line; the first one that does not hold ends the program with a traceback.
"""

import datetime
import logging
import sys
import time
import uuid

import grpc
from durabletask import client, entities, task, worker
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.payload import LargePayloadStorageOptions, PayloadStore
from durabletask.scheduled import ScheduleCreationOptions, ScheduledTaskClient

logging.disable(logging.INFO)
STEPS = []
ADDRESS = f"127.0.0.1:{sys.argv[1]}"
TIMEOUT = 120
COMPLETED = client.OrchestrationStatus.COMPLETED
FAILED = client.OrchestrationStatus.FAILED
TERMINATED = client.OrchestrationStatus.TERMINATED


def step(function):
    STEPS.append(function)
    return function


def eventually(condition, what):
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} never happened")


def status_code(call):
    try:
        call()
    except grpc.RpcError as error:
        return error.code()
    return None


class Hub:
    """The client, with what nearly every step does."""

    def __init__(self):
        self.client = client.TaskHubGrpcClient(host_address=ADDRESS)

    def start(self, function, input=None, **options):
        return self.client.schedule_new_orchestration(function, input=input, **options)

    def wait(self, instance):
        return self.client.wait_for_orchestration_completion(instance, timeout=TIMEOUT)

    def run(self, function, input=None, **options):
        state = self.wait(self.start(function, input, **options))
        assert state.runtime_status == COMPLETED, state
        return state.get_output()


# The worker's tasks

def double(_, number: int):
    return number * 2


def sequence(context: task.OrchestrationContext, number: int):
    number = yield context.call_activity(double, input=number)
    number = yield context.call_activity(double, input=number)
    return number


def fan_out(context: task.OrchestrationContext, width: int):
    results = yield task.when_all([context.call_activity(double, input=number) for number in range(width)])
    return sum(results)


def family(context: task.OrchestrationContext, numbers: list):
    results = yield task.when_all([
        context.call_sub_orchestrator(sequence, input=number, instance_id=f"{context.instance_id}/{number}")
        for number in numbers])
    return results


ATTEMPTS = {}


def shaky(context: task.ActivityContext, fails: int):
    attempt = ATTEMPTS[context.orchestration_id] = ATTEMPTS.get(context.orchestration_id, 0) + 1
    if attempt <= fails:
        raise ValueError(f"attempt {attempt}")
    return attempt


def persistent(context: task.OrchestrationContext, fails: int):
    policy = task.RetryPolicy(
        first_retry_interval=datetime.timedelta(milliseconds=20), max_number_of_attempts=5, backoff_coefficient=1)
    return (yield context.call_activity(shaky, input=fails, retry_policy=policy))


def failing(context: task.OrchestrationContext, _):
    yield context.call_activity(shaky, input=1)
    return "mended"


def failing_parent(context: task.OrchestrationContext, _):
    try:
        yield context.call_sub_orchestrator(failing, instance_id=f"{context.instance_id}/child")
    except task.TaskFailedError as error:
        return "attempt 1" in error.details.message


def nap(context: task.OrchestrationContext, seconds: float):
    begin = context.current_utc_datetime
    yield context.create_timer(datetime.timedelta(seconds=seconds))
    return (context.current_utc_datetime - begin).total_seconds()


def listener(context: task.OrchestrationContext, count: int):
    heard = []
    for _ in range(count):
        heard.append((yield context.wait_for_external_event("Word")))
    return heard


def messenger(context: task.OrchestrationContext, target: str):
    context.send_event(target, "word", data="from an orchestration")
    yield context.create_timer(datetime.timedelta(milliseconds=1))


def race(context: task.OrchestrationContext, _):
    event = context.wait_for_external_event("go")
    timer = context.create_timer(datetime.timedelta(milliseconds=50))
    winner = yield task.when_any([event, timer])
    return "timer" if winner == timer else "event"


def countdown(context: task.OrchestrationContext, number: int):
    context.set_custom_status(f"at {number}")
    yield context.call_activity(double, input=number)
    if number == 0:
        return "lift-off"
    context.continue_as_new(number - 1)


def collector(context: task.OrchestrationContext, heard: list):
    word = yield context.wait_for_external_event("word")
    heard = heard + [word]
    if len(heard) == 3:
        return heard
    context.continue_as_new(heard, save_events=True)


def echo(context: task.OrchestrationContext, value):
    return [value, context.version, context.parent_instance_id]
    yield


def parent_of_echo(context: task.OrchestrationContext, _):
    return (yield context.call_sub_orchestrator(echo, input="child"))


def large(context: task.OrchestrationContext, size: int):
    text = yield context.call_activity(make_text, input=size)
    return len(text)


def make_text(_, size: int):
    return "x" * size


def long_history(context: task.OrchestrationContext, count: int):
    for number in range(count):
        yield context.call_activity(make_text, input=1000)
    return count


class Account(entities.DurableEntity):
    def deposit(self, amount: int):
        self.set_state(self.get_state(int, 0) + amount)
        return self.get_state(int)

    def balance(self, _=None):
        return self.get_state(int, 0)

    def refuse(self, _=None):
        self.set_state(-1)
        raise ValueError("not today")

    def pay(self, order: dict):
        self.set_state(self.get_state(int, 0) - order["amount"])
        self.signal_entity(entities.EntityInstanceId("Account", order["to"]), "deposit", order["amount"])

    def begin(self, number: int):
        self.schedule_new_orchestration("sequence", number, instance_id=f"begun-{number}")


def shopper(context: task.OrchestrationContext, key: str):
    account = entities.EntityInstanceId("Account", key)
    context.signal_entity(account, "deposit", 5)
    first = yield context.call_entity(account, "deposit", 10)
    try:
        yield context.call_entity(account, "refuse")
    except task.TaskFailedError as error:
        refusal = "not today" in error.details.message
    last = yield context.call_entity(account, "balance")
    return [first, refusal, last]


def transfer(context: task.OrchestrationContext, keys: list):
    accounts = [entities.EntityInstanceId("Account", key) for key in keys]
    with (yield context.lock_entities(accounts)):
        balance = yield context.call_entity(accounts[0], "balance")
        yield context.call_entity(accounts[0], "deposit", -1)
        yield context.call_entity(accounts[1], "deposit", 1)
        return balance


def lock_and_fail(context: task.OrchestrationContext, key: str):
    with (yield context.lock_entities([entities.EntityInstanceId("Account", key)])):
        raise ValueError("with the lock in hand")


ORCHESTRATIONS = [
    sequence, fan_out, family, persistent, failing, failing_parent, nap, listener, messenger, race, countdown,
    collector, echo, parent_of_echo, large, long_history, shopper, transfer, lock_and_fail,
]
ACTIVITIES = [double, shaky, make_text]


def new_worker(**options):
    result = worker.TaskHubGrpcWorker(host_address=ADDRESS, **options)
    for orchestration in ORCHESTRATIONS:
        result.add_orchestrator(orchestration)
    for activity in ACTIVITIES:
        result.add_activity(activity)
    result.add_entity(Account)
    result.configure_scheduled_tasks()
    result.use_work_item_filters()
    return result


# The steps

@step
def activities_run_one_after_the_other_and_side_by_side(hub):
    assert hub.run(sequence, 5) == 20
    assert hub.run(fan_out, 30) == 870
    assert hub.client.get_orchestration_state("nobody") is None


@step
def many_instances_run_at_once(hub):
    instances = [hub.start(sequence, number) for number in range(60)]
    assert [hub.wait(instance).get_output() for instance in instances] == [4 * number for number in range(60)]


@step
def children_answer_and_fail(hub):
    instance = uuid.uuid4().hex
    assert hub.run(family, [1, 2, 3], instance_id=instance) == [4, 8, 12]
    assert hub.client.get_orchestration_state(f"{instance}/2").get_output() == 8
    assert hub.run(failing_parent) is True


@step
def activities_are_tried_again(hub):
    assert hub.run(persistent, 3) == 4
    state = hub.wait(hub.start(persistent, 99))
    assert state.runtime_status == FAILED
    assert state.failure_details.error_type.endswith("TaskFailedError"), state.failure_details
    assert state.failure_details.inner_failure.error_type.endswith("ValueError"), state.failure_details


@step
def timers_fire_when_they_are_due(hub):
    assert hub.run(nap, 0.3) >= 0.3
    assert hub.run(race) == "timer"


@step
def events_arrive_in_order_before_and_while_somebody_waits(hub):
    instance = hub.start(listener, 3)
    hub.client.wait_for_orchestration_start(instance, timeout=TIMEOUT)
    for word in ["one", {"two": 2}]:
        hub.client.raise_orchestration_event(instance, "WORD", data=word)
    hub.run(messenger, instance)
    assert hub.wait(instance).get_output() == ["one", {"two": 2}, "from an orchestration"]
    code = status_code(lambda: hub.client.raise_orchestration_event("nobody", "word"))
    assert code == grpc.StatusCode.NOT_FOUND, code


@step
def instances_begin_anew_and_keep_their_events(hub):
    instance = hub.start(countdown, 4)
    state = hub.wait(instance)
    assert (state.get_output(), state.get_custom_status()) == ("lift-off", "at 0")
    instance = hub.start(collector, [])
    for word in "abc":
        hub.client.raise_orchestration_event(instance, "word", data=word)
    assert hub.wait(instance).get_output() == ["a", "b", "c"]


@step
def instances_hold_still_and_go_on(hub):
    instance = hub.start(listener, 1)
    hub.client.wait_for_orchestration_start(instance, timeout=TIMEOUT)
    hub.client.suspend_orchestration(instance, reason="lunch")
    eventually(
        lambda: hub.client.get_orchestration_state(instance).runtime_status == client.OrchestrationStatus.SUSPENDED,
        "the suspension")
    hub.client.raise_orchestration_event(instance, "word", data="late")
    hub.client.resume_orchestration(instance)
    assert hub.wait(instance).get_output() == ["late"]


@step
def instances_and_their_children_are_terminated(hub):
    instance = hub.start(parent_of_listener)
    child = f"{instance}/child"
    eventually(lambda: hub.client.get_orchestration_state(child), "the child's start")
    hub.client.terminate_orchestration(instance, output="enough", recursive=True)
    state = hub.wait(instance)
    assert (state.runtime_status, state.get_output()) == (TERMINATED, "enough"), state
    assert hub.wait(child).runtime_status == TERMINATED


def parent_of_listener(context: task.OrchestrationContext, _):
    yield context.call_sub_orchestrator(listener, input=1, instance_id=f"{context.instance_id}/child")


ORCHESTRATIONS.append(parent_of_listener)


@step
def failed_instances_are_rewound(hub):
    instance = hub.start(failing)
    assert hub.wait(instance).runtime_status == FAILED
    hub.client.rewind_orchestration(instance, reason="mended")
    eventually(
        lambda: hub.client.get_orchestration_state(instance).runtime_status == COMPLETED, "the end after the rewinding")
    assert hub.client.get_orchestration_state(instance).get_output() == "mended"
    code = status_code(lambda: hub.client.rewind_orchestration(instance))
    assert code == grpc.StatusCode.FAILED_PRECONDITION, code


@step
def instances_run_again(hub):
    instance = hub.start(sequence, 7)
    assert hub.wait(instance).get_output() == 28
    first = hub.client.get_orchestration_state(instance)
    assert hub.client.restart_orchestration(instance) == instance
    eventually(
        lambda: hub.client.get_orchestration_state(instance).created_at > first.created_at
        or hub.client.get_orchestration_state(instance).last_updated_at > first.last_updated_at, "the second run")
    assert hub.wait(instance).get_output() == 28
    other = hub.client.restart_orchestration(instance, restart_with_new_instance_id=True)
    assert other != instance and hub.wait(other).get_output() == 28
    running = hub.start(listener, 1)
    code = status_code(lambda: hub.client.restart_orchestration(running))
    assert code == grpc.StatusCode.FAILED_PRECONDITION, code
    hub.client.raise_orchestration_event(running, "word")
    hub.wait(running)


@step
def ids_are_used_once_unless_the_start_says_otherwise(hub):
    instance = hub.start(echo, "first", instance_id=uuid.uuid4().hex)
    hub.wait(instance)
    code = status_code(lambda: hub.start(echo, "second", instance_id=instance))
    assert code == grpc.StatusCode.ALREADY_EXISTS, code
    policy = pb.OrchestrationIdReusePolicy(replaceableStatus=[pb.ORCHESTRATION_STATUS_COMPLETED])
    hub.start(echo, "third", instance_id=instance, reuse_id_policy=policy)
    eventually(lambda: hub.wait(instance).get_output()[0] == "third", "the replacement")


@step
def starts_may_be_scheduled(hub):
    begin = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=0.5)
    instance = hub.start(echo, "later", start_at=begin)
    assert hub.client.get_orchestration_state(instance).runtime_status == client.OrchestrationStatus.PENDING
    assert hub.wait(instance).get_output()[0] == "later"
    assert datetime.datetime.now(datetime.timezone.utc) >= begin


@step
def instances_are_listed_and_purged(hub):
    prefix = f"list-{uuid.uuid4().hex}-"
    begin = datetime.datetime.now(datetime.timezone.utc)
    instances = [hub.start(echo, n, instance_id=f"{prefix}{n}", tags={"number": f"{n}"}) for n in range(5)]
    for instance in instances:
        hub.wait(instance)
    query = client.OrchestrationQuery(
        runtime_status=[COMPLETED], created_time_from=begin - datetime.timedelta(seconds=1), max_instance_count=2,
        fetch_inputs_and_outputs=True)
    states = [s for s in hub.client.get_all_orchestration_states(query) if s.instance_id.startswith(prefix)]
    assert sorted(state.instance_id for state in states) == instances
    ids, page = [], hub.client.list_instance_ids(page_size=3)
    while True:
        ids += page.items
        if not page.continuation_token:
            break
        page = hub.client.list_instance_ids(page_size=3, continuation_token=page.continuation_token)
    assert set(instances) <= set(ids) and len(ids) == len(set(ids))
    assert hub.client.purge_orchestration(instances[0]).deleted_instance_count == 1
    assert hub.client.get_orchestration_state(instances[0]) is None
    assert hub.client.purge_orchestration(instances[0]).deleted_instance_count == 0
    purged = hub.client.purge_orchestrations_by(created_time_from=begin, runtime_status=[COMPLETED])
    assert purged.deleted_instance_count >= 4, purged


@step
def histories_can_be_read(hub):
    instance = hub.start(sequence, 1)
    hub.wait(instance)
    names = [type(event).__name__ for event in hub.client.get_orchestration_history(instance)]
    assert names.count("TaskScheduledEvent") == 2 and names.count("TaskCompletedEvent") == 2, names
    assert status_code(lambda: hub.client.get_orchestration_history("nobody")) == grpc.StatusCode.NOT_FOUND


@step
def entities_are_signalled_called_and_listed(hub):
    key = uuid.uuid4().hex
    assert hub.run(shopper, key) == [15, True, 15]
    account, other = (entities.EntityInstanceId("Account", name) for name in (key, f"{key}-other"))
    hub.client.signal_entity(account, "pay", {"amount": 4, "to": f"{key}-other"})
    eventually(lambda: (found := hub.client.get_entity(other)) and found.get_typed_state(int) == 4, "the payment")
    assert hub.client.get_entity(account).get_typed_state(int) == 11
    assert hub.client.get_entity(entities.EntityInstanceId("Account", "nobody")) is None
    found = hub.client.get_all_entities(client.EntityQuery(instance_id_starts_with=f"@account@{key}"))
    assert {str(entity.id) for entity in found} == {str(account), str(other)}, found
    hub.client.signal_entity(account, "begin", 21)
    eventually(lambda: hub.client.get_orchestration_state("begun-21"), "the start by an entity")
    assert hub.wait("begun-21").get_output() == 84


@step
def signals_may_be_delayed(hub):
    account = entities.EntityInstanceId("Account", uuid.uuid4().hex)
    due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=0.5)
    hub.client.signal_entity(account, "deposit", 3, signal_time=due)
    eventually(lambda: (found := hub.client.get_entity(account)) and found.get_typed_state(int) == 3, "the deposit")
    assert datetime.datetime.now(datetime.timezone.utc) >= due


@step
def locks_keep_others_out_and_are_given_back(hub):
    keys = [uuid.uuid4().hex for _ in range(2)]
    instances = [hub.start(transfer, keys if n % 2 else keys[::-1]) for n in range(10)]
    for instance in instances:
        state = hub.wait(instance)
        assert state.runtime_status == COMPLETED, state
    total = sum(hub.client.get_entity(entities.EntityInstanceId("Account", key)).get_typed_state(int) for key in keys)
    assert total == 0
    assert hub.wait(hub.start(lock_and_fail, keys[0])).runtime_status == FAILED
    assert hub.run(transfer, keys) == 0


@step
def entities_without_state_are_cleaned_up(hub):
    account = entities.EntityInstanceId("Account", uuid.uuid4().hex)
    hub.client.signal_entity(account, "deposit", 1)
    eventually(lambda: (found := hub.client.get_entity(account)) and found.get_typed_state(int) == 1, "the deposit")
    hub.client.signal_entity(account, "delete")
    eventually(
        lambda: (found := hub.client.get_entity(account)) is None or found.get_typed_state(int) is None, "the deletion")
    assert hub.client.clean_entity_storage().empty_entities_removed >= 0
    assert hub.client.get_entity(account) is None


@step
def versions_and_tags_travel(hub):
    instance = hub.start(echo, "v", version="1.2", tags={"who": "me"})
    assert hub.wait(instance).get_output() == ["v", "1.2", None]
    parent = hub.start(parent_of_echo)
    assert hub.wait(parent).get_output()[2] == parent
    raw = hub.client._stub.GetInstance(pb.GetInstanceRequest(instanceId=instance)).orchestrationState
    assert dict(raw.tags) == {"who": "me"} and raw.version.value == "1.2"


@step
def long_histories_and_large_texts_arrive(hub):
    assert hub.run(large, 200_000) == 200_000
    assert hub.run(long_history, 60) == 60


@step
def schedules_run(hub):
    schedules = ScheduledTaskClient(hub.client, operation_timeout=TIMEOUT)
    schedule = schedules.create_schedule(ScheduleCreationOptions(
        schedule_id=uuid.uuid4().hex, orchestration_name="echo", interval=datetime.timedelta(seconds=1),
        start_immediately_if_late=True))
    query = client.OrchestrationQuery(created_time_from=datetime.datetime.now(datetime.timezone.utc))
    eventually(
        lambda: sum(state.name == "echo" for state in hub.client.get_all_orchestration_states(query)) >= 2,
        "the second run")
    schedule.pause()
    assert schedule.describe().status.name.lower() == "paused"
    schedule.delete()


@step
def filters_choose_among_workers(hub):
    with special_worker(lambda special: special.use_work_item_filters()):
        results = {hub.run(special, name) for name in "abc"}
    assert results == {"special a", "special b", "special c"}, results


def special(context: task.OrchestrationContext, name: str):
    return (yield context.call_activity(special_work, input=name))


def special_work(_, name: str):
    return f"special {name}"


def special_worker(configure):
    result = worker.TaskHubGrpcWorker(host_address=ADDRESS)
    result.add_orchestrator(special)
    result.add_activity(special_work)
    configure(result)
    result.start()
    return result


@step
def versions_choose_among_workers(hub):
    def configure(special):
        special.use_versioning(worker.VersioningOptions(
            version="2.0", match_strategy=worker.VersionMatchStrategy.STRICT,
            failure_strategy=worker.VersionFailureStrategy.FAIL))

    with special_worker(configure):
        instances = [hub.start(special, "x", version=version) for version in ("2.0", "3.0")]
        states = [hub.wait(instance) for instance in instances]
    assert states[0].get_output() == "special x", states[0]
    assert states[1].failure_details.error_type == "VersionMismatch", states[1]


@step
def filters_choose_versions(hub):
    def taking(version):
        def versioned(context: task.OrchestrationContext, _):
            return f"{version} ran {context.version}"

        def configure(special):
            special.add_orchestrator(versioned)
            special.use_work_item_filters(worker.WorkItemFilters(
                orchestrations=[worker.OrchestrationWorkItemFilter(name="versioned", versions=[version])]))

        return special_worker(configure)

    with taking("1.0"), taking("2.0"):
        versions = ["1.0", "2.0"] * 5
        instances = [hub.start("versioned", "x", version=version) for version in versions]
        outputs = [hub.wait(instance).get_output() for instance in instances]
    assert outputs == [f"{version} ran {version}" for version in versions], outputs


class DictionaryStore(PayloadStore):
    """Keeps large texts in this process, as another would in a blob container."""

    options = LargePayloadStorageOptions(threshold_bytes=1000)
    texts = {}

    def upload(self, data, *, instance_id=None):
        token = f"blob:v1:texts:{len(self.texts)}"
        self.texts[token] = data
        return token

    async def upload_async(self, data, *, instance_id=None):
        return self.upload(data)

    def download(self, token):
        return self.texts[token]

    async def download_async(self, token):
        return self.download(token)

    def is_known_token(self, value):
        return value.startswith("blob:v1:texts:")


@step
def large_payloads_travel_beside_the_hub(hub):
    store = DictionaryStore()
    with worker.TaskHubGrpcWorker(host_address=ADDRESS, payload_store=store) as offloading:
        offloading.add_orchestrator(bulky)
        offloading.add_activity(make_bulk)
        offloading.use_work_item_filters()
        offloading.start()
        client_with_store = client.TaskHubGrpcClient(host_address=ADDRESS, payload_store=store)
        instance = client_with_store.schedule_new_orchestration(bulky, input="y" * 2_000_000)
        state = client_with_store.wait_for_orchestration_completion(instance, timeout=TIMEOUT)
    assert state.get_output() == [2_000_000, "z" * 1_000_000], state.runtime_status
    assert len(store.texts) >= 3 and hub.client.get_orchestration_state(instance).serialized_input.startswith("blob:v1:")


def bulky(context: task.OrchestrationContext, text: str):
    return [len(text), (yield context.call_activity(make_bulk, input=1_000_000))]


def make_bulk(_, size: int):
    return "z" * size


def main():
    wanted = sys.argv[2:]
    hub = Hub()
    with new_worker() as running:
        running.start()
        for function in STEPS:
            if not wanted or function.__name__ in wanted:
                begin = time.monotonic()
                function(hub)
                print(f"{function.__name__} {time.monotonic() - begin:.2f} s", flush=True)


if __name__ == "__main__":
    main()
