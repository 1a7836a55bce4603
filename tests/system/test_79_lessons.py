"""Teaching the model as administrators do it: on a terminal, from mailboxes of every kind, while mail flows."""
import os
import pty
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
