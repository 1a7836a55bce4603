"""A small mail world for one test: a real Postfix, a sink that keeps every byte, and Lazaret between them.

Everything lives in one folder under /tmp and on loopback ports of its own, and is stopped by process id.
"""
import asyncio
import atexit
import hashlib
import os
import pathlib
import pwd
import random
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import threading
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("B", ROOT / "build/release"))
PROGRAMS = ["qsubmit", "qfront", "qbroker", "qworker", "qscan", "qstore", "qnotify", "qctl", "lazaret"]
PIPE_USER, USER, SCAN_USER = "list", "news", "games"
# Put together at run time, so that no scanner objects to this file.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS" + b"-TEST-FILE!$H+H*"
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" + b"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


def free_port():
    """Below those that the kernel gives to who connects, so that nobody has it before its server starts."""
    for port in random.sample(range(10240, 32768), 100):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port")


def wait_for(what, seconds=30, every=0.05, message="nothing"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(every)
    raise AssertionError(f"waited {seconds} s for {message}")


class Mail:
    """One mail as the sink took it."""

    def __init__(self, envelope, session):
        self.sender = envelope.mail_from
        self.recipients = list(envelope.rcpt_tos)
        self.mail_options = list(envelope.mail_options)
        self.rcpt_options = list(envelope.rcpt_options)
        self.bytes = envelope.original_content
        self.helo = session.host_name
        self.xforward = getattr(session, "xforward", {})

    def field(self, name):
        import email
        import email.policy
        return email.message_from_bytes(self.bytes, policy=email.policy.compat32)[name]


class SinkHandler:
    def __init__(self, sink):
        self.sink = sink

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        code = self.sink.answers.get(address, "250 ok")
        if code.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.append(rcpt_options)
        return code

    async def handle_DATA(self, server, session, envelope):
        if self.sink.delay:
            await asyncio.sleep(self.sink.delay)
        if not self.sink.data_answer.startswith("2"):
            return self.sink.data_answer
        self.sink.mails.append(Mail(envelope, session))
        return "250 kept"


class SinkSMTP(SMTP):
    line_length_limit = 1 << 20

    async def smtp_XFORWARD(self, arg):
        self.session.xforward = getattr(self.session, "xforward", {})
        for word in (arg or "").split():
            key, _, value = word.partition("=")
            self.session.xforward[key] = value
        await self.push("250 ok")


class SinkController(Controller):
    def factory(self):
        return SinkSMTP(self.handler, data_size_limit=1 << 28, enable_SMTPUTF8=True, decode_data=False, ident="sink")


class Sink:
    """The next hop behind everything: takes mail and keeps it in memory."""

    def __init__(self, port=None):
        self.port = port or free_port()
        self.mails, self.answers = [], {}
        self.data_answer, self.delay = "250 kept", 0
        self.controller = None

    def start(self):
        self.controller = SinkController(SinkHandler(self), hostname="127.0.0.1", port=self.port)
        self.controller.start()
        return self

    def stop(self):
        if self.controller:
            self.controller.stop()
            self.controller = None

    def wait(self, count=1, seconds=30, to=None):
        def there():
            found = [m for m in self.mails if to is None or to in m.recipients]
            return found if len(found) >= count else None
        return wait_for(there, seconds, message=f"{count} mails to {to} (have {[m.recipients for m in self.mails]})")

    def to(self, address):
        return [m for m in self.mails if address in m.recipients]


class Postfix:
    """smtpd on `port` filters; on `plain_port` it does not (for comparison); `back_port` takes re-injected mail."""

    queue_template = None

    def __init__(self, folder, sink_port, qsubmit, socket_path, extra="", pipe_extra="", filter_transport="lazaret:"):
        self.dir = pathlib.Path(folder) / "postfix"
        self.port, self.plain_port, self.back_port = free_port(), free_port(), free_port()
        self.sink_port, self.extra, self.pipe_extra = sink_port, extra, pipe_extra
        self.qsubmit, self.socket_path, self.filter = qsubmit, socket_path, filter_transport
        self.process = None

    def argv(self):
        return (f"{self.qsubmit} --socket={self.socket_path} --queue-id=${{queue_id}} --size=${{size}} "
                "--client-address=${client_address} --client-name=${client_hostname} --client-port=${client_port} "
                "--client-protocol=${client_protocol} --helo=${client_helo} --sasl-username=${sasl_username} "
                f"{self.pipe_extra} -f ${{sender}} -- ${{recipient}}")

    def configure(self):
        conf, queue, data = self.dir / "etc", self.dir / "queue", self.dir / "data"
        for folder in (conf, queue, data):
            folder.mkdir(parents=True, exist_ok=True)
        shutil.chown(data, "postfix")
        (conf / "main.cf").write_text(f"""
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
maillog_file = {self.dir}/log
maillog_file_prefixes = {self.dir}
myhostname = mx.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = all
mynetworks = 127.0.0.0/8
relay_domains = example.org
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_authorized_xforward_hosts = 127.0.0.0/8
smtpd_authorized_xclient_hosts = 127.0.0.0/8
local_recipient_maps =
local_transport = smtp
relayhost = [127.0.0.1]:{self.sink_port}
smtp_line_length_limit = 0
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
default_process_limit = 60
message_size_limit = 104857600
mailbox_size_limit = 0
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 2s
bounce_queue_lifetime = 1d
lazaret_time_limit = 1000s
lazaret_destination_concurrency_limit = 20
lazaret_destination_concurrency_failed_cohort_limit = 1000
transport_retry_time = 2s
default_transport = smtp
notify_classes =
smtp_host_lookup = native
smtp_dns_support_level = disabled
{self.extra}
""")
        (conf / "master.cf").write_text(f"""
127.0.0.1:{self.port} inet n - n - - smtpd
  -o content_filter={self.filter}
127.0.0.1:{self.plain_port} inet n - n - - smtpd
127.0.0.1:{self.back_port} inet n - n - - smtpd
  -o content_filter=
  -o receive_override_options=no_unknown_recipient_checks,no_header_body_checks,no_milters,no_address_mappings
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
  -o strict_rfc821_envelopes=yes
lazaret unix - n n - 20 pipe
  flags=q user={PIPE_USER} null_sender= argv={self.argv()}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
""")
        for name in ("main.cf", "master.cf"):
            os.utime(conf / name, (1, 1))  # Postfix waits for seconds before it believes a file that is just written

    def start(self):
        self.configure()
        conf = str(self.dir / "etc")
        self.make_queue(conf)
        self.process = subprocess.Popen(["/usr/lib/postfix/sbin/master", "-c", conf, "-d"], cwd=self.dir,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)
        wait_for(lambda: self.up(), 20, message="Postfix")
        return self

    def make_queue(self, conf):
        """Postfix's own script makes the queue's folders with their owners; it takes seconds, so once is enough."""
        if Postfix.queue_template is None:
            subprocess.run(["postfix", "-c", conf, "check"], check=True, capture_output=True, timeout=60)
            Postfix.queue_template = pathlib.Path(tempfile.mkdtemp(prefix="lazaret-queue.")) / "queue"
            atexit.register(shutil.rmtree, Postfix.queue_template.parent, True)
            subprocess.run(["cp", "-a", str(self.dir / "queue"), str(Postfix.queue_template)], check=True)
            return
        shutil.rmtree(self.dir / "queue")
        subprocess.run(["cp", "-a", str(Postfix.queue_template), str(self.dir / "queue")], check=True)

    def up(self):
        try:
            socket.create_connection(("127.0.0.1", self.back_port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        if not self.process:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def log(self):
        path = self.dir / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def queue(self):
        out = subprocess.run(["postqueue", "-c", str(self.dir / "etc"), "-j"], capture_output=True, text=True, timeout=30)
        return [line for line in out.stdout.splitlines() if line]

    def flush(self):
        subprocess.run(["postqueue", "-c", str(self.dir / "etc"), "-f"], check=False, capture_output=True, timeout=30)


def make_database(folder):
    """Signatures of the test's own: EICAR, and clam.exe of Debian's clamav-testfiles."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test.hdb").write_text(
        f"{hashlib.md5(EICAR).hexdigest()}:{len(EICAR)}:Eicar-Test\naa15bcf478d165efd2065190eb473bcb:544:Clam-Test\n")
    (folder / "test.ndb").write_text(f"Eicar-Body:0:*:{EICAR.hex()}\n")
    return folder


class Lazaret:
    """The whole of it on one machine, from one file."""

    def __init__(self, folder, next_hop, config="", programs=BUILD / "bin"):
        self.dir = pathlib.Path(folder)
        self.bin = self.dir / "bin"
        self.run, self.state = self.dir / "run", self.dir / "state"
        self.conf = self.dir / "lazaret.yaml"
        self.logfile = self.dir / "lazaret.log"
        self.socket = self.run / "front/front.sock"
        self.next_hop, self.config = next_hop, config
        self.process = None
        self.singles = {}
        self.bin.mkdir(parents=True, exist_ok=True)
        for program in PROGRAMS:
            shutil.copy2(pathlib.Path(programs) / program, self.bin / program)
        make_database(self.dir / "signatures")
        for name in ("rules", "templates"):
            shutil.copytree(ROOT / name, self.dir / name, dirs_exist_ok=True)
        self.write()

    def write(self, config=None):
        if config is not None:
            self.config = config
        base = {
            "site": f"""site:
  name: mx.example.org
  admin: postmaster@example.org
  domains: [example.org]
  networks: [127.0.0.0/8]
  run_dir: {self.run}
  state_dir: {self.state}
  user: {USER}
  scan_user: {SCAN_USER}
  front_group: {PIPE_USER}
""",
            "log": "log:\n  level: debug\n",
            "front": f"front:\n  next_hop: 127.0.0.1:{self.next_hop}\n",
            "workers": "workers:\n  scanners: 2\n",
            "virus": f"virus:\n  database: {self.dir}/signatures\n",
            "spam": f"spam:\n  rules: [{self.dir}/rules]\n",
            "quarantine": "quarantine:\n  map_size: 256M\n  max_item_size: 64M\n",
            "notifier": f"notifier:\n  templates: {self.dir}/templates\n  poll: 200ms\n  retry: 1s\n"
                        # Most tests want each notice by itself; test_74 is of those that are gathered.
                        "  flood_after: 0\n  rate_per_address: 0\n",
        }
        text = ""
        extra = self.config or ""
        for section, body in base.items():
            # A test's own text adds keys to a section ("spam:" with indented lines) or brings a new one.
            head = section + ":\n"
            if head in extra:
                before, _, rest = extra.partition(head)
                lines = rest.splitlines(keepends=True)
                own = []
                while lines and (lines[0].startswith(" ") or not lines[0].strip()):
                    own.append(lines.pop(0))
                extra = before + "".join(lines)
                keys = {line.split(":")[0].strip() for line in own if line.startswith("  ") and line[2] != " "}
                body = head + "".join(l for l in body.splitlines(keepends=True)[1:]
                                      if l.split(":")[0].strip() not in keys) + "".join(own)
            text += body
        self.conf.write_text(text + extra)
        os.chmod(self.conf, 0o644)

    def start(self, seconds=40):
        read, write = os.pipe()
        os.set_inheritable(write, True)
        env = dict(os.environ, LAZARET_READY_FD=str(write))
        self.log_fd = open(self.logfile, "ab")
        self.process = subprocess.Popen([str(self.bin / "lazaret"), "-c", str(self.conf)], env=env, cwd="/",
                                        stdin=subprocess.DEVNULL, stdout=self.log_fd, stderr=self.log_fd,
                                        pass_fds=[write], start_new_session=True)
        os.close(write)
        os.set_blocking(read, False)
        end = time.monotonic() + seconds
        said = b""
        while b"ready" not in said:
            try:
                said += os.read(read, 100)
            except BlockingIOError:
                pass
            if self.process.poll() is not None or time.monotonic() > end:
                os.close(read)
                raise AssertionError("lazaret did not start:\n" + self.log()[-3000:])
            time.sleep(0.02)
        os.close(read)
        return self

    # ---- each program by itself, as on several hosts or under a service manager

    def make_folders(self):
        """What `lazaret` does before it starts the others."""
        user, group = account(USER), account(PIPE_USER)
        for folder, mode, gid in ((self.run, 0o755, 0), (self.state, 0o755, 0), (self.run / "front", 0o750, group.pw_gid),
                                  (self.run / "broker", 0o700, user.pw_gid), (self.run / "quarantine", 0o700, user.pw_gid),
                                  (self.run / "tmp", 0o711, 0), (self.state / "quarantine", 0o700, user.pw_gid),
                                  (self.state / "model", 0o700, user.pw_gid)):
            folder.mkdir(parents=True, exist_ok=True)
            os.chmod(folder, mode)
            owner = 0 if folder in (self.run, self.state, self.run / "tmp") else user.pw_uid
            os.chown(folder, owner, gid)

    def start_one(self, program, conf=None, prefix=(), seconds=30):
        read, write = os.pipe()
        os.set_inheritable(write, True)
        with open(self.logfile, "ab") as log:
            process = subprocess.Popen([*prefix, str(self.bin / program), "-c", str(conf or self.conf)],
                                       env=dict(os.environ, LAZARET_READY_FD=str(write)), cwd="/",
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[write],
                                       start_new_session=True)
        os.close(write)
        os.set_blocking(read, False)
        end, said = time.monotonic() + seconds, b""
        while b"ready" not in said:
            try:
                said += os.read(read, 100)
            except BlockingIOError:
                pass
            if process.poll() is not None or time.monotonic() > end:
                os.close(read)
                raise AssertionError(f"{program} did not start:\n" + self.log()[-3000:])
            time.sleep(0.02)
        os.close(read)
        self.singles[program] = process
        return process

    def stop_one(self, program, how=signal.SIGTERM, seconds=30):
        process = self.singles.pop(program)
        process.send_signal(how)
        process.wait(seconds)
        return process.returncode

    def start_each(self, programs=("qstore", "qbroker", "qworker", "qfront", "qnotify")):
        self.make_folders()
        for program in programs:
            self.start_one(program)
        return self

    def stop(self):
        for program in reversed(list(self.singles)):
            self.stop_one(program)
        if not self.process:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise AssertionError("lazaret did not stop in 30 s")
        self.process = None

    def kill_all(self):
        for pid in self.pids().values():
            for one in pid:
                try:
                    os.kill(one, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for process in [self.process, *self.singles.values()]:
            if process:
                process.kill()
                process.wait()
        self.process, self.singles = None, {}

    def pids(self):
        """Process ids by program, of this world only (by the path of the executable)."""
        found = {}
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                exe = os.readlink(f"/proc/{entry}/exe")
            except OSError:
                continue
            exe = exe.replace(" (deleted)", "")
            if os.path.dirname(exe) == str(self.bin):  # what preload() put aside has its library's name behind a dot
                found.setdefault(os.path.basename(exe).partition(".")[0], []).append(int(entry))
        return found

    def log(self):
        return self.logfile.read_text(errors="replace") if self.logfile.exists() else ""

    def qctl(self, *args, check=True, binary=False):
        out = subprocess.run([str(self.bin / "qctl"), "-c", str(self.conf), *args], capture_output=True,
                             timeout=60, text=not binary)
        if check:
            assert out.returncode == 0, (args, out.returncode, out.stdout, out.stderr)
        return out

    def items(self, *args):
        import json
        return [json.loads(line) for line in self.qctl("list", "--json", *args).stdout.splitlines() if line]

    def show(self, item):
        import json
        return json.loads(self.qctl("show", "--json", item).stdout)


class World:
    def __init__(self, config="", sink=True, postfix_extra="", pipe_extra="", root=None):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lazaret-test.", dir=root))
        os.chmod(self.dir, 0o755)
        self.sink = Sink().start() if sink else Sink()
        self.postfix = Postfix(self.dir, self.sink.port, self.dir / "bin/qsubmit", self.dir / "run/front/front.sock",
                               postfix_extra, pipe_extra)
        self.lazaret = Lazaret(self.dir, self.postfix.back_port, config)

    def start(self):
        self.postfix.start()
        self.lazaret.start()
        return self

    def start_each(self):
        self.postfix.start()
        self.lazaret.start_each()
        return self

    def stop(self):
        try:
            self.lazaret.stop()
        finally:
            self.lazaret.kill_all()
            self.postfix.stop()
            self.sink.stop()
            if not os.environ.get("KEEP"):
                shutil.rmtree(self.dir, ignore_errors=True)

    def send(self, message, sender="sender@outside.example", to=("user@example.org",), port=None, inside=False,
             client="ADDR=198.51.100.7 NAME=mail.outside.example", options=(), rcpt_options=()):
        """Hands a mail to Postfix, bytes as they are but for line ends, as a client outside (or inside) our networks."""
        if isinstance(to, str):
            to = (to,)
        with smtplib.SMTP("127.0.0.1", port or self.postfix.port, "client.example", timeout=60) as session:
            session.ehlo()
            if not inside:
                code, text = session.docmd("XCLIENT", client)
                assert code == 220, text
                session.ehlo()
            return session.sendmail(sender, to, as_crlf(message), list(options), list(rcpt_options))

    def drained(self, seconds=60):
        """Until Postfix's queue is empty."""
        return wait_for(lambda: not self.postfix.queue(), seconds, 0.2, "an empty queue: " + str(self.postfix.queue()[:3]))


def as_crlf(message):
    return message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def own_part(received, original):
    """What arrived, without the fields that the way here put in front: they end where the original begins."""
    return received[-len(original):] if len(received) >= len(original) else received


def account(name):
    return pwd.getpwnam(name)
