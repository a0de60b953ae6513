# SPDX-License-Identifier: Apache-2.0
"""Batches on the broker's disk that cannot be read: the worker says which, and ends. Records that
are gone before they were read: it says which, and continues behind them."""

import struct
import time

import pytest

from support.checker import latest_tasks
from support.events import closure, finding
from support.world import World

# Where the fields of a record batch (version 2) stand; the checksum covers all behind itself.
_LENGTH, _CRC, _ATTRIBUTES = 8, 17, 21
_NO_CODEC = 5  # of the three bits for it, what nobody has given a meaning


def _crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 & -(crc & 1))
    return crc ^ 0xFFFFFFFF


def _batches(log):
    """Where each batch of a segment begins and ends."""
    at = 0
    while at < len(log):
        end = at + 12 + struct.unpack_from(">i", log, at + _LENGTH)[0]
        yield at, end
        at = end


def _patch(world, topic, change):
    """Changes the third of the batches of a partition on the disk of a broker that is down."""
    folder = world.broker.folder / "data" / f"{world.topic(topic)}-0"
    path, = folder.glob("*.log")
    log = bytearray(path.read_bytes())
    begin, end = list(_batches(log))[2]
    change(log, begin, end)
    path.write_bytes(log)


def _damage(log, begin, end):
    log[(begin + end) // 2] ^= 0x20


def _set_codec(log, begin, end):
    log[begin + _ATTRIBUTES + 1] |= _NO_CODEC
    struct.pack_into(">I", log, begin + _CRC, _crc32c(bytes(log[begin + _ATTRIBUTES:end])))


@pytest.fixture(scope="module")
def worlds(run_folder, new_broker):
    """Two worlds with a broken batch each, on a broker of their own."""
    folder = run_folder / "unreadable"
    broker = new_broker(folder / "kafka")
    made = {}
    for name in ("damaged", "codec"):
        world = made[name] = World(folder / name, broker)
        world.redis.start()
        world.topics_create(1)
        world.close_incident(closure("INC-1", revision=1))
        for i in range(5):  # a batch each, since each is waited for
            world.update_finding(finding("INC-1", f"F-{i}", revision=1))
    broker.stop()
    _patch(made["damaged"], "finding-updated", _damage)
    _patch(made["codec"], "finding-updated", _set_codec)
    broker.start()
    yield made
    reports = [world.close() for world in made.values()]
    assert not any(reports), f"a sanitizer found something:\n{reports}"


@pytest.mark.parametrize("name, code, settings", [
    ("damaged", "_BAD_MSG", {"kafka.check.crcs": "true"}),
    ("codec", "_NOT_IMPLEMENTED", {}),
])
def test_the_worker_names_it_and_ends(worlds, name, code, settings):
    world = worlds[name]
    for _ in range(2):  # started again, it does not pass over the batch either
        worker = world.start_worker(settings=settings)
        assert worker.wait_exit(60) == 1, worker.log
        assert f"{world.topic('finding-updated')}/0 cannot be read at offset 2" in worker.log
        assert code in worker.log and "worker exits" in worker.log
    # Nothing from behind it was taken.
    assert not {"F-2", "F-3", "F-4"} & {task_id[-3:] for task_id in latest_tasks(world.tasks())}


def test_records_deleted_under_a_worker(world):
    world.topics_create(1)
    worker = world.start_worker(settings={"session.timeout.ms": 30000}).wait_ready()
    world.close_incident(closure("INC-1", revision=1))
    world.update_finding(finding("INC-1", "F-0", revision=1))
    world.wait_task("INC-1/bug/F-0")
    worker.freeze()
    for i in range(1, 31):  # the first ones are on their way to it already
        world.update_finding(finding("INC-1", f"F-{i}", revision=1))
        time.sleep(0.02)
    world.broker.delete_records(world.topic("finding-updated"), {0: 29})
    worker.thaw()
    world.wait_task("INC-1/bug/F-30")
    worker.wait_log(r"records were deleted before they were read.* "
                    rf"topic={world.topic('finding-updated')} partition=0 from=\d+ to=29")
    assert worker.running
    worker.wait_ready()
    tasks = latest_tasks(world.tasks())
    assert "INC-1/bug/F-29" in tasks and "INC-1/bug/F-27" not in tasks
