"""While something is away, mail waits in Postfix's queue; when it is back, mail arrives once."""
import signal

import mails
import pytest
from world import World, wait_for

QUICK = "front:\n  silence: 1s\n  deadline: 10s\n  next_hop_timeout: 5s\nworkers:\n  timeout: 5s\nvirus:\n  max_scan_time: 2s\n"
pytestmark = pytest.mark.config(QUICK)


def deferred(world):
    return wait_for(lambda: "status=deferred" in world.postfix.log(), 40, message="a deferral")


def arrives_once(world, to="user@example.org"):
    world.postfix.flush()
    world.sink.wait(1, 60, to=to)
    world.drained()
    own = [m for m in world.sink.to(to) if not m.field("X-Lazaret-Notice")]
    assert len(own) == 1
    assert "status=bounced" not in world.postfix.log()


@pytest.mark.parametrize("program", ["qbroker", "qworker", "qfront"])
def test_a_program_is_away_and_comes_back(apart, program):
    apart.lazaret.stop_one(program)
    apart.send(mails.plain(subject=program))
    deferred(apart)
    assert not apart.sink.mails
    apart.lazaret.start_one(program)
    arrives_once(apart)


def test_the_quarantine_is_away_and_comes_back(apart):
    apart.lazaret.stop_one("qstore")
    apart.send(mails.eicar_mail(subject="kept"))
    deferred(apart)
    assert not apart.sink.mails, "nothing leaves before it is kept"
    apart.lazaret.start_one("qstore")
    arrives_once(apart)
    assert len(apart.lazaret.items()) == 1


def test_the_next_hop_is_away_and_comes_back():
    world = World(QUICK, sink=False)
    from world import free_port
    try:
        world.lazaret.next_hop = free_port()
        world.lazaret.write()
        world.start_each()
        world.send(mails.eicar_mail(subject="next hop"))
        deferred(world)
        world.lazaret.stop_one("qfront")
        world.lazaret.next_hop = world.postfix.back_port
        world.lazaret.write()
        world.sink.start()
        world.lazaret.start_one("qfront")
        arrives_once(world)
        assert len(world.lazaret.items()) == 1, "the second run found the first one's item"
    finally:
        world.stop()


def test_a_broker_that_hangs_is_noticed(apart):
    broker = apart.lazaret.singles["qbroker"]
    broker.send_signal(signal.SIGSTOP)
    apart.send(mails.plain(subject="hanging"))
    deferred(apart)
    broker.send_signal(signal.SIGCONT)
    arrives_once(apart)


def test_a_worker_that_hangs_is_noticed(apart):
    worker = apart.lazaret.singles["qworker"]
    worker.send_signal(signal.SIGSTOP)
    apart.send(mails.plain(subject="hanging worker"))
    deferred(apart)
    worker.send_signal(signal.SIGCONT)
    arrives_once(apart)


def test_the_second_broker_takes_over_from_a_silent_first():
    world = World()
    run = world.lazaret.run
    world.lazaret.write(QUICK.replace("front:\n", f"front:\n  brokers: ['ipc://{run}/broker/dead.ipc', 'ipc://{run}/broker/front.ipc']\n"))
    try:
        world.start_each()
        for n in range(3):
            world.send(mails.plain(subject=f"second {n}"), to=f"u{n}@example.org")
            world.sink.wait(1, to=f"u{n}@example.org")
        assert "status=deferred" not in world.postfix.log()
    finally:
        world.stop()


def test_a_next_hop_that_refuses_for_now_is_tried_again(apart):
    apart.lazaret.stop_one("qfront")
    apart.lazaret.next_hop = apart.sink.port  # straight to the sink, which can be told what to answer
    apart.lazaret.write()
    apart.lazaret.start_one("qfront")
    apart.sink.answers["b@example.org"] = "451 4.2.1 not now"
    apart.send(mails.plain(subject="some"), to=["a@example.org", "b@example.org"])
    deferred(apart)
    assert not apart.sink.mails, "a door with one answer for all sends to all or to none"
    apart.sink.answers.clear()
    apart.postfix.flush()
    got = apart.sink.wait(1, 60)
    apart.drained()
    assert sorted(sum((m.recipients for m in got), [])) == ["a@example.org", "b@example.org"]


def test_a_recipient_refused_for_good_is_kept_and_the_others_get_it(apart):
    apart.lazaret.stop_one("qfront")
    apart.lazaret.next_hop = apart.sink.port
    apart.lazaret.write()
    apart.lazaret.start_one("qfront")
    apart.sink.answers["gone@example.org"] = "550 5.1.1 no such user"
    apart.send(mails.plain(subject="one of two"), to=["user@example.org", "gone@example.org"])
    got = apart.sink.wait(1, to="user@example.org")
    apart.drained()
    assert got[0].recipients == ["user@example.org"]
    item = wait_for(apart.lazaret.items, message="an item")[0]
    assert item["reason"] == "undeliverable" and "gone@example.org" in str(item["recipients"])
    assert "user@example.org" not in str(item["recipients"])


def test_all_recipients_refused_for_good_is_the_mtas_bounce(apart):
    apart.lazaret.stop_one("qfront")
    apart.lazaret.next_hop = apart.sink.port
    apart.lazaret.write()
    apart.lazaret.start_one("qfront")
    apart.sink.answers["gone@example.org"] = "550 5.1.1 no such user"
    apart.send(mails.plain(subject="gone"), to="gone@example.org")
    wait_for(lambda: "status=bounced" in apart.postfix.log(), message="the bounce")
    assert "no such user" in apart.postfix.log()
