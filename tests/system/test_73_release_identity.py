"""What is released arrives byte for byte, once, and with its DKIM signature as good as it was.

With CORPUS=folder real mails take part, as many as COUNT says (200).
"""
import base64
import itertools
import os
import pathlib
import random
import signal
import time

import dkim
import mails
import nacl.signing
import pytest
from world import wait_for

KEY = nacl.signing.SigningKey.generate()
RECORD = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(KEY.verify_key))
HOLD = """access:
  rules:
    - name: everything
      senders: ["@outside.example"]
      action: quarantine
notifier:
  to_recipient: false
  to_admin: false
  to_sender: false
"""


def signed(mail, canonical):
    """With line ends as they travel: the signature is over these."""
    mail = mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if not mail.endswith(b"\r\n"):
        mail += b"\r\n"
    signature = dkim.sign(mail, b"sel", b"outside.example", base64.b64encode(bytes(KEY)), canonicalize=canonical,
                          signature_algorithm=b"ed25519-sha256", include_headers=[b"from", b"subject"])
    return (signature + mail).replace(b"\r\n", b"\n")


def verifies(mail):
    try:
        return dkim.verify(mail, dnsfunc=lambda name, timeout=5: RECORD)
    except dkim.DKIMException:
        return False


def odd():
    """Beyond those of mails.sample(): what a release must not touch either."""
    head = mails.header(subject="odd")
    yield "no header at all", b"\njust a body\n"
    yield "no body, no empty line", head
    yield "NULs", head + b"\none\0two\0\n"
    yield "8-bit header", mails.header(subject="odd", extra="X-Raw: \xe4\xf6\xfc\n") + b"\nx\n"
    yield "a line that ends a mail", head + b"\n..\n.\n.\n\n.x\n"
    yield "blank lines at the end", head + b"\nx\n\n\n\n\n"
    yield "From at a line's beginning", head + b"\nFrom here on\n>From there\n"
    yield "long", head + b"\n" + b"".join(b"%06d %s\n" % (n, b"x" * 60) for n in range(20000))
    yield "a program", mails.mixed(mails.text_part(), mails.attachment("setup.exe", mails.program()))
    for canonical in itertools.product((b"simple", b"relaxed"), repeat=2):
        name = "signed " + b"/".join(canonical).decode()
        yield name, signed(mails.plain("A few  words. \n\n.dots\nx\t\n\n\n"), canonical)
        yield name + ", broken before", signed(mails.plain("good\n"), canonical).replace(b"good", b"bad")
    yield "signed, with parts", signed(mails.mixed(mails.text_part(), mails.attachment("a.gif", mails.GIF, "image/gif")),
                                       (b"relaxed", b"simple"))


def corpus():
    if not os.environ.get("CORPUS"):
        return
    paths = sorted(pathlib.Path(os.environ["CORPUS"]).rglob("*.eml"))
    random.Random(1).shuffle(paths)
    for path in paths[:int(os.environ.get("COUNT", 200))]:
        mail = path.read_bytes()
        if mail.startswith(b"From "):
            mail = mail.split(b"\n", 1)[1]
        if len(mail) < 20 << 20:
            yield str(path), mail


def release(world, *args):
    """Whatever the scan says: what is asked here is how it arrives."""
    return world.lazaret.qctl("release", "--force", "--reason", "a test of bytes", *args)


def behind(data, marker):
    at = data.find(marker)
    assert at >= 0, data[:400]
    return data[at:]


@pytest.mark.config(HOLD)
def test_every_mail_of_a_sample_arrives_as_without_us(world):
    sample = [*mails.sample(), *odd(), *corpus()]
    wanted, arrived, good, same = {}, {}, 0, 0
    for number, (name, mail) in enumerate(sample):
        marker = f"X-Test-Number: {number}\n".encode()
        world.send(marker + mail, to=f"alone{number}@example.org", port=world.postfix.plain_port)
        world.send(marker + mail, to=f"held{number}@example.org")
    held = wait_for(lambda: len(world.lazaret.items("--limit", "0")) == len(sample) and world.lazaret.items("--limit", "0"), 300,
                    message="all of them in the quarantine")
    assert not [m for m in world.sink.mails if m.recipients[0].startswith("held")]
    release(world, *[item["id"] for item in held])
    for number, (name, mail) in enumerate(sample):
        marker = f"X-Test-Number: {number}\r\n".encode()
        want = world.sink.wait(1, to=f"alone{number}@example.org", seconds=120)[0]
        got = world.sink.wait(1, to=f"held{number}@example.org", seconds=120)[0]
        assert got.sender == want.sender == "sender@outside.example"
        wanted[name], arrived[name] = behind(want.bytes, marker), behind(got.bytes, marker)
        header = b"\n" + mail.replace(b"\r\n", b"\n").split(b"\n\n")[0].lower()
        if b"\ndate:" not in header or b"\nmessage-id:" not in header:
            continue  # Postfix adds these, with the moment in them
        assert arrived[name] == wanted[name], name
        before = verifies(want.bytes)
        assert verifies(got.bytes) == before, name
        good += before
        same += 1
    print(f"{same} of {len(sample)} compared, {good} with a signature that verifies")
    assert same > len(sample) // 2 and good >= 5


@pytest.mark.parametrize("program", ["qnotify", "qstore"])
def test_killed_in_the_middle_each_arrives_once_and_whole(program):
    from world import World
    world = World(HOLD + "quarantine:\n  lease: 10s\n")
    count, rng = 20, random.Random(5)
    try:
        world.start()
        originals = {}
        for number in range(count):
            originals[number] = mails.header(subject=f"number {number}", number=number) + b"\n" + bytes(
                rng.choice(b"abcdefgh \n") for _ in range(20000)) + b"\n"
            world.send(originals[number], to=f"u{number}@example.org")
        held = wait_for(lambda: len(world.lazaret.items("--limit", "0")) == count and world.lazaret.items("--limit", "0"), 120,
                        message="all of them")
        asked = 0
        for item in held:
            if asked % 5 == 2:
                for pid in world.lazaret.pids().get(program, []):
                    os.kill(pid, signal.SIGKILL)
            wait_for(lambda: world.lazaret.qctl("release", item["id"], check=False).returncode == 0, 60, message="a release")
            asked += 1
        for number in range(count):
            world.sink.wait(1, to=f"u{number}@example.org", seconds=90)
        world.drained()
        time.sleep(3)
        twice = 0
        for number in range(count):
            got = [mail.bytes.replace(b"\r\n", b"\n") for mail in world.sink.to(f"u{number}@example.org")]
            twice += len(got) - 1
            assert all(one.endswith(originals[number]) for one in got)
        # Between the next hop's 250 and our record of it lies the one window.
        assert twice <= (4 if program == "qnotify" else 0)
    finally:
        world.stop()
