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
broker:
  silence: 15s
virus:
  max_scan_time: 5s
notifier:
  attempts: 3
policy:
  spam_quarantine: 0
policies:
  - recipients: [plain@example.org]
    spam_tag: 0
"""
TWO = ("plain@example.org", "tagged@example.org")


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
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:
        pass  # answered before all of it was read
    process.stdin = None
    return process


def ends(process, seconds=40):
    out, _ = process.communicate(timeout=seconds)
    return process.returncode, out.decode()


def run(lazaret, data, **kw):
    return ends(submit(lazaret, data, **kw))


def until_done(lazaret, data, **kw):
    """As an MTA does it."""
    wait_for(lambda: run(lazaret, data, **kw)[0] == 0, 40, 0.5, "the mail to be done with")


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


def two_groups(**kw):
    """One that each of TWO gets in another form."""
    return mails.gtube_mail(**kw)


def refuse(recipient, answer):
    """At the end of the message: by then the others have theirs."""
    return lambda session: answer if recipient in session.recipients else "250 kept"


def test_who_got_it_before_another_was_deferred_does_not_get_it_again(lab, hop):
    hop.answers["dot"] = refuse("tagged@example.org", "451 4.2.1 not now")
    status, text = run(lab, two_groups(), to=TWO, queue_id="GROUPS1")
    assert (status, text[:2]) == (75, "4."), text
    assert [len(hop.took(one)) for one in TWO] == [1, 0]
    hop.answers.clear()
    assert run(lab, two_groups(), to=TWO, queue_id="GROUPS1")[0] == 0
    assert [len(hop.took(one)) for one in TWO] == [1, 1]


def test_a_front_that_is_stopped_tells_the_quarantine_first_who_got_it(lab, hop):
    """Only the quarantine remembers beyond a restart, and here it is away when qfront is to end."""
    def last(session):
        lab.singles["qstore"].kill()
        lab.singles["qfront"].send_signal(signal.SIGTERM)
        time.sleep(0.5)
        return "451 4.2.1 not now"
    hop.answers["dot"] = ["250 kept", last]
    assert run(lab, two_groups(), to=TWO, queue_id="GROUPS2")[0] == 75
    assert hop.took(TWO[0])
    time.sleep(1)
    lab.singles.pop("qstore")
    lab.start_one("qstore")
    lab.stop_one("qfront", 0)
    lab.start_one("qfront")
    until_done(lab, two_groups(), to=TWO, queue_id="GROUPS2")
    assert [len(hop.took(one)) for one in TWO] == [1, 1]


def test_a_group_refused_for_good_after_the_dot_is_kept_and_the_other_has_it(lab, hop):
    hop.answers["dot"] = refuse("tagged@example.org", "550 5.7.1 not this")
    assert run(lab, two_groups(subject="refused late"), to=TWO, queue_id="GROUPS3")[0] == 0
    assert [len(hop.took(one)) for one in TWO] == [1, 0]
    item = [i for i in lab.items() if "refused late" in i["subject"] or i["reason"] == "undeliverable"][0]
    assert "tagged@example.org" in str(item["recipients"]) and "plain@" not in str(item["recipients"])


def mails_of(hop):
    """What it took, but for notices."""
    return [data for _, data in hop.mails if b"X-Lazaret-Notice" not in data]


def at_the_dot(act):
    """Does it when a mail, not a notice, is whole at the next hop."""
    def answer(session):
        if b"X-Lazaret-Notice" not in session.data:
            act()
        return "250 kept"
    return answer


def cut(subject):
    return mails.mixed(mails.text_part(), mails.attachment("x.exe", mails.program()), subject=subject)


def state(lab, subject):
    found = [i for i in lab.items() if i["subject"] == subject]
    return [i["state"] for i in found]


def test_a_quarantine_that_hangs_after_it_has_kept_what_was_cut_does_not_make_it_come_twice(lab, hop):
    hop.answers["dot"] = at_the_dot(lambda: lab.singles["qstore"].send_signal(signal.SIGSTOP))
    begun = time.monotonic()
    try:
        assert run(lab, cut("hangs"), queue_id="HANGS") == (0, "2.0.0 done")
        assert time.monotonic() - begun < 20
    finally:
        lab.singles["qstore"].send_signal(signal.SIGCONT)
    wait_for(lambda: state(lab, "hangs") == ["held"], message="the late confirmation")
    assert len(mails_of(hop)) == 1


def test_a_quarantine_that_dies_after_it_has_kept_what_was_cut_hears_of_it_when_it_is_back(lab, hop):
    hop.answers["dot"] = at_the_dot(lambda: lab.singles["qstore"].kill())
    process = submit(lab, cut("dies"), queue_id="DIES")
    wait_for(lambda: lab.singles["qstore"].poll() is not None, message="its end")
    lab.singles.pop("qstore")
    lab.start_one("qstore")
    assert ends(process) == (0, "2.0.0 done")
    wait_for(lambda: state(lab, "dies") == ["held"], message="the confirmation")
    assert len(mails_of(hop)) == 1


def test_a_notice_is_tried_as_often_as_is_configured_and_goes_out_once(lab, hop):
    tries = []

    def later(session):
        if session.sender:
            return "250 ok"
        tries.append(session.recipient)
        return "451 not now" if tries.count(session.recipient) < 3 else "250 ok"
    hop.answers["RCPT"] = later
    assert run(lab, cut("tried"), queue_id="TRIED")[0] == 0
    item = [i["id"] for i in lab.items() if i["subject"] == "tried"][0]
    wait_for(lambda: all(o["state"] in ("done", "dead") for o in lab.show(item)["outbox"]), message="its notices' ends")
    notices = lab.show(item)["outbox"]
    assert notices and all(o["state"] == "done" for o in notices), notices
    for one in notices:
        assert tries.count(one["to"][0]) >= 3, "other items have notices for the same people"
        assert len([d for d in hop.took(one["to"][0]) if f"X-Lazaret-Notice: {item}".encode() in d]) == 1


def test_a_quarantine_is_not_ended_by_a_hangup(lab, hop):
    lab.singles["qstore"].send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert lab.singles["qstore"].poll() is None
    assert run(lab, cut("hung up"), queue_id="HUNGUP")[0] == 0


def test_messages_that_a_broker_forgot_are_submitted_again_though_it_serves_others(lab, hop):
    lab.singles["qworker"].send_signal(signal.SIGSTOP)
    first = submit(lab, mails.plain(subject="forgotten"), queue_id="FORGOTTEN", deadline=60)
    wait_for(lambda: lab.log().count("event=queued"), message="the broker's having it")
    time.sleep(1)
    lab.stop_one("qbroker", signal.SIGKILL)
    lab.start_one("qbroker")
    # Others keep the new broker talking to this front.
    others = [submit(lab, mails.plain(subject=f"other {n}"), queue_id=f"OTHER{n}", deadline=60) for n in range(3)]
    time.sleep(1)
    lab.singles["qworker"].send_signal(signal.SIGCONT)
    more = threading.Event()

    def load():
        number = 0
        while not more.is_set():
            number += 1
            run(lab, mails.plain(subject=f"more {number}"), queue_id=f"MORE{number}")
            time.sleep(0.1)
    thread = threading.Thread(target=load)
    thread.start()
    try:
        begun = time.monotonic()
        ends(first)
        assert time.monotonic() - begun < 12, "long before its deadline"
        for other in others:
            ends(other)
        until_done(lab, mails.plain(subject="forgotten"), queue_id="FORGOTTEN")
        assert len([m for m in hop.took("user@example.org") if b"Subject: forgotten" in m]) == 1
    finally:
        more.set()
        thread.join()


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
