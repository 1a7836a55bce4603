"""Full disk, full map, wrong configuration, garbage on every socket: clear errors, and nothing is lost."""
import os
import random
import shutil
import socket
import subprocess

import mails
import pytest
from world import World, wait_for


def big(number, size=600_000):
    rng = random.Random(number)
    return mails.mixed(mails.text_part(), mails.attachment("x.exe", mails.program() + rng.randbytes(size)),
                       subject=f"big {number}", number=number)


def test_a_full_map_defers_and_deletes_make_room():
    world = World("quarantine:\n  map_size: 16M\n  max_item_size: 4M\nsize:\n  max_size: 4M\nfront:\n  silence: 2s\n  deadline: 10s\n  next_hop_timeout: 5s\nworkers:\n  timeout: 5s\nvirus:\n  max_scan_time: 2s\n")
    try:
        world.start()
        for number in range(26):
            world.send(big(number), to=f"u{number}@example.org")
        wait_for(lambda: "status=deferred" in world.postfix.log(), 60, message="a deferral")
        assert "full" in world.lazaret.log()
        assert "status=bounced" not in world.postfix.log()
        kept = world.lazaret.items()
        assert kept
        for _ in range(12):
            for item in world.lazaret.items():
                world.lazaret.qctl("delete", item["id"], "--why", "make room")
            world.postfix.flush()
            try:
                world.drained(8)
                break
            except AssertionError:
                continue
        for number in range(26):
            own = [m for m in world.sink.to(f"u{number}@example.org") if not m.field("X-Lazaret-Notice")]
            assert len(own) == 1, number
    finally:
        world.stop()


def test_a_full_disk_defers_and_room_brings_everything_back():
    world = World("quarantine:\n  map_size: 64M\n  max_item_size: 4M\nsize:\n  max_size: 4M\nfront:\n  silence: 2s\n  deadline: 10s\n  next_hop_timeout: 5s\nworkers:\n  timeout: 5s\nvirus:\n  max_scan_time: 2s\n")
    mounted = False
    try:
        world.lazaret.state.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0755", "tmpfs", str(world.lazaret.state)], check=True)
        mounted = True
        world.start()
        for number in range(10):
            world.send(big(number), to=f"u{number}@example.org")
        wait_for(lambda: "status=deferred" in world.postfix.log(), 60, message="a deferral")
        assert "status=bounced" not in world.postfix.log()
        subprocess.run(["mount", "-o", "remount,size=64m", str(world.lazaret.state)], check=True)

        def gone():
            world.postfix.flush()
            return not world.postfix.queue()
        wait_for(gone, 90, 1, "an empty queue")
        for number in range(10):
            own = [m for m in world.sink.to(f"u{number}@example.org") if not m.field("X-Lazaret-Notice")]
            assert len(own) == 1, number
        assert len(world.lazaret.items()) == 10
    finally:
        world.stop()
        if mounted:
            subprocess.run(["umount", "-l", str(world.lazaret.state)], check=False)
            shutil.rmtree(world.dir, ignore_errors=True)


WRONG = [
    ("site:\n  name: mx.example.org\n  admin: postmaster@example.org\nfront:\n  next_hop: 127.0.0.1:25\n  next_hopp: x\n", 6, "next_hopp"),
    ("site:\n  name: mx.example.org\n  admin: postmaster@example.org\nfront:\n  next_hop: nonsense\n", 5, "next_hop"),
    ("site:\n  name: mx.example.org\n  admin: postmaster@example.org\nfront:\n  next_hop: 127.0.0.1:25\n  deadline: soon\n", 6, "deadline"),
    ("site:\n  name: mx.example.org\n  admin: postmaster@example.org\nfront:\n  next_hop: 127.0.0.1:25\nsize:\n  max_size: -5\n", 7, "max_size"),
    ("site:\n  name: [a, b]\n  admin: postmaster@example.org\nfront:\n  next_hop: 127.0.0.1:25\n", 2, "name"),
    ("site:\n  name: mx.example.org\n  admin: postmaster@example.org\nfront:\n  next_hop: 127.0.0.1:25\n  brokers: ['tcp://192.0.2.1:5555']\n", 6, "brokers"),
    ("site: [\n", 2, ""),
]


@pytest.mark.parametrize("program", ["lazaret", "qfront", "qbroker", "qworker", "qscan", "qstore", "qnotify", "qctl"])
def test_a_wrong_configuration_is_told_with_file_and_line_and_nothing_starts(program, tmp_path):
    world = World()
    try:
        for number, (text, line, key) in enumerate(WRONG):
            conf = tmp_path / f"wrong{number}.yaml"
            conf.write_text(text)
            args = ["check"] if program == "qctl" else []
            out = subprocess.run([str(world.lazaret.bin / program), "-c", str(conf), *args], capture_output=True, text=True,
                                 timeout=20)
            said = out.stdout + out.stderr
            assert out.returncode not in (0, 1) or (program == "qctl" and out.returncode == 1), (text, out.returncode, said)
            assert f"{conf}:{line}" in said, (text, said)
            assert key in said
    finally:
        world.stop()


def test_a_missing_configuration_is_told():
    world = World()
    try:
        out = subprocess.run([str(world.lazaret.bin / "lazaret"), "-c", "/nonexistent.yaml"], capture_output=True, text=True,
                             timeout=20)
        assert out.returncode not in (0, 1) and "/nonexistent.yaml" in out.stderr
    finally:
        world.stop()


def unix_sockets(world):
    return [os.path.join(folder, name) for folder, _, names in os.walk(world.lazaret.run) for name in names
            if name.endswith((".sock", ".ipc"))]


def test_garbage_on_every_socket_harms_nobody(world):
    rng = random.Random(1)
    sockets = unix_sockets(world)
    assert len(sockets) >= 4, sockets
    before = world.lazaret.pids()
    for path in sockets:
        for turn in range(30):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
                s.settimeout(0.2)
                try:
                    s.connect(path)
                    s.sendall(rng.randbytes(rng.choice([1, 10, 64, 1000, 70000])))
                    if turn % 3 == 0:
                        s.recv(100)
                except OSError:
                    pass
    world.send(mails.eicar_mail(subject="after garbage"))
    world.sink.wait(1, to="user@example.org")
    after = world.lazaret.pids()
    for program in ("qfront", "qbroker", "qworker", "qstore"):
        assert before[program] == after[program], f"{program} was restarted"


def test_strangers_may_not_open_the_sockets(world):
    """Only the submitter's group gets at the front door, and nobody but our own account at the others."""
    for path in unix_sockets(world):
        out = subprocess.run(["/usr/bin/python3", "-c",
                              "import socket,sys,os; os.setgid(65534); os.setuid(65534)\n"
                              "s=socket.socket(socket.AF_UNIX)\n"
                              "try: s.connect(sys.argv[1]); print('in')\nexcept PermissionError: print('refused')", path],
                             capture_output=True, text=True, timeout=20)
        assert out.stdout.strip() == "refused", (path, out.stdout, out.stderr)


def test_hostile_mail_does_not_stop_the_others(world):
    rng = random.Random(7)
    for number in range(30):
        junk = rng.randbytes(2000).replace(b"\n", b" ").replace(b"\r", b" ").replace(b"\0", b" ")
        world.send(mails.header(subject=f"junk {number}", extra="Content-Type: multipart/mixed; boundary=\"x\n") + junk + b"\n\n--x\n" + junk
                   + b"\n", to=f"j{number}@example.org")
    world.send(mails.plain(subject="good"), to="good@example.org")
    world.sink.wait(1, to="good@example.org")
    world.drained()
    held = {i["recipients"][0] if isinstance(i["recipients"][0], str) else i["recipients"][0]["address"]
            for i in world.lazaret.items("--limit", "1000")}
    for number in range(30):
        to = f"j{number}@example.org"
        assert world.sink.to(to) or to in held
