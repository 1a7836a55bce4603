"""What Postfix's pipe(8) makes of each end that qsubmit can come to: it must never bounce what was not decided."""
import os
import re
import signal
import subprocess
import time

import mails
import pytest
from world import World, wait_for


def only_postfix(pipe_extra="", argv=None, socket=None):
    """A world with Postfix and the programs' files, but nothing of ours running."""
    world = World(pipe_extra=pipe_extra)
    if argv:
        world.postfix.argv = lambda: argv
    if socket:
        world.postfix.socket_path = socket
    world.postfix.start()
    return world


def outcome(world, seconds=30):
    """status and dsn of the first delivery through the filter."""
    def line():
        for one in world.postfix.log().splitlines():
            found = re.search(r"relay=lazaret.*dsn=(\S+), status=(\w+) \((.*)\)", one)
            if found:
                return found.group(2), found.group(1), found.group(3)
        return None
    return wait_for(line, seconds, message="a delivery status:\n" + world.postfix.log()[-1500:])


@pytest.mark.parametrize("name,kw", [
    ("nobody listens on the socket", dict()),
    ("the socket's path is nonsense", dict(socket="/nonexistent/" + "x" * 200)),
    ("an option that does not exist", dict(pipe_extra="--no-such-option=1")),
    ("an option without its value", dict(pipe_extra="--deadline=")),
    ("the program is not there", dict(argv="/nonexistent/qsubmit -f ${sender} -- ${recipient}")),
])
def test_what_is_not_a_decision_is_deferred(name, kw):
    world = only_postfix(**kw)
    try:
        world.send(mails.plain(subject="x"))
        status, dsn, text = outcome(world)
        assert status == "deferred", (name, status, dsn, text)
        assert dsn.startswith("4."), (name, dsn)
        assert world.postfix.queue()
    finally:
        world.stop()


def test_a_qsubmit_killed_by_a_signal_is_deferred():
    world = World(pipe_extra="--deadline=60")
    try:
        world.start()
        front = world.lazaret.pids()["qfront"][0]
        os.kill(front, signal.SIGSTOP)
        world.send(mails.plain(subject="killed"))
        pid = wait_for(lambda: world.lazaret.pids().get("qsubmit"), message="qsubmit")[0]
        os.kill(pid, signal.SIGKILL)
        status, dsn, _ = outcome(world)
        os.kill(front, signal.SIGCONT)
        assert (status, dsn[0]) == ("deferred", "4")
        world.postfix.flush()
        world.sink.wait(1, 60)
        world.drained()
        assert len(world.sink.mails) == 1
    finally:
        world.stop()


def test_its_own_deadline_comes_long_before_the_mtas():
    world = World(pipe_extra="--deadline=2")
    try:
        world.start()
        front = world.lazaret.pids()["qfront"][0]
        os.kill(front, signal.SIGSTOP)
        world.send(mails.plain(subject="slow"))
        status, dsn, _ = outcome(world)
        os.kill(front, signal.SIGCONT)
        assert (status, dsn[0]) == ("deferred", "4")
    finally:
        world.stop()


def test_a_decision_against_it_is_a_bounce_with_its_words():
    world = World("access:\n  rules:\n    - name: no\n      senders: ['bad@evil.example']\n      action: reject\n      text: 'not from you'\n")
    try:
        world.start()
        world.send(mails.plain(subject="no"), sender="bad@evil.example")
        status, dsn, text = outcome(world)
        assert (status, dsn) == ("bounced", "5.7.1")
        assert "not from you" in text
    finally:
        world.stop()


def test_it_needs_no_library_that_could_be_missing(tmp_path):
    world = World()
    try:
        out = subprocess.run(["ldd", str(world.lazaret.bin / "qsubmit")], capture_output=True, text=True)
        libraries = [l for l in out.stdout.splitlines() if "=>" in l and "libc.so" not in l]
        assert not libraries, libraries
    finally:
        world.stop()


def run_qsubmit(world, *args, data=b"Subject: x\n\nx\n", **kw):
    return subprocess.run([str(world.lazaret.bin / "qsubmit"), f"--socket={world.lazaret.socket}", "--queue-id=ABC",
                           *args, "-f", "a@outside.example", "--", "user@example.org"], input=data, capture_output=True,
                          timeout=60, **kw)


def test_half_a_message_is_not_delivered(world):
    out = run_qsubmit(world, "--size=100000", data=b"Subject: half\n\nonly the beginning\n")
    assert out.returncode == 75
    assert out.stdout.startswith(b"4.")
    time.sleep(0.5)
    assert not world.sink.mails


def test_a_message_of_the_right_size_is(world):
    data = b"Subject: whole\n\nall of it\n"
    out = run_qsubmit(world, f"--size={len(data)}", data=data)
    assert out.returncode == 0, out.stdout
    world.sink.wait(1)


def test_wrong_usage_is_never_a_bounce(world):
    program = str(world.lazaret.bin / "qsubmit")
    for args in ([], ["--help-me"], ["-f"], ["-f", "a@b"], ["-f", "a@b", "--"], ["--size=x", "-f", "a@b", "--", "c@d"]):
        out = subprocess.run([program, *args], input=b"x", capture_output=True, timeout=30)
        assert out.returncode == 75, (args, out.returncode)
        assert out.stdout.startswith(b"4.3.5"), (args, out.stdout)


def test_nothing_is_delivered_for_a_qsubmit_that_is_gone(world):
    """Its standard input ends only after it was killed: what was read so far is not a message."""
    read, write = os.pipe()
    process = subprocess.Popen([str(world.lazaret.bin / "qsubmit"), f"--socket={world.lazaret.socket}", "--queue-id=ABC",
                                "-f", "a@outside.example", "--", "user@example.org"], stdin=read,
                               stdout=subprocess.PIPE)
    os.close(read)
    os.write(write, b"Subject: never\n\nfirst half\n")
    time.sleep(0.5)
    process.kill()
    process.wait()
    try:
        os.write(write, b"second half\n")
    except BrokenPipeError:
        pass  # nobody reads any more, which is as good
    os.close(write)
    time.sleep(1)
    assert not world.sink.mails
