"""How much the quarantine stores in a second, beside what the same disk takes in the same run, and what copies cost.

Three rates of the bare disk stand beside it, for parts of the same size:
*one*    one process that writes a part and syncs it before the next: the rate of write and fsync itself;
*own*    as many writers as the store has, each with a file of its own: the same number of parts, as durable, one by one. Here the
         disk hears many at once, and all cores work, without hashing, network, index or database;
*group*  one file, and one sync for what all writers have brought: what a group commit is made of.
The disk is the one that the folder DISK is on, /var/tmp where nothing is said: a sync costs nothing in memory.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile

from world import BUILD, Lazaret

PARTS = {"4 KB": 4000, "50 KB": 50000, "2 MB": 2000000}
WRITERS = (1, 8, 32)
DISK = os.environ.get("DISK", "/var/tmp")
PROGRAMS = BUILD / "tests/bench/quarantine"
TICK = os.sysconf("SC_CLK_TCK")
CONFIG = "log:\n  level: info\nquarantine:\n  map_size: 16G\n  max_item_size: 64M\n"


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def run(kind, where, writers, size, seconds):
    """Parts a second, and the times in ms within which half and 99 of 100 of them were done."""
    out = subprocess.run([str(PROGRAMS / "bench_store"), kind, str(where), str(writers), str(size), str(seconds)],
                         capture_output=True, text=True, check=True)
    count, took, p50, p99 = map(float, out.stdout.split())
    return count / took, p50, p99, count


class Store:
    """A qstore by itself, with a quarantine that is new."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lazaret-bench.", dir=DISK))
        os.chmod(self.dir, 0o755)
        self.lazaret = Lazaret(self.dir, 25, CONFIG)
        self.lazaret.make_folders()
        self.pid = self.lazaret.start_one("qstore").pid
        self.endpoint = f"ipc://{self.lazaret.run}/quarantine/store.ipc"

    def stop(self):
        self.lazaret.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


def measure_one(writers, size, seconds):
    folder = tempfile.mkdtemp(prefix="lazaret-bench.", dir=DISK)
    store = Store()
    try:
        own = run("raw", folder, writers, size, seconds)[0]
        before = cpu_seconds(store.pid)
        stored, p50, p99, count = run("store", store.endpoint, writers, size, seconds)
        cpu = (cpu_seconds(store.pid) - before) / count * 1000
        group = run("group", folder, writers, size, seconds)[0]
        one = own if writers == 1 else run("raw", folder, 1, size, seconds)[0]
        return stored, one, stored / one, own, stored / own, group, stored / group, p50, p99, cpu
    finally:
        store.stop()
        shutil.rmtree(folder, ignore_errors=True)


def device():
    return subprocess.run(["df", "--output=source,fstype", DISK], capture_output=True, text=True,
                          check=True).stdout.splitlines()[1].strip()


def rates(rounds, seconds):
    rows = {(name, writers): [] for name in PARTS for writers in WRITERS}
    for _ in range(rounds):  # one after the other, so that a disk that becomes slower does so for all
        for name, writers in rows:
            rows[name, writers].append(measure_one(writers, PARTS[name], seconds))
    print(f"\nstoring, on {DISK} ({device()}); {rounds} rounds of {seconds} s, medians\n"
          "part   writers  stores/s    one/s  ratio    own/s  ratio  group/s  ratio   p50 ms  p99 ms  CPU ms a store", flush=True)
    for (name, writers), values in rows.items():
        stored, one, to_one, own, to_own, group, to_group, p50, p99, cpu = (statistics.median(column) for column in zip(*values))
        print(f"{name:6} {writers:7} {stored:9.0f} {one:8.0f} {to_one:6.2f} {own:8.0f} {to_own:6.2f} {group:8.0f} {to_group:6.2f} "
              f"{p50:8.1f} {p99:7.1f} {cpu:8.2f}", flush=True)


def copies(count):
    folder = tempfile.mkdtemp(prefix="lazaret-bench.", dir=DISK)
    try:
        subprocess.run([str(PROGRAMS / "bench_copies"), folder, str(count)], check=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(rounds, seconds):
    rates(rounds, seconds)
    copies(int(os.environ.get("COPIES", "10000")))
