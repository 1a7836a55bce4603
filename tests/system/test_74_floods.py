"""Many notices in one: floods, rates and digests; releases that recipients ask for by mail; and no loops."""
import collections
import concurrent.futures
import datetime
import email
import email.policy
import json
import os
import re
import signal
import time

import mails
import pytest
from preload import Clock
from world import EICAR, World, wait_for

NOTICE = "X-Lazaret-Notice"
ADMIN, USER = "postmaster@example.org", "user@example.org"


def answers(world):
    """A program that was killed often is started again after a pause."""
    return wait_for(lambda: world.lazaret.qctl("stats", check=False).returncode == 0, 60, 0.2, "an answer of the quarantine")


def records(world, *args):
    return [json.loads(line) for line in world.lazaret.qctl("notices", "--json", "--limit", "0", *args).stdout.splitlines()]


def read(mail):
    return email.message_from_bytes(mail.bytes, policy=email.policy.default)


def text_of(mail):
    return read(mail).get_body(("plain",)).get_content().replace("\r\n", "\n")


def notices(world, to):
    return [m for m in world.sink.to(to) if m.field(NOTICE)]


def worm(number):
    return mails.mixed(mails.text_part(), mails.attachment("worm.exe", EICAR), subject=f"worm {number}", number=number)


def program(subject, name="setup.exe", **kw):
    return mails.mixed(mails.text_part(), mails.attachment(name, mails.program()), subject=subject, **kw)


def kill(world, program):
    for pid in world.lazaret.pids().get(program, []):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


# ---------------------------------------------------------------- floods

@pytest.mark.config("notifier:\n  flood_after: 3\n  flood_window: 15s\n  rate_per_address: 20\n")
def test_a_worm_makes_a_handful_of_notices_and_loses_none_of_its_count(world):
    count = 240

    def send(number):
        for attempt in range(3):
            try:
                return world.send(worm(number), to=f"user{number % 40}@example.org")
            except OSError:
                time.sleep(0.5)
        raise AssertionError("Postfix does not take it")

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(send, number) for number in range(count)]
        for program_ in ("qstore", "qnotify", "qstore"):
            time.sleep(1.5)
            kill(world, program_)
        for one in sent:
            one.result()
    world.drained(180)
    answers(world)
    assert len(world.lazaret.items("--limit", "0")) == count

    def told():
        singles = [m for m in notices(world, ADMIN) if "more messages of one kind" not in text_of(m)]
        floods = {m.field("Message-ID"): int(re.search(r"stopped (\d+) more", text_of(m)).group(1))
                  for m in notices(world, ADMIN) if "more messages of one kind" in text_of(m)}
        return {m.field(NOTICE) for m in singles}, floods

    wait_for(lambda: len(told()[0]) + sum(told()[1].values()) == count, 90, 0.5, "all of them told of")
    singles, floods = told()
    # Three of each window that begins a flood, and one of each window; killed programs pause and so part a flood.
    assert len(singles) + len(floods) <= 20, (singles, floods)
    some = [m for m in notices(world, ADMIN) if "more messages of one kind" in text_of(m)][0]
    assert "virus: " in read(some)["Subject"] and "sender@outside.example (" in text_of(some)
    gathered = records(world, "--state", "gathered")
    flood = [r for r in records(world) if r["kind"] == "flood"]
    assert {r["into"] for r in gathered if r["kind"] == "admin"} == {r["id"] for r in flood}
    shown = world.lazaret.qctl("notices", "render", flood[0]["id"]).stdout
    assert f"stopped {flood[0]['count']} more" in shown.replace("=\n", "")
    assert world.lazaret.qctl("verify").returncode == 0


@pytest.mark.config("notifier:\n  rate_per_address: 3\n  to_admin: false\n")
def test_what_is_beyond_the_rate_of_an_address_waits_for_one_notice(world):
    for number in range(10):
        world.send(program(f"number {number}", number=number))
    world.drained()
    wait_for(lambda: len(notices(world, USER)) == 3, message="three notices")
    one, = [r for r in records(world) if r["kind"] == "digest"]
    assert (one["to"], one["count"], one["state"]) == ([USER], 7, "due")
    shown = world.lazaret.qctl("notices", "render", one["id"]).stdout
    assert shown.count("Subject:  number") == 7
    time.sleep(1)
    assert len(notices(world, USER)) == 3


# ---------------------------------------------------------------- digests

def test_a_digest_comes_once_at_its_time_whoever_is_killed():
    at = datetime.datetime.now() + datetime.timedelta(seconds=85)
    at = at.replace(second=0, microsecond=0)
    world = World(f"""notifier:
  digest: [{{recipients: ["@example.org"], every: daily, at: "{at:%H:%M}"}}]
  request_address: release@example.org
  requests: [{{allow: ask}}]
quarantine:
  lease: 10s
""")
    clock = Clock(world.lazaret, "qstore")
    try:
        world.start()
        for number in range(3):
            world.send(program(f"<b>number</b> {number}", number=number))
        world.send(worm(9))
        world.drained()
        assert not notices(world, USER), "no single ones"
        assert len(notices(world, ADMIN)) == 4 or wait_for(lambda: len(notices(world, ADMIN)) == 4)
        one, = [r for r in records(world) if r["kind"] == "digest"]
        assert one["count"] == 4
        left = (at - datetime.datetime.now()).total_seconds()
        assert left > 0, "this took too long to tell anything"
        clock.forward(max(0, left - 3))
        end = datetime.datetime.now() + datetime.timedelta(seconds=min(left, 3) + 3)
        while datetime.datetime.now() < end:
            left = (end - datetime.datetime.now()).total_seconds() - 3
            if left < 2:
                kill(world, "qstore" if int(left * 10) % 2 else "qnotify")
            time.sleep(0.3)
        answers(world)
        digests = wait_for(lambda: notices(world, USER), 60, message="the digest")
        text, html = text_of(digests[0]), read(digests[0]).get_body(("html",)).get_content()
        assert text.count("Subject:  <b>number</b>") == 3 and "Subject:  worm 9" in text
        assert "<b>number</b>" not in html and "&lt;b&gt;number&lt;/b&gt;" in html
        assert text.count("release+") == 3 and html.count("mailto:release+") == 3, "a virus can't be asked for"
        wait_for(lambda: [r["state"] for r in records(world) if r["kind"] == "digest"] == ["done"], 60, message="its end")
        time.sleep(1)
        # Only a notifier that is killed between the next hop's 250 and our record of it sends the same again.
        assert len({m.field("Message-ID") for m in notices(world, USER)}) == 1
        assert world.lazaret.qctl("verify").returncode == 0
    finally:
        world.stop()


# ---------------------------------------------------------------- what could not be sent

@pytest.mark.config("notifier:\n  attempts: 2\n  retry: 1s\n")
def test_what_could_not_be_sent_is_listed_and_tried_again_when_somebody_says_so(world):
    world.lazaret.stop()
    world.lazaret.config += "  next_hop: 127.0.0.1:1\n"
    world.lazaret.write()
    world.lazaret.start()
    world.send(program("dead letter"))
    dead = wait_for(lambda: len(records(world, "--state", "dead")) == 2 and records(world, "--state", "dead"), 60,
                    message="two dead notices")
    assert all(r["attempts"] == 2 and r["last"] for r in dead)
    assert world.lazaret.qctl("notices", "drop", dead[0]["id"]).stdout == "1 dropped\n"
    assert world.lazaret.qctl("notices", "retry", "zzzzzzzz", check=False).returncode == 1
    assert world.lazaret.qctl("notices", "retry", check=False).returncode == 64
    assert world.lazaret.qctl("notices", "drop", "", check=False).returncode == 64, "a variable that was never set"

    world.lazaret.stop()
    world.lazaret.config = world.lazaret.config.replace("  next_hop: 127.0.0.1:1\n", "")
    world.lazaret.write()
    world.lazaret.start()
    assert world.lazaret.qctl("notices", "retry", "--all").stdout == "1 to be tried again\n"
    wait_for(lambda: [r["state"] for r in records(world)] == ["done"], message="the notice sent")
    assert len([m for m in world.sink.mails if m.field(NOTICE)]) == 1
    assert world.lazaret.qctl("notices", "retry", dead[1]["id"], check=False).returncode == 2, "it is done"


# ---------------------------------------------------------------- requests

ASKING = """notifier:
  to_admin: false
  request_address: release@example.org
  requests:
    - reasons: [attachment]
      allow: release
    - reasons: [spam]
      allow: never
    - allow: ask
"""


def asked(world, subject, message=None, to=USER):
    """The address and the subject by which the notice of a mail can be answered."""
    world.send(message or program(subject), to=to)
    notice = wait_for(lambda: [m for m in notices(world, to) if subject in (read(m)["Subject"] or "")], message="the notice")[0]
    return str(read(notice)["Reply-To"]).strip("<>"), str(read(notice)["Subject"]), notice


def answer(world, to, sender=USER, subject="Re: yes", login=None, extra="", inside=False):
    client = "ADDR=198.51.100.7 NAME=mail.outside.example" + (f" LOGIN={login}" if login else "")
    world.send(mails.plain(subject=subject, sender=sender, to=to, extra=extra), sender=sender, to=to, inside=inside, client=client)


def outcomes(world):
    return re.findall(r"event=request item=\S* by=\S+ outcome=(\S+)", world.lazaret.log())


def expect(world, count, outcome):
    wait_for(lambda: len(outcomes(world)) == count, message=f"request {count}, have {outcomes(world)}")
    assert outcomes(world)[-1] == outcome
    world.drained()


def released(world, subject, to=USER):
    return [m for m in world.sink.to(to) if m.field("Subject") == subject and b'filename="setup.exe"' in m.bytes]


@pytest.mark.config(ASKING)
def test_a_recipient_who_proves_who_he_is_gets_what_he_asks_for_once(world):
    address, subject, notice = asked(world, "wanted")
    token = re.fullmatch(r"release\+([0-9a-z]{46})@example\.org", address).group(1)
    assert subject.endswith(f"[release {token}]")
    assert f"\n{address}.\n" in text_of(notice)

    answer(world, address, login="thief@example.org", sender="thief@example.org")
    expect(world, 1, "strange")
    answer(world, address, login="thief@example.org")
    expect(world, 2, "strange")
    answer(world, address)
    expect(world, 3, "strange")
    answer(world, address, login=USER, extra="Auto-Submitted: auto-replied\n")
    expect(world, 4, "automatic")
    assert not released(world, "wanted") and len(notices(world, USER)) == 1, "nobody heard anything"

    answer(world, address.upper(), login=USER)
    expect(world, 5, "released")
    wait_for(lambda: released(world, "wanted"), message="what was released")
    wait_for(lambda: any("on its way to you" in text_of(m) for m in notices(world, USER)), message="an answer")
    answer(world, "release@example.org", login="user", subject="RE: " + subject)
    expect(world, 6, "used")
    wait_for(lambda: any("before" in text_of(m) for m in notices(world, USER)), message="an answer")
    assert len(released(world, "wanted")) == 1

    assert not [m for m in world.sink.mails if any("release" in to for to in m.recipients)], "it is delivered to nobody"
    assert not world.sink.to("thief@example.org") and "status=bounced" not in world.postfix.log()
    assert token not in world.lazaret.log()
    shown = world.lazaret.items("--reason", "request")
    assert len(shown) == 6 and token not in json.dumps(shown)
    assert "kept         nothing but what is known of it" in world.lazaret.qctl("show", shown[0]["id"]).stdout
    out = world.lazaret.qctl("release", "--suggest", shown[0]["id"], check=False)
    assert out.returncode == 1 and "notifier.requests decides" in out.stderr


@pytest.mark.config(ASKING)
def test_a_subject_that_has_an_older_token_is_answered_by_its_own(world):
    _, older, _ = asked(world, "first")
    _, subject, _ = asked(world, "Re: " + older)
    assert subject.count("[release ") == 2
    answer(world, "release@example.org", login=USER, subject="Re: " + subject)
    expect(world, 1, "released")
    wait_for(lambda: released(world, "Re: " + older), message="what was asked for")


@pytest.mark.config(ASKING + "  trusted_auth_results: [mx.example.org]\n")
def test_who_is_not_authenticated_is_believed_by_trusted_results_alone(world):
    address, _, _ = asked(world, "aligned")
    forged = "Authentication-Results: mx.evil.example; spf=pass smtp.mailfrom=example.org\n"
    trusted = "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=example.org\n"
    answer(world, address, extra=forged + trusted)
    expect(world, 1, "strange")
    answer(world, address, extra=trusted.replace("pass", "fail"))
    expect(world, 2, "strange")
    answer(world, address, extra=trusted)
    expect(world, 3, "released")
    wait_for(lambda: released(world, "aligned"), message="what was released")


@pytest.mark.config(ASKING)
def test_policy_decides_and_an_operator_is_asked_where_it_says_so(world):
    big = b"X" * 200
    broken = mails.mixed(mails.text_part(), mails.attachment("a.zip", mails.zipped(**{"a.txt": big})[:90]), subject="unreadable")
    address, _, _ = asked(world, "unreadable", broken)
    answer(world, address, inside=True)
    expect(world, 1, "asked")
    item, = [json.loads(line) for line in world.lazaret.qctl("list", "--requested", "--json").stdout.splitlines()]
    assert item["requested_by"] == [USER]
    wait_for(lambda: [m for m in world.sink.to(ADMIN) if f"qctl release --to {USER}" in text_of(m)], message="the administrator's notice")
    wait_for(lambda: any("will look at it" in text_of(m) for m in notices(world, USER)), message="an answer")
    world.lazaret.qctl("release", "--to", USER, "--force", "--reason", "he knows the sender", item["id"])
    assert world.lazaret.qctl("list", "--requested", "--json").stdout == ""
    wait_for(lambda: [m for m in world.sink.to(USER) if m.field("Subject") == "unreadable"], message="what was released")


@pytest.mark.config(ASKING)
def test_a_virus_is_never_released(world):
    world.send(worm(1))
    notice = wait_for(lambda: notices(world, USER), message="the notice")[0]
    assert read(notice)["Reply-To"] is None and "release+" not in text_of(notice)


@pytest.mark.config(ASKING + "  request_expires: 1s\n")
def test_a_request_that_is_late_is_told_so(world):
    address, _, _ = asked(world, "late")
    time.sleep(2.1)
    answer(world, address, login=USER)
    expect(world, 1, "expired")
    wait_for(lambda: any("is\nover." in text_of(m) for m in notices(world, USER)), message="an answer")
    assert not released(world, "late")


@pytest.mark.config(ASKING)
def test_requests_are_done_once_whoever_is_killed(world):
    wanted = [asked(world, f"wanted {number}")[0] for number in range(8)]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(answer, world, address, USER, "Re: yes", USER) for address in wanted]
        for program_ in ("qstore", "qworker", "qstore", "qnotify", "qfront"):
            kill(world, program_)
            time.sleep(0.7)
        for one in sent:
            one.result()

    def flushed():
        world.postfix.flush()
        return not world.postfix.queue()
    wait_for(flushed, 120, 1, "an empty queue")
    answers(world)
    wait_for(lambda: len([r for r in records(world) if r["kind"] == "release" and r["state"] == "done"]) == 8, 120, 0.5,
             "all that was asked for")
    assert len([r for r in records(world) if r["kind"] == "release"]) == 8, "and each once"
    for number in range(8):
        got = wait_for(lambda: released(world, f"wanted {number}"), message="what was released")
        assert len({m.field("Message-ID") for m in got}) == 1
    assert world.lazaret.qctl("verify").returncode == 0


# ---------------------------------------------------------------- loops

LOOP = """subject:
  - name: anything
    match: glob
    patterns: ["*"]
    action: quarantine
    notify: true
notifier:
  not_for: []
"""


@pytest.mark.config(LOOP)
def test_our_own_notices_make_none_however_they_come_back(world):
    world.send(mails.plain(subject="first"))
    notice = wait_for(lambda: notices(world, ADMIN), message="a notice")[0]
    wait_for(lambda: notices(world, USER), message="the other one")
    world.drained()
    before = len(world.sink.mails)
    # The postmaster's mailbox sends all on through the filter: with the null reverse-path, and as a mailbox of its own.
    for sender in ("", ADMIN):
        world.send(notice.bytes, sender=sender, to="boss@example.org", inside=True)
    # Another site's notice, which has its own mark.
    other = re.sub(rb"X-Lazaret-Mark: \S+", b"X-Lazaret-Mark: 0000000000000000", notice.bytes)
    world.send(other, sender="", to="boss@example.org")
    wait_for(lambda: len(world.lazaret.items()) == 4, message="all of them held")
    time.sleep(1)
    world.drained()
    assert len(world.sink.mails) == before, "and nobody is told"
    # A mark alone that is none of ours is nothing: whoever invents one hides nothing.
    world.send(mails.plain(subject="liar", extra="X-Lazaret-Notice: 1\nX-Lazaret-Mark: 0000000000000000\n"), to="boss@example.org")
    wait_for(lambda: world.sink.to("boss@example.org"), message="a notice")


def test_two_filters_that_forward_to_each_other_come_to_an_end():
    one = World(LOOP.replace("notifier:\n", "notifier:\n  to_admin: false\n"))
    two = World(LOOP.replace("notifier:\n", "notifier:\n  to_admin: false\n") + "site:\n  admin: postmaster@other.example\n")
    try:
        one.start()
        two.start()
        one.send(mails.plain(subject="ping"))
        seen = collections.Counter()
        end = time.monotonic() + 12
        while time.monotonic() < end:
            for here, there in ((one, two), (two, one)):
                fresh = here.sink.mails[seen[here]:]
                seen[here] += len(fresh)
                for mail in fresh:  # each one's mailbox is forwarded to the other filter
                    there.send(mail.bytes, sender=mail.sender or "", to=USER)
            time.sleep(0.2)
        assert (len(one.sink.mails), len(two.sink.mails)) == (1, 0)
    finally:
        one.stop()
        two.stop()
