# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Makes, changes and deletes a schedule that a worker elsewhere keeps, with durabletask's own client.

usage: schedule_client.py PORT
"""

import datetime
import logging
import sys
import time

from durabletask import client
from durabletask.scheduled import ScheduleCreationOptions, ScheduledTaskClient, ScheduleStatus, ScheduleUpdateOptions

logging.disable(logging.INFO)
schedules = ScheduledTaskClient(client.TaskHubGrpcClient(host_address=f"127.0.0.1:{sys.argv[1]}"), operation_timeout=30)

options = ScheduleCreationOptions("tick", "main", datetime.timedelta(seconds=1), orchestration_input=7)
tick = schedules.create_schedule(options)
deadline = time.monotonic() + 30
while tick.describe().last_run_at is None:
    assert time.monotonic() < deadline, "nothing ran"
    time.sleep(0.05)
tick.pause()
assert tick.describe().status == ScheduleStatus.PAUSED
tick.update(ScheduleUpdateOptions(interval=datetime.timedelta(hours=25)))
assert tick.describe().interval == datetime.timedelta(hours=25)
assert tick.describe().orchestration_input == 7
tick.resume()
assert tick.describe().next_run_at > datetime.datetime.now(datetime.timezone.utc)
assert [schedule.schedule_id for schedule in schedules.list_schedules()] == ["tick"]
try:
    tick.resume()
except RuntimeError as error:
    assert "is not paused" in str(error), error
else:
    raise AssertionError("resumed twice")
tick.delete()
assert schedules.get_schedule("tick") is None
