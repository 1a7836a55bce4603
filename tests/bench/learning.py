"""How many mails a second `qctl learn` teaches the model, from the files to the answer that all of it is on disk.

Whole programs, as they run on a host: qctl reads, scanners make features, the quarantine learns and commits. CPU is of all of them. The
disk is the one that the folder DISK is on, /var/tmp where nothing is said: a commit costs nothing in memory. What the mails are is of no
account, so every other one is learned as spam.
"""
import json
import os
import pathlib
import resource
import shutil
import statistics
import tempfile
import time

from world import Lazaret

DISK = os.environ.get("DISK", "/var/tmp")
TICK = os.sysconf("SC_CLK_TCK")
CONFIG = "log:\n  level: info\nvirus:\n  enabled: false\n"


def cpu_seconds(lazaret):
    """Of what runs and what qctl has used, as it is a child that was buried."""
    total = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    for pids in lazaret.pids().values():
        for pid in pids:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / TICK
    return total


def learn_all(folders):
    """Mails a second, and CPU ms a mail."""
    where = tempfile.mkdtemp(prefix="lazaret-bench.", dir=DISK)
    os.chmod(where, 0o755)
    lazaret = Lazaret(where, 25, CONFIG)
    try:
        lazaret.start()
        began, before, learned = time.monotonic(), cpu_seconds(lazaret), 0
        for kind, folder in folders.items():
            said = json.loads(lazaret.qctl("learn", "--json", kind, str(folder)).stdout)
            learned += said["learned"] + said["already"] + said["corrected"]
        took, cpu = time.monotonic() - began, cpu_seconds(lazaret) - before
        lazaret.stop()
    finally:
        lazaret.kill_all()
        shutil.rmtree(where, ignore_errors=True)
    return learned / took, cpu / learned * 1000, learned


def divide(source, folder):
    """The mails of a folder, by turns to spam and ham."""
    folders = {kind: folder / kind for kind in ("spam", "ham")}
    for one in folders.values():
        one.mkdir(parents=True)
    for number, path in enumerate(sorted(source.iterdir())):
        os.link(path, folders["ham" if number % 2 else "spam"] / path.name)
    return folders


def measure(source, folder, rounds):
    folders = divide(pathlib.Path(source), pathlib.Path(folder))
    rows = [learn_all(folders) for _ in range(rounds)]
    rate, cpu, count = (statistics.median(column) for column in zip(*rows))
    least, most = min(row[0] for row in rows), max(row[0] for row in rows)
    print(f"\nlearning, on {DISK}: {count:.0f} mails, {rate:.0f} a second ({least:.0f} to {most:.0f} in {rounds} rounds) on {os.cpu_count()} cores, "
          f"{cpu:.2f} ms of CPU a mail", flush=True)
