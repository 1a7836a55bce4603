"""A backlog of large messages that take long: small ones pass beside it, and large ones are not forgotten."""
import re
import threading
import time
import zipfile

import mails
import pytest
from evasion import TWIN, with_file
from evasion_files import zipped
from world import wait_for

LARGE, MEMBERS = 6, 9000  # libclamav takes seconds for the directory of such a zip


def large(number):
    return with_file(TWIN, f"a{number}.zip", zipped(*((f"a rather long name of a file, the {number}.{i}.txt", b"") for i in range(MEMBERS)),
                                                    method=zipfile.ZIP_STORED))


def large_costs_ms(world):
    """Of those that are done, by the worker's log."""
    log = world.lazaret.log()
    ids = re.findall(r"id=(\w+) event=queued [^\n]* size=([0-9]{7,})", log)
    return [int(ms) for name, _ in ids for ms in re.findall(rf"id={name} event=scanned [^\n]*ms=(\d+)", log)]


@pytest.mark.config("log:\n  level: debug\nworkers:\n  scanners: 2\n")
def test_small_mail_passes_a_backlog_of_large_mail_which_is_not_forgotten(world):
    many = [large(number) for number in range(LARGE)]
    assert all(len(mail) > 1 << 20 for mail in many)
    senders = [threading.Thread(target=world.send, args=(mail,), kwargs={"to": "large@example.org"}) for mail in many]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    wait_for(lambda: world.lazaret.log().count("event=dispatched") >= LARGE, 30, message="a backlog at the worker")

    waits = []
    for number in range(15):
        begun = time.monotonic()
        world.send(mails.plain(subject=f"small {number}", number=number), to=f"small{number}@example.org")
        world.sink.wait(1, 60, to=f"small{number}@example.org")
        waits.append(time.monotonic() - begun)
        time.sleep(0.2)
    done = len(large_costs_ms(world))
    wait_for(lambda: len(large_costs_ms(world)) == LARGE, 200, 0.5, "all large ones looked at")
    costs = large_costs_ms(world)
    print("small ones waited at most", round(max(waits), 2), "s; large ones took", costs, "ms;", done, "were done meanwhile")
    assert done < LARGE, "the backlog was gone before the small ones were"
    assert max(waits) < min(costs) / 1000 / 2, (waits, costs)
    world.drained()
    assert len(world.lazaret.items("--recipient", "large@example.org")) == LARGE
