"""What is kept is found by what it is, and taken out of the quarantine as it came."""
import hashlib
import json
import mailbox

import mails
from world import wait_for


def kept(world, count):
    return wait_for(lambda: len(world.lazaret.items("--limit", "0")) >= count and world.lazaret.items("--limit", "0"), 60,
                    message=f"{count} items")


def fill(world):
    world.send(mails.mixed(mails.text_part(), mails.attachment("Invoice_2026.exe", mails.program()),
                           subject="Your INVOICE of March"), sender="shop@mx.outside.example")
    world.send(mails.mixed(mails.text_part("From here on\nall is quoted\n"),
                           mails.attachment("setup.exe", mails.program() + b"x" * 100000), subject="lunch"),
               sender="friend@elsewhere.example")
    world.send(mails.eicar_mail(), sender="shop@mx.outside.example")
    return kept(world, 3)


def test_each_option_finds_what_has_it_and_nothing_else(world):
    items = fill(world)
    invoice, = [item["id"] for item in items if "INVOICE" in item["subject"]]
    lunch, = [item["id"] for item in items if item["subject"] == "lunch"]
    eicar, = {item["id"] for item in items} - {invoice, lunch}

    def found(*args):
        return {item["id"] for item in world.lazaret.items(*args)}

    shown = world.lazaret.show(eicar)
    virus = [symbol["name"][6:] for symbol in shown["symbols"] if symbol["name"].startswith("VIRUS_")][0]
    part, = world.lazaret.show(invoice)["parts"]
    assert found("--subject", "march invoice") == {invoice}
    assert found("--subject", "march lunch") == set()
    assert found("--file", "invoice.exe") == {invoice}
    assert found("--virus", virus.upper()) == {eicar}
    assert found("--hash", part["sha256"].upper()) == {invoice}
    assert found("--domain", ".outside.example") == {invoice, eicar}
    assert found("--domain", "outside.example") == set()
    assert found("--sender", "@elsewhere.example", "--file", "setup") == {lunch}
    assert found("--larger-than", "90k") == {lunch}
    assert found("--smaller-than", "90k", "--sender", ".outside.example", "--reason", "virus") == {eicar}
    assert world.lazaret.qctl("list", "--subject", "?!", check=False).returncode == 2
    assert world.lazaret.qctl("list", "--hash", "12", check=False).returncode == 64
    assert found("--since", "1h", "--limit", "2") < {invoice, lunch, eicar}


def test_what_is_exported_is_what_came(world, tmp_path):
    items = fill(world)
    originals = {item["id"]: world.lazaret.qctl("export", item["id"], binary=True).stdout for item in items}
    shown = {item["id"]: world.lazaret.show(item["id"]) for item in items}
    for item, data in originals.items():
        assert hashlib.sha256(data).hexdigest() == shown[item]["sha256"]

    folder = tmp_path / "out"
    out = world.lazaret.qctl("export", "--eml", str(folder))
    assert out.stdout == "" and "3 exported" in out.stderr and "\x1b" not in out.stderr
    assert {path.stem: path.read_bytes() for path in folder.iterdir()} == originals
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    out = world.lazaret.qctl("export", "--eml", str(folder), items[0]["id"], check=False)
    assert out.returncode == 2 and "exists" in out.stderr

    box = tmp_path / "box"
    box.write_bytes(world.lazaret.qctl("export", "--mbox", "--sender", "@elsewhere.example", binary=True).stdout)
    assert b"\n>From here on" in box.read_bytes()
    assert len(mailbox.mbox(box)) == 1
    box.write_bytes(world.lazaret.qctl("export", "--mbox", binary=True).stdout)
    assert len(mailbox.mbox(box)) == 3

    lines = [json.loads(line) for line in world.lazaret.qctl("export", "--json", "--subject", "lunch").stdout.splitlines()]
    assert [line["subject"] for line in lines] == ["lunch"]
    assert world.lazaret.qctl("export", "--mbox", "--eml", "x", check=False).returncode == 64
    assert world.lazaret.qctl("export", check=False).returncode == 64


def test_the_index_is_there_after_a_kill_and_goes_with_its_item(world):
    items = fill(world)
    import os
    import signal
    for pid in world.lazaret.pids()["qstore"]:
        os.kill(pid, signal.SIGKILL)
    found = wait_for(lambda: world.lazaret.qctl("list", "--json", "--file", "exe", check=False).stdout, 30, message="qstore again")
    assert len(found.splitlines()) >= 2
    world.lazaret.qctl("delete", *[item["id"] for item in items])
    assert world.lazaret.items("--file", "exe") == []
