"""What is kept is looked at again after new signatures, and nothing else changes."""
import hashlib
import json
import os
import pty
import signal
import subprocess
import threading
import time

import mails
import pytest
from preload import Clock
from world import wait_for


def program(number=0):
    return mails.program() + bytes([number & 255, number >> 8]) + b"marker of a new virus"


def with_program(number=0, **kw):
    return mails.mixed(mails.text_part(), mails.attachment("setup.exe", program(number)), subject=f"number {number}", **kw)


def add_signature(world, name="Win.Test", text=b"marker of a new virus"):
    """Once the scanners work with it."""
    (world.dir / "signatures" / f"{name}.ndb").write_text(f"{name}:0:*:{text.hex()}\n")
    before = world.lazaret.log().count("state=serving")
    for pid in world.lazaret.pids()["qworker"]:
        os.kill(pid, signal.SIGHUP)
    wait_for(lambda: world.lazaret.log().count("state=serving") > before, message="scanners with the new signature")


def kept(world, count, seconds=60):
    return wait_for(lambda: len(world.lazaret.items("--limit", "0")) >= count and world.lazaret.items("--limit", "0"), seconds,
                    message=f"{count} items")


def rescan(world, *args, code=0):
    out = world.lazaret.qctl("rescan", "--json", *args, check=False)
    assert out.returncode == code, (out.returncode, out.stdout, out.stderr)
    lines = [json.loads(line) for line in out.stdout.splitlines()]
    return lines[:-1], lines[-1]


def counted(world):
    """The traffic of all days, by name, when the workers have reported it."""
    time.sleep(6)
    lines = [json.loads(line) for line in world.lazaret.qctl("stats", "--json").stdout.splitlines()]
    return [{key: value for key, value in line.items() if not key.startswith("store.")}
            for line in lines if "broker" not in line and "worker" not in line]


def test_a_virus_that_is_known_now_is_told_and_nothing_else_changes(world):
    world.send(with_program())
    item, = kept(world, 1)
    assert item["reason"] == "attachment"
    world.drained()
    wait_for(lambda: all(notice["attempts"] for notice in world.lazaret.show(item["id"])["outbox"]), message="notices that were sent")
    shown, before = world.lazaret.show(item["id"]), counted(world)

    # With the signatures of now it is known already; looked at all the same, it is what it was.
    changes, counts = rescan(world)
    assert not changes and counts["skipped"] == 1 and counts["looked_at"] == 0
    changes, counts = rescan(world, "--all")
    assert not changes and counts["unchanged"] == 1

    add_signature(world)
    changes, counts = rescan(world, code=1)
    assert changes == [{"id": item["id"], "then": {"reason": "attachment", "viruses": []},
                        "now": {"reason": "virus", "viruses": ["Win.Test.UNOFFICIAL"]}, "parts_only": False}]
    assert counts["changed"] == 1 and counts["failed"] == 0
    out = world.lazaret.qctl("rescan", item["id"][:8], check=False)
    assert out.returncode == 1
    assert out.stdout.splitlines() == [f"{item['id']}: attachment → virus: Win.Test.UNOFFICIAL",
                                       "1 looked at, 1 changed, 0 unchanged"]

    assert world.lazaret.show(item["id"]) == shown
    assert counted(world) == before
    arrived = len(world.sink.mails)
    world.lazaret.qctl("release", item["id"], "--force", "--why", "as it was kept before it was known")
    released = world.sink.wait(arrived + 1)[-1]
    assert mails.b64(program())[:60] in released.bytes.replace(b"\r\n", b"\n")


def test_what_is_no_virus_any_more_is_told_too(world):
    world.send(mails.eicar_mail())
    kept(world, 1)
    (world.dir / "signatures/test.ndb").unlink()
    (world.dir / "signatures/test.hdb").write_text("0" * 31 + "1:544:Other\n")
    add_signature(world, "Unrelated", b"something that nobody has sent")
    changes, _ = rescan(world, code=1)
    assert [change["now"] for change in changes] == [{"reason": "", "viruses": []}]
    assert changes[0]["then"]["reason"] == "virus" and changes[0]["then"]["viruses"]


@pytest.mark.config("policy:\n  keep_original: false\n")
def test_where_only_parts_are_kept_these_are_looked_at(world):
    for number in range(2):
        world.send(mails.mixed(mails.text_part(), mails.attachment("setup.exe", program(number)),
                               mails.attachment("other.exe", mails.program()), subject=f"number {number}"))
    kept(world, 2)
    changes, counts = rescan(world, "--all")
    assert not changes and counts["unchanged"] == 2
    add_signature(world)
    changes, counts = rescan(world, code=1)
    assert len(changes) == 2 and all(change["parts_only"] and change["now"]["reason"] == "virus" for change in changes)
    assert "(its parts alone)" in world.lazaret.qctl("rescan", "--limit", "1", check=False).stdout


def test_two_hundred_items_and_a_worker_that_is_killed_among_them(world):
    for number in range(200):
        world.send(with_program(number))
    items = kept(world, 200, 120)
    world.drained(120)
    add_signature(world)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(world.lazaret.qctl("rescan", "--json", check=False)))
    thread.start()
    wait_for(lambda: world.lazaret.log().count('event=scanned') > 230, 60, 0.01, "some of them looked at")
    for pid in world.lazaret.pids()["qworker"] + world.lazaret.pids()["qscan"]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    thread.join(200)
    out, = answers
    lines = [json.loads(line) for line in out.stdout.splitlines()]
    assert out.returncode == 1, (out.stdout[-500:], out.stderr[-500:])
    assert {line["id"] for line in lines[:-1]} == {item["id"] for item in items}
    assert lines[-1]["changed"] == 200 and lines[-1]["failed"] == 0
    assert len(world.lazaret.items("--limit", "0")) == 200


def test_options_choose_and_ids_that_are_not_there_are_told(world):
    world.send(with_program(1), sender="one@outside.example")
    world.send(with_program(2), sender="two@outside.example")
    items = kept(world, 2)
    add_signature(world)
    changes, counts = rescan(world, "--sender", "one@outside.example", code=1)
    assert counts["looked_at"] == 1
    assert changes[0]["id"] == [item["id"] for item in items if item["sender"] == "one@outside.example"][0]
    changes, counts = rescan(world, changes[0]["id"], "zzzz0000", code=2)
    assert counts["changed"] == 1 and counts["failed"] == 1
    assert world.lazaret.qctl("rescan", "zzzz0000", "--limit", "3", check=False).returncode == 64


def test_an_item_that_is_deleted_meanwhile_is_no_error(world):
    for number in range(60):
        world.send(with_program(number))
    items = kept(world, 60)
    add_signature(world)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(rescan(world, code=1)))
    thread.start()
    world.lazaret.qctl("delete", *[item["id"] for item in items[30:]])  # the older ones, which come last
    thread.join(60)
    (changes, counts), = answers
    assert counts["failed"] == 0 and counts["gone"] + counts["changed"] <= 60 and counts["changed"] >= 30


def test_a_terminal_sees_how_far_it_is_and_a_file_does_not(world):
    for number in range(5):
        world.send(with_program(number))
    kept(world, 5)
    add_signature(world)
    command = [str(world.lazaret.bin / "qctl"), "-c", str(world.lazaret.conf), "rescan"]
    ours, theirs = pty.openpty()
    out = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, timeout=60)
    os.close(theirs)
    seen = b""
    try:
        while True:
            seen += os.read(ours, 10000)
    except OSError:
        pass  # the other end is closed
    os.close(ours)
    assert b"5 done, 5 changed" in seen and b"[##############################]" in seen
    assert len(out.stdout.splitlines()) == 6 and b"\x1b" not in out.stdout
    out = subprocess.run(command, capture_output=True, timeout=60)
    assert out.stderr == b""


def test_a_large_item_is_looked_at_whole(world):
    body = os.urandom(36 << 20)
    world.send(mails.mixed(mails.text_part(), mails.attachment("large.dat", body),
                           mails.attachment("setup.exe", program()), subject="large"))
    item, = kept(world, 1, 120)
    assert item["size"] > 48 << 20
    add_signature(world)
    changes, counts = rescan(world, code=1)
    assert changes[0]["now"]["viruses"] == ["Win.Test.UNOFFICIAL"]
    exported = world.lazaret.qctl("export", item["id"], binary=True).stdout
    assert hashlib.sha256(exported).hexdigest() == world.lazaret.show(item["id"])["sha256"]


def test_without_any_broker_it_says_so(world):
    world.send(with_program())
    kept(world, 1)
    world.lazaret.stop()
    world.lazaret.start_each(("qstore",))
    with Clock(world.lazaret, "qctl").hurried():
        out = world.lazaret.qctl("rescan", check=False)
    assert out.returncode == 75 and "broker" in out.stderr
