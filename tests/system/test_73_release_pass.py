"""A release whose way leads through the filter again passes it once, and nothing else does."""
import os
import re
import signal

import mails
from world import Sink, World, wait_for

HOLD = """access:
  rules:
    - name: everything
      senders: ["@outside.example"]
      action: quarantine
"""


def start(notifier):
    """`notifier` gets the world before it starts."""
    world = World()
    world.lazaret.write(HOLD + "notifier:\n  to_recipient: false\n  to_admin: false\n  to_sender: false\n" + notifier(world))
    return world.start()


def through_the_filter(world):
    return f"  release_pass: true\n  next_hop: 127.0.0.1:{world.postfix.port}\n"


def kept(world, count):
    return wait_for(lambda: len(world.lazaret.items()) >= count and world.lazaret.items(), 60, message=f"{count} items")


def fates(world):
    return re.findall(r"event=pass fate=(\w+)", world.lazaret.log())


def test_what_is_released_passes_the_filter_once_with_its_own_bytes():
    world = start(through_the_filter)
    try:
        sample = [("eicar", mails.eicar_mail()), *[(n, m) for n, m in mails.sample() if "no subject" not in n]]
        for number, (name, mail) in enumerate(sample):
            marked = f"X-Test-Number: {number}\n".encode() + mail
            world.send(marked, to=f"held{number}@example.org")
            world.send(marked, to=f"alone{number}@example.org", port=world.postfix.plain_port)
        held = kept(world, len(sample))
        world.lazaret.qctl("release", "--force", "--reason", "passes are tried", *[item["id"] for item in held])
        for number, (name, mail) in enumerate(sample):
            marker = f"X-Test-Number: {number}\r\n".encode()
            want = world.sink.wait(1, to=f"alone{number}@example.org")[0].bytes
            got = world.sink.wait(1, to=f"held{number}@example.org", seconds=60)[0].bytes
            assert got[got.index(marker):] == want[want.index(marker):], name
            assert b"X-Lazaret" not in got, name
        world.drained()
        assert len(world.lazaret.items("--limit", "0")) == len(sample), "nothing was kept again"
        assert fates(world).count("redeemed") == len(sample)
        assert " 0 problems" in world.lazaret.qctl("verify").stdout
        key = world.lazaret.state / "quarantine/pass.key"
        assert key.stat().st_mode & 0o777 == 0o600 and key.read_bytes() not in world.lazaret.log().encode()
    finally:
        world.stop()


def test_without_a_pass_it_is_held_again():
    world = start(lambda world: f"  next_hop: 127.0.0.1:{world.postfix.port}\n")
    try:
        world.send(mails.plain())
        item, = kept(world, 1)
        world.lazaret.qctl("release", item["id"])
        kept(world, 2)
        assert not fates(world) and not world.sink.mails
    finally:
        world.stop()


def test_a_pass_that_does_not_hold_is_cut_told_and_lets_nothing_through():
    catcher = Sink().start()
    world = start(lambda world: f"  release_pass: true\n  next_hop: 127.0.0.1:{catcher.port}\n")
    try:
        world.send(mails.plain(subject="passed"), to=["a@example.org", "b@example.org"])
        item, = kept(world, 1)
        world.lazaret.qctl("release", item["id"])
        released = catcher.wait(1)[0].bytes
        assert released.startswith(b"X-Lazaret-Pass: 1.")

        def held(mail, fate, to):
            before, told = len(world.lazaret.items()), len(fates(world))
            world.send(mail, to=to)
            wait_for(lambda: len(world.lazaret.items()) == before + 1, message="it in the quarantine")
            assert fates(world)[told:] == [fate]

        held(released.replace(b"few words", b"new words"), "altered", "a@example.org")
        held(released, "foreign", "c@example.org")
        held(released, "foreign", ["a@example.org", "c@example.org"])
        field, rest = released.split(b"\r\n", 1)
        held(field[:-1] + (b"0" if field[-1:] != b"0" else b"1") + b"\r\n" + rest, "forged", "a@example.org")
        held(b"X-Lazaret-Pass: please\r\n" + rest, "forged", "a@example.org")
        world.send(released, to="a@example.org")
        got = world.sink.wait(1, to="a@example.org")[0].bytes
        assert got.endswith(rest) and b"X-Lazaret" not in got
        held(released, "replayed", "a@example.org")
        world.send(released, to="b@example.org")  # an MTA may part them
        world.sink.wait(1, to="b@example.org")
        before = len(fates(world))
        world.send(mails.plain(subject="x").replace(b"\n\n", b"\n" + field + b"\n\n", 1))
        kept(world, 8)
        assert len(fates(world)) == before, "below the mail's own fields there is no pass"
        assert len([m for m in world.sink.mails]) == 2
    finally:
        world.stop()
        catcher.stop()


def test_an_mta_that_tries_again_finds_its_pass_good():
    world = start(through_the_filter)
    try:
        world.sink.answers["user@example.org"] = "451 later"
        world.send(mails.plain())
        item, = kept(world, 1)
        world.lazaret.qctl("release", item["id"])
        wait_for(lambda: "redeemed" in fates(world), message="its pass redeemed")
        for pid in world.lazaret.pids()["qfront"]:
            os.kill(pid, signal.SIGKILL)
        world.sink.answers.clear()
        world.sink.wait(1, to="user@example.org", seconds=60)
        world.drained()
        assert len(world.lazaret.items()) == 1 and set(fates(world)) == {"redeemed"}
    finally:
        world.stop()
