"""kill -9 of qstore with something in each state of docs/STATES.md, and in the middle of each move from one to the next; disks
that are full, or break, under it."""
import collections
import email
import errno
import json
import os
import re
import signal
import subprocess

import mails
import pytest
from hop import Hop
from preload import Clock, preload
from world import ROOT, USER, World, account, wait_for

SENDER = "a@outside.example"
CONFIG = """
front:
  silence: 2s
  deadline: 15s
  next_hop_timeout: 12s
workers:
  timeout: 6s
virus:
  max_scan_time: 3s
quarantine:
  confirm_timeout: 1m
  lease: 10s
notifier:
  attempts: 3
  digest: [{recipients: ["gathered@example.org"], every: weekly}]
"""


def documented(section):
    """The states of a section's first table."""
    text = (ROOT / "docs/STATES.md").read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| \*\*(\w+)\*\* \|", text, re.M)


def with_disk(lazaret):
    """qstore with what stops it at a write: two numbers in the file `order`, see tests/faults/disk.h."""
    folder = lazaret.dir / "orders"
    folder.mkdir()
    os.chown(folder, account(USER).pw_uid, account(USER).pw_gid)
    preload(lazaret, "qstore", "disk", DISK_WATCH=lazaret.state / "quarantine", DISK_ORDER=folder / "order")


@pytest.fixture
def hop():
    it = Hop()
    yield it
    it.stop()


@pytest.fixture
def lab(hop):
    it = World(CONFIG)
    it.lazaret.next_hop = hop.port
    it.lazaret.write()
    with_disk(it.lazaret)
    it.lazaret.clock = Clock(it.lazaret, "qstore")
    try:
        yield it.lazaret.start_each()
    finally:
        it.stop()


# ---------------------------------------------------------------- what the MTA and a person do

def mail_to(recipient):
    return mails.mixed(mails.text_part(), mails.attachment("x.exe", mails.program() + recipient.encode()), subject=recipient)


def submit(lazaret, recipient):
    """As Postfix does; the process is still running when this comes back."""
    process = subprocess.Popen([str(lazaret.bin / "qsubmit"), f"--socket={lazaret.socket}", f"--queue-id={recipient.split('@')[0]}",
                                "--deadline=60", "--client-address=198.51.100.7", "-f", SENDER, "--", recipient],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(mail_to(recipient))
    process.stdin.close()
    process.stdin = None
    return process


def until_done(lazaret, recipient):
    def tried():
        process = submit(lazaret, recipient)
        process.communicate(timeout=60)
        return process.returncode == 0
    wait_for(tried, 60, 0.3, f"the mail to {recipient} to be done with")


def item_of(lazaret, recipient):
    found = lazaret.items("--recipient", recipient)
    assert len(found) <= 1, f"the mail to {recipient} is kept twice"
    return found[0] if found else None


def records(lazaret):
    return [json.loads(line) for line in lazaret.qctl("notices", "--json").stdout.splitlines()]


def outbox_of(lazaret, recipient):
    item = item_of(lazaret, recipient)
    return {record["state"] for record in records(lazaret) if record["item"] == item["id"]}


def restart(lazaret):
    lazaret.singles.pop("qstore").wait(20)
    lazaret.start_one("qstore")


def kill_and_restart(lazaret):
    lazaret.singles["qstore"].kill()
    restart(lazaret)


def is_whole(lazaret):
    return " 0 problems" in lazaret.qctl("verify").stdout


def count(hop, recipient, is_notice):
    """How often a mail came, or by its Message-ID a notice."""
    came = [email.message_from_bytes(data) for data in hop.took(recipient)]
    return collections.Counter(mail["Message-ID"] for mail in came if ("X-Lazaret-Notice" in mail) == is_notice)


# ---------------------------------------------------------------- something in each state

def refuses_notices(session):
    return "550 5.1.1 nobody here" if session.sender != SENDER and session.recipient == "dead@example.org" else "250 ok"


def says_nothing_to_notices(session):
    return "250 kept" if session.sender == SENDER else ""


def make_leased(lazaret, hop):
    """By a notifier that dies with them."""
    lazaret.stop_one("qnotify")
    until_done(lazaret, "leased@example.org")
    hop.answers["dot"] = says_nothing_to_notices
    lazaret.start_one("qnotify")
    wait_for(lambda: "leased" in outbox_of(lazaret, "leased@example.org"), message="a leased record")
    lazaret.stop_one("qnotify", signal.SIGKILL)
    del hop.answers["dot"]


def begin_unconfirmed(lazaret, hop):
    """By an MTA that gives up."""
    hop.answers["RCPT"] = "451 4.3.0 not now"
    submit(lazaret, "unconfirmed@example.org").communicate(timeout=60)
    assert item_of(lazaret, "unconfirmed@example.org")["state"] == "pending"
    hop.answers["RCPT"] = refuses_notices


def make_each(lazaret, hop):
    begin_unconfirmed(lazaret, hop)
    for recipient in ("done@example.org", "dead@example.org"):
        until_done(lazaret, recipient)
    wait_for(lambda: outbox_of(lazaret, "done@example.org") == {"done"}, message="done records")
    wait_for(lambda: outbox_of(lazaret, "dead@example.org") == {"done", "dead"}, message="a dead record")
    make_leased(lazaret, hop)
    for recipient in ("held@example.org", "absent@example.org", "released@example.org", "gathered@example.org"):
        until_done(lazaret, recipient)
    lazaret.qctl("delete", item_of(lazaret, "absent@example.org")["id"])
    lazaret.qctl("release", item_of(lazaret, "released@example.org")["id"])
    lazaret.clock.forward(60)
    wait_for(lambda: item_of(lazaret, "unconfirmed@example.org")["state"] == "unconfirmed", 90, 0.3, "an unconfirmed item")
    hop.answers["dot"] = ""
    process = submit(lazaret, "pending@example.org")
    wait_for(lambda: item_of(lazaret, "pending@example.org"), message="a pending item")
    return process


def picture(lazaret):
    items = {item["recipients"][0]["address"] if isinstance(item["recipients"][0], dict) else item["recipients"][0]: item["state"]
             for item in lazaret.items()}
    return items, {record["id"]: (record["state"], record["attempts"]) for record in records(lazaret)}


def test_killed_with_something_in_each_state_all_is_as_it_was_and_ends_as_it_should(lab, hop):
    process = make_each(lab, hop)
    before = picture(lab)
    for _ in range(3):
        kill_and_restart(lab)
        assert picture(lab) == before
    assert is_whole(lab)
    items, outbox = before
    assert set(items.values()) | {"absent"} == set(documented("item")) and "absent@example.org" not in items
    assert {state for state, _ in outbox.values()} | {"absent"} == set(documented("outgoing"))

    del hop.answers["dot"]
    hop.hang_up()
    process.communicate(timeout=60)
    until_done(lab, "pending@example.org")
    until_done(lab, "unconfirmed@example.org")
    lab.start_one("qnotify")
    wait_for(lambda: {record["state"] for record in records(lab) if record["to"] != ["gathered@example.org"]} == {"done", "dead"}, 60, 0.3,
             "an outbox with nothing to do")
    assert sorted(record["state"] for record in records(lab) if record["to"] == ["gathered@example.org"]) == ["due", "gathered"]
    for recipient in items:
        times = count(hop, recipient, False)
        assert sum(times.values()) == (2 if recipient == "released@example.org" else 1), (recipient, times)
        assert list(count(hop, recipient, True).values()) == ([] if recipient in ("dead@example.org", "gathered@example.org") else [1]), recipient
    assert set(picture(lab)[0].values()) == {"held", "released"} and is_whole(lab)


# ---------------------------------------------------------------- in the middle of each move

def order(lazaret, nth, what=-1):
    """The process is to end before the nth call that changes a file, from now on; or each from there on is to fail."""
    path = lazaret.dir / "orders/order"
    path.with_suffix(".new").write_text(f"{nth} {what}\n")
    path.with_suffix(".new").rename(path)


def ended(lazaret):
    wait_for(lambda: lazaret.singles["qstore"].poll() is not None, 20, message="the end of qstore")
    assert lazaret.singles["qstore"].returncode == -signal.SIGKILL
    restart(lazaret)


def in_store(lazaret, hop, recipient, nth):
    order(lazaret, nth)
    process = submit(lazaret, recipient)
    ended(lazaret)
    process.communicate(timeout=60)
    until_done(lazaret, recipient)


def in_confirm(lazaret, hop, recipient, nth):
    def taken(session):
        if session.sender == SENDER:
            hop.answers.pop("dot")
            order(lazaret, nth)
        return "250 kept"
    hop.answers["dot"] = taken
    process = submit(lazaret, recipient)
    ended(lazaret)
    process.communicate(timeout=60)
    until_done(lazaret, recipient)


def asked_in_vain(lazaret, *words):
    """By somebody who does not wait for the answer that can't come any more."""
    process = subprocess.Popen([str(lazaret.bin / "qctl"), "-c", str(lazaret.conf), *words],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ended(lazaret)
    process.terminate()
    process.wait(20)


def in_release(lazaret, hop, recipient, nth):
    until_done(lazaret, recipient)
    item = item_of(lazaret, recipient)["id"]
    wait_for(lambda: outbox_of(lazaret, recipient) == {"done"}, message="the notices")
    order(lazaret, nth)
    asked_in_vain(lazaret, "release", item)
    lazaret.qctl("release", item)


def in_delete(lazaret, hop, recipient, nth):
    until_done(lazaret, recipient)
    item = item_of(lazaret, recipient)["id"]
    wait_for(lambda: outbox_of(lazaret, recipient) == {"done"}, message="the notices")
    order(lazaret, nth)
    asked_in_vain(lazaret, "delete", item)
    lazaret.qctl("delete", item, check=False)
    assert not item_of(lazaret, recipient)


def in_take(lazaret, hop, recipient, nth):
    lazaret.stop_one("qnotify")
    until_done(lazaret, recipient)
    order(lazaret, nth)
    lazaret.start_one("qnotify")
    ended(lazaret)


def in_sent(lazaret, hop, recipient, nth):
    def taken(session):
        if session.sender != SENDER:
            hop.answers.pop("dot")
            order(lazaret, nth)
        return "250 kept"
    hop.answers["dot"] = taken
    until_done(lazaret, recipient)
    ended(lazaret)


MOVES = {"store": in_store, "confirm": in_confirm, "release": in_release, "delete": in_delete, "take": in_take, "sent": in_sent}
CALLS = (0, 3)  # before the first write of a commit, and between two


def test_killed_in_the_middle_of_each_move_it_is_made_once(lab, hop):
    for move, act in MOVES.items():
        for nth in CALLS:
            act(lab, hop, f"{move}{nth}@example.org", nth)
    wait_for(lambda: {record["state"] for record in records(lab)} == {"done"}, 60, 0.3, "an outbox with nothing to do")
    assert is_whole(lab)
    for move in MOVES:
        for nth in CALLS:
            recipient = f"{move}{nth}@example.org"
            came, told = count(hop, recipient, False), count(hop, recipient, True)
            assert sum(came.values()) == (2 if move == "release" else 1), (recipient, came)
            # Between the 250 for a notice and its record it can go out again, as the same.
            assert len(told) == 1 and sum(told.values()) <= (2 if move == "sent" else 1), (recipient, told)
            assert (item_of(lab, recipient) is None) == (move == "delete"), recipient


# ---------------------------------------------------------------- disks

def defers(lazaret, recipient):
    process = submit(lazaret, recipient)
    out, _ = process.communicate(timeout=60)
    return process.returncode == 75 and out.startswith(b"4.")


def test_a_disk_that_breaks_defers_the_mail_until_qstore_is_started_again(lab, hop):
    until_done(lab, "first@example.org")
    for nth in (0, 4):
        order(lab, nth, errno.EIO)
        assert defers(lab, f"broken{nth}@example.org")
        assert lab.singles["qstore"].wait(20) == 75, "nobody but a new process can say what is on disk"
        assert "commit: Input/output error" in lab.log()
        restart(lab)
        until_done(lab, f"broken{nth}@example.org")
    for recipient in ("first@example.org", "broken0@example.org", "broken4@example.org"):
        assert list(count(hop, recipient, False).values()) == [1] and item_of(lab, recipient)
    assert is_whole(lab)


@pytest.fixture
def small_disk(hop):
    """The quarantine on a file system of its own, of 16 MiB."""
    it = World(CONFIG)
    it.lazaret.next_hop = hop.port
    it.lazaret.write(CONFIG.replace("  lease: 10s\n", "  lease: 10s\n  reserve: 2M\n"))
    it.lazaret.make_folders()
    folder = it.lazaret.state / "quarantine"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=16m,mode=0700,uid={account(USER).pw_uid},gid={account(USER).pw_gid}",
                              "none", str(folder)], capture_output=True).returncode == 0
    try:
        if not mounted:
            pytest.skip("a file system can't be mounted here")
        yield it.lazaret.start_each()
    finally:
        try:
            it.lazaret.stop()
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
            it.stop()


def test_a_full_disk_defers_the_mail_and_people_can_still_make_room(small_disk, hop):
    lazaret, filler = small_disk, small_disk.state / "quarantine/filler"
    until_done(lazaret, "first@example.org")
    wait_for(lambda: outbox_of(lazaret, "first@example.org") == {"done"}, message="the notices")
    with open(filler, "wb") as file:
        left = os.statvfs(filler.parent)
        file.write(bytes(left.f_bavail * left.f_frsize - (1 << 20)))
    assert defers(lazaret, "second@example.org")
    assert lazaret.singles["qstore"].poll() is None and "quarantine is full" in lazaret.log()
    first = item_of(lazaret, "first@example.org")["id"]
    lazaret.qctl("release", first)
    wait_for(lambda: sum(count(hop, "first@example.org", False).values()) == 2, message="the release")
    wait_for(lambda: outbox_of(lazaret, "first@example.org") == {"done"}, message="the outbox")
    lazaret.qctl("delete", first)
    assert is_whole(lazaret)
    filler.unlink()
    until_done(lazaret, "second@example.org")
    assert list(count(hop, "second@example.org", False).values()) == [1] and is_whole(lazaret)
