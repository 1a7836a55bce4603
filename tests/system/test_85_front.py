"""qfront's bounds and ends: what does not fit is answered at once, and what is given up is never delivered."""
import os
import signal
import subprocess
import time

import pytest
from world import World, wait_for


@pytest.fixture
def apart():
    """One message at a time, 2 MB in all; the broker hangs, so a message stays in hand."""
    it = World("front:\n  max_messages: 1\n  max_bytes: 2M\nsize:\n  max_size: 1M\n")
    try:
        yield it.start_each()
    finally:
        it.stop()


def qsubmit(world, data, *args):
    process = subprocess.Popen([str(world.lazaret.bin / "qsubmit"), f"--socket={world.lazaret.socket}", "--queue-id=ABC",
                                "--deadline=30", *args, "-f", "a@outside.example", "--", "user@example.org"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:
        pass
    process.stdin = None
    return process


def ends(process, seconds=30):
    out, _ = process.communicate(timeout=seconds)
    return process.returncode, out


def in_hand(world, data=b"Subject: in hand\n\nx\n"):
    """A message that waits for a broker that hangs."""
    world.lazaret.singles["qbroker"].send_signal(signal.SIGSTOP)
    process = qsubmit(world, data)
    wait_for(lambda: "event=arrived" in world.lazaret.log(), message="the message in hand")
    return process


def go_on(world):
    world.lazaret.singles["qbroker"].send_signal(signal.SIGCONT)


def test_one_message_too_many_is_answered_at_once(apart):
    first = in_hand(apart)
    begun = time.monotonic()
    status, text = ends(qsubmit(apart, b"Subject: second\n\nx\n"))
    assert (status, text[:5]) == (75, b"4.3.2"), text
    assert time.monotonic() - begun < 2
    first.kill()
    first.communicate()
    go_on(apart)


def test_too_many_bytes_are_answered_before_they_are_read(apart):
    status, text = ends(qsubmit(apart, b"Subject: big\n\n" + b"x" * 4_000_000))
    assert (status, text[:5]) == (75, b"4.3.2"), text
    # And their room is free again.
    assert ends(qsubmit(apart, b"Subject: small\n\n" + b"x\n" * 100_000))[0] == 0


def test_what_is_given_up_is_not_delivered(apart):
    process = in_hand(apart)
    process.kill()
    process.communicate()
    wait_for(lambda: "outcome=left" in apart.lazaret.log(), message="the message given up")
    go_on(apart)
    # The verdict on it comes now, before this one's.
    assert ends(qsubmit(apart, b"Subject: after\n\nx\n"))[0] == 0
    assert [m.field("Subject") for m in apart.sink.wait(1)] == ["after"]


def test_a_front_that_is_stopped_leaves_its_messages_to_the_mta(apart):
    process = in_hand(apart)
    begun = time.monotonic()
    assert apart.lazaret.stop_one("qfront") == 0
    assert time.monotonic() - begun < 12
    status, text = ends(process)
    assert (status, text[:2]) == (75, b"4."), text
    assert apart.lazaret.log().count("event=done") == 1
    assert not os.path.exists(apart.lazaret.socket)
    go_on(apart)
