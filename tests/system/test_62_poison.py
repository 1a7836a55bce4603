"""Mail that kills its scanner: it costs scanners, never mail, and not many of them."""
import collections
import os
import pathlib
import re
import signal
import threading
import time

import mails
import pytest
from preload import preload
from world import EICAR, USER, World, account, wait_for

CONFIG = """
front:
  silence: 3s
  deadline: 60s
  next_hop_timeout: 10s
workers:
  timeout: 3s
  memory: 256M
virus:
  max_scan_time: 2s
"""
CUT = CONFIG + """
policy:
  unscanned:
    crash: cut
    timeout: cut
    memory: cut
"""


def fault(kind, place="virus"):
    """Put together here, so that no other test's mail has it."""
    return b"LAZARET-" + f"FAULT:{kind}:{place} ".encode()


def make_faulty(world):
    """Scanners whose libraries break where a mail says so."""
    preload(world.lazaret, "qscan", "faults")
    return world


@pytest.fixture
def world(request):
    marker = request.node.get_closest_marker("config")
    it = make_faulty(World(marker.args[0] if marker else CONFIG))
    try:
        it.start()
        yield it
    finally:
        it.stop()


def deaths(world):
    """why, stage and part of each scanner that died."""
    return re.findall(r"event=scanner_died pid=\d+ why=(\w+) stage=(\w+) part=(-?\d+)", world.lazaret.log())


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def parent(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def held(world, seconds=60, count=1):
    return wait_for(lambda: (lambda items: items if len(items) >= count else None)(world.lazaret.items("--limit", "1000")),
                    seconds, 0.2, f"{count} items; " + world.lazaret.log()[-3000:])


def attached(kind, place="virus", before=b"", more=(), **kw):
    """The fault in a file: whoever reads MIME by itself does not see it in the whole."""
    return mails.mixed(mails.text_part(), mails.attachment("report.dat", before + fault(kind, place) + b"x" * 300), *more, **kw)


def inline(kind, **kw):
    """The fault as it stands in the mail, for the look at all of it as well."""
    return mails.mixed(mails.text_part(), mails.part("text/x-log", fault(kind) + b"z" * 300 + b"\n", "attachment"), **kw)


@pytest.mark.parametrize("kind, why", [("crash", "crash"), ("hang", "timeout"), ("memory", "memory"), ("exit", "crash")])
def test_a_file_that_kills_is_held_by_its_reason_and_nothing_else_is(world, kind, why):
    world.send(attached(kind, subject="poison"))
    world.send(attached("nothing", subject="clean"))
    world.sink.wait(1)
    item, = held(world)
    assert item["reason"] == "unscanned" and why in item["detail"]
    assert [mail.field("Subject") for mail in world.sink.mails if not mail.field("X-Lazaret-Notice")] == ["clean"]
    assert set(deaths(world)) == {(why, "virus", "2")}
    assert len(deaths(world)) <= 3
    world.drained()


def test_forking_is_refused_and_the_mail_is_clean(world):
    world.send(attached("fork"))
    assert b"clean" in world.sink.wait(1)[0].bytes
    assert not deaths(world)


@pytest.mark.config(CUT)
@pytest.mark.parametrize("kind", ["crash", "memory"])
def test_the_part_that_kills_is_cut_and_the_rest_arrives(world, kind):
    world.send(attached(kind, more=[mails.attachment("photo.gif", mails.GIF, "image/gif")]))
    mail = world.sink.wait(1)[0]
    assert b"The text part stays." in mail.bytes and b"photo.gif" in mail.bytes
    assert fault(kind)[:10] not in mail.bytes and mail.field("X-Lazaret").startswith("cut")
    item, = held(world)
    assert [part["path"] for part in world.lazaret.show(item["id"])["parts"]] == ["2"]


@pytest.mark.config(CUT)
def test_two_parts_that_kill_are_both_found(world):
    world.send(attached("crash", more=[mails.attachment("two.dat", fault("exit") + b"y" * 300),
                                       mails.attachment("photo.gif", mails.GIF, "image/gif")]))
    mail = world.sink.wait(1)[0]
    assert b"The text part stays." in mail.bytes and b"photo.gif" in mail.bytes
    item, = held(world)
    assert [part["path"] for part in world.lazaret.show(item["id"])["parts"]] == ["2", "3"]


@pytest.mark.config(CUT)
def test_a_part_that_kills_in_the_whole_and_alone_is_cut_from_both(world):
    world.send(inline("crash"))
    mail = world.sink.wait(1)[0]
    assert b"The text part stays." in mail.bytes and b"zzz" not in mail.bytes
    assert len(held(world)) == 1


@pytest.mark.parametrize("place", ["map", "magic", "virus", "spam"])
def test_whatever_it_kills_first_the_mail_is_held_once(world, place):
    if place == "magic":  # which is asked about what is no text
        world.send(attached("crash", place, b"\0\1\2", subject="poison"))
    else:
        world.send(mails.plain(fault("crash", place).decode() + "\n" + "word\n" * 100, subject="poison"))
    world.send(mails.plain(subject="clean"))
    world.sink.wait(1)
    item, = held(world)
    assert item["reason"] == "unscanned" and "crash" in item["detail"]
    stage = {"map": "map", "magic": "attachments", "virus": "virus"}.get(place)
    assert all(stage in (None, died[1]) for died in deaths(world)), deaths(world)
    assert len(deaths(world)) <= 4
    world.drained()


@pytest.mark.config(CONFIG.replace("deadline: 60s", "deadline: 120s"))
@pytest.mark.parametrize("form", ["file", "text"])
def test_a_hundred_copies_kill_few_scanners_and_stop_nobody(world, form):
    count = 100
    for number in range(count):
        make = attached if form == "file" else inline
        world.send(make("crash", subject=f"poison {number}", number=number,
                        extra=f"Received: from h{number}.example by mx; Sun, 22 Nov 2026 10:00:00 +0000\n"),
                   sender=f"s{number}@outside.example", to=f"p{number}@example.org")
        world.send(attached("nothing", subject=f"clean {number}", number=number), to=f"c{number}@example.org")
    items = held(world, 120, count)
    world.drained(120)
    arrived = collections.Counter(mail.field("Subject") for mail in world.sink.mails if not mail.field("X-Lazaret-Notice"))
    assert arrived == {f"clean {number}": 1 for number in range(count)}
    assert sorted(item["subject"] for item in items) == sorted(f"poison {number}" for number in range(count))
    # Two attempts, and what the other scanner had in hand before the first of them was over.
    print(len(deaths(world)), "scanners died")
    assert len(deaths(world)) <= 8


def kept(world):
    folder = world.lazaret.state / "crashes"
    return sorted(folder.iterdir()) if folder.exists() else []


def writes_cores():
    pattern = open("/proc/sys/kernel/core_pattern").read().strip()
    return pattern and pattern[0] not in "|/%" and "/" not in pattern


@pytest.mark.config(CONFIG.replace("memory: 256M", "memory: 256M\n  keep_crashes: 2"))
def test_message_report_and_core_are_kept_and_not_more_than_asked_for(world):
    for number in range(4):
        world.send(mails.mixed(mails.text_part(), mails.attachment("x.dat", fault("crash") + b"%d" % number * 300),
                               subject=f"poison {number}", number=number))
        held(world, count=number + 1)
    folders = kept(world)
    assert len(folders) == 2 and "event=crashes_full" in world.lazaret.log()
    for folder in folders:
        owner = account(USER)
        assert folder.stat().st_mode & 0o7777 == 0o700 and folder.stat().st_uid == owner.pw_uid
        assert b"Subject: poison" in (folder / "message.eml").read_bytes()
        report = (folder / "report.txt").read_text()
        assert "why: crash\nsignal: 11\nstage: virus\npart: 2\n" in report
        assert report.count("engine: loose:") or "engine: unknown" in report
        names = {entry.name for entry in folder.iterdir()}
        assert all(entry.stat().st_mode & 0o7777 == 0o600 for entry in folder.iterdir())
        assert names == {"message.eml", "report.txt"} | ({"core"} if writes_cores() else set())
        if writes_cores():
            core = (folder / "core").read_bytes()
            assert core[:4] == b"\x7fELF" and len(core) <= 64 << 20
            print("core of", len(core), "bytes")
    # Nothing is left where scanners work.
    assert not [entry for folder in (world.lazaret.run / "tmp").iterdir() for entry in folder.iterdir()]


@pytest.mark.config(CONFIG.replace("memory: 256M", "memory: 256M\n  keep_crashes: 0"))
def test_nothing_is_kept_where_nothing_is_asked_for(world):
    world.send(attached("crash"))
    held(world)
    assert not kept(world) and not (world.lazaret.state / "crashes").exists()


@pytest.mark.config(CUT.replace("workers:\n", "workers:\n  scanners: 1\n"))
def test_one_scanner_is_enough_to_find_the_part(world):
    for number in range(3):
        world.send(attached("nothing", subject=f"clean {number}", number=number), to=f"c{number}@example.org")
    world.send(attached("crash", subject="poison"))
    mail, = world.sink.wait(1, to="user@example.org")
    assert b"The text part stays." in mail.bytes and mail.field("X-Lazaret").startswith("cut")
    world.sink.wait(3 + 1)
    assert len(held(world)) == 1


@pytest.mark.config(CUT)
@pytest.mark.parametrize("place", ["virus", "magic"])
def test_what_kills_inside_an_archive_is_cut_with_the_archive(world, place):
    poison = mails.zipped(**{"a.dat": b"\0\1\2" + fault("crash", place) + b"w" * 300, "b.txt": b"harmless"})
    world.send(mails.mixed(mails.text_part(), mails.attachment("all.zip", poison, "application/zip")))
    mail = world.sink.wait(1)[0]
    assert b"The text part stays." in mail.bytes and mail.field("X-Lazaret").startswith("cut")
    item, = held(world)
    assert [part["path"] for part in world.lazaret.show(item["id"])["parts"]] == ["2"]


@pytest.mark.config(CUT)
def test_a_hang_takes_its_time_and_other_mail_does_not_wait(world):
    world.send(attached("hang", subject="poison"), to="p@example.org")
    started = time.monotonic()
    for number in range(20):
        world.send(attached("nothing", subject=f"clean {number}", number=number), to=f"c{number}@example.org")
    wait_for(lambda: sum(len(world.sink.to(f"c{number}@example.org")) for number in range(20)) == 20, 20, message="all others")
    assert time.monotonic() - started < 5
    assert b"The text part stays." in world.sink.wait(1, to="p@example.org")[0].bytes
    assert {died[0] for died in deaths(world)} == {"timeout"}


def in_header(kind, *parts, place="virus", **kw):
    """The fault in the header: only who looks at all of the mail sees it."""
    return mails.mixed(mails.text_part(), *parts, extra="X-Fault: " + fault(kind, place).decode() + "\n", **kw)


TAG = CONFIG.replace("virus:\n", "virus:\n  whole: always\n") + """
policy:
  unscanned:
    crash: tag
    memory: tag
"""


@pytest.mark.config(TAG)
@pytest.mark.parametrize("kind, place", [("crash", "virus"), ("memory", "virus"), ("crash", "map")])
def test_what_kills_who_looks_at_all_of_it_hides_no_virus_in_a_part(world, kind, place):
    world.send(in_header(kind, mails.attachment("eicar.com", EICAR), place=place, subject="both"))
    item, = held(world)
    assert item["reason"] == "virus" and [part["path"] for part in world.lazaret.show(item["id"])["parts"]] == ["2"]
    world.send(in_header(kind, place=place, subject="poison"), to="other@example.org")
    mail, = world.sink.wait(1, to="other@example.org")
    assert mails.b64(EICAR)[:60] not in b"".join(mail.bytes for mail in world.sink.mails)
    assert mail.field("Subject") == "poison" and kind in mail.field("X-Lazaret") and len(held(world)) == 1
    world.drained()


@pytest.mark.config(CUT)
def test_a_virus_beside_a_part_that_kills_is_named_and_both_are_cut(world):
    world.send(attached("crash", more=[mails.attachment("eicar.com", EICAR), mails.attachment("photo.gif", mails.GIF, "image/gif")]))
    item, = held(world)
    assert item["reason"] == "virus" and "Eicar" in item["detail"]


def engines(world):
    """The supervisors that live, whoever started them: each has an engine."""
    found = world.lazaret.pids().get("qscan", [])
    return [pid for pid in found if b"--control-fd" in command_line(pid) and b"--control-fd" not in command_line(parent(pid))]


@pytest.mark.config(CONFIG.replace("timeout: 3s", "timeout: 60s").replace("deadline: 60s", "deadline: 120s"))
def test_no_scanner_works_on_for_a_worker_that_was_killed(world):
    sender = threading.Thread(target=world.send, args=(attached("hang", subject="poison"),))
    sender.start()
    wait_for(lambda: "event=dispatched" in world.lazaret.log(), 20)
    time.sleep(0.5)
    old, = engines(world)
    os.kill(world.lazaret.pids()["qworker"][0], signal.SIGKILL)
    wait_for(lambda: engines(world) and old not in engines(world), 20, message="the next worker's engine alone")
    assert "event=abandoned" in world.lazaret.log()
    sender.join()
