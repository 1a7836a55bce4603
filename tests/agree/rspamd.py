"""An rspamd of our own for measurements: as its Debian package comes, on sockets in a folder, without what asks the network.

Its rules are all there but those that need DNS, redis or a service elsewhere: these modules are off, and of two others the parts that
ask (`dns req: 0` for every mail, in its log at level info). Nothing listens on a port, and its log has warnings only. Without redis it
has no Bayes either; with it Bayes says what it thinks as a symbol, PROBABILITY, with all digits that it has (rspamd itself tells two).
Needs root, which it gives up for nobody, as redis does.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHIPPED = "/etc/rspamd"
USER, GROUP = "nobody", "nogroup"
QUIET_LOOKS = 50  # ten a second
TICK = os.sysconf("SC_CLK_TCK")

ASKING = ("antivirus arc asn aws_s3 bimi clickhouse dcc dkim dkim_signing dmarc elastic external_services fuzzy_check greylist history_redis "
          "mx_check neural once_received p0f ratelimit rbl replies reputation rspamd_update spf surbl url_redirector").split()

FILES = {
    "options.inc": """dns { nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }
local_addrs = [];
disable_monitoring = true;
task_timeout = 60s;
""",
    "hfilter.conf": "from_enabled = false;\nhelo_enabled = false;\n",
    "phishing.conf": "phishtank_enabled = false;\n",
    "worker-proxy.inc": "enabled = false;\n",
    "worker-fuzzy.inc": "enabled = false;\n",
}

# Without this it asks no Bayes about a mail that has points enough for a refusal.
ALL_FILTERS = "check_all_filters = true;\n"

# Learned without a look at what it thinks of the mail already, and nothing by itself. A redis that is slow on a busy machine is waited
# for: after half a second it would say nothing of the mail.
BAYES = """servers = "{redis}";
timeout = 30s;
min_learns = 1;
learn_condition = "return function(task, is_spam, is_unlearn) return true end";
autolearn = false;
"""

# The number by which it decides: what it shows otherwise is this one in percent, with two decimals.
PROBABILITY = """rspamd_config:register_symbol {
  name = 'PROBABILITY',
  type = 'postfilter',
  callback = function(task)
    local p = task:get_mempool():get_variable('bayes_prob', 'double')
    if p then task:insert_result('PROBABILITY', 1.0, string.format('%.17g', p)) end
  end
}
"""


def install(*packages):
    """Debian's, without a service being started: install-packages sees to that."""
    subprocess.run([ROOT / "tests/tools/install-packages", *packages], check=True)


def stat_of(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def cpu_seconds(pid):
    fields = stat_of(pid)
    return (int(fields[11]) + int(fields[12])) / TICK


def state_of(pid):
    return stat_of(pid)[0]


def wait_until(predicate, seconds, what):
    end = time.monotonic() + seconds
    while not predicate():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.1)


def answers(path):
    with socket.socket(socket.AF_UNIX) as s:
        return s.connect_ex(str(path)) == 0


def stop(process):
    """By its pid; rspamd ends its workers itself."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def give(folder):
    """A folder that is theirs alone to write in."""
    folder.mkdir()
    shutil.chown(folder, USER, GROUP)
    return folder


class Redis:
    """In memory only, on a socket."""

    def __init__(self, folder):
        where = give(folder / "redis")
        self.socket = where / "redis.sock"
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700", "--save", "", "--appendonly", "no",
             "--dir", where, "--logfile", where / "redis.log", "--daemonize", "no"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            user=USER, group=GROUP, extra_groups=[])
        try:
            wait_until(lambda: answers(self.socket), 20, "redis")
        except BaseException:
            self.stop()
            raise

    def stop(self):
        stop(self.process)


class Rspamd:
    """`cache`: where its compiled expressions are kept; several may share it, one after the other."""

    def __init__(self, folder, cache, redis=None):
        self.folder, self.process = pathlib.Path(folder), None
        self.scanner, self.controller = self.folder / "scanner.sock", self.folder / "controller.sock"
        give(self.folder)
        give(self.folder / "data")
        if not cache.exists():
            give(cache)
        self.configure(cache, redis)
        variables = {"CONFDIR": self.folder / "etc", "LOCAL_CONFDIR": self.folder / "etc", "RUNDIR": self.folder, "LOGDIR": self.folder,
                     "DBDIR": self.folder / "data"}
        self.process = subprocess.Popen(["rspamd", "-f", "-u", USER, "-g", GROUP, "-c", self.folder / "etc/rspamd.conf",
                                         *(f"--var={name}={value}" for name, value in variables.items())],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: self.scanner.exists() and answers(self.scanner) and answers(self.controller), 300, "rspamd")
        except BaseException:
            self.stop()
            raise

    def configure(self, cache, redis):
        etc = self.folder / "etc"
        shutil.copytree(SHIPPED, etc, ignore=shutil.ignore_patterns("local.d", "override.d"))
        (etc / "local.d").mkdir()
        files = {f"{module}.conf": "enabled = false;\n" for module in ASKING} | FILES
        files["options.inc"] += f'hs_cache_dir = "{cache}/";\n'
        files["logging.inc"] = f'type = "file"; filename = "{self.folder}/rspamd.log"; level = "warning";\n'
        files["worker-normal.inc"] = f'bind_socket = "{self.scanner} mode=0600"; count = 1;\n'
        files["worker-controller.inc"] = f'bind_socket = "{self.controller} mode=0600"; count = 1;\n'
        if redis:
            files["options.inc"] += ALL_FILTERS
            files["classifier-bayes.conf"] = BAYES.format(redis=redis.socket)
            (etc / "rspamd.local.lua").write_text(PROBABILITY)
        else:
            (etc / "statistic.conf").write_text("")
        for name, text in files.items():
            (etc / "local.d" / name).write_text(text)

    def child(self, kind):
        for pid in pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            if pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"rspamd: " + kind.encode()):
                return int(pid)
        return None

    def settle(self):
        """Until its helper has compiled all expressions, and for the seconds after which the scanner has taken them up."""
        wait_until(lambda: self.child("hs_helper"), 60, "rspamd's helper")
        helper, used, quiet = self.child("hs_helper"), 0, 0

        def is_quiet():
            nonlocal used, quiet
            state, now = state_of(helper), cpu_seconds(helper)
            quiet = quiet + 1 if state != "R" and 0 < used == now else 0
            used = now
            return quiet >= QUIET_LOOKS
        wait_until(is_quiet, 600, "compiled expressions")

    def ask(self, path, command, mail, fields=b""):
        """Gives the status and what came with it."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(60)
            s.connect(str(path))
            s.sendall(b"POST %s HTTP/1.0\r\n%sContent-Length: %d\r\n\r\n" % (command, fields, len(mail)) + mail)
            answer = b""
            while piece := s.recv(65536):
                answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split(None, 2)[1]), body

    def check(self, mail):
        status, body = self.ask(self.scanner, b"/checkv2", mail)
        assert status == 200, body[:200]
        return json.loads(body)

    def probability(self, mail):
        """What Bayes thinks; one half where it says nothing, as of a mail without text."""
        symbol = self.check(mail)["symbols"].get("PROBABILITY")
        return float(symbol["options"][0]) if symbol else 0.5

    def learn(self, mail, is_spam):
        """Gives the status: 200 learned, 204 nothing in it to learn, 208 the same text was learned before."""
        status, body = self.ask(self.controller, b"/learnspam" if is_spam else b"/learnham", mail)
        assert status in (200, 204, 208), (status, body[:200])
        return status

    def stop(self):
        if self.process:
            stop(self.process)
