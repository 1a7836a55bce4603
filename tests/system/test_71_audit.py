"""Who did what, and who may: the audit and the rights, with real accounts and keys."""
import json
import os
import pwd
import re
import signal
import subprocess
import threading
import time

import mails
import pytest
from world import World, free_port, wait_for

OPERATOR, STRANGER = "daemon", "bin"
RIGHTS = f"""
quarantine:
  group: {OPERATOR}
  operators:
  - name: anna
    user: {OPERATOR}
    domains: [example.org]
    actions: [list, show, export, release, delete]
"""


def qctl_as(world, user, *args, conf=None):
    """As that account, in the group that may open the socket."""
    account = pwd.getpwnam(user)
    group = pwd.getpwnam(OPERATOR).pw_gid
    return subprocess.run([str(world.lazaret.bin / "qctl"), "-c", str(conf or world.lazaret.conf), *args], capture_output=True,
                          text=True, timeout=60, user=account.pw_uid, group=account.pw_gid, extra_groups=[group], cwd="/")


def audit(world, *args):
    out = world.lazaret.qctl("audit", "list", "--json", "--limit", "0", *args)
    return [json.loads(line) for line in out.stdout.splitlines()]


def held(world, to, number=0, **kw):
    before = {item["id"] for item in world.lazaret.items("--limit", "0")}
    world.send(mails.mixed(mails.text_part(), mails.attachment("setup.exe", mails.program() + bytes([number])),
                           subject=f"secret words {number}"), to=to, **kw)
    fresh = wait_for(lambda: {item["id"] for item in world.lazaret.items("--limit", "0")} - before, 60, message="an item")
    assert len(fresh) == 1
    return fresh.pop()


def whole(world, *args):
    return world.lazaret.qctl("audit", "verify", *args, check=False)


def test_each_thing_done_is_told_with_who_when_and_why(world):
    item = held(world, "user@example.org")
    world.lazaret.qctl("show", item, "--why", "a user asked")
    world.lazaret.qctl("export", item, "--why", "to look closer", binary=True)
    world.lazaret.qctl("release", item[:6], "--why", "it is harmless", "--wait")
    world.lazaret.qctl("delete", item, "--why", "done with")
    wait_for(lambda: audit(world, "--item", item, "--action", "delete"), message="the end")
    told = {entry["action"]: entry for entry in audit(world, "--item", item)}
    news = pwd.getpwnam("news").pw_uid
    assert told["store"]["who"] == f"uid={news} user=news" and "reason=attachment" in told["store"]["detail"]
    for action, why in (("view", "a user asked"), ("export", "to look closer"), ("release", "it is harmless"), ("delete", "done with")):
        assert told[action]["why"] == why and told[action]["who"] == "uid=0 user=root" and told[action]["time"], told[action]
    delivered = [entry["detail"] for entry in audit(world, "--item", item, "--action", "delivered")]
    assert len([detail for detail in delivered if detail.startswith("release=")]) == 1, delivered
    carried = [entry for entry in audit(world, "--item", item, "--action", "carry") if "release=" in entry["detail"]]
    assert len(carried) == 1
    # Finding an item by the beginning of its id, and waiting for its release, are no views of it; to scan it anew is.
    assert [entry["why"] for entry in audit(world, "--item", item, "--action", "view")] == ["release", "a user asked"]
    assert audit(world, "--action", "policy")
    text = json.dumps(audit(world))
    assert "@" not in text and "secret words" not in text and "outside.example" not in text
    assert {entry["who"] for entry in audit(world, "--action", "delivered")} == {f"uid={news} user=news"}
    assert whole(world).returncode == 0
    assert " 0 problems" in world.lazaret.qctl("verify").stdout


@pytest.fixture
def together():
    """A world whose Postfix hands over all recipients of a mail at once, of whatever domain."""
    world = World(RIGHTS)
    world.postfix.filter = "lazaret:[127.0.0.1]"
    try:
        yield world.start()
    finally:
        world.stop()


def test_an_operator_sees_and_does_what_is_his_and_no_more(together):
    world = together
    mine, other = held(world, "user@example.org", 1), held(world, "user@other.example", 2, inside=True)
    shared = held(world, ("two@example.org", "three@other.example"), 3, inside=True)
    seen = [json.loads(line) for line in qctl_as(world, OPERATOR, "list", "--json").stdout.splitlines()]
    assert {item["id"] for item in seen} == {mine, shared}
    assert "other.example" not in json.dumps(seen)
    out = qctl_as(world, OPERATOR, "list", "--json", "--recipient", "user@other.example")
    assert out.returncode == 0 and not out.stdout
    assert qctl_as(world, OPERATOR, "show", mine[:6]).returncode == 0
    assert b"setup.exe" in qctl_as(world, OPERATOR, "export", mine).stdout.encode()

    # Another's item is as one that is not there, whatever is asked of it, and asked how.
    nothing = "0123456789abcdef"
    for words in (("show",), ("export",), ("release",), ("delete",), ("release", "--to", "user@example.org")):
        answers = {(out.returncode, out.stderr.replace(f"{name}: ", "")) for name in (other, nothing, other[:5])
                   for out in (qctl_as(world, OPERATOR, *words[:1], name, *words[1:]),)}
        assert len(answers) == 1 and answers.pop()[0] == 1, words
    assert other in {item["id"] for item in world.lazaret.items()}

    # Nor may he pose as a worker, who is given other people's mail.
    modes = {path.name: path.stat().st_mode & 0o777 for path in (world.lazaret.run / "broker").iterdir()}
    assert modes == {"front.ipc": 0o660, "worker.ipc": 0o600}

    # A shared one goes to his own only, and is not his to delete.
    sent = len(world.sink.wait(2, to="three@other.example"))  # what was left of it, and a notice
    assert qctl_as(world, OPERATOR, "release", shared, "--wait", "--why", "mine").returncode == 0
    assert b"setup.exe" in world.sink.wait(2, to="two@example.org")[-1].bytes
    assert len(world.sink.to("three@other.example")) == sent
    assert qctl_as(world, OPERATOR, "release", mine, "--to", "me@elsewhere.example").returncode == 1
    assert "administrator" in qctl_as(world, OPERATOR, "delete", shared).stderr
    assert qctl_as(world, OPERATOR, "delete", mine, "--why", "not needed").returncode == 0

    # What his rule does not say is refused, and all of it is in the audit.
    for words in (("audit",), ("audit", "verify"), ("stats",)):
        assert "not allowed" in qctl_as(world, OPERATOR, *words).stderr
    told = audit(world, "--who", "operator=anna")
    assert {"view", "export", "release", "delete", "refused"} <= {entry["action"] for entry in told}
    assert [entry for entry in told if entry["action"] == "refused" and entry["item"] == other]
    assert not [entry for entry in told if entry["item"] == other and entry["action"] != "refused"]
    assert whole(world).returncode == 0
    checked = world.lazaret.qctl("check", check=False).stdout
    assert "operator anna" in checked and "failed   operator" not in checked, checked


@pytest.mark.config(RIGHTS.replace("list, show, export, release, delete", "list, hold"))
def test_who_may_hold_an_item_need_not_be_shown_it(world):
    item = held(world, "user@example.org")
    out = qctl_as(world, OPERATOR, "hold", item[:6], "--why", "case 12")
    assert out.returncode == 0 and "is now on hold" in out.stdout, out
    assert qctl_as(world, OPERATOR, "unhold", item, "--why", "over").returncode == 0
    assert qctl_as(world, OPERATOR, "show", item).returncode == 2
    told = audit(world, "--item", item, "--who", "operator=anna")
    assert [entry["action"] for entry in told] == ["refused", "hold", "hold"], told


@pytest.mark.config(RIGHTS)
def test_a_stranger_is_refused_all_and_cannot_fill_the_audit(world):
    item = held(world, "user@example.org")
    for words in (("list",), ("show", item), ("export", item), ("release", item), ("delete", item), ("stats",), ("audit",)):
        out = qctl_as(world, STRANGER, *words)
        assert out.returncode == 2 and "not allowed" in out.stderr and item not in out.stdout, (words, out)
    for _ in range(40):
        qctl_as(world, STRANGER, "list")
    uid = pwd.getpwnam(STRANGER).pw_uid
    told = audit(world, "--action", "refused", "--who", f"uid={uid}")
    assert len(told) == 1, told
    assert len(world.lazaret.items()) == 1


@pytest.mark.config(RIGHTS)
def test_who_may_not_teach_the_model_is_refused_and_that_is_written_down(world):
    held(world, "user@example.org")
    before = world.lazaret.qctl("model", "show", "--json").stdout
    out = qctl_as(world, STRANGER, "model", "reset")
    assert out.returncode == 2 and "not allowed" in out.stderr, out
    assert world.lazaret.qctl("model", "show", "--json").stdout == before
    told, = audit(world, "--action", "refused", "--who", f"uid={pwd.getpwnam(STRANGER).pw_uid}")
    assert told["detail"].startswith("model_"), told
    world.lazaret.qctl("model", "reset")
    told, = [entry for entry in audit(world, "--action", "policy") if entry["detail"] == "model reset"]
    assert told["who"] == "uid=0 user=root"
    assert whole(world).returncode == 0


@pytest.mark.config("spam:\n  enabled: true\n")
def test_who_taught_the_model_what_is_written_down_once(world):
    spam = world.dir / "spam.mbox"
    spam.write_text("".join(f"From a@b.example Mon Nov 23 10:00:00 2026\nSubject: offer {number}\n\ncheap watches {number}\n\n"
                            for number in range(300)))
    for _ in range(2):  # told again it is nothing new
        world.lazaret.qctl("learn", "spam", str(spam))
    told = audit(world, "--action", "learn")
    assert sum(int(re.search(r"learned=(\d+)", one["detail"])[1]) for one in told) == 300, told
    assert {one["who"] for one in told} == {"uid=0 user=root"} and all("spam=" in one["detail"] for one in told), told
    assert len(told) == 2  # what qctl sends at once is one entry
    (world.dir / "ham.eml").write_text("Subject: offer 1\n\ncheap watches 1\n")
    world.lazaret.qctl("learn", "ham", str(world.dir / "ham.eml"))
    told = audit(world, "--action", "learn")
    assert len(told) == 3 and "spam=0 ham=1 learned=0 corrected=1 forgotten=0 already=0" in [one["detail"] for one in told], told
    assert whole(world).returncode == 0


def with_key(world, name, roles):
    """A quarantine that also listens on tcp://, and a configuration that goes there with a key of its own."""
    port = free_port()
    endpoint = f"tcp://127.0.0.1:{port}"
    keys = {}
    for who in ("main", name):
        world.lazaret.qctl("keys", "new", str(world.dir / f"{who}.key"))
        keys[who] = (world.dir / f"{who}.key.pub").read_text().split()[0]
        os.chown(world.dir / f"{who}.key", pwd.getpwnam("news").pw_uid, 0)
    (world.dir / "allowed").write_text(f"{keys['main']} main\n{keys[name]} {name} {roles}\n")
    (world.dir / "servers").write_text(f"{endpoint} {keys['main']}\n")
    usual = world.lazaret.conf.read_text()
    curve = f"curve:\n  allowed_keys: {world.dir}/allowed\n  server_keys: {world.dir}/servers\n"
    client = world.dir / "client.yaml"
    client.write_text(usual.replace("front:\n", f"front:\n  quarantine: {endpoint}\n") +
                      curve + f"  secret_key: {world.dir}/{name}.key\n")
    ipc = f"ipc://{world.lazaret.run}/quarantine/store.ipc"
    world.lazaret.conf.write_text(usual.replace("quarantine:\n", f"quarantine:\n  listen: ['{ipc}', '{endpoint}']\n") +
                                  curve + f"  secret_key: {world.dir}/main.key\n")
    return client, keys[name]


@pytest.mark.parametrize("roles, may", [("worker", False), ("", False), ("tool", True)])
def test_a_workers_key_can_not_release_and_a_tools_can(roles, may):
    world = World()
    try:
        client, key = with_key(world, "far", roles)
        world.start()
        item = held(world, "user@example.org")
        out = world.lazaret.bin / "qctl"
        done = subprocess.run([out, "-c", client, "release", item], capture_output=True, text=True, timeout=60)
        assert (done.returncode == 0) == may, done
        told = audit(world, "--action", "release" if may else "refused", "--who", key)
        assert told and told[0]["who"] == f"name=far key={key}"
        assert may == bool(world.lazaret.show(item)["outbox"] and
                           [one for one in world.lazaret.show(item)["outbox"] if one["kind"] == "release"])
    finally:
        world.stop()


def change(path, old, new):
    """As somebody who can write to the disk."""
    data = path.read_bytes()
    assert old in data and len(old) == len(new)
    path.write_bytes(data.replace(old, new))


def test_a_list_that_could_not_be_written_as_a_whole_is_a_failure(world):
    item = held(world, "user@example.org")
    for _ in range(60):  # more than is held back before it is written
        world.lazaret.qctl("show", item)
    for words in (("audit", "--limit", "0"), ("audit", "--json", "--limit", "0"), ("audit", "head")):
        with open("/dev/full", "w") as full:
            out = subprocess.run([str(world.lazaret.bin / "qctl"), "-c", str(world.lazaret.conf), *words], stdout=full,
                                 stderr=subprocess.PIPE, text=True, timeout=60)
        assert out.returncode == 74 and "could be written" in out.stderr, words


def test_who_tampers_is_found_out(world):
    database = world.lazaret.state / "quarantine/data.mdb"
    head = world.dir / "heads"
    item = held(world, "user@example.org")
    copy = world.dir / "copy"
    world.lazaret.qctl("backup", str(copy))
    world.lazaret.qctl("show", item, "--why", "curiosity-4711")
    head.write_text(world.lazaret.qctl("audit", "head").stdout)
    one = json.loads(world.lazaret.qctl("audit", "head", "--json").stdout)
    assert [str(one["seq"]), one["hash"]] == head.read_text().split()[::2]
    seq = audit(world, "--action", "view")[0]["seq"]
    world.lazaret.qctl("show", item, "--why", "later")
    assert "with 1 head" in whole(world, "--head", str(head)).stdout

    # One byte of an entry.
    world.lazaret.stop()
    change(database, b"curiosity-4711", b"duty-as-always")
    world.lazaret.start()
    out = whole(world)
    assert out.returncode == 1 and f"entry {seq} is not what it was" in out.stdout, out
    assert "the audit" in world.lazaret.qctl("verify", check=False).stdout

    # The end of it: put back as it was before, where no entry is wrong.
    world.lazaret.stop()
    database.write_bytes((copy / "data.mdb").read_bytes())
    os.chown(database, pwd.getpwnam("news").pw_uid, pwd.getpwnam("news").pw_gid)
    world.lazaret.start()
    assert whole(world).returncode == 0
    for _ in range(2):
        out = whole(world, "--head", str(head))
        assert out.returncode == 1 and ("cut off" in out.stdout or "another one" in out.stdout), out
        world.lazaret.qctl("show", item)
        world.lazaret.qctl("show", item)


def test_a_quarantine_that_is_killed_in_the_middle_has_a_whole_audit(world):
    def send():
        for number in range(60):
            world.send(mails.mixed(mails.text_part(), mails.attachment("setup.exe", mails.program() + bytes([number]))),
                       to=f"u{number}@example.org")

    sender = threading.Thread(target=send)
    sender.start()
    for _ in range(4):
        time.sleep(0.7)
        for pid in world.lazaret.pids().get("qstore", []):
            os.kill(pid, signal.SIGKILL)
    sender.join()
    wait_for(lambda: world.lazaret.qctl("list", "--json", "--limit", "0", check=False).stdout.count("\n") == 60, 90,
             message="60 items")
    assert whole(world).returncode == 0
    stored = [entry["item"] for entry in audit(world, "--action", "store")]
    assert sorted(stored) == sorted(item["id"] for item in world.lazaret.items("--limit", "0"))


def test_another_configuration_and_other_rights_are_seen_without_a_restart(world):
    assert "not allowed" in qctl_as(world, "games", "list").stderr or "nobody to ask" in qctl_as(world, "games", "list").stderr
    os.chmod(world.lazaret.run / "quarantine", 0o755)
    os.chmod(world.lazaret.run / "quarantine/store.ipc", 0o666)
    assert "not allowed" in qctl_as(world, "games", "list").stderr
    before = len(audit(world, "--action", "policy"))
    world.lazaret.write("quarantine:\n  operators:\n  - {name: player, user: games, actions: [list]}\n")
    for pid in world.lazaret.pids()["qstore"]:
        os.kill(pid, signal.SIGHUP)
    wait_for(lambda: qctl_as(world, "games", "list").returncode == 0, message="the new rule")
    told = audit(world, "--action", "policy")
    assert len(told) > before and any("configuration sha256=" in entry["detail"] for entry in told[:len(told) - before])
