"""New signatures come while mail flows: a generation of scanners beside the old one, never a third, and what is broken is
refused. And old signatures are known to be old."""
import json
import os
import pathlib
import signal
import threading
import time

import mails
import pytest
from world import World, wait_for

WORM = b"a worm of the newest kind, never seen before"
DAY = 24 * 3600


def signature(name="Worm.New", data=WORM):
    return f"{name}:0:*:{data.hex()}\n"


def worm_mail(**kw):
    return mails.mixed(mails.text_part(), mails.attachment("new.dat", WORM), **kw)


def database(world):
    return world.dir / "signatures"


def workers(world):
    lines = world.lazaret.qctl("stats", "--json").stdout.splitlines()
    return [one for one in map(json.loads, lines) if "worker" in one]


def serving(world, generation):
    """Until the quarantine has been told that the worker serves with this generation."""
    return wait_for(lambda: [w for w in workers(world) if w["generation"] == generation], 30,
                    message=f"generation {generation}")[0]


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in task.read_text().split()]
    return found


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def supervisors(world):
    """Each has an engine; their scanners share it."""
    try:
        keeper = [pid for pid in world.lazaret.pids().get("qscan", []) if b"--keeper-fd" in command_line(pid)]
        return [pid for one in keeper for pid in children(one) if b"--control-fd" in command_line(pid)]
    except OSError:
        return []


class Watch:
    """The most supervisors that there ever were at once, while it lasts."""

    def __init__(self, world):
        self.world, self.most, self.looks, self.ended = world, 0, 0, threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.ended.wait(0.02):
            self.most = max(self.most, len(supervisors(self.world)))
            self.looks += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.ended.set()
        self.thread.join()


def arrives_cut(world, to):
    world.send(worm_mail(subject=to), to=to)
    mail = world.sink.wait(1, to=to)[0]
    return "cut" in mail.field("X-Lazaret")


def test_a_changed_folder_starts_a_generation_that_knows_more(world):
    assert serving(world, 1)["refused"] == 0
    assert not arrives_cut(world, "before@example.org")
    (database(world) / "new.ndb").write_text(signature())
    told = serving(world, 2)
    assert "5 signatures" not in told["engine"] and told["scanners"] == 2
    assert arrives_cut(world, "after@example.org")


def test_a_hangup_starts_one_too(world):
    serving(world, 1)
    os.kill(world.lazaret.pids()["qworker"][0], signal.SIGHUP)
    serving(world, 2)


@pytest.mark.config("workers:\n  max_jobs: 1\n")
def test_scanners_that_end_all_the_time_keep_no_signatures_away(world):
    serving(world, 1)
    ended = threading.Event()

    def go_on():
        number = 0
        while not ended.wait(0.1):
            number += 1
            world.send(mails.plain(subject=f"clean {number}", number=number), to="flow@example.org")

    sender = threading.Thread(target=go_on)
    sender.start()
    try:
        time.sleep(1)
        (database(world) / "new.ndb").write_text(signature())
        wait_for(lambda: "number=2 state=serving" in world.lazaret.log(), 10, message="the next generation")
    finally:
        ended.set()
        sender.join()


def test_qctl_reload_waits_for_the_new_generation_and_tells_it(world):
    serving(world, 1)
    out = world.lazaret.qctl("reload")
    assert "2 scanners, generation 2, signatures of 20" in out.stdout and out.stdout.count("\n") == 1
    told = json.loads(world.lazaret.qctl("reload", "--json").stdout)
    assert told["outcome"] == "serving" and told["generation"] == 3 and told["refused"] == 0
    stats = world.lazaret.qctl("stats").stdout
    assert "generation 3" in stats and "!" not in stats
    assert "worker mx.example.org/" in world.lazaret.qctl("check", check=False).stdout


def test_a_broken_database_is_refused_with_its_error_and_the_old_one_stays(world):
    serving(world, 1)
    broken = database(world) / "broken.ndb"
    broken.write_text("this is no signature\n")
    told = wait_for(lambda: [w for w in workers(world) if w["refused"]], message="a refusal")[0]
    assert told["generation"] == 1 and "broken.ndb" in told["error"] and "Malformed database" in told["error"]
    assert "state=refused" in world.lazaret.log()
    out = world.lazaret.qctl("reload", check=False)
    assert out.returncode == 1 and "refused: " in out.stdout and "broken.ndb" in out.stdout
    checked = world.lazaret.qctl("check", check=False).stdout
    assert any(line.startswith("warning") and "was refused" in line for line in checked.splitlines())
    world.send(mails.eicar_mail(subject="still found"), to="on@example.org")
    assert "cut" in world.sink.wait(1, to="on@example.org")[0].field("X-Lazaret")
    broken.unlink()
    out = world.lazaret.qctl("reload")
    assert "refused" not in out.stdout
    assert all(not w["refused"] and not w["error"] for w in workers(world))


def test_a_file_that_never_ends_is_refused_and_waited_for_no_longer():
    world = World("workers:\n  start_timeout: 2s\naccess:\n  rules:\n    - {name: list, senders_file: denied, action: reject}\n")
    denied = world.lazaret.dir / "denied"
    denied.write_text("nobody@outside.example\n")
    os.chmod(denied, 0o644)
    try:
        world.start()
        serving(world, 1)
        denied.unlink()
        os.mkfifo(denied)  # as a disk that does not answer
        os.chmod(denied, 0o644)
        told = wait_for(lambda: [w for w in workers(world) if w["refused"] == 2], 20, message="a refusal")[0]
        assert told["generation"] == 1 and "workers.start_timeout" in told["error"]
        assert len(supervisors(world)) == 1
        denied.unlink()
        denied.write_text("nobody@outside.example\n")
        os.chmod(denied, 0o644)
        assert serving(world, 3)["refused"] == 0
    finally:
        world.stop()


def test_rules_that_are_no_files_are_refused_at_once(world):
    serving(world, 1)
    never = world.dir / "rules/never.cf"
    os.mkfifo(never)
    told = wait_for(lambda: [w for w in workers(world) if w["refused"] == 2], 20, message="a refusal")[0]
    assert told["generation"] == 1 and "not a regular file" in told["error"]
    never.unlink()
    assert serving(world, 3)["refused"] == 0


def test_a_file_that_is_copied_slowly_is_taken_when_it_is_whole(world):
    serving(world, 1)
    line = signature()
    with open(database(world) / "new.ndb", "w") as out:
        out.write(line[:9])  # no signature yet
        out.flush()
        wait_for(lambda: [w for w in workers(world) if w["refused"]], message="a refusal")
        assert not arrives_cut(world, "half@example.org")
        out.write(line[9:])
    wait_for(lambda: [w for w in workers(world) if w["generation"] > 1 and not w["refused"]], message="the whole")
    assert arrives_cut(world, "whole@example.org")


@pytest.mark.config("workers:\n  timeout: 60s\n")
def test_there_are_never_more_than_two_engines(world):
    serving(world, 1)
    first = supervisors(world)
    assert len(first) == 1
    stopped = children(first[0])
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)  # a message that takes very long
    with Watch(world) as watch:
        world.send(mails.plain(subject="long"), to="long@example.org")
        wait_for(lambda: "dispatched" in world.lazaret.log(), message="a message with a scanner")
        time.sleep(0.5)
        world.lazaret.qctl("reload")
        for _ in range(3):
            out = world.lazaret.qctl("reload", "--wait", "1s", check=False)
            assert out.returncode == 75 and "no answer yet" in out.stdout
        (database(world) / "new.ndb").write_text(signature())
        time.sleep(3)
        assert len(supervisors(world)) == 2 and first[0] in supervisors(world)
        world.send(mails.plain(subject="others flow"), to="others@example.org")
        world.sink.wait(1, to="others@example.org")
        assert not world.sink.to("long@example.org")
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        world.sink.wait(1, to="long@example.org")
        serving(world, 3)
        assert arrives_cut(world, "new@example.org")
        wait_for(lambda: len(supervisors(world)) == 1, message="one engine again")
    assert watch.most == 2 and watch.looks > 20
    world.drained()
    assert len(world.sink.to("long@example.org")) == 1


def test_reloads_under_load_lose_nothing_and_delay_nothing(world):
    serving(world, 1)
    count, senders = 25, 4

    def send_all(sender):
        for n in range(count):
            world.send(mails.plain(subject=f"load {sender} {n}"), to=f"load{sender}x{n}@example.org")
            time.sleep(0.1)

    threads = [threading.Thread(target=send_all, args=(n,)) for n in range(senders)]
    with Watch(world) as watch:
        for one in threads:
            one.start()
        for n in range(3):
            world.lazaret.qctl("reload")
        for one in threads:
            one.join()
        world.sink.wait(count * senders, 60)
    assert watch.most <= 2
    for sender in range(senders):
        for n in range(count):
            assert len(world.sink.to(f"load{sender}x{n}@example.org")) == 1
    assert "status=deferred" not in world.postfix.log()
    assert "scanner_died" not in world.lazaret.log()
    done = [line for line in world.lazaret.log().splitlines() if "event=done" in line]
    assert len(done) == count * senders
    assert max(int(line.split("total_ms=")[1].split()[0]) for line in done) < 8000


def test_qctl_reload_says_when_nobody_answers():
    world = World("broker:\n  silence: 60s\n")
    try:
        world.lazaret.start_each(("qstore", "qbroker"))
        out = world.lazaret.qctl("reload", check=False)
        assert out.returncode == 75 and "no broker has a worker" in out.stderr
        worker = world.lazaret.start_one("qworker")
        serving(world, 1)
        worker.send_signal(signal.SIGSTOP)
        out = world.lazaret.qctl("reload", "--wait", "2s", check=False)
        assert out.returncode == 75 and "no answer yet" in out.stdout
        worker.send_signal(signal.SIGCONT)
        world.lazaret.qctl("reload")
        world.lazaret.stop_one("qbroker")
        assert world.lazaret.qctl("reload", check=False).returncode == 75
    finally:
        world.stop()


# ---- how old they are

def aged(days, config=""):
    """A world whose signatures are so many days old."""
    it = World(config)
    for path in database(it).iterdir():
        then = time.time() - days * DAY
        os.utime(path, (then, then))
    return it


def refresh(world):
    (database(world) / "fresh.ndb").write_text(signature())


def test_outdated_signatures_defer_until_fresh_ones_come():
    world = aged(9)
    try:
        world.start()
        told = serving(world, 1)
        assert told["old"] and told["outdated"] and 9 * DAY <= told["age_s"] < 9 * DAY + 600
        assert "signatures are 9 days old" in world.lazaret.qctl("stats").stdout
        checked = world.lazaret.qctl("check", check=False).stdout
        assert any(line.startswith("warning") and "outdated" in line for line in checked.splitlines())
        assert world.lazaret.log().count("event=signatures_old") == 1
        world.send(mails.plain(subject="not yet"))
        wait_for(lambda: "status=deferred" in world.postfix.log(), message="a deferral")
        assert not world.sink.mails
        refresh(world)
        told = serving(world, 2)
        assert not told["old"] and not told["outdated"]
        world.postfix.flush()
        mail = world.sink.wait(1, 60)[0]
        assert "unscanned" not in mail.field("X-Lazaret")
        world.drained()
        assert len(world.sink.mails) == 1
        assert f"signatures={time.strftime('%Y-%m-%d', time.gmtime())}T" in world.lazaret.log()
    finally:
        world.stop()


def test_outdated_signatures_may_be_tagged_and_still_find_what_they_know():
    world = aged(9, "policy:\n  unscanned: {database: tag}\n")
    try:
        world.start()
        world.send(mails.plain(subject="old"), to="plain@example.org")
        mail = world.sink.wait(1, to="plain@example.org")[0]
        assert "unscanned=database" in mail.field("X-Lazaret").replace("\r\n", "")
        assert mail.field("X-Virus-Scanned") is None
        world.send(mails.eicar_mail(subject="virus"), to="virus@example.org")
        mail = world.sink.wait(1, to="virus@example.org")[0]
        assert "cut" in mail.field("X-Lazaret")
        item = world.lazaret.items()[0]
        assert item["reason"] == "virus"
        shown = world.lazaret.qctl("show", item["id"]).stdout
        assert "9 days old" in shown
    finally:
        world.stop()


def test_signatures_past_the_alarm_are_warned_of_and_mail_flows():
    world = aged(3)
    try:
        world.start()
        told = serving(world, 1)
        assert told["old"] and not told["outdated"]
        world.send(mails.plain(subject="flows"))
        assert "unscanned" not in world.sink.wait(1)[0].field("X-Lazaret")
        assert world.lazaret.log().count("event=signatures_old") == 1
    finally:
        world.stop()


def test_ages_can_be_let_be():
    world = aged(400, "virus:\n  max_age: 0\n  alarm_age: 0\n")
    try:
        world.start()
        told = serving(world, 1)
        assert not told["old"] and not told["outdated"] and told["age_s"] > 399 * DAY
        world.send(mails.plain(subject="flows"))
        assert "unscanned" not in world.sink.wait(1)[0].field("X-Lazaret")
        assert "signatures_old" not in world.lazaret.log()
    finally:
        world.stop()


def test_a_missing_database_defers_until_one_comes():
    world = World()
    try:
        for path in database(world).iterdir():
            path.unlink()
        world.start()
        told = serving(world, 1)
        assert told["engine"] == "none" and told["outdated"]
        assert "signatures_missing" in world.lazaret.log()
        world.send(mails.plain(subject="not yet"))
        wait_for(lambda: "status=deferred" in world.postfix.log(), message="a deferral")
        refresh(world)
        serving(world, 2)
        world.postfix.flush()
        world.sink.wait(1, 60)
        world.drained()
    finally:
        world.stop()
