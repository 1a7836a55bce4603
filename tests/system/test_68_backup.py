"""A copy of the quarantine and its model while mail is kept in it, and what is released from it when it is put back."""
import json
import threading

import mails
import pytest
from test_76_model import BAD, QUICK, corpus, followed, learn, model, status, teach
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


def last_followed(world, counts):
    wait_for(lambda: f" {counts}\n" in world.lazaret.log().rpartition("event=model generation=")[2], 60,
             message="a worker with the restored model")


def explained(world, number):
    path = world.dir / f"{number}.eml"
    path.write_bytes(b"Subject: cheap watches\n\nthe winner clicks on a limited offer, garden and review\n")
    path.chmod(0o644)
    told = json.loads(world.lazaret.qctl("explain", "--json", str(path)).stdout)
    return [one["points"] for one in told["findings"] if one["check"] == "model"]


@pytest.mark.config(QUICK)
def test_a_backup_has_the_model_and_a_restore_brings_back_its_answers(world):
    teach(world)
    followed(world)
    said, copy = explained(world, 1), world.dir / "copy"
    assert len(said) == 1 and said[0] != 0
    out = world.lazaret.qctl("backup", str(copy)).stdout
    assert f"{copy}/model: 40 spam and 40 ham learned, 80 messages known, 0 problems" in out, out
    assert "80 messages known" in world.lazaret.qctl("verify").stdout
    learn(world, "spam", corpus(world, "more", "tulip autumn piano harbour copper".split(), 20))  # later lessons
    followed(world, spam=60)
    world.lazaret.qctl("model", "reset")
    last_followed(world, "spam=0 ham=0")
    assert explained(world, 2) == []
    world.lazaret.stop()
    out = world.lazaret.qctl("restore", str(copy)).stdout
    assert "model/replaced-1.mdb" in out, out
    world.lazaret.start()
    assert (model(world)["spam"], model(world)["ham"]) == (40, 40)
    assert explained(world, 3) == said
    assert learn(world, "spam", str(world.dir / "bad"))["already"] == 40  # it knows which they were
    last_followed(world, "spam=40 ham=40")
    assert "MODEL_SPAM" in status(world, BAD, 7001)


@pytest.mark.config(QUICK)
def test_workers_that_have_later_lessons_take_the_model_of_the_backup(apart):
    teach(apart)
    copy = apart.dir / "copy"
    apart.lazaret.qctl("backup", str(copy))
    for number in range(3):
        learn(apart, "spam", corpus(apart, f"more{number}", [f"tulip{number}", "piano", "harbour"], 5))
    followed(apart, spam=55)
    apart.lazaret.stop_one("qstore")
    apart.lazaret.qctl("restore", str(copy))
    apart.lazaret.start_one("qstore")
    last_followed(apart, "spam=40 ham=40")


def test_a_backup_from_before_the_model_was_in_it_is_restored(world):
    world.send(with_program(1), to="u1@example.org")
    kept(world, 1)
    learn(world, "spam", corpus(world, "bad", BAD, 3))
    copy = world.dir / "copy"
    world.lazaret.qctl("backup", str(copy))
    for path in (copy / "model").iterdir():
        path.unlink()
    (copy / "model").rmdir()
    assert f"{copy}/model: no model" in world.lazaret.qctl("verify", str(copy)).stdout
    world.lazaret.stop()
    assert "no model is in it" in world.lazaret.qctl("restore", str(copy)).stdout
    world.lazaret.start()
    assert len(world.lazaret.items()) == 1 and model(world)["spam"] == 3
