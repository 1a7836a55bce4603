"""make bench: how fast, and how much memory, as ratios side by side in one run.

    CORPUS=folder     real mails, one a file (without it: a small set of made ones)
    SECONDS=8         for each measurement
    ROUNDS=3          medians over so many rounds; the rounds interleave, so that a machine that drifts drifts for all
    DATABASE=small    skip the production-size signature database

(a) the bare pipeline in one loop, without ZeroMQ, on one and two processes
(b) the pool over ipc://: front door of the broker to verdict
(c) end to end through Postfix
(d) the MIME map alone, beside GMime's parse, and what a megabyte that is made to be slow costs it

libclamav remembers what it has found clean, so a mail that comes again is nearly free, and real mail does not come again. Each
measurement begins with processes that have seen nothing, and CORPUS should hold more mails than pass in SECONDS.
"""
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import mails  # noqa: E402
import signatures  # noqa: E402
from world import BUILD, World, wait_for  # noqa: E402

SECONDS = int(os.environ.get("SECONDS", "8"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
FLIGHT = 32  # more than the credit of our one worker: there is always a message waiting
TICK = os.sysconf("SC_CLK_TCK")


def corpus(folder):
    """A flat folder of mails, from CORPUS or made here."""
    source = os.environ.get("CORPUS")
    if source:
        count = 0
        for path in sorted(pathlib.Path(source).rglob("*")):
            if path.is_file() and count < 20000:
                data = path.read_bytes()
                if data.startswith(b"From "):
                    data = data.split(b"\n", 1)[1]
                (folder / f"{count:05}").write_bytes(data)
                count += 1
        return f"{count} mails of {source}"
    made = [m for _, m in mails.sample()]
    for number in range(200):
        (folder / f"{number:05}").write_bytes(made[number % len(made)].replace(b"Subject:", b"X-N: %d\nSubject:" % number, 1))
    return "200 made mails (give CORPUS=folder for real ones)"


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += sum(int(fields[i]) for i in (11, 12, 13, 14))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total / TICK


def fresh_scanners(world):
    """A new generation of scanners, that has seen nothing, and the old one gone with its supervisor."""
    lazaret, before = world.lazaret, len(world.lazaret.pids()["qscan"])
    served = lazaret.log().count("state=serving")
    os.kill(lazaret.pids()["qworker"][0], signal.SIGHUP)
    wait_for(lambda: lazaret.log().count("state=serving") > served, 60, message="a generation of scanners")
    wait_for(lambda: len(lazaret.pids()["qscan"]) == before, 30, message="the end of the old ones")
    time.sleep(1.5)  # the keeper buries them once a second, and what they used counts as its own from then on


def scanners(world):
    """Not the keeper and the supervisor, which are qscan too: who has a child that is one is none."""
    pids = world.lazaret.pids()["qscan"]
    parents = {int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]) for pid in pids}
    return [pid for pid in pids if pid not in parents]


def pss_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0


def own_pids(world):
    return [pid for pids in world.lazaret.pids().values() for pid in pids]


def bare(world, folder, processes):
    out = subprocess.run([str(BUILD / "tests/bench/workers/qscan/bench_pipeline"), str(world.lazaret.conf), str(folder),
                          str(SECONDS), str(processes)], capture_output=True, text=True, check=True)
    count, seconds, cpu = map(float, out.stdout.split())
    return count / seconds, cpu / count * 1000


def pool(world, folder):
    fresh_scanners(world)
    before = cpu_seconds(own_pids(world))
    endpoint = f"ipc://{world.lazaret.run}/broker/front.ipc"
    out = subprocess.run([str(BUILD / "tests/bench/broker/bench_pool"), endpoint, str(folder), str(SECONDS), str(FLIGHT)],
                         capture_output=True, text=True, check=True)
    count, seconds, busy, _, _ = map(float, out.stdout.split())
    assert busy == 0, "the broker was busy"
    return count / seconds, (cpu_seconds(own_pids(world)) - before) / count * 1000


def through_postfix(world, folder, count=400):
    paths = sorted(folder.iterdir())
    fresh_scanners(world)
    before, have = cpu_seconds(own_pids(world)), done(world)
    began = time.monotonic()
    import threading

    def send(start):
        for number in range(start, count, 4):
            world.send(paths[number % len(paths)].read_bytes(), to=f"u{number}@example.org")
    threads = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: done(world) - have >= count, 300, 0.05, "all verdicts")
    return count / (time.monotonic() - began), (cpu_seconds(own_pids(world)) - before) / count * 1000


def done(world):
    return world.lazaret.log().count(" event=done ")


def memory(world, folder):
    """PSS of all of qscan with two and with four scanners that have all worked."""
    sizes = {}
    for count in (2, 4):
        world.lazaret.stop()
        world.lazaret.write(configuration(world, scanners=count))
        world.lazaret.start()
        pool(world, folder)
        working = scanners(world)
        assert len(working) == count and all(cpu_seconds([pid]) > 0 for pid in working), "a scanner has not worked"
        sizes[count] = sum(pss_mib(pid) for pid in world.lazaret.pids()["qscan"])
    return sizes


def configuration(world, scanners=2):
    return (f"workers:\n  scanners: {scanners}\nlog:\n  level: info\nquarantine:\n  map_size: 2G\n"
            "access:\n  null_sender_one_recipient: false\n")


def median(rows):
    return [statistics.median(column) for column in zip(*rows)]


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lazaret-bench."))
    os.chmod(folder, 0o755)
    # Scratch files belong on tmpfs, and for the bare pipeline as well as for the pool.
    world = World(root="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    os.environ["TMPDIR"] = str(world.dir)
    try:
        what = corpus(folder)
        if os.environ.get("DATABASE") != "small":
            signatures.generate(world.lazaret.dir / "signatures")
        world.lazaret.write(configuration(world))
        world.start()
        print(f"{what}; {ROUNDS} rounds of {SECONDS} s, medians; two scanners\n")
        rows = {"a1": [], "a2": [], "b": [], "c": []}
        for _ in range(ROUNDS):
            rows["a1"].append(bare(world, folder, 1))
            rows["a2"].append(bare(world, folder, 2))
            rows["b"].append(pool(world, folder))
            rows["c"].append(through_postfix(world, folder))
        names = {"a1": "(a) bare pipeline, one process", "a2": "(a) bare pipeline, two processes",
                 "b": "(b) the pool over ipc://", "c": "(c) end to end through Postfix (CPU: ours alone)"}
        values = {key: median(value) for key, value in rows.items()}
        # The second ratio is what the first would be if nobody ever waited: it holds on a busy machine, too.
        print(f"{'':52} mails/s   CPU ms/mail   to (a), two processes: mails/s   CPU")
        for key, name in names.items():
            (rate, cpu), (most, least) = values[key], values["a2"]
            print(f"{name:52} {rate:7.0f} {cpu:13.2f} {rate / most:34.2f} {least / cpu:5.2f}")
        sizes = memory(world, folder)
        print("\n(d) the MIME map", flush=True)
        subprocess.run([BUILD / "tests/bench/lib/mime/bench_map", folder], check=False)
        print(f"\nPSS of qscan (supervisor and scanners): two scanners {sizes[2]:.0f} MiB, four {sizes[4]:.0f} MiB: "
              f"{(sizes[4] - sizes[2]) / 2:.1f} MiB for each scanner more")
    finally:
        world.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
