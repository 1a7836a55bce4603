"""Two hosts: front, broker and quarantine on one, workers on the other, over tcp:// with CURVE."""
import os
import subprocess
import time

import mails
import pytest
from world import World, wait_for

# Names and a network of this run's own: another run may be under way on the machine.
RUN = os.getpid()
SPACE, HERE_END, THERE_END = f"lazaret-{RUN}", f"lz{RUN}a", f"lz{RUN}b"
HERE, THERE = (f"10.213.{RUN >> 6 & 255}.{(RUN << 2 & 252) + host}" for host in (1, 2))


def run(*args):
    subprocess.run(args, check=True, capture_output=True, timeout=20)


@pytest.fixture
def second_host():
    subprocess.run(["ip", "netns", "del", SPACE], capture_output=True)
    run("ip", "netns", "add", SPACE)
    try:
        run("ip", "link", "add", HERE_END, "type", "veth", "peer", "name", THERE_END, "netns", SPACE)
        run("ip", "addr", "add", f"{HERE}/30", "dev", HERE_END)
        run("ip", "link", "set", HERE_END, "up")
        run("ip", "-n", SPACE, "addr", "add", f"{THERE}/30", "dev", THERE_END)
        run("ip", "-n", SPACE, "link", "set", THERE_END, "up")
        run("ip", "-n", SPACE, "link", "set", "lo", "up")
        yield ["ip", "netns", "exec", SPACE]
    finally:
        subprocess.run(["ip", "netns", "del", SPACE], capture_output=True)


def keys(world, name):
    """A key pair as the administrator makes it: (secret file, public key)."""
    secret = world.dir / f"{name}.key"
    out = world.lazaret.qctl("keys", "new", str(secret)).stdout
    public = [word for word in out.split() if len(word) == 40]
    assert public, out
    subprocess.run(["chown", "news", str(secret)], check=True)
    return secret, public[-1]


def two_hosts(world, allowed_worker=True):
    """Configurations of both hosts; the keys are known to each other, or the worker's is not."""
    run_dir = world.lazaret.run
    main_secret, main_public = keys(world, "main")
    worker_secret, worker_public = keys(world, "worker")
    (world.dir / "allowed").write_text(f"{main_public} main\n" + (f"{worker_public} worker\n" if allowed_worker else ""))
    (world.dir / "servers").write_text(f"tcp://{HERE}:5571 {main_public}\ntcp://{HERE}:5572 {main_public}\n")
    curve = f"curve:\n  allowed_keys: {world.dir}/allowed\n  server_keys: {world.dir}/servers\n"
    world.lazaret.write(curve + f"  secret_key: {main_secret}\n"
                        f"broker:\n  workers: ['tcp://{HERE}:5571']\n"
                        f"quarantine:\n  listen: ['ipc://{run_dir}/quarantine/store.ipc', 'tcp://{HERE}:5572']\n"
                        "front:\n  silence: 1s\n  deadline: 10s\n  next_hop_timeout: 5s\nworkers:\n  timeout: 5s\nvirus:\n  max_scan_time: 2s\n")
    main = world.lazaret.conf.read_text()
    world.lazaret.write(curve + f"  secret_key: {worker_secret}\n"
                        f"workers:\n  brokers: ['tcp://{HERE}:5571']\n  quarantine: tcp://{HERE}:5572\n  timeout: 5s\nvirus:\n  max_scan_time: 2s\n")
    other = world.dir / "worker.yaml"
    other.write_text(world.lazaret.conf.read_text())
    world.lazaret.conf.write_text(main)
    return other


def start(world, other, prefix):
    world.postfix.start()
    world.lazaret.make_folders()
    for program in ("qstore", "qbroker", "qfront", "qnotify"):
        world.lazaret.start_one(program)
    world.lazaret.start_one("qworker", conf=other, prefix=prefix)


def test_workers_on_another_host_scan_and_store(second_host):
    world = World()
    try:
        start(world, two_hosts(world), second_host)
        world.send(mails.plain(subject="far"))
        world.sink.wait(1, to="user@example.org")
        world.send(mails.eicar_mail(subject="far and bad"), to="two@example.org")
        world.sink.wait(1, to="two@example.org")
        item = wait_for(world.lazaret.items, message="an item")[0]
        assert item["reason"] == "virus"
    finally:
        world.stop()


def test_a_worker_without_an_allowed_key_gets_nothing(second_host):
    world = World()
    try:
        start(world, two_hosts(world, allowed_worker=False), second_host)
        world.send(mails.plain(subject="not for strangers"))
        wait_for(lambda: "status=deferred" in world.postfix.log(), 40, message="a deferral")
        assert not world.sink.mails
        worker_lines = [l for l in world.lazaret.log().splitlines() if "qworker[" in l and " id=" in l]
        assert not worker_lines, worker_lines[:3]
        # Let in, it works: the key was the only thing missing, and the list reloads by itself.
        with open(world.dir / "allowed", "a") as allowed:
            allowed.write(f"{public_of(world, 'worker')} worker\n")
        time.sleep(1)
        world.postfix.flush()
        world.sink.wait(1, 60, to="user@example.org")
    finally:
        world.stop()


def public_of(world, name):
    text = (world.dir / f"{name}.key").read_text()
    pub = world.dir / f"{name}.key.pub"
    if pub.exists():
        text = pub.read_text()
    words = [w for w in text.split() if len(w) == 40]
    assert words, text
    return words[0]


def test_garbage_on_a_tcp_endpoint_harms_nobody(second_host):
    import random
    import socket
    world = World()
    rng = random.Random(3)
    try:
        start(world, two_hosts(world), second_host)
        for turn in range(60):
            try:
                with socket.create_connection((HERE, 5571 + turn % 2), 1) as stranger:
                    stranger.settimeout(0.05)
                    # Now and then the beginning that ZMTP 3.0 wants, and garbage behind it.
                    head = b"\xff" + bytes(8) + b"\x7f\x03\x00CURVE" + bytes(48) if turn % 3 == 0 else b""
                    stranger.sendall(head + rng.randbytes(rng.choice([1, 64, 5000])))
                    stranger.recv(200)
            except OSError:
                pass
        world.send(mails.plain(subject="after garbage"))
        world.sink.wait(1, 60, to="user@example.org")
        assert all(process.poll() is None for process in world.lazaret.singles.values())
    finally:
        world.stop()
