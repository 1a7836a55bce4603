"""A copy of the quarantine while mail is kept in it, and what is released from it when it is put back."""
import threading

import mails
from world import wait_for


def with_program(number):
    return mails.mixed(mails.text_part(), mails.attachment("setup.exe", mails.program() + bytes([number])), subject=f"number {number}")


def kept(world, count):
    return wait_for(lambda: len(world.lazaret.items("--limit", "0")) >= count and world.lazaret.items("--limit", "0"), 60,
                    message=f"{count} items")


def test_a_backup_under_load_is_whole_and_what_is_in_it_can_be_released(world):
    for number in range(20):
        world.send(with_program(number), to=f"u{number}@example.org")
    before = {item["id"] for item in kept(world, 20)}
    sender = threading.Thread(target=lambda: [world.send(with_program(number), to=f"u{number}@example.org") for number in range(20, 40)])
    sender.start()
    copy = world.dir / "copy"
    out = world.lazaret.qctl("backup", str(copy))
    assert " 0 problems" in out.stdout, out.stdout
    sender.join()
    kept(world, 40)
    assert " 0 problems" in world.lazaret.qctl("verify").stdout
    assert " 0 problems" in world.lazaret.qctl("verify", str(copy)).stdout
    assert (copy.stat().st_mode & 0o777) == 0o700

    refused = world.lazaret.qctl("restore", str(copy), check=False)
    assert refused.returncode == 78 and "another qstore" in refused.stderr, refused
    world.lazaret.stop()
    assert "replaced-1.mdb" in world.lazaret.qctl("restore", str(copy)).stdout
    world.lazaret.start()
    items = {item["id"]: item for item in world.lazaret.items("--limit", "0")}
    assert before <= set(items) and len(items) <= 40
    some = sorted(before)[0]
    to = items[some]["recipients"][0]["address"] if isinstance(items[some]["recipients"][0], dict) else items[some]["recipients"][0]
    had = len(world.sink.to(to))
    world.lazaret.qctl("release", some, "--wait")
    released = world.sink.wait(had + 1, to=to)[-1]
    assert b"setup.exe" in released.bytes


def test_a_backup_is_refused_where_something_is(world):
    folder = world.dir / "copy"
    folder.mkdir()
    (folder / "mail").write_text("somebody's")
    out = world.lazaret.qctl("backup", str(folder), check=False)
    assert out.returncode == 78 and "is not empty" in out.stderr, out
    assert world.lazaret.qctl("backup", check=False).returncode == 64
    assert world.lazaret.qctl("verify", "/nonexistent", check=False).returncode == 78
