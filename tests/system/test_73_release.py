"""What leaves the quarantine: looked at anew, byte for byte, once, and only what was meant."""
import email
import email.policy
import json
import os
import pty
import subprocess
import time

import mails
import pytest
from preload import Clock
from world import as_crlf, wait_for

HOLD = "policy:\n  spam_tag: 5\n  spam_quarantine: 50\n  spam_reject: 0\n"
EVERYTHING = """access:
  rules:
    - name: everything
      senders: ["@outside.example", "<>"]
      action: quarantine
"""


def kept(world, count, seconds=60):
    return wait_for(lambda: len(world.lazaret.items("--limit", "0")) >= count and world.lazaret.items("--limit", "0"), seconds,
                    message=f"{count} items")


def release(world, *args, code=0):
    out = world.lazaret.qctl("release", *args, check=False)
    assert out.returncode == code, (args, out.returncode, out.stdout, out.stderr)
    return out


def to_people(world, address="user@example.org"):
    return [mail for mail in world.sink.to(address) if not mail.field("X-Lazaret-Notice")]


@pytest.mark.config("policy:\n  virus: quarantine\n")
def test_a_virus_is_refused_unless_somebody_answers_for_it(world):
    original = mails.eicar_mail(subject="with a virus")
    world.send(original)
    item, = kept(world, 1)
    out = release(world, item["id"], code=2)
    assert "refused: virus: Eicar" in out.stderr and "--force" in out.stderr
    assert "would be refused" in release(world, item["id"], "--dry-run", code=1).stdout
    assert release(world, item["id"], "--force", code=64).stderr.startswith("qctl: --force needs a --reason")
    assert world.lazaret.show(item["id"])["state"] == "held"
    told = json.loads(release(world, item["id"], "--force", "--reason", "false alarm, ticket 17", "--json").stdout)
    assert told["scan"] == "virus" and told["outcome"] == "released"
    got = wait_for(lambda: to_people(world), message="the release")[0]
    assert got.bytes.replace(b"\r\n", b"\n").endswith(original[original.index(b"Subject:"):])
    record, = [r for r in world.lazaret.show(item["id"])["outbox"] if r["kind"] == "release"]
    assert record["why"].startswith("false alarm, ticket 17 (forced: virus: virus: Eicar")
    assert "was released before" in release(world, item["id"]).stdout, "asked for again it says so"
    time.sleep(1)
    assert len(to_people(world)) == 1


def test_what_could_not_be_looked_at_is_refused_in_words_of_its_own(world):
    world.send(mails.mixed(mails.text_part(), mails.attachment("a.zip", mails.encrypted_zip(), "application/zip"),
                           mails.attachment("setup.exe", mails.program())))
    item, = kept(world, 1)
    out = release(world, item["id"], code=2)
    assert "not all of it could be scanned" in out.stderr and "encrypted" in out.stderr and "virus:" not in out.stderr
    release(world, item["id"], "--force", "--reason", "known")


@pytest.mark.config(HOLD)
def test_a_search_is_tried_first_counted_and_then_released(world):
    for number in range(6):
        world.send(mails.gtube_mail(subject=f"offer {number}", number=number), sender="shop@partner.example",
                   to=f"u{number}@example.org")
    world.send(mails.gtube_mail(subject="other", number=9), sender="x@elsewhere.example", to="u9@example.org")
    kept(world, 7)
    choose = ["--reason", "spam", "--sender", "@partner.example"]
    lines = [json.loads(line) for line in release(world, *choose, "--dry-run", "--json").stdout.splitlines()]
    assert len(lines) == 6 and all(line["outcome"] == "would be released" and line["scan"] == "clean" for line in lines)
    assert "6 would be released" in release(world, *choose, "--dry-run").stderr
    assert "--yes 6" in release(world, *choose, code=64).stderr
    assert "--yes 6" in release(world, *choose, "--yes", "7", code=2).stderr
    assert "ids, or options" in release(world, code=64).stderr
    assert "either ids" in release(world, lines[0]["id"], *choose, "--since", "1d", code=64).stderr
    assert "more than a word" in release(world, "--reason", "spma", "--yes", "7", code=64).stderr
    time.sleep(1)
    assert not [m for m in world.sink.mails if not m.field("X-Lazaret-Notice")], "nothing was released so far"

    release(world, lines[0]["id"])
    out = release(world, *choose, "--yes", "6")
    assert "5 released, 1 released before" in out.stderr
    for number in range(6):
        wait_for(lambda: to_people(world, f"u{number}@example.org"), message=f"mail {number}")
    time.sleep(1)
    assert all(len(to_people(world, f"u{number}@example.org")) == 1 for number in range(6))
    assert not to_people(world, "u9@example.org")


@pytest.mark.config(HOLD)
def test_an_option_whose_variable_was_empty_chooses_nothing(world):
    for number in range(2):
        world.send(mails.gtube_mail(subject=f"offer {number}", number=number))
    item = kept(world, 2)[0]["id"]
    assert "--sender: ADDRESS is empty" in release(world, "--sender", "", "--yes", "2", code=64).stderr
    assert "--to: ADDRESS is empty" in release(world, item, "--to", "", code=64).stderr
    for command in (("hold", "--why", "case 12"), ("unhold", "--why", "over"), ("export", "--mbox"), ("list",), ("rescan",)):
        out = world.lazaret.qctl(*command, "--subject=", check=False)
        assert (out.returncode, out.stdout) == (64, "") and "--subject: WORDS is empty" in out.stderr, command
    assert world.lazaret.qctl("list", "--on-hold", "--json").stdout == ""
    assert {one["state"] for one in world.lazaret.items()} == {"held"}


@pytest.mark.config(HOLD + "  virus: quarantine\n")
def test_of_many_one_that_is_refused_does_not_stop_the_others(world):
    world.send(mails.eicar_mail(subject="bad"))
    for number in range(3):
        world.send(mails.gtube_mail(subject=f"offer {number}", number=number), to=f"u{number}@example.org")
    kept(world, 4)
    out = release(world, "--since", "1d", "--yes", "4", code=2)
    assert "3 released, 1 refused" in out.stderr
    for number in range(3):
        wait_for(lambda: to_people(world, f"u{number}@example.org"), message=f"mail {number}")
    assert not to_people(world)


@pytest.mark.config(HOLD)
def test_a_terminal_is_asked_and_sees_how_far_it_is(world):
    for number in range(3):
        world.send(mails.gtube_mail(subject=f"offer {number}", number=number))
    kept(world, 3)

    def typed(answer):
        ours, theirs = pty.openpty()
        command = [str(world.lazaret.bin / "qctl"), "-c", str(world.lazaret.conf), "release", "--reason", "spam"]
        process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        os.write(ours, answer)
        seen = b""
        try:
            while True:
                seen += os.read(ours, 10000)
        except OSError:
            pass  # the other end is closed
        out = process.communicate(timeout=60)[0]
        os.close(ours)
        return process.returncode, out, seen

    code, out, seen = typed(b"no\n")
    assert code == 1 and not out and b"release 3 items? " in seen and b"nothing was done" in seen
    code, out, seen = typed(b"yes\n")
    assert code == 0 and out.count(b": released (") == 3
    assert b"3 released, 0 refused" in seen and b"[##############################]" in seen


@pytest.mark.config(HOLD)
def test_where_nobody_can_scan_it_is_refused_unless_forced(world):
    world.send(mails.gtube_mail())
    item, = kept(world, 1)
    world.drained()
    world.lazaret.stop()
    world.lazaret.start_each(("qstore", "qnotify"))
    clock = Clock(world.lazaret, "qctl")
    with clock.hurried():
        out = release(world, item["id"], code=75)
    assert "nobody could scan it" in out.stderr and "broker" in out.stderr
    assert world.lazaret.show(item["id"])["state"] == "held"
    with clock.hurried(1):
        out = release(world, item["id"], "--force", "--reason", "the brokers are down")
    assert "unknown" in out.stdout
    wait_for(lambda: to_people(world), message="the release")


# ---- looking at it first

NASTY = ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
         "before \x1b]8;;http://evil.example\x07click\x1b]8;;\x07 \x1b[2J\u202etxt.exe\u202c after \x00 \x9b31m\n")
PAGE = ("<html><head><title>t</title><style>b{}</style><script>alert('active')</script></head><body onload=alert(1)>"
        "<p>Dear <b>customer</b>,</p><p>Please <a href=\"http://evil.example/log?in=1\">log in to your bank</a>.</p>"
        "<img src=http://tracker.example/1.gif></body></html>\n")


def nasty_mail():
    return mails.mixed(NASTY.encode(), mails.part("text/html; charset=utf-8", PAGE.encode()),
                       mails.attachment("in\u202evoice.zip", mails.zipped_as("setup.exe", mails.program()), "application/zip"),
                       subject="=?utf-8?Q?nasty_=1B[31m?=")


def test_a_preview_shows_everything_and_harms_nothing(world):
    world.send(nasty_mail())
    item, = kept(world, 1)
    raw = world.lazaret.qctl("preview", item["id"], binary=True).stdout
    text = raw.decode()
    assert not [byte for byte in raw if byte < 32 and byte != 10] and 127 not in raw, "no control characters"
    assert not set(text) & set("\u202e\u202c\u200b\x9b"), "nor any that alter how a line is shown"
    assert "before" in text and "after" in text and "\\x1b" in text
    assert "Dear customer" in text and "log in to your bank" in text and "alert" not in text
    assert "http://evil.example/log?in=1" in text
    assert "setup.exe" in text and "SHA-256" in text and item["rule"] in text
    assert text.splitlines()[0].startswith("Parts were cut for user@example.org: ")
    shown, = world.lazaret.show(item["id"])["parts"]
    assert shown["sha256"] in text
    one = json.loads(world.lazaret.qctl("preview", "--json", item["id"][:6]).stdout)
    paths = {part["path"]: part for part in one["previews"][0]["structure"]}
    assert any(path.startswith("3/") and path.endswith("/setup.exe") for path in paths) and paths["3"]["sha256"] == shown["sha256"]
    assert one["previews"][0]["links"] == ["http://evil.example/log?in=1"] or "http://evil.example/log?in=1" in one["previews"][0]["links"]
    assert one["id"] == item["id"] and not one["previews"][0]["more"]
    part = world.lazaret.qctl("preview", item["id"], "--part", "1").stdout
    assert "Part 1" in part and "setup.exe" in part
    assert world.lazaret.qctl("preview", item["id"], "--part", "7", check=False).returncode == 1
    short = json.loads(world.lazaret.qctl("preview", "--json", "--lines", "1", item["id"]).stdout)
    assert short["previews"][0]["more"] and sum(len(t["lines"]) for t in short["previews"][0]["texts"]) == 1


@pytest.mark.config("policy:\n  keep_original: false\n")
def test_where_only_parts_are_kept_each_is_shown(world):
    world.send(mails.mixed(mails.text_part(), mails.attachment("one.exe", mails.program()),
                           mails.attachment("two.exe", mails.program() + b"2")))
    item, = kept(world, 1)
    text = world.lazaret.qctl("preview", item["id"]).stdout
    assert "Part 1" in text and "Part 2" in text and '"one.exe"' in text and '"two.exe"' in text


@pytest.mark.config(EVERYTHING)
def test_previews_of_all_kinds_of_mail_are_printable(world):
    sample = dict(mails.sample())
    for name, mail in sample.items():
        world.send(mail)
    for item in kept(world, len(sample)):
        raw = world.lazaret.qctl("preview", item["id"], binary=True).stdout
        raw.decode()
        assert not [byte for byte in raw if byte < 32 and byte != 10], raw
        json.loads(world.lazaret.qctl("preview", "--json", item["id"]).stdout)


# ---- one part of it

def carried(mail):
    """What the mail carries: its attachment's name and bytes."""
    message = email.message_from_bytes(mail.bytes, policy=email.policy.default)
    attachment, = message.iter_attachments()
    return message, attachment.get_filename(), attachment.get_payload(decode=True)


def unzipped(data, password, folder):
    (folder / "it.zip").write_bytes(data)
    return subprocess.run(["7z", "x", "-so", f"-p{password}", str(folder / "it.zip")], capture_output=True, timeout=30)


def two_programs(world):
    world.send(mails.mixed(mails.text_part(), mails.attachment("one.exe", mails.program() + b"1"),
                           mails.attachment("zwei ü.exe", mails.program() + b"2"), subject="two programs"))
    item, = kept(world, 1)
    world.drained()
    return item


def test_a_part_goes_out_alone_once_in_the_thread_of_its_message(world):
    item = two_programs(world)
    release(world, item["id"], "--part", "2", "--wait")
    part, = [mail for mail in to_people(world) if mail.field("X-Lazaret-Part")]
    message, name, data = carried(part)
    assert (name, data) == ("zwei ü.exe", mails.program() + b"2")
    assert part.sender in ("", "<>", None) and message["Subject"] == "Re: two programs"
    assert message["In-Reply-To"] == message["References"] and message["References"].startswith("<test.")
    assert message["Auto-Submitted"].startswith("auto-") and "postmaster@example.org" in message["From"]
    assert "was released before" in release(world, item["id"], "--part", "2").stdout
    release(world, item["id"], "--part", "1", "--to", "other@example.org", "--wait")
    assert carried(world.sink.to("other@example.org")[0])[1] == "one.exe"
    release(world, item["id"], "--part", "2", "--again", "--wait")
    assert len([mail for mail in to_people(world) if mail.field("X-Lazaret-Part")]) == 2
    assert release(world, item["id"], "--part", "3", code=1).stderr
    assert " 0 problems" in world.lazaret.qctl("verify").stdout
    assert any(r.get("part") == 1 for r in world.lazaret.show(item["id"])["outbox"])


def test_a_part_becomes_a_file_that_is_not_overwritten(world, tmp_path):
    item = two_programs(world)
    path = tmp_path / "out.exe"
    release(world, item["id"], "--part", "1", "--file", str(path))
    assert path.read_bytes() == mails.program() + b"1" and path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"mine")
    release(world, item["id"], "--part", "1", "--file", str(path), code=2)
    assert path.read_bytes() == b"mine"
    assert "either ids" in release(world, item["id"], "--file", str(path), code=64).stderr, "without a part it chooses"
    time.sleep(1)
    assert not [mail for mail in world.sink.mails if mail.field("X-Lazaret-Part")]


def test_a_part_is_packed_with_a_password_that_is_nowhere(world, tmp_path):
    item = two_programs(world)
    secret = tmp_path / "password"
    secret.write_text("kein Wort davon\nsecond line\n")
    release(world, item["id"], "--part", "2", "--zip-password", str(secret), "--wait")
    part, = [mail for mail in to_people(world) if mail.field("X-Lazaret-Part")]
    message, name, data = carried(part)
    assert name == "zwei ü.exe.zip" and message.get_content_type() == "multipart/mixed"
    assert unzipped(data, "kein Wort davon", tmp_path).stdout == mails.program() + b"2"
    assert unzipped(data, "another", tmp_path).returncode != 0
    assert b"kein Wort" not in part.bytes and "kein Wort" not in world.lazaret.log()
    assert b"kein Wort" not in b"".join(path.read_bytes() for path in (world.lazaret.state / "quarantine").iterdir())
    assert ": released (" in release(world, item["id"], "--part", "2").stdout, "as it is it is another release"
    empty = tmp_path / "empty"
    empty.write_text("\n")
    assert release(world, item["id"], "--part", "1", "--zip-password", str(empty), code=64).stderr


def test_a_terminal_is_asked_for_the_password_and_does_not_show_it(world, tmp_path):
    item = two_programs(world)
    ours, theirs = pty.openpty()
    command = [str(world.lazaret.bin / "qctl"), "-c", str(world.lazaret.conf), "release", item["id"], "--part", "1",
               "--file", str(tmp_path / "a.zip"), "--zip-password", "-"]
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    seen = b""
    while b"password: " not in seen:
        seen += os.read(ours, 1000)
    os.write(ours, b"typed secret\n")
    try:
        while True:
            seen += os.read(ours, 1000)
    except OSError:
        pass
    assert process.wait(60) == 0 and b"typed" not in seen, seen
    os.close(ours)
    assert unzipped((tmp_path / "a.zip").read_bytes(), "typed secret", tmp_path).stdout == mails.program() + b"1"


@pytest.mark.config("policy:\n  keep_original: false\n")
def test_a_part_with_a_virus_is_refused_and_goes_out_where_only_parts_are_kept(world):
    world.send(mails.eicar_mail())
    item, = kept(world, 1)
    assert "only the parts" in release(world, item["id"], code=1).stderr
    assert "refused: virus" in release(world, item["id"], "--part", "1", code=2).stderr
    release(world, item["id"], "--part", "1", "--force", "--reason", "for the laboratory", "--to", "lab@example.org", "--wait")
    assert carried(world.sink.to("lab@example.org")[0])[2] == mails.EICAR


# ---- the rule that would have let it through

def suggested(world, item, config=""):
    """Puts what is suggested into the configuration; the same mail must pass then."""
    rules = world.lazaret.qctl("release", item["id"], "--suggest").stdout
    world.lazaret.stop()
    world.lazaret.write(config + rules)
    world.lazaret.start()
    out = world.lazaret.qctl("check", check=False)
    assert out.returncode == 0, out.stdout + out.stderr
    return rules


def test_the_rule_that_is_suggested_lets_the_same_attachment_through_and_nothing_else(world):
    mail = mails.mixed(mails.text_part(), mails.attachment("Tool.exe", mails.program()),
                       mails.attachment("more.zip", mails.zipped_as("inner/Setup.EXE", mails.program() + b"2"), "application/zip"))
    world.send(mail, sender="dev@partner.example")
    item, = kept(world, 1)
    rules = suggested(world, item)
    assert "@partner.example" in rules and "tool.exe" in rules and "user@example.org" in rules
    before = len(to_people(world))
    world.send(mail, sender="dev@partner.example")
    got = wait_for(lambda: to_people(world)[before:], message="the mail")[0]
    assert mails.b64(mails.program())[:60] in got.bytes.replace(b"\r\n", b"\n")
    world.drained()
    assert len(world.lazaret.items()) == 1
    world.send(mail, sender="dev@elsewhere.example")
    world.send(mails.mixed(mails.text_part(), mails.attachment("other.exe", mails.program())), sender="dev@partner.example")
    kept(world, 3)


@pytest.mark.config(HOLD)
def test_spam_of_a_partner_passes_with_the_rule_that_is_suggested(world):
    world.send(mails.gtube_mail(), sender="shop@partner.example")
    item, = kept(world, 1)
    suggested(world, item, HOLD)
    before = len(to_people(world))
    world.send(mails.gtube_mail(), sender="shop@partner.example")
    wait_for(lambda: to_people(world)[before:], message="the mail")
    world.send(mails.gtube_mail(), sender="shop@elsewhere.example")
    kept(world, 2)


SEALED = "policy:\n  unscanned:\n    encrypted: quarantine\n"


@pytest.mark.config(SEALED)
def test_an_archive_with_a_password_passes_with_the_rule_that_is_suggested(world):
    mail = mails.mixed(mails.text_part(), mails.attachment("a.zip", mails.encrypted_zip(), "application/zip"))
    world.send(mail, sender="dev@partner.example")
    item, = kept(world, 1)
    suggested(world, item, SEALED)
    before = len(to_people(world))
    world.send(mail, sender="dev@partner.example")
    wait_for(lambda: to_people(world)[before:], message="the mail")
    world.drained()
    assert len(world.lazaret.items()) == 1


def test_for_a_virus_no_rule_is_suggested(world):
    world.send(mails.eicar_mail())
    item, = kept(world, 1)
    out = release(world, item["id"], "--suggest", code=1)
    assert not out.stdout and "virus" in out.stderr


def lessons(world):
    told = json.loads(world.lazaret.qctl("model", "show", "--json").stdout)
    return told["spam"], told["ham"]


@pytest.mark.config(HOLD + "  virus: quarantine\n")
def test_what_is_released_is_learned_as_ham_where_that_is_asked(world):
    for number in range(3):
        world.send(mails.gtube_mail(subject=f"offer {number}", number=number), to=f"u{number}@example.org")
    first, second, third = kept(world, 3)
    release(world, first["id"])
    assert lessons(world) == (0, 0)
    assert "1 learned as ham" in release(world, second["id"], "--learn").stderr
    assert lessons(world) == (0, 1)
    assert "0 learned as ham" in release(world, second["id"], "--learn", "--again").stderr, "twice is once"
    assert lessons(world) == (0, 1)
    assert not release(world, third["id"], "--learn", "--dry-run").stderr
    assert lessons(world) == (0, 1)
    world.send(mails.eicar_mail(subject="with a virus"))
    virus, = [item for item in kept(world, 4) if item["reason"] == "virus"]
    release(world, virus["id"], "--force", "--reason", "for the laboratory", "--learn")
    assert lessons(world) == (0, 1), "a virus is no lesson"


@pytest.mark.config(HOLD + "spam:\n  model:\n    learn_releases: true\n")
def test_a_site_may_have_all_releases_learned(world):
    world.send(mails.gtube_mail(subject="an offer"))
    item, = kept(world, 1)
    assert "1 learned as ham" in release(world, item["id"]).stderr
    assert lessons(world) == (0, 1)
