"""make demo: Lazaret's main job, on real mails through a real Postfix, in about a minute.

Everything runs in one private folder under /tmp on loopback ports, and nothing is left running.
"""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/system"))

import mails  # noqa: E402
from world import World, wait_for  # noqa: E402

COLOUR = sys.stdout.isatty()
CONFIG = """
subject:
  - name: worm
    match: exact
    patterns: ['Details']
    strip_prefixes: true
    action: reject
    code: 553
    text: 'this subject is used by a worm'
policy:
  spam_quarantine: 50
"""


def head(text):
    print(f"\n\033[1m== {text}\033[0m" if COLOUR else f"\n== {text}", flush=True)


def say(text):
    print("   " + text, flush=True)


def show(text, most=14):
    for line in text.rstrip().splitlines()[:most]:
        print("   | " + line[:110], flush=True)


def arrived(world, to, count=1):
    return wait_for(lambda: [m for m in world.sink.to(to) if not m.field("X-Lazaret-Notice")][count - 1:],
                    message=f"mail to {to}")[0]


def notices_of(world, item, count):
    def found():
        own = [m for m in world.sink.mails if m.field("X-Lazaret-Notice") == item["id"]]
        return own if len(own) >= count else None
    return wait_for(found, message="the notices")


def newest(world, reason):
    return wait_for(lambda: [i for i in world.lazaret.items() if i["reason"] == reason], message=f"an item for {reason}")[0]


def body_of(mail):
    import email
    import email.policy
    message = email.message_from_bytes(mail.bytes, policy=email.policy.default)
    part = message.get_body(("plain",)) or message
    return part.get_content()


def clean(world):
    head("1. A clean mail")
    original = mails.mixed(mails.text_part("Good morning!\n"), mails.attachment("photo.gif", mails.GIF, "image/gif"),
                           subject="Pictures")
    world.send(original, to="anna@example.org")
    got = arrived(world, "anna@example.org")
    same = got.bytes.replace(b"\r\n", b"\n").endswith(original)
    say(f"arrived; every byte of it is as it was sent: {'yes' if same else 'NO'}. Lazaret added in front:")
    show("\n".join(f"{name}: {got.field(name)}" for name in ("X-Lazaret", "X-Spam-Status") if got.field(name)))
    return same


def attachment(world):
    head("2. A program in an attachment")
    original = mails.mixed(mails.text_part("The tool you asked for.\n"), mails.attachment("setup.exe", mails.program()),
                           mails.attachment("photo.gif", mails.GIF, "image/gif"), subject="Your tool")
    world.send(original, to="anna@example.org")
    got = arrived(world, "anna@example.org", 2)
    item = newest(world, "attachment")
    say("arrived without it. In the attachment's place stands a text; the other parts are untouched:")
    cut = got.bytes.replace(b"\r\n", b"\n").split(b"--=_b0undary\n")[2].decode(errors="replace")
    show(cut)
    say("who was told:")
    for notice in notices_of(world, item, 2):
        show(f"To {notice.recipients[0]}: {' '.join(notice.field('Subject').split())}")
    return item, original


def virus(world):
    head("3. A virus (the harmless EICAR test file), inside a zip")
    world.send(mails.mixed(mails.text_part("See the report.\n"), mails.attachment(
        "report.zip", mails.zipped_as("report.txt", mails.EICAR), "application/zip"), subject="Report"), to="ben@example.org")
    arrived(world, "ben@example.org")
    item = newest(world, "virus")
    say(f"cut and kept as item {item['id']}: {item['detail']}")


def spam(world):
    head("4. Spam (the GTUBE test text)")
    world.send(mails.gtube_mail(subject="Buy now"), to="cleo@example.org")
    item = newest(world, "spam")
    say(f"held whole as item {item['id']}, score {item['score']}; nobody is bothered with a notice")


def subject(world):
    head("5. A subject that a worm uses")
    world.send(mails.plain(subject="Fwd: Re: Details"), to="dora@example.org")
    line = wait_for(lambda: [l for l in world.postfix.log().splitlines() if "status=bounced" in l], message="the refusal")[0]
    say("refused, with the code and the text from the configuration, and no notice of ours:")
    show(line[line.index("dsn="):])


def quarantine(world):
    head("6. What is in the quarantine: qctl list")
    show(world.lazaret.qctl("list").stdout)


def release(world, item, original):
    head(f"7. The administrator releases the tool: qctl release {item['id']}")
    show(world.lazaret.qctl("release", item["id"], "--why", "Anna asked for it").stdout)
    got = arrived(world, "anna@example.org", 3)
    same = got.bytes.replace(b"\r\n", b"\n").endswith(original)
    say(f"the original arrived; byte for byte as it was sent: {'yes' if same else 'NO'}")
    show(world.lazaret.qctl("release", item["id"]).stdout + world.lazaret.qctl("release", item["id"], check=False).stderr, 1)
    return same


def kill(world):
    head("8. Every scanner is killed while a mail is on its way (kill -9)")
    for pid in world.lazaret.pids().get("qscan", []):
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
    world.send(mails.plain(subject="After the crash"), to="emil@example.org")
    world.postfix.flush()
    arrived(world, "emil@example.org")
    say("it arrived all the same, once: Postfix's queue is the only place where mail rests")


def further():
    head("How to look further")
    say("make test                          runs every test, with the same Postfix")
    say("build/release/bin/qctl --help      the administrator's tool; qctl explain FILE shows how a mail is judged")
    say("README.md                          ten lines of configuration, and the lines for your master.cf")
    say("docs/OVERVIEW.md                   every program, in the order in which a mail meets it")


def main():
    began = time.monotonic()
    print("Lazaret filters mail between Postfix and its next hop. Starting both in a private folder …", flush=True)
    world = World(CONFIG)
    try:
        world.start()
        say(f"ready after {time.monotonic() - began:.1f} s: Postfix, and " + ", ".join(sorted(world.lazaret.pids())))
        good = clean(world)
        item, original = attachment(world)
        virus(world)
        spam(world)
        subject(world)
        quarantine(world)
        good = release(world, item, original) and good
        kill(world)
        further()
    finally:
        world.stop()
    print(f"\nDone in {time.monotonic() - began:.0f} s; everything is stopped and the folder is gone.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
