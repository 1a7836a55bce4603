"""Small files that grow without end: each is said to be unscanned (limit), soon and in little memory, and the next mail passes."""
import json
import os
import subprocess
import time

import mails
import pytest
from bombs import BOMBS
from evasion import TWIN, with_file
from judge import CONFIG, brief
from world import BUILD, ROOT, make_database, wait_for

SECONDS_MOST = 90  # on a busy machine, too; the limits of time themselves are 20 s and 30 s
BYTES_MOST = 700 << 20  # of a scanner, its signatures among them; what is unpacked at once may be 256 MB

NEXT = mails.plain(subject="the next one")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    it = tmp_path_factory.mktemp("bombs")
    make_database(it / "signatures")
    (it / "lazaret.yaml").write_text(CONFIG.format(folder=it, root=ROOT))
    return it


def explain(folder, mail):
    """The answers to a mail and to the next one, the seconds, and the most memory of the process that read both."""
    (folder / "mail").write_bytes(mail)
    (folder / "next").write_bytes(NEXT)
    begun = time.monotonic()
    with open(folder / "out", "wb") as out:
        process = subprocess.Popen([BUILD.resolve() / "bin/qscan", "-c", folder / "lazaret.yaml", "--json", "--explain", "mail", "next"],
                                   cwd=folder, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    text = (folder / "out").read_bytes()
    assert process.returncode == 0, text[-2000:]
    lines = [json.loads(line) for line in text.splitlines() if line.startswith(b"{")]
    return lines, time.monotonic() - begun, usage.ru_maxrss * 1024


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_as_unscanned_within_bounds_and_the_next_mail_passes(folder, name):
    (answer, following), seconds, memory = explain(folder, with_file(TWIN, *BOMBS[name](False)))
    print(name, round(seconds, 1), "s", memory >> 20, "MB")
    assert [f for f in answer["findings"] if f["unscanned"] == "limit"], brief(answer)
    decision, = answer["decisions"]
    assert decision["items"] or decision["disposition"] in ("quarantine", "reject"), brief(answer)
    assert seconds < SECONDS_MOST and memory < BYTES_MOST, (seconds, memory >> 20, answer["checks"])
    decision, = following["decisions"]
    assert decision["disposition"] == "deliver" and not decision["items"], brief(following)


@pytest.mark.parametrize("name", BOMBS)
def test_the_same_kind_of_file_that_does_not_grow_passes(folder, name):
    (answer, _), _, _ = explain(folder, with_file(TWIN, *BOMBS[name](True)))
    decision, = answer["decisions"]
    assert decision["disposition"] == "deliver" and not decision["items"], brief(answer)
    assert not [f for f in answer["findings"] if f["unscanned"]], brief(answer)


def test_scanners_outlive_all_of_them_and_other_mail_goes_on(world):
    """All at once through the running programs; the default limits and the default memory of a scanner."""
    for name, make in BOMBS.items():
        world.send(with_file(TWIN, *make(False)), to=f"{name}@example.org")
    for number in range(10):
        world.send(mails.plain(subject=f"other {number}", number=number), to="other@example.org")
    wait_for(lambda: len(world.sink.to("other@example.org")) == 10, 60, message="the other mail")
    items = wait_for(lambda: len(world.lazaret.items("--limit", "0")) >= len(BOMBS) and world.lazaret.items("--limit", "0"), 200,
                     message="all bombs kept")
    assert {item["reason"] for item in items} == {"unscanned"}
    assert "event=scanner_lost" not in world.lazaret.log() and "event=timeout" not in world.lazaret.log()
