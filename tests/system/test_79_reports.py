"""Reports of spam by mail: who may teaches the model, once, with what is attached; nobody else does."""
import base64
import email
import json
import os
import pwd
import signal
import subprocess
import threading
import time

import mails
import pytest
from world import EICAR, GTUBE, wait_for

REPORTS = """
spam:
  model:
    poll: 1s
    report_messages: 3
    report_mails: 20
    reports:
    - spam_to: [spam@example.org]
      ham_to: [ham@example.org]
      networks: [127.0.0.0/8]
    - spam_to: [junk@example.org]
      then: discard
"""
ANNA = "ADDR=198.51.100.7 NAME=dialup.example LOGIN=anna"


def spam(number, text="cheap watches and a casino\n"):
    return (f"Received: from there by here; Mon, 2 Nov 2026 10:00:00 +0000\nFrom: a{number}@bad.example\n"
            f"To: anna@example.org\nSubject: offer {number}\nMessage-ID: <{number}@bad.example>\n\n{text}").encode()


def part(mail, type="message/rfc822", extra=b""):
    return b"Content-Type: " + type.encode() + b"\n" + extra + b"\n" + mail + b"\n"


def wrapped(*parts, type='multipart/mixed', subject="Fwd: look"):
    body = b"".join(b"--=_b\n" + one for one in parts)
    return (f"From: Anna <anna@example.org>\nTo: spam@example.org\nSubject: {subject}\nMIME-Version: 1.0\n"
            f'Content-Type: {type}; boundary="=_b"\n\n').encode() + body + b"--=_b--\n"


def text(words=b"see below\n"):
    return part(words, "text/plain")


def report(world, mail, to="spam@example.org", client=ANNA, sender="anna@example.org"):
    world.send(mail, sender=sender, to=to, client=client)


def model(world):
    told = json.loads(world.lazaret.qctl("model", "--json", "show").stdout)
    return told["spam"], told["ham"]


def fates(world):
    return [line.split("fate=")[1].split()[0] for line in world.lazaret.log().splitlines() if "event=report fate=" in line]


def told(world, *expected):
    """The fates of all reports, when there are as many as are expected."""
    wait_for(lambda: len(fates(world)) >= len(expected), message=f"fates {expected} (have {fates(world)})")
    assert fates(world) == list(expected)


def counts(world):
    return world.lazaret.qctl("stats", "--json").stdout


def audit(world):
    lines = world.lazaret.qctl("audit", "--json", "--action", "learn", "--limit", "1000").stdout.splitlines()
    return [json.loads(line) for line in lines]


def learn(world, kind, mail, *options):
    path = world.dir / "one.eml"
    path.write_bytes(mail)
    return json.loads(world.lazaret.qctl("learn", "--json", kind, str(path)).stdout)


@pytest.mark.config(REPORTS)
def test_one_of_the_site_teaches_and_a_stranger_does_not(world):
    report(world, wrapped(text(), part(spam(1)), part(spam(2))))
    world.sink.wait(1, to="spam@example.org")  # it is delivered, and what is attached is as it was
    inner = email.message_from_bytes(world.sink.to("spam@example.org")[0].bytes).get_payload()[1].get_payload()[0]
    assert inner["Message-ID"] == "<1@bad.example>"
    told(world, "learned")
    assert model(world) == (2, 0)
    report(world, wrapped(text(), part(spam(3))), client="ADDR=198.51.100.7 NAME=mail.outside.example")
    world.sink.wait(2, to="spam@example.org")  # for others it is an address like any other
    told(world, "learned", "stranger")
    assert model(world) == (2, 0)
    world.send(wrapped(part(spam(4))), sender="bert@example.org", to="ham@example.org", inside=True)
    told(world, "learned", "stranger", "learned")
    assert model(world) == (2, 1)
    entries = audit(world)
    assert [one["detail"].split(" ", 1)[1] for one in entries] == [
        "fate=learned lesson=ham learned=1 corrected=0 already=0 contradicted=0",
        "fate=learned lesson=spam learned=2 corrected=0 already=0 contradicted=0"]
    assert "anna" not in json.dumps(entries)
    wait_for(lambda: "report.stranger" in counts(world), message="the worker's counts")
    assert "report.learned" in counts(world) and "report.messages" in counts(world)
    assert 'by="anna"' in world.lazaret.log()


@pytest.mark.config(REPORTS)
def test_the_same_message_is_one_lesson_however_it_comes(world):
    arf = wrapped(text(b"This is a report\n"),
                  part(b"Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n", "message/feedback-report"),
                  part(spam(1)), type="multipart/report; report-type=feedback-report")
    report(world, arf, to="junk@example.org")
    told(world, "learned")
    digest = wrapped(b"\n" + spam(1) + b"\n", b"\n" + spam(2) + b"\n", type="multipart/digest")
    report(world, digest)
    encoded = b"Content-Transfer-Encoding: base64\n"
    report(world, wrapped(part(base64.encodebytes(spam(2)), extra=encoded)))
    told(world, "learned", "learned", "known")
    assert model(world) == (2, 0)
    assert learn(world, "spam", spam(1))["already"] == 1
    # and what was discarded is in the quarantine, and nowhere else
    items = world.lazaret.items("--reason", "report")
    assert [one["recipients"] for one in items] == [["junk@example.org"]]
    assert not world.sink.to("junk@example.org")
    raw = world.lazaret.qctl("export", items[0]["id"], binary=True).stdout
    assert spam(1) in raw.replace(b"\r\n", b"\n")


@pytest.mark.config(REPORTS)
def test_what_an_administrator_taught_holds_and_users_correct_each_other(world):
    learn(world, "ham", spam(1))
    report(world, wrapped(part(spam(1))))
    told(world, "contradicted")
    assert model(world) == (0, 1)
    report(world, wrapped(part(spam(2))))
    told(world, "contradicted", "learned")
    report(world, wrapped(part(spam(2))), to="ham@example.org", sender="bert@example.org")
    told(world, "contradicted", "learned", "learned")
    assert model(world) == (0, 2)
    assert learn(world, "ham", spam(2))["already"] == 1  # from now on it is the administrator's word
    report(world, wrapped(part(spam(2))))
    told(world, "contradicted", "learned", "learned", "contradicted")
    assert learn(world, "spam", spam(1))["corrected"] == 1


@pytest.mark.config(REPORTS + "subject:\n  rules:\n  - {patterns: [offer], match: prefix, action: quarantine}\n")
def test_what_is_reported_is_not_held_against_the_report_but_a_virus_is(world):
    gtube = spam(1, GTUBE.decode() + "\n")
    report(world, wrapped(text(), part(gtube), subject="offer of spam"))
    world.sink.wait(1, to="spam@example.org")
    told(world, "learned")
    report(world, wrapped(text(), part(spam(2, EICAR.decode() + "\n")), subject="offer of spam"))
    told(world, "learned", "virus")
    assert model(world) == (1, 0)
    report(world, wrapped(text(), part(gtube), subject="offer of spam"), client="ADDR=198.51.100.7 NAME=x.example")
    wait_for(lambda: [one for one in world.lazaret.items() if one["reason"] in ("subject", "spam")],
             message="a stranger's held as any other")
    arrived = [one for one in world.sink.to("spam@example.org") if not one.field("X-Lazaret-Notice")]
    assert len(arrived) == 2 and EICAR not in arrived[1].bytes


@pytest.mark.config(REPORTS.replace("report_mails: 20", "report_mails: 2"))
def test_how_much_one_may_teach_is_bounded(world):
    report(world, wrapped(*[part(spam(n)) for n in range(1, 6)]))
    told(world, "learned")
    assert model(world) == (3, 0) and "beyond=2" in world.lazaret.log()
    report(world, wrapped(part(spam(6))))
    told(world, "learned", "learned")
    report(world, wrapped(part(spam(7))))
    told(world, "learned", "learned", "excess")
    report(world, wrapped(part(spam(8))), to="junk@example.org")
    told(world, "learned", "learned", "excess", "excess")
    assert model(world) == (4, 0)
    world.sink.wait(3, to="spam@example.org")  # nothing is lost of them
    assert len(world.lazaret.items("--reason", "report")) == 1
    report(world, wrapped(part(spam(9))), client=ANNA.replace("anna", "bert"), sender="bert@example.org")
    told(world, "learned", "learned", "excess", "excess", "learned")
    assert len([one for one in audit(world) if "fate=excess" in one["detail"]]) == 1
    warned = [line for line in world.lazaret.log().splitlines() if "fate=excess" in line]
    assert " warning: " in warned[0] and " info: " in warned[1]


@pytest.mark.config(REPORTS)
def test_what_is_not_attached_whole_teaches_nothing_and_is_delivered(world):
    report(world, mails.plain(subject="Fwd: offer"), to="junk@example.org")
    world.sink.wait(1, to="junk@example.org")
    told(world, "inline")
    report(world, wrapped(text(), part(b"Subject: only headers\n", "text/rfc822-headers")), to="junk@example.org")
    told(world, "inline", "inline")
    report(world, wrapped(part(spam(1))), to=("spam@example.org", "ham@example.org"))
    told(world, "inline", "inline", "unclear")
    report(world, wrapped(text(), part(spam(1)), type="multipart/report; report-type=delivery-status"), sender="")
    told(world, "inline", "inline", "unclear", "automatic")
    assert model(world) == (0, 0)


@pytest.mark.config(REPORTS.replace("report_mails: 20", "report_mails: 1000"))
def test_kill_9_of_the_quarantine_loses_no_lesson_and_gives_none_twice(world):
    count, stop = 40, threading.Event()

    def kill():
        while not stop.is_set():
            time.sleep(0.3)
            for pid in world.lazaret.pids().get("qstore", []):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.7)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        for number in range(count):
            report(world, wrapped(part(spam(number))), to="junk@example.org" if number % 2 else "spam@example.org")
    finally:
        time.sleep(2)
        stop.set()
        killer.join()
    world.drained(120)
    wait_for(lambda: model(world) == (count, 0), message=f"{count} lessons, not {model(world)}")
    assert len(world.sink.wait(count // 2, to="spam@example.org")) == count // 2
    assert len(world.lazaret.items("--reason", "report", "--limit", "100")) == count // 2
    learned = {one["detail"].split()[0] for one in audit(world)}
    assert len(learned) == count  # each is in the audit
    again = [one for one in audit(world) if one["detail"].endswith(" again")]
    assert len(audit(world)) - len(again) <= count
    world.lazaret.qctl("verify")


CLERK = "daemon"
MAILBOXES = f"""
quarantine:
  group: {CLERK}
  operators:
  - {{name: junk, user: {CLERK}, actions: [report]}}
"""


def qctl_as_clerk(world, *args, mail=b""):
    account = pwd.getpwnam(CLERK)
    return subprocess.run([str(world.lazaret.bin / "qctl"), "-c", str(world.lazaret.conf), *args], input=mail,
                          capture_output=True, timeout=60, user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd="/")


@pytest.mark.config(MAILBOXES)
def test_a_mail_server_teaches_what_users_move_and_may_do_no_more(world):
    out = qctl_as_clerk(world, "learn", "--report", "--json", "spam", "-", mail=spam(1))
    assert out.returncode == 0, out.stderr
    assert json.loads(out.stdout)["learned"] == 1
    box = world.dir / "Maildir/.Junk"
    for folder in ("cur", "new", "tmp"):
        (box / folder).mkdir(parents=True)
    (box / "cur/1.host:2,S").write_bytes(spam(1))
    (box / "new/2.host").write_bytes(spam(2))
    (box / "tmp/3.host").write_bytes(spam(3))
    (box / "dovecot-uidlist").write_bytes(b"3 V1 N3\n")
    (box / "maildirfolder").write_bytes(b"")
    out = qctl_as_clerk(world, "learn", "--report", "--json", "spam", str(box))
    assert (out.returncode, json.loads(out.stdout)["mails"], json.loads(out.stdout)["learned"]) == (0, 2, 1)
    assert model(world) == (2, 0)
    learn(world, "ham", spam(1))
    out = qctl_as_clerk(world, "learn", "--report", "spam", "-", mail=spam(1))
    assert b"1 contradicted" in out.stdout and model(world) == (1, 1)
    out = qctl_as_clerk(world, "learn", "--report", "spam", "-")
    assert out.returncode == 1 and b"nothing came" in out.stderr
    for args in (["learn", "spam", "-"], ["model", "reset"], ["list"], ["stats"], ["audit"]):
        assert qctl_as_clerk(world, *args, mail=spam(9)).returncode == 2, args
    assert model(world) == (1, 1)
