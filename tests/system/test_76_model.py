"""The statistical model: it is taught, every worker follows, and what it says is in the score."""
import json
import os
import random
import signal
import subprocess
import time

import mails
import pytest
from world import wait_for

QUICK = "spam:\n  model:\n    poll: 1s\n    least: 20\npolicy:\n  spam_quarantine: 0\n"

GOOD = "garden meeting minutes agenda budget monday review patch compile kernel weather family holiday photos".split()
BAD = "cheap watches winner lottery viagra click offer limited guarantee credit mortgage casino bonus rich".split()
BOTH = "the and of to in we you for with this that is are was will have from your our on at by".split()


def text(words, number):
    chosen = random.Random(number)
    return " ".join(chosen.choice(words) if chosen.random() < 0.4 else chosen.choice(BOTH) for _ in range(120)) + "\n"


def mail(words, number):
    return (f"From: one{number}@outside.example\nTo: user@example.org\nSubject: {text(words, number)[:40].strip()}\n"
            f"Message-ID: <{number}.{words[0]}@outside.example>\n\n{text(words, number + 1000)}").encode()


def corpus(world, name, words, count=40):
    folder = world.dir / name
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.eml").write_bytes(mail(words, number))
    return str(folder)


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rsplit(")", 1)[1].split()[1])
    except OSError:
        return None


def learn(world, kind, *paths):
    out = world.lazaret.qctl("learn", "--json", kind, *paths)
    return json.loads(out.stdout)


def model(world):
    return json.loads(world.lazaret.qctl("model", "--json", "show").stdout)


def teach(world):
    learn(world, "spam", corpus(world, "bad", BAD))
    learn(world, "ham", corpus(world, "good", GOOD))


def followed(world, spam=40, ham=40):
    wait_for(lambda: f"event=model generation=" in world.lazaret.log()
             and f"spam={spam} ham={ham}" in world.lazaret.log(), 60, message="a worker with the model")


def status(world, words, number):
    before = len(world.sink.mails)
    world.send(mail(words, number))
    return " ".join(world.sink.wait(before + 1)[-1].field("X-Spam-Status").split())


@pytest.mark.config(QUICK)
def test_a_worker_without_a_model_says_so_and_one_with_a_model_scores(world):
    assert status(world, BAD, 7000).endswith("model=none")
    teach(world)
    followed(world)
    assert "MODEL_SPAM" in status(world, BAD, 7001)
    assert "MODEL_HAM" in status(world, GOOD, 7002)


@pytest.mark.config(QUICK)
def test_a_lesson_is_learned_once_corrected_and_forgotten(world):
    folder = corpus(world, "bad", BAD)
    assert learn(world, "spam", folder)["learned"] == 40
    assert learn(world, "spam", folder)["already"] == 40
    out = world.lazaret.qctl("learn", "--json", "spam", "/nowhere", folder, check=False)
    assert out.returncode == 1 and "/nowhere: can't be read" in out.stderr  # and the others are
    assert json.loads(out.stdout)["already"] == 40
    assert (model(world)["spam"], model(world)["ham"]) == (40, 0)
    assert learn(world, "ham", folder + "/3.eml")["corrected"] == 1
    assert (model(world)["spam"], model(world)["ham"]) == (39, 1)
    assert learn(world, "forget", folder)["forgotten"] == 40
    assert (model(world)["spam"], model(world)["ham"]) == (0, 0)


@pytest.mark.config(QUICK)
def test_an_mbox_is_read_and_the_same_mail_with_other_line_ends_is_known(world):
    box = world.dir / "box"
    box.write_bytes(b"".join(b"From a@b Mon Jan  1 00:00:00 2024\n" + mail(BAD, n) + b"\n" for n in range(5)))
    assert learn(world, "spam", str(box))["learned"] == 5
    one = world.dir / "one.eml"
    one.write_bytes(mail(BAD, 2).replace(b"\n", b"\r\n"))
    assert learn(world, "spam", str(one))["already"] == 1


@pytest.mark.config(QUICK)
def test_what_was_learned_survives_a_restart_and_a_copy_takes_its_place(world):
    teach(world)
    world.lazaret.stop()
    world.lazaret.start()
    assert (model(world)["spam"], model(world)["ham"]) == (40, 40)
    copy = str(world.dir / "copy")
    world.lazaret.qctl("model", "export", copy)
    world.lazaret.qctl("model", "reset")
    assert model(world)["spam"] == 0
    world.lazaret.qctl("model", "import", copy)
    assert (model(world)["spam"], model(world)["ham"]) == (40, 40)
    path = world.dir / "new.eml"
    path.write_bytes(mail(BAD, 8000))
    told = json.loads(world.lazaret.qctl("explain", "--json", str(path)).stdout)
    found = [f for f in told["findings"] if f["check"] == "model"]
    assert found[0]["symbol"] == "MODEL_SPAM" and found[0]["points"] > 1
    assert "strongest:" in found[0]["detail"]


@pytest.mark.config(QUICK)
def test_a_copy_that_is_damaged_is_refused_and_the_model_stays(world):
    teach(world)
    copy = world.dir / "copy"
    world.lazaret.qctl("model", "export", str(copy))
    copy.write_bytes(copy.read_bytes()[:-1])
    out = world.lazaret.qctl("model", "import", str(copy), check=False)
    assert out.returncode == 2 and "damaged" in out.stderr
    assert model(world)["spam"] == 40


@pytest.mark.config(QUICK)
def test_explain_without_a_quarantine_scores_by_rules_alone(world):
    world.lazaret.stop()
    path = world.dir / "new.eml"
    path.write_bytes(mail(BAD, 8000))
    out = world.lazaret.qctl("explain", str(path))
    assert "Model: there is none, so the rules score alone" in out.stdout


def test_a_quarantine_that_dies_ends_the_lesson_at_once_and_what_was_learned_is_told(world):
    folder = corpus(world, "bad", BAD, 1500)
    quarantine = world.lazaret.pids()["qstore"]
    learner = subprocess.Popen([str(world.lazaret.bin / "qctl"), "-c", str(world.lazaret.conf), "learn", "--json", "spam", folder],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        # It has asked for the model, and begins to read: from now on no lesson is answered.
        wait_for(lambda: learner.pid in [parent_of(pid) for pid in world.lazaret.pids().get("qscan", [])], 20, every=0.002,
                 message="a scanner of qctl's own")
        for pid in quarantine:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(2)
        assert learner.poll() is None
        began = time.monotonic()
        for pid in quarantine:
            os.kill(pid, signal.SIGKILL)
        out, errors = learner.communicate(timeout=50)
    finally:
        learner.kill()
    assert time.monotonic() - began < 20, errors
    assert learner.returncode == 75 and "was lost" in errors
    said = json.loads(out)
    assert said["unanswered"] > 0
    assert said["mails"] == said["learned"] + said["already"] + said["unanswered"] + said["unread"]
    wait_for(lambda: world.lazaret.qctl("model", "--json", "show", check=False).returncode == 0, 30, message="the quarantine again")
    again = learn(world, "spam", folder)
    assert again["unanswered"] == 0 and again["learned"] + again["already"] == 1500
