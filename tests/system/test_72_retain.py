"""What is kept for how long, for whom and how much of it: retention, legal hold, quotas, erasure, compression, a full disk."""
import json
import os
import re
import signal
import subprocess

import mails
import pytest
from preload import Clock
from world import World, wait_for

RULES = """
quarantine:
  quotas:
    - domains: [example.org]
      size: 40k
    - each_recipient: 1G
  over_quota: {over}
size:
  max_size: 30M
"""


def program(number, size=0, to="user@example.org", **kw):
    data = mails.program() + bytes([number % 256, number // 256]) + os.urandom(size)
    return mails.mixed(mails.text_part(), mails.attachment(f"setup{number}.exe", data), subject=f"number {number}", to=to, number=number, **kw)


def kept(world, count):
    def held():
        items = world.lazaret.items("--limit", "0")
        return items if len(items) >= count and all(item["state"] == "held" for item in items) else None
    return wait_for(held, 60, message=f"{count} held items")


def recipients(item):
    return [one["address"] if isinstance(one, dict) else one for one in item["recipients"]]


def lines(out):
    return [json.loads(line) for line in out.stdout.splitlines() if line]


def stats(world):
    return lines(world.lazaret.qctl("stats", "--json"))


def test_a_hold_is_found_and_nothing_removes_what_is_under_it(world):
    for number in range(3):
        world.send(program(number), to=f"u{number}@example.org")
    items = {recipients(item)[0]: item["id"] for item in kept(world, 3)}
    mine = items["u0@example.org"]
    assert world.lazaret.qctl("hold", mine, check=False).returncode == 64, "a hold needs a reason"
    assert world.lazaret.qctl("hold", "--why", "x", check=False).returncode == 64, "not all there is by accident"
    assert "is now on hold" in world.lazaret.qctl("hold", mine[:8], "--why", "case 12", "--by", "court").stdout
    assert "was on hold" in world.lazaret.qctl("hold", mine, "--why", "case 12").stdout
    assert [item["id"] for item in world.lazaret.items("--on-hold")] == [mine]
    shown = world.lazaret.show(mine)
    assert shown["on_hold"] and shown["hold_why"] == "case 12" and shown["state"] == "held"
    assert "legal hold" in world.lazaret.qctl("show", mine).stdout
    refused = world.lazaret.qctl("delete", mine, check=False)
    assert refused.returncode == 2 and "under legal hold" in refused.stderr
    out = world.lazaret.qctl("erase", "--person", "u0@example.org", "--why", "asked", check=False)
    assert out.returncode == 2 and f"{mine}: stays, as it is under legal hold" in out.stdout, out
    out = lines(world.lazaret.qctl("hold", "--json", "--recipient", "@example.org", "--why", "all of it"))
    assert {one["id"] for one in out} == set(items.values())
    assert [one["already"] for one in out if one["id"] == mine] == [True]
    world.lazaret.stop()
    world.lazaret.start()
    assert len(world.lazaret.items("--on-hold")) == 3
    world.lazaret.qctl("unhold", "--on-hold", "--why", "over")
    assert world.lazaret.items("--on-hold") == []
    world.lazaret.qctl("delete", mine)
    assert " 0 problems" in world.lazaret.qctl("verify").stdout


def test_a_person_is_erased_and_the_others_keep_theirs(world):
    world.send(program(1), to=("pat@example.org", "kim@example.org"))
    world.send(program(2), to="pat@example.org")
    world.send(program(3, sender="pat@example.org"), sender="pat@example.org", to="kim@example.org", inside=True)
    world.send(program(4), to="kim@example.org")
    items = kept(world, 4)
    world.drained()
    dry = lines(world.lazaret.qctl("erase", "--json", "--person", "Pat@Example.org", "--dry-run"))[0]
    assert (dry["items_removed"], dry["items_changed"]) == (2, 1) and len(world.lazaret.items("--limit", "0")) == 4
    assert world.lazaret.qctl("erase", "--person", "pat@example.org", check=False).returncode == 64
    for named in (("pat@example.org asked",), ("asked", "--by", "pat@example.org")):
        refused = world.lazaret.qctl("erase", "--person", "pat@example.org", "--why", *named, check=False)
        assert refused.returncode == 2 and not refused.stdout and "run again" not in refused.stderr, refused
    out = world.lazaret.qctl("erase", "--person", "pat@example.org", "--why", "asked on Monday")
    assert "items removed: 2" in out.stdout and "\x1b" not in out.stderr and out.stderr == ""
    left = world.lazaret.items("--limit", "0")
    assert len(left) == 2 and all(recipients(item) == ["kim@example.org"] for item in left)
    assert world.lazaret.items("--recipient", "pat@example.org") == []
    both = [item["id"] for item in items if len(recipients(item)) == 2][0]
    assert b"setup1.exe" in world.lazaret.qctl("export", both, binary=True).stdout
    assert "pat@example.org" not in world.lazaret.qctl("show", "--json", both).stdout.split('"from"')[0]
    assert all("pat@" not in line for line in world.lazaret.qctl("notices", "--json", "--limit", "0").stdout.splitlines())

    record, = lines(world.lazaret.qctl("erase", "--json", "--list"))
    assert record["why"] == "asked on Monday" and record["items_removed"] == 2 and record["done"]
    assert "pat" not in json.dumps(record)
    assert len(lines(world.lazaret.qctl("erase", "--json", "--list", "--person", "PAT@example.org"))) == 1
    assert lines(world.lazaret.qctl("erase", "--json", "--list", "--person", "kim@example.org")) == []
    assert "asked on Monday" in world.lazaret.qctl("erase", "--list").stdout
    told = [line for line in world.lazaret.log().splitlines() if "event=erased erasure=" in line]
    assert told and "removed=2" in told[-1] and "pat@" not in told[-1]
    assert " 0 problems" in world.lazaret.qctl("verify").stdout
    before = len(world.sink.to("kim@example.org"))
    world.lazaret.qctl("release", both, "--wait")
    released = world.sink.wait(before + 1, to="kim@example.org")[-1]
    assert released.recipients == ["kim@example.org"]


def test_an_erasure_that_is_killed_on_the_way_is_completed_by_the_next(world):
    for number in range(60):
        world.send(program(number), to=("pat@example.org", "kim@example.org") if number % 2 else "pat@example.org")
    kept(world, 60)
    world.drained()
    argv = [str(world.lazaret.bin / "qctl"), "-c", str(world.lazaret.conf), "erase", "--person", "pat@example.org", "--why", "asked"]
    run = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(lambda: "event=erasing" in world.lazaret.log(), 30, every=0.001, message="the first piece")
    for pid in world.lazaret.pids()["qstore"]:
        os.kill(pid, signal.SIGKILL)
    run.communicate(timeout=60)
    wait_for(lambda: world.lazaret.qctl("stats", check=False).returncode == 0, 30, message="qstore again")
    assert " 0 problems" in world.lazaret.qctl("verify").stdout
    world.lazaret.qctl("erase", "--person", "pat@example.org", "--why", "asked")
    left = world.lazaret.items("--limit", "0")
    assert len(left) == 30 and all(recipients(item) == ["kim@example.org"] for item in left)
    records = lines(world.lazaret.qctl("erase", "--json", "--list"))
    assert all(record.get("done") for record in records) and sum(record["items_removed"] for record in records) == 30
    assert " 0 problems" in world.lazaret.qctl("verify").stdout


@pytest.mark.config(RULES.format(over="refuse"))
def test_with_refuse_mail_waits_until_there_is_room(world):
    world.send(program(1, 20000))
    first, = kept(world, 1)
    world.drained()
    world.send(program(2, 20000), to="other@example.org")
    wait_for(lambda: "status=deferred" in world.postfix.log(), 40, message="a deferral")
    assert len(world.lazaret.items()) == 1 and not world.sink.to("other@example.org")
    assert "the quota of example.org is full" in world.lazaret.log()
    shares = {one.get("domain") or one["recipient"]: one for one in lines(world.lazaret.qctl("stats", "--quotas", "--json"))}
    assert shares["example.org"]["quota_bytes"] == 40 * 1024 and 20000 < shares["example.org"]["used_bytes"] <= 40 * 1024
    assert shares["user@example.org"]["used_bytes"] == shares["example.org"]["used_bytes"]
    assert re.search(r"domain +example.org +\d+ +40k +\d+ %", world.lazaret.qctl("stats", "--quotas").stdout)
    world.lazaret.qctl("delete", first["id"])
    world.postfix.flush()
    wait_for(lambda: world.lazaret.items("--recipient", "other@example.org"), 60, message="the mail that waited")
    world.drained()
    assert "status=bounced" not in world.postfix.log()


@pytest.mark.config(RULES.format(over="oldest"))
def test_with_oldest_the_oldest_makes_room(world):
    world.send(program(1, 20000))
    first, = kept(world, 1)
    world.send(program(2, 20000), to="other@example.org")
    wait_for(lambda: world.lazaret.items("--recipient", "other@example.org"), 60, message="the second")
    assert [item["id"] for item in world.lazaret.items() if item["id"] == first["id"]] == []
    assert f"id={first['message_id']} event=displaced item={first['id']}" in world.lazaret.log()
    world.drained()
    assert " 0 problems" in world.lazaret.qctl("verify").stdout


@pytest.fixture
def clock(world):
    """That of the quarantine, which looks once a minute for what is to be done by time."""
    world.lazaret.stop()
    it = Clock(world.lazaret, "qstore")
    world.lazaret.start()
    return it


def test_rules_that_come_later_hold_for_what_is_there(world, clock):
    world.send(program(1), to="a@example.org")
    world.send(mails.eicar_mail(), to="b@example.org")
    items = {item["reason"]: item["id"] for item in kept(world, 2)}
    assert set(items) == {"attachment", "virus"}
    world.lazaret.stop()
    world.lazaret.write("quarantine:\n  retention:\n    - reasons: [attachment]\n      keep: 1ms\n")
    world.lazaret.start()
    wait_for(lambda: "event=filed" in world.lazaret.log(), 30, message="items filed by the new rule")
    assert len(world.lazaret.items()) == 2
    clock.forward(60)
    wait_for(lambda: [item["reason"] for item in world.lazaret.items()] == ["virus"], 90, message="what is too old to go")
    assert " 0 problems" in world.lazaret.qctl("verify").stdout


def test_what_is_compressed_comes_back_and_is_read_when_it_is_not_any_more(world):
    text = "".join(f"line {number} of a long text that many people write\n" for number in range(60000))
    mail = mails.mixed(mails.text_part(text), mails.attachment("setup.exe", mails.program()))
    world.send(mail)
    item, = kept(world, 1)
    now = [one for one in stats(world) if one.get("quarantine") == "now"][0]
    assert now["compressed_bytes"] > 2_900_000 and now["compressed_to_bytes"] < now["compressed_bytes"] / 5
    before = world.lazaret.qctl("export", item["id"], binary=True).stdout
    assert text.encode() in before.replace(b"\r\n", b"\n")
    world.lazaret.stop()
    world.lazaret.write("quarantine:\n  compress: false\n")
    world.lazaret.start()
    assert world.lazaret.qctl("export", item["id"], binary=True).stdout == before
    assert " 0 problems" in world.lazaret.qctl("verify").stdout
    assert b"setup.exe" in world.lazaret.qctl("export", item["id"], "--part", "1", binary=True).stdout
    world.lazaret.qctl("delete", item["id"])
    now = [one for one in stats(world) if one.get("quarantine") == "now"][0]
    assert "compressed_bytes" not in now


@pytest.mark.config("quarantine:\n  map_size: 16M\n  reserve: 2M\n  max_item_size: 4M\nsize:\n  max_size: 4M\n")
def test_near_full_is_an_alarm_and_full_defers_mail_until_something_goes(world, clock):
    number = 0
    while not [one for one in stats(world) if "nearly full" in one.get("alarm", "")]:
        assert number < 24
        world.send(program(number, 700_000), to=f"u{number}@example.org")
        number += 1
        kept(world, number)
    assert "! the quarantine is nearly full" in world.lazaret.qctl("stats").stdout
    clock.forward(60)
    wait_for(lambda: "event=nearly-full" in world.lazaret.log(), 90, message="the alarm in the log")
    while "status=deferred" not in world.postfix.log():
        assert number < 40
        world.send(program(number, 700_000), to=f"u{number}@example.org")
        number += 1
        wait_for(lambda: not world.postfix.queue() or "status=deferred" in world.postfix.log(), 60, message="an outcome")
    items = world.lazaret.items("--limit", "0")
    assert len(items) == number - 1 and "quarantine is full" in world.lazaret.log()
    world.lazaret.qctl("delete", *[item["id"] for item in items[:4]])
    world.postfix.flush()
    wait_for(lambda: len(world.lazaret.items("--limit", "0")) == number - 4, 60, message="the mail that waited")
    world.drained()
    assert "status=bounced" not in world.postfix.log()
    assert " 0 problems" in world.lazaret.qctl("verify").stdout


@pytest.fixture
def small_disk():
    """The quarantine on a disk of its own, of 24 MB, that its map is larger than."""
    it = World()
    folder = it.dir / "state"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24M,mode=755", "tmpfs", str(folder)], capture_output=True, check=False)
    if mounted.returncode:
        it.stop()
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        yield it.start()
    finally:
        it.lazaret.kill_all()
        wait_for(lambda: subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode == 0, 20,
                 message="a disk that nobody uses any more")
        it.stop()


def test_a_disk_that_others_fill_costs_nothing_that_is_kept(small_disk):
    world, disk = small_disk, small_disk.dir / "state"
    for number in range(16):
        world.send(program(number, 200_000), to=("pat@example.org", f"u{number}@example.org") if number % 2 else "pat@example.org")
    items = kept(world, 16)
    world.drained()
    exports = {item["id"]: world.lazaret.qctl("export", item["id"], binary=True).stdout for item in items}
    with open(disk / "others", "wb", buffering=0) as other:
        try:
            while True:
                other.write(bytes(1 << 16))
        except OSError:
            pass
    assert [one for one in stats(world) if one.get("alarm")]
    world.send(program(99, 200_000), to="late@example.org")
    wait_for(lambda: "status=deferred" in world.postfix.log(), 60, message="a deferral")
    # A write that is cut short leaves the fate of a commit open; then qstore ends, looks again, and is back.
    world.lazaret.qctl("erase", "--person", "pat@example.org", "--why", "asked", check=False)
    assert " 0 problems" in world.lazaret.qctl("verify").stdout
    (disk / "others").unlink()
    wait_for(lambda: world.lazaret.qctl("stats", check=False).returncode == 0, 60, message="qstore, whatever it met")
    world.lazaret.qctl("erase", "--person", "pat@example.org", "--why", "asked")
    world.postfix.flush()
    world.drained()
    left = {item["id"]: item for item in world.lazaret.items("--limit", "0")}
    assert len(left) == 9 and all("pat@example.org" not in recipients(item) for item in left.values())
    for item in set(left) & set(exports):
        assert world.lazaret.qctl("export", item, binary=True).stdout == exports[item]
    assert " 0 problems" in world.lazaret.qctl("verify").stdout
    assert "status=bounced" not in world.postfix.log()
