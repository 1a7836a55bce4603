"""What weighing a mail as spam costs, beside SpamAssassin's own daemon with the same rules and rspamd's with its own, in one run and on
the same mails.

Ours is the whole stage as a scanner runs it: the MIME map, the texts that rules see, every rule and function, what they found, the
features of the model and its logit. spamd has one child, no network (-L), no Bayes, and Debian's rules. rspamd has one scanner, the
rules of its Debian package that ask nobody, no Bayes, and all its expressions compiled by Hyperscan before it is measured. Each is
asked by its own protocol, one mail after the other, and has seen some mails before.
"""
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "agree"))

import rspamd  # noqa: E402
from world import BUILD, ROOT, free_port, wait_for  # noqa: E402

RULES = "/usr/share/spamassassin"
TICK = os.sysconf("SC_CLK_TCK")
WARM = 50  # mails before it counts
TURNS = 4
CONFIG = """site:
  name: mx.example.org
  admin: postmaster@example.org
  domains: [example.org]
  run_dir: {folder}/run
  state_dir: {folder}/{state}
front:
  next_hop: 127.0.0.1:10026
virus:
  enabled: false
spam:
  rules: [{rules}]
  model:
    least: 1
"""


def cpu_seconds(pid):
    """With the children that it has buried."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(fields[at]) for at in (11, 12, 13, 14)) / TICK


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ask(port, mail):
    with socket.create_connection(("127.0.0.1", port), 60) as s:
        s.sendall(b"SYMBOLS SPAMC/1.5\r\nContent-length: %d\r\n\r\n" % len(mail) + mail)
        s.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := s.recv(65536):
            answer += piece
    assert answer.startswith(b"SPAMD/1.1 0 EX_OK"), answer[:80]


def find_spamd(folder):
    """The machine's, or Debian's package unpacked here: installed, it might be started."""
    found = shutil.which("spamd", path="/usr/sbin:" + os.environ["PATH"])
    if found:
        return found
    subprocess.run(["apt-get", "download", "spamd"], cwd=folder, check=True, capture_output=True, timeout=120)
    subprocess.run(["dpkg", "-x", next(pathlib.Path(folder).glob("spamd_*.deb")), f"{folder}/spamd"], check=True, capture_output=True)
    return f"{folder}/spamd/usr/sbin/spamd"


def median(rows):
    return [statistics.median(column) for column in zip(*rows)]


def timed(look, mails, cpu):
    began, before = time.monotonic(), cpu()
    for mail in mails:
        look(mail)
    return (time.monotonic() - began) / len(mails) * 1000, (cpu() - before) / len(mails) * 1000


def spamd_of(program, mails, folder):
    """Milliseconds a mail, and of CPU."""
    port = free_port()
    process = subprocess.Popen([program, "-L", "-x", "-i", "127.0.0.1", "-p", str(port), "-m", "1", "--max-conn-per-child", "100000",
                                "-u", "nobody", "-H", folder, "-s", "stderr"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def is_there():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", port)) == 0
        wait_for(is_there, 60, 0.2, "spamd")
        for mail in mails[:WARM]:
            ask(port, mail)
        child, = children(process.pid)
        return timed(lambda mail: ask(port, mail), mails, lambda: cpu_seconds(child))
    finally:
        process.terminate()
        process.wait(30)


def rspamd_of(daemon, mails):
    """rspamd, which is started once for all rounds: that alone takes it a quarter of a minute."""
    for mail in mails[:WARM]:
        daemon.check(mail)
    scanner = daemon.child("normal")
    return timed(daemon.check, mails, lambda: cpu_seconds(scanner))


def costs_of(program, *arguments, **environment):
    """What it printed, and the CPU ms a mail that stand behind each name there."""
    out = subprocess.run([BUILD / "tests/bench" / program, *arguments], check=True, capture_output=True, text=True,
                         env=dict(os.environ, **environment)).stdout
    return out, {name.strip(): float(ms) for name, ms in re.findall(r"^(.+?) +([0-9.]+) ms a mail", out, re.M)}


def rules_alone(folder, scratch):
    """CPU ms a mail, and what was read. The first time it makes the database that the whole stage takes, too."""
    out, costs = costs_of("lib/spam/bench_rules", folder, RULES=f"{ROOT}/rules:{RULES}", DATABASE=f"{scratch}/state/rules.hyper")
    return costs, out.splitlines()[0]


def stage_of(folder, scratch, which):
    return costs_of("workers/qscan/bench_spam", f"{scratch}/{which}.yaml", folder)[1]


def side_by_side(program, daemon, mails, folder, scratch):
    """The whole stage and rspamd in turn, which take a second or two each, half of the turns before spamd and half behind it, which takes
    long: a machine with other work drifts. Medians."""
    def turns():
        return [(stage_of(folder, scratch, "all"), stage_of(folder, scratch, "own"), rspamd_of(daemon, mails)) for _ in range(TURNS // 2)]
    before, by_spamd = turns(), spamd_of(program, mails, scratch)
    stages, own, by_rspamd = zip(*before, *turns())
    stage = {name: statistics.median(stage[name] for stage in stages) for name in stages[0]}
    stage["own"] = statistics.median(one["the whole stage"] for one in own)
    return stage, by_spamd, median(by_rspamd)


def prepare(folder, scratch):
    """The mails, some hundred of those in `folder`, and a configuration."""
    sample = pathlib.Path(scratch, "mails")
    for one in (sample, pathlib.Path(scratch, "run"), pathlib.Path(scratch, "state"), pathlib.Path(scratch, "none")):
        one.mkdir()
    for which, state, rules in (("all", "state", f"{ROOT}/rules, {RULES}"), ("own", "none", f"{ROOT}/rules")):
        pathlib.Path(scratch, f"{which}.yaml").write_text(CONFIG.format(folder=scratch, state=state, rules=rules))
    paths = sorted(pathlib.Path(folder).iterdir())
    for path in paths[::max(1, len(paths) // 400)]:
        shutil.copy(path, sample)
    return sample, [path.read_bytes() for path in sorted(sample.iterdir())]


def tell(read, count, rules, stage, by_spamd, by_rspamd):
    (wall, cpu), (wall_rspamd, cpu_rspamd) = by_spamd, by_rspamd
    whole = stage["the whole stage"]
    print(f"\nspam: {read}; {count} mails, one core\n"
          f"  spamd -L, one child          {cpu:7.2f} ms of CPU a mail ({wall:.2f} ms to wait)\n"
          f"  rspamd, its static rules     {cpu_rspamd:7.2f} ms of CPU a mail ({wall_rspamd:.2f} ms to wait)\n"
          f"  the whole stage              {whole:7.2f} ms of CPU: {cpu / whole:.1f} times spamd's messages a second of a core, "
          f"{whole / cpu_rspamd:.2f} of rspamd's CPU\n"
          f"    of it, the map             {stage['map']:7.3f} ms\n"
          f"    features and logit         {stage['features and logit']:7.3f} ms\n"
          f"    texts, rules, findings     {stage['texts, rules, findings']:7.3f} ms\n"
          f"  with our own rules only      {stage['own']:7.2f} ms of CPU, without a database: {stage['own'] / cpu_rspamd:.2f} of rspamd's\n"
          f"  the rules alone, Hyperscan   {rules['all, by Hyperscan and PCRE2']:7.2f} ms\n"
          f"  the same by PCRE2 alone      {rules['all, by PCRE2']:7.2f} ms", flush=True)
    return cpu / whole, whole / cpu_rspamd


def measure(folder, rounds):
    """`folder`: mails, one a file, of which some hundred are taken."""
    scratch = tempfile.mkdtemp(prefix="lazaret-bench.")
    os.chmod(scratch, 0o755)
    daemon = None
    try:
        try:
            rspamd.install("rspamd")
            program = find_spamd(scratch)
        except (OSError, subprocess.SubprocessError, StopIteration) as error:
            print(f"\nspam: not measured, as spamd and rspamd can't be had: {error}", flush=True)
            return
        sample, mails = prepare(folder, scratch)
        daemon = rspamd.Rspamd(f"{scratch}/rspamd", pathlib.Path(scratch, "cache"))
        daemon.settle()
        ratios = []
        for _ in range(rounds):
            rules, read = rules_alone(sample, scratch)
            ratios.append(tell(read, len(mails), rules, *side_by_side(program, daemon, mails, sample, scratch)))
        times, of_rspamd = median(ratios)
        print(f"\nmedians of {rounds} rounds: {times:.1f} times spamd's messages a second of a core, {of_rspamd:.2f} of rspamd's CPU a mail",
              flush=True)
    finally:
        if daemon:
            daemon.stop()
        shutil.rmtree(scratch, ignore_errors=True)
