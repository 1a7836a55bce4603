"""Next hops that answer late, not at all, or wrongly: nothing is lost, and nothing comes twice but in the one window."""
import os
import re
import signal
import subprocess
import threading
import time

import mails
import pytest
from hop import Hop
from world import World, wait_for

CONFIG = """
front:
  next_hop_timeout: 3s
  silence: 2s
  deadline: 20s
workers:
  timeout: 10s
virus:
  max_scan_time: 5s
"""


@pytest.fixture(scope="module")
def hop():
    it = Hop()
    yield it
    it.stop()


@pytest.fixture(scope="module")
def lab(hop):
    """Each program by itself behind the scripted next hop; qsubmit is run by hand, with Postfix's part in the test."""
    it = World(CONFIG)
    it.lazaret.next_hop = hop.port
    it.lazaret.write()
    try:
        yield it.lazaret.start_each()
    finally:
        it.stop()


@pytest.fixture(autouse=True)
def fresh(hop):
    hop.answers, hop.mails = {}, []
    hop.hang_up()


def submit(lazaret, data, to=("user@example.org",), queue_id="QUEUE1", deadline=30):
    process = subprocess.Popen([str(lazaret.bin / "qsubmit"), f"--socket={lazaret.socket}", f"--queue-id={queue_id}",
                                f"--deadline={deadline}", "--client-address=198.51.100.7", "-f", "a@outside.example",
                                "--", *to], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(data)
    process.stdin.close()
    process.stdin = None
    return process


def ends(process, seconds=40):
    out, _ = process.communicate(timeout=seconds)
    return process.returncode, out.decode()


def run(lazaret, data, **kw):
    return ends(submit(lazaret, data, **kw))


def test_who_left_before_the_next_hops_250_does_not_get_the_mail_twice(lab, hop):
    """The MTA is restarted while the next hop thinks."""
    dotted, go = threading.Event(), threading.Event()

    def slow(session):
        dotted.set()
        go.wait(20)
        return "250 kept"
    hop.answers["dot"] = [slow]
    first = submit(lab, mails.plain())
    assert dotted.wait(20)
    first.terminate()
    assert ends(first)[0] == 75
    # While nobody knows what became of the first run, a second one has to wait.
    status, text = run(lab, mails.plain())
    assert (status, text[:5]) == (75, "4.3.2"), text
    go.set()
    wait_for(lambda: "outcome=left" in lab.log(), message="the end of the first run")
    assert run(lab, mails.plain())[0] == 0
    # The MTA may also put the recipients together otherwise.
    assert run(lab, mails.plain(), to=("user@example.org", "other@example.org"))[0] == 0
    assert len(hop.took("user@example.org")) == 1
    assert len(hop.took("other@example.org")) == 1
    # Another mail with the same bytes is another mail.
    assert run(lab, mails.plain(), queue_id="QUEUE2")[0] == 0
    assert len(hop.took("user@example.org")) == 2


@pytest.mark.parametrize("stage", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize("answer", ["421 closing", None, "", "451 later", "rubbish"])
def test_whatever_goes_wrong_at_the_next_hop_the_mail_is_tried_again(lab, hop, stage, answer):
    hop.answers[stage] = lambda session: answer
    status, text = run(lab, mails.plain(), queue_id=f"{stage}{answer}")
    assert (status, text[:2]) == (75, "4."), (status, text)
    assert not hop.mails
    del hop.answers[stage]
    assert run(lab, mails.plain(), queue_id=f"{stage}{answer}")[0] == 0
    assert len(hop.took("user@example.org")) == 1
