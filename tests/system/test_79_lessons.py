"""Teaching the model as administrators do it: on a terminal, from mailboxes of every kind, while mail flows."""
import json
import os
import pty
import random
import subprocess

import pytest

QUICK = "spam:\n  model:\n    poll: 1s\n    least: 20\npolicy:\n  spam_quarantine: 0\n"


def lesson(number, word="cheap"):
    return f"From: one{number}@outside.example\nSubject: {word} {number}\nMessage-ID: <{number}.{word}@x>\n\n{word} {number}\n".encode()


def on_a_terminal(world, *words):
    """What is shown on standard error."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([str(world.lazaret.bin / "qctl"), "-c", str(world.lazaret.conf), *words],
                               stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # it has ended
        pass
    os.close(ours)
    assert process.wait(60) == 0
    return shown.decode()


@pytest.mark.config(QUICK)
def test_the_bar_of_a_folder_fills_while_it_is_learned(world):
    folder = world.dir / "many"
    folder.mkdir()
    for number in range(3000):
        (folder / f"{number:05}").write_bytes(lesson(number))
    bars = [line.count("#") for line in on_a_terminal(world, "learn", "spam", str(folder)).split("\r")]
    assert max(bars) > 10 and bars[:-1] == sorted(bars[:-1])


# ---------------------------------------------------------------- how much the model's word is worth

BAD, GOOD = "cheap watches winner lottery viagra".split(), "garden meeting minutes agenda budget".split()
BOTH = "the and of to in we you for with this that is are was will have from your our".split()


def kinds(world, name, words, count=120, first=0):
    """A folder of mails; some have words of the other kind as well, and the rules say something of some."""
    folder = world.dir / name
    folder.mkdir()
    for number in range(first, first + count):
        lot = random.Random(f"{words[0]}{number}")
        own = words if lot.random() > 0.2 else BAD + GOOD
        body = " ".join(lot.choice(own if lot.random() < 0.3 else BOTH) for _ in range(60))
        if lot.random() < (0.6 if words is BAD else 0.2):
            body += "\nsesame opens"
        (folder / str(number)).write_bytes(lesson(number, "mail") + body.encode() + b"\n")
    return str(folder)


def fit(world, spam, ham):
    out = world.lazaret.qctl("model", "--json", "fit", spam, ham, check=False)
    return out, {row["which"]: row for row in map(json.loads, out.stdout.splitlines())}


def shown(world):
    return json.loads(world.lazaret.qctl("model", "--json", "show").stdout)


@pytest.mark.config("spam:\n  model:\n    weight: 0.1\n    toll: 0\n")
def test_a_fit_is_kept_where_it_is_better_and_refused_where_it_is_worse(world):
    (world.dir / "rules/50_site.cf").write_text("body SITE_WORD /sesame opens/\nscore SITE_WORD 3\n")
    spam, ham = kinds(world, "spam", BAD), kinds(world, "ham", GOOD, first=500)
    out, rows = fit(world, spam, ham)
    assert out.returncode == 0, out
    assert list(rows) == ["rules alone", "as configured", "fitted"]
    assert rows["fitted"]["false_negative"] < rows["as configured"]["false_negative"]
    kept = shown(world)
    assert kept["fitted"] and abs(kept["weight"] - rows["fitted"]["weight"]) < 1e-6
    # By people who can't tell them apart: of either kind in both.
    wrong = [kinds(world, f"{name}-{words[0]}", words, 60, 1000 + 1000 * at) for at, (name, words) in
             enumerate((("a", BAD), ("a", GOOD), ("b", BAD), ("b", GOOD)))]
    for name, pair in (("a", wrong[:2]), ("b", wrong[2:])):
        (world.dir / name).mkdir()
        for folder in pair:
            os.rename(folder, world.dir / name / os.path.basename(folder))
    out, rows = fit(world, str(world.dir / "a"), str(world.dir / "b"))
    assert out.returncode in (1, 2), out
    assert "worse than what counts now" in out.stderr or "the rules say too little" in out.stderr
    assert shown(world)["weight"] == kept["weight"] and shown(world)["toll"] == kept["toll"]


@pytest.mark.config(QUICK)
def test_a_fit_does_not_take_a_mail_for_both_nor_twice(world):
    spam, ham = kinds(world, "spam", BAD, 40), kinds(world, "ham", GOOD, 40, 500)
    out, _ = fit(world, spam, spam)
    assert out.returncode == 2 and "40 mails are among the spam and among the ham" in out.stderr
    few = world.dir / "few"
    few.mkdir()
    for number in range(200):  # ten mails, again and again
        (few / str(number)).write_bytes(lesson(number % 10))
    out, _ = fit(world, str(few), ham)
    assert out.returncode == 2 and "too few mails" in out.stderr
    assert not shown(world)["fitted"]
