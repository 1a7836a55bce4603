"""What weighing a mail as spam costs, beside SpamAssassin's own daemon with the same rules, in one run and on the same mails.

Ours is all that a scanner does for rules: the MIME map, the texts that they see, every rule and function. (The features of the model
are some 0.2 ms more.) The daemon has one child, no network (-L), no Bayes, and Debian's rules; it is asked by its own protocol.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from world import BUILD, ROOT, free_port, wait_for

RULES = "/usr/share/spamassassin"
TICK = os.sysconf("SC_CLK_TCK")


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


def daemon(mails, folder):
    port = free_port()
    process = subprocess.Popen([find_spamd(folder), "-L", "-x", "-i", "127.0.0.1", "-p", str(port), "-m", "1", "--max-conn-per-child", "100000",
                                "-u", "nobody", "-H", folder, "-s", "stderr"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def is_there():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", port)) == 0
        wait_for(is_there, 60, 0.2, "spamd")
        ask(port, mails[0])  # its child has read everything
        child, = children(process.pid)
        began, before = time.monotonic(), cpu_seconds(child)
        for mail in mails:
            ask(port, mail)
        return (time.monotonic() - began) / len(mails) * 1000, (cpu_seconds(child) - before) / len(mails) * 1000
    finally:
        process.terminate()
        process.wait(30)


def ours(folder, scratch):
    """CPU ms a mail, with Hyperscan and without it; and what was read."""
    out = subprocess.run([BUILD / "tests/bench/lib/spam/bench_rules", folder], check=True, capture_output=True, text=True,
                         env=dict(os.environ, RULES=f"{ROOT}/rules:{RULES}", DATABASE=f"{scratch}/rules.hyper")).stdout

    def cost(what):
        return float(re.search(rf"^{re.escape(what)} +([0-9.]+) ms a mail", out, re.M)[1])
    return cost("all, by Hyperscan and PCRE2"), cost("all, by PCRE2"), out.splitlines()[0]


def measure(folder, rounds):
    """`folder`: mails, one a file, of which some hundred are taken."""
    scratch = tempfile.mkdtemp(prefix="lazaret-bench.")
    os.chmod(scratch, 0o755)
    try:
        sample = pathlib.Path(scratch, "mails")
        sample.mkdir()
        paths = sorted(pathlib.Path(folder).iterdir())
        for path in paths[::max(1, len(paths) // 400)]:
            shutil.copy(path, sample)
        mails = [path.read_bytes() for path in sorted(sample.iterdir())]
        for _ in range(rounds):
            fast, plain, rules = ours(sample, scratch)
            wall, cpu = daemon(mails, scratch)
            print(f"\nspam: {rules}; {len(mails)} mails, one core\n"
                  f"  spamd -L, one child          {wall:7.2f} ms a mail, {cpu:.2f} ms of CPU\n"
                  f"  map, texts, rules, Hyperscan {fast:7.2f} ms of CPU a mail: {wall / fast:.1f} times its messages a second, {cpu / fast:.1f} by CPU\n"
                  f"  the same by PCRE2 alone      {plain:7.2f} ms of CPU a mail: {wall / plain:.1f} times, {cpu / plain:.1f} by CPU", flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
