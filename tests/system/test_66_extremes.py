"""The smallest, the largest and the oddest that an MTA may hand over; and a qfront that has too little of everything."""
import os
import signal
import subprocess
import time

import mails
import pytest
from hop import Hop
from test_65_twice import ends, run, submit
from world import World, wait_for

CONFIG = """
front:
  next_hop_timeout: 10s
  silence: 2s
  deadline: 60s
workers:
  timeout: 50s
size:
  max_size: 60M
"""


@pytest.fixture(scope="module")
def hop():
    it = Hop()
    yield it
    it.stop()


@pytest.fixture(scope="module")
def lab(hop):
    it = World(CONFIG)
    it.lazaret.next_hop = hop.port
    it.lazaret.write()
    try:
        yield it.lazaret.start_each()
    finally:
        it.stop()


@pytest.fixture(autouse=True)
def fresh(hop):
    hop.answers, hop.mails = {}, []
    hop.hang_up()


def taken(hop):
    """Recipients of each mail that is no notice."""
    return [recipients for recipients, data in hop.mails if b"X-Lazaret-Notice" not in data]


@pytest.mark.parametrize("data", [b"", b"\n", b"x", b".", b"\n.\n", b"Subject: x\n\n.\n..\n.", b"\0", b"\r", b"x" * 100_000])
def test_the_smallest_and_oddest_messages_arrive_as_they_are(lab, hop, data):
    status, text = run(lab, data, queue_id=data[:8].hex() or "EMPTY")
    if (status, taken(hop)) == (0, []):
        assert lab.items("--limit", "1000"), "held, if not delivered"
        return
    assert status == 0, text
    # A notice about the message before may come in between.
    got = [data for data in hop.took("user@example.org") if b"X-Lazaret-Notice" not in data][0]
    whole = data if data.endswith(b"\n") or not data else data + b"\n"
    assert got.replace(b"\r\n", b"\n").endswith(whole.replace(b"\r", b"\n"))


def test_fifty_megabytes_arrive(lab, hop):
    data = mails.plain(subject="large") + (b"x" * 75 + b"\n") * 690_000
    status, text = run(lab, data, queue_id="LARGE", deadline=90)
    assert status == 0, text
    got = [len(data) for recipients, data in hop.mails if b"X-Lazaret-Notice" not in data]
    held = [item["size"] for item in lab.items() if item["subject"] == "large"]
    assert (got or held)[0] > 50_000_000


@pytest.mark.parametrize("stops", [False, True])
def test_five_thousand_recipients_get_it_once_each(lab, hop, stops):
    """A next hop that answers at length and reads nothing meanwhile must not lock both up."""
    to = [f"{number}.{'long' * 10}@{'sub.' * 20}example.org" for number in range(5000)]
    if stops:
        hop.answers["RCPT"] = lambda session: "\r\n".join(["250-" + "so " * 150] * 3 + ["250 ok"])
    status, text = run(lab, mails.plain(subject="many"), to=to, queue_id=f"MANY{stops}", deadline=90)
    assert (status, text) == (0, "2.0.0 done")
    assert [sorted(recipients) for recipients in taken(hop)] == [sorted(to)]


def test_five_thousand_recipients_of_a_message_that_is_held(lab, hop):
    to = [f"{number}.{'long' * 10}@{'sub.' * 20}example.org" for number in range(5000)]
    data = mails.mixed(mails.text_part(), mails.attachment("x.exe", mails.program()), subject="cut for many")
    status, text = run(lab, data, to=to, queue_id="MANYCUT", deadline=90)
    assert (status, text) == (0, "2.0.0 done")
    assert [len(recipients) for recipients in taken(hop)] == [5000]
    item = [i for i in lab.items() if i["subject"] == "cut for many"][0]
    assert item["state"] == "held"
    assert len(lab.show(item["id"])["recipients"]) == 5000


@pytest.mark.parametrize("address, said", [
    ("john doe@example.org", '"john doe"@example.org'),
    ('"quoted local"@example.org', '"quoted local"@example.org'),
    ("a@b@example.org", '"a@b"@example.org'),
    ("a\\b@example.org", '"a\\\\b"@example.org'),
    ("dots..dots@example.org", '"dots..dots"@example.org'),
    (".dot@example.org", '".dot"@example.org'),
    ("user@[192.0.2.1]", "user@[192.0.2.1]"),
    ("user@[IPv6:2001:db8::1]", "user@[IPv6:2001:db8::1]"),
    ("local", "local"),
    ("j\u00f6rg@b\u00fccher.example", "j\u00f6rg@b\u00fccher.example"),
    ("-f@example.org", "-f@example.org"),
    ("a%b!c@example.org", "a%b!c@example.org"),
    ("<a>@example.org", '"<a>"@example.org'),
])
def test_odd_but_legal_addresses_are_said_as_they_are(lab, hop, address, said):
    status, text = run(lab, mails.plain(), to=[address], queue_id="ODD" + address.encode().hex()[:40])
    assert status == 0, text
    assert taken(hop) == [[said]]


@pytest.mark.parametrize("address", ["a\r\nRCPT TO:<b@example.org>@example.org", "a\n@example.org", "a\x01@example.org",
                                     "a\udcff@example.org"])
def test_an_address_that_would_break_the_dialogue_is_no_bounce_and_goes_nowhere(lab, hop, address):
    status, text = run(lab, mails.plain(), to=["user@example.org", os.fsencode(address)], queue_id="BREAKS")
    # One that only SMTP can't say is kept as undeliverable; the others' mail goes on.
    assert (status, text[:2]) in ((75, "4."), (0, "2.")), text
    assert taken(hop) == ([["user@example.org"]] if status == 0 else [])
    if status == 0:
        assert "undeliverable" in [item["reason"] for item in lab.items()]


def test_half_a_message_whose_writer_was_killed_goes_nowhere(lab, hop):
    """Its end looks like any, and qsubmit, who would know, may be slow to learn of it: here it is held."""
    whole = mails.plain(subject="whole") + b"x\n" * 500
    told, tell = os.pipe()
    writer = os.fork()
    if writer == 0:
        read, write = os.pipe()
        qsubmit = subprocess.Popen([str(lab.bin / "qsubmit"), f"--socket={lab.socket}", "--queue-id=HALF",
                                    f"--size={len(whole) + 600}", "-f", "a@outside.example", "--", "user@example.org"],
                                   stdin=read, stdout=subprocess.DEVNULL)
        os.close(read)
        os.write(write, whole[:len(whole) // 2])
        os.write(tell, f"{qsubmit.pid}\n".encode())
        time.sleep(60)
        os._exit(0)
    qsubmit = int(os.read(told, 20))
    time.sleep(0.5)
    os.kill(qsubmit, signal.SIGSTOP)
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    time.sleep(2)
    assert not taken(hop)
    os.kill(qsubmit, signal.SIGCONT)
    wait_for(lambda: not os.path.exists(f"/proc/{qsubmit}") or "Z" in open(f"/proc/{qsubmit}/stat").read(), 10,
             message="qsubmit's end")
    assert run(lab, whole, queue_id="HALF")[0] == 0
    assert taken(hop) == [["user@example.org"]]
    os.close(told)
    os.close(tell)


def test_too_few_descriptors_cost_time_and_no_mail(lab, hop):
    lab.stop_one("qfront")
    lab.start_one("qfront", prefix=("prlimit", "--nofile=48:48"))
    try:
        left = {f"FEW{number}" for number in range(150)}
        for _ in range(20):
            running = {name: submit(lab, mails.plain(subject=name), queue_id=name) for name in left}
            left -= {name for name, process in running.items() if ends(process)[0] == 0}
            if not left:
                break
        assert not left
        assert len(taken(hop)) == 150
        assert cpu_of(lab.singles["qfront"].pid) < 10
    finally:
        lab.stop_one("qfront")
        lab.start_one("qfront")


def cpu_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_log_that_nobody_reads_stops_nothing(lab, hop):
    """A pipe to a logger that hangs: lines are lost, no mail is."""
    read, write = os.pipe()
    lab.stop_one("qfront")
    process = subprocess.Popen([str(lab.bin / "qfront"), "-c", str(lab.conf)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=write, cwd="/")
    lab.singles["qfront"] = process
    os.close(write)
    try:
        wait_for(lambda: os.path.exists(lab.socket), message="its socket")
        for number in range(300):
            status, text = run(lab, mails.plain(subject=f"unheard {number}"), queue_id=f"UNHEARD{number}")
            assert status == 0, (number, text)
        # Who reads again hears how much was lost.
        os.set_blocking(read, False)
        heard = b""
        for number in range(300, 310):
            try:
                heard += os.read(read, 1 << 20)
            except BlockingIOError:
                pass
            run(lab, mails.plain(subject=f"heard {number}"), queue_id=f"HEARD{number}")
        assert b"event=log-lost" in heard
    finally:
        os.close(read)
        process.send_signal(signal.SIGCONT)
        lab.stop_one("qfront")
        lab.start_one("qfront")
