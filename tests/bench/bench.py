"""make bench: how fast, and how much memory, as ratios side by side in one run.

    CORPUS=folder     real mails, one a file, for the text measurements (without it: made ones)
    ITEMS=1000000     in the quarantine that is searched, with ONLY=find; needs 3 GB and some minutes
    SECONDS=5         for each measurement at most; it ends when each mail was scanned once
    ROUNDS=3          medians over so many rounds; the rounds interleave, so that a machine that drifts drifts for all
    DATABASE=small    skip the production-size signature database
    ONLY=a,b          of: scan one-core postfix memory reload map find pack store spam learn

On text, on business-like mail of which a third has attachments, and on mail whose attachments recur:

(a) libclamav alone, in two processes that share the engine, on each whole message and on its parts
(b) clamd by INSTREAM, on the whole message, with the best of several numbers of clients
(c) the pool over ipc://, front door of the broker to verdict, scanning the same as (a)
(d) the pool as it comes: the whole message only where its parts are not all there is

Then all of that on one core; end to end through Postfix; memory; what taking up new signatures costs; the MIME map; the spam stage
beside spamd and rspamd; learning.

libclamav remembers what it has found clean, so a mail that comes again is nearly free, and real mail does not come again. Each
measurement begins with processes that have seen nothing, and shows them each mail once.
"""
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import corpora  # noqa: E402
import learning  # noqa: E402
import signatures  # noqa: E402
import spam  # noqa: E402
import storing  # noqa: E402
from world import BUILD, World, wait_for  # noqa: E402

SECONDS = int(os.environ.get("SECONDS", "5"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
ONLY = os.environ.get("ONLY", "scan,one-core,postfix,memory,reload,map,store,spam,learn").split(",")
FLIGHT = 32  # more than the credit of our one worker: there is always a message waiting
CLIENTS = (2, 4)  # of clamd
TICK = os.sysconf("SC_CLK_TCK")
CLAMD = "clamd"


# ---------------------------------------------------------------- what is scanned

def texts(folder):
    """A flat folder of mails, from CORPUS or made here."""
    source, count = os.environ.get("CORPUS"), 0
    if not source:
        corpora.generate("texts", folder, 4000)
        return "4000 made texts (give CORPUS=folder for real ones)"
    folder.mkdir()
    for path in sorted(pathlib.Path(source).rglob("*")):
        if path.is_file() and count < 20000:
            data = path.read_bytes()
            (folder / f"{count:05}").write_bytes(data.split(b"\n", 1)[1] if data.startswith(b"From ") else data)
            count += 1
    return f"{count} mails of {source}"


# ---------------------------------------------------------------- processes

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
    wait_for(lambda: lazaret.log().count("state=serving") > served, 120, message="a generation of scanners")
    wait_for(lambda: len(lazaret.pids()["qscan"]) == before, 60, message="the end of the old ones")
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


# ---------------------------------------------------------------- who scans; each gives mails/s and CPU ms/mail

def bare(world, folder, seconds, processes=2, whole=False, program="bench_bare"):
    out = subprocess.run([str(BUILD / "tests/bench/workers/qscan" / program), str(world.lazaret.conf), str(folder), str(seconds),
                          str(processes)] + ["whole"] * whole, capture_output=True, text=True, check=True)
    count, took, cpu = map(float, out.stdout.split()[:3])
    return count / took, cpu / count * 1000


def pool_times(world, folder, seconds):
    endpoint = f"ipc://{world.lazaret.run}/broker/front.ipc"
    out = subprocess.run([str(BUILD / "tests/bench/broker/bench_pool"), endpoint, str(folder), str(seconds), str(FLIGHT)],
                         capture_output=True, text=True, check=True)
    count, took, busy, _, p99 = map(float, out.stdout.split())
    assert busy == 0, "the broker was busy"
    return count, count / took, p99


def pool(world, folder, seconds=SECONDS):
    fresh_scanners(world)
    before = cpu_seconds(own_pids(world))
    count, rate, _ = pool_times(world, folder, seconds)
    return rate, (cpu_seconds(own_pids(world)) - before) / count * 1000


def find_clamd(folder):
    """The machine's, or Debian's package unpacked here, so that nothing is installed and no daemon started."""
    found = shutil.which(CLAMD, path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
    if found:
        return found
    try:
        subprocess.run(["apt-get", "download", "clamav-daemon"], cwd=folder, check=True, capture_output=True, timeout=120)
        subprocess.run(["dpkg", "-x", next(folder.glob("clamav-daemon_*.deb")), folder / "clamd"], check=True, capture_output=True)
        return str(folder / "clamd/usr/sbin/clamd")
    except (OSError, subprocess.SubprocessError, StopIteration):
        return None


class Clamd:
    """A daemon of its own for each measurement: its cache of clean files lasts as long as it does."""

    def __init__(self, program, database, scratch):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="clamd.", dir=scratch))
        self.socket = self.dir / "clamd.sock"
        (self.dir / "clamd.conf").write_text(
            f"DatabaseDirectory {database}\nLocalSocket {self.socket}\nTemporaryDirectory {self.dir}\nForeground yes\n"
            "AlertExceedsMax yes\nAlertEncrypted yes\nMaxScanSize 200M\nMaxFileSize 64M\nStreamMaxLength 64M\nMaxThreads 8\n")
        self.process = subprocess.Popen([program, "-c", self.dir / "clamd.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.socket.exists, 120, message="clamd")

    def scan(self, folder, seconds, clients):
        before = cpu_seconds([self.process.pid])
        out = subprocess.run([str(BUILD / "tests/bench/lib/virus/bench_clamd"), str(self.socket), str(folder), str(seconds),
                              str(clients)], capture_output=True, text=True, check=True)
        count, took, _ = map(float, out.stdout.split())
        return count / took, (cpu_seconds([self.process.pid]) - before) / count * 1000

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.dir, ignore_errors=True)


def clamd(program, database, scratch, folder, seconds):
    best = (0, 0)
    for clients in CLIENTS:
        daemon = Clamd(program, database, scratch)
        try:
            best = max(best, daemon.scan(folder, seconds, clients))
        finally:
            daemon.stop()
    return best


def through_postfix(world, folder, count=400):
    paths = sorted(folder.iterdir())
    fresh_scanners(world)
    before, have = cpu_seconds(own_pids(world)), done(world)
    began = time.monotonic()

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


# ---------------------------------------------------------------- the measurements

def configuration(world, whole="needed", count=2):
    return (f"workers:\n  scanners: {count}\nlog:\n  level: info\nquarantine:\n  map_size: 2G\n"
            "access:\n  null_sender_one_recipient: false\nspam:\n  enabled: false\n"
            f"virus:\n  database: {world.lazaret.dir}/signatures\n  whole: {whole}\n")


class Bench:
    def __init__(self, scratch):
        self.scratch = scratch
        self.database = scratch / "database"
        if os.environ.get("DATABASE") != "small":
            signatures.generate(self.database)
        self.what = texts(scratch / "texts")
        self.folders = {"text": scratch / "texts",
                        "mix": corpora.generate("mix", scratch / "mix", 1500),
                        "recurring": corpora.generate("recurring", scratch / "recurring", 600)}
        self.clamd = find_clamd(scratch)
        self.worlds = []

    def world(self, whole="needed", count=2):
        # Scratch files belong on tmpfs, and for the bare library as well as for the pool.
        world = World(root="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        for path in self.database.glob("*"):
            os.symlink(path, world.lazaret.dir / "signatures" / path.name)
        world.lazaret.write(configuration(world, whole, count))
        self.worlds.append(world)
        world.start()
        return world

    def stop(self):
        for world in self.worlds:
            world.stop()
        self.worlds = []

    def scan(self, kinds, cores):
        same, fewer = self.world("always", cores), self.world("needed", cores)
        os.environ["TMPDIR"] = str(same.dir)
        database = same.lazaret.dir / "signatures"
        rows = {}
        for _ in range(ROUNDS):
            for kind in kinds:
                folder, seconds = self.folders[kind], SECONDS
                row = rows.setdefault(kind, {key: [] for key in "abcd"})
                row["a"].append(bare(same, folder, seconds, cores))
                row["c"].append(pool(same, folder, seconds))
                row["d"].append(pool(fewer, folder, seconds))
                if self.clamd:
                    row["b"].append(clamd(self.clamd, database, same.dir, folder, seconds))
        self.stop()
        for kind, row in rows.items():
            tell_scan(kind, {key: median(values) for key, values in row.items() if values}, cores)

    def postfix(self):
        world = self.world()
        rows = [through_postfix(world, self.folders["text"]) for _ in range(ROUNDS)]
        self.stop()
        rate, cpu = median(rows)
        print(f"\nend to end through Postfix, text: {rate:.0f} mails/s, {cpu:.2f} ms of our CPU a mail", flush=True)

    def memory(self):
        """PSS of all of qscan with one scanner and with four that have all worked."""
        sizes = {}
        for count in (1, 4):
            world = self.world("needed", count)
            pool(world, self.folders["mix"])
            working = scanners(world)
            assert len(working) == count and all(cpu_seconds([pid]) > 0 for pid in working), "a scanner has not worked"
            parents = [pid for pid in world.lazaret.pids()["qscan"] if pid not in working]
            sizes[count] = sum(pss_mib(pid) for pid in working + parents)
            out = subprocess.run([str(BUILD / "tests/bench/workers/qscan/bench_bare"), str(world.lazaret.conf),
                                  str(self.folders["text"]), "1", "1", "whole"], capture_output=True, text=True, check=True)
            engine = float(out.stdout.split()[3]) / 1024
            self.stop()
        print(f"\nmemory (PSS of qscan, having scanned attachments): one scanner {sizes[1]:.0f} MiB, four {sizes[4]:.0f} MiB; "
              f"the engine alone {engine:.0f} MiB\n  four scanners: 1.15 engines and {(sizes[4] - 1.15 * engine) / 4:.1f} MiB each; "
              f"{(sizes[4] - sizes[1]) / 3:.1f} MiB for each scanner more", flush=True)

    def reload(self):
        world, folder, seconds = self.world(), self.folders["mix"], 4 * SECONDS
        rows = []
        for _ in range(ROUNDS):
            fresh_scanners(world)
            _, usual, p99 = pool_times(world, folder, seconds)
            fresh_scanners(world)
            served = world.lazaret.log().count("state=serving")
            timer = threading.Timer(0.3, os.kill, (world.lazaret.pids()["qworker"][0], signal.SIGHUP))
            began = time.monotonic()
            timer.start()
            took = []
            watcher = threading.Thread(target=lambda: took.append(
                wait_for(lambda: world.lazaret.log().count("state=serving") > served and time.monotonic(), 120)))
            watcher.start()
            _, during, p99_during = pool_times(world, folder, seconds)
            watcher.join()
            rows.append((during / usual, p99_during / p99, took[0] - began))
        self.stop()
        rate, late, took = median(rows)
        print(f"\nnew signatures under load, attachments ({seconds} s, in which a generation is loaded in {took:.1f} s and takes over): "
              f"{rate:.2f} of the usual throughput, p99 {late:.2f} of the usual", flush=True)

    def map(self):
        print("\nthe MIME map", flush=True)
        subprocess.run([BUILD / "tests/bench/lib/mime/bench_map", self.folders["text"]], check=False)

    def spam(self):
        spam.measure(self.folders["text"], ROUNDS)

    def learn(self):
        learning.measure(self.folders["text"], self.scratch / "lessons", ROUNDS)

    def find(self):
        print("\nfinding in the quarantine", flush=True)
        subprocess.run([BUILD / "tests/bench/quarantine/bench_find", self.scratch / "quarantine", os.environ.get("ITEMS", "1000000")],
                       check=False)

    def pack(self):
        print("\nwhat compressing saves and costs", flush=True)
        for kind, folder in self.folders.items():
            print(kind, flush=True)
            subprocess.run([BUILD / "tests/bench/quarantine/bench_pack", self.scratch / f"pack-{kind}", folder], check=False)


def tell_scan(kind, values, cores):
    names = {"a": "(a) libclamav alone, whole and parts", "b": "(b) clamd, whole", "c": "(c) the pool, whole and parts",
             "d": "(d) the pool, the whole where needed"}
    print(f"\n{kind}, {cores} core{'s' * (cores > 1)}{'':22} mails/s  CPU ms/mail   to (a): mails/s   CPU   to (b): mails/s   CPU")
    for key in sorted(values):
        rate, cpu = values[key]
        ratios = "".join(f"{rate / values[to][0]:17.2f} {values[to][1] / cpu:5.2f}" if to in values else f"{'-':>17} {'-':>5}"
                         for to in "ab")
        print(f"{names[key]:37} {rate:7.0f} {cpu:12.2f} {ratios}", flush=True)


def median(rows):
    return [statistics.median(column) for column in zip(*rows)]


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    if "store" in ONLY:
        storing.measure(ROUNDS, min(SECONDS, 3))
    if ONLY == ["store"]:
        return
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="lazaret-bench."))
    os.chmod(scratch, 0o755)
    bench = Bench(scratch)
    try:
        print(f"{bench.what}; {ROUNDS} rounds of at most {SECONDS} s, medians; no spam rules, as libclamav and clamd have none", flush=True)
        if "scan" in ONLY:
            bench.scan(["text", "mix", "recurring"], 2)
        for part in ("postfix", "memory", "reload", "map", "find", "pack", "spam", "learn"):
            if part in ONLY:
                getattr(bench, part)()
        if "one-core" in ONLY:  # the last, as it is for all that is started from then on
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
            bench.scan(["text", "mix"], 1)
    finally:
        bench.stop()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
