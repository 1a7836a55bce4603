"""Notices in the language of whom they go to, and what becomes of them when a template is broken."""
import email
import email.policy
import json
import os
import signal

import mails
import pytest
from world import wait_for

CONFIG = """site:
  title: Sparverein Süd
  admin: chief@english.example
notifier:
  languages:
    - domains: [.org]
      language: de
"""
NOTICE = "X-Lazaret-Notice"


def notice(world, to, seconds=30):
    return wait_for(lambda: [m for m in world.sink.to(to) if m.field(NOTICE)], seconds, message=f"a notice to {to}")[-1]


def read(mail):
    return email.message_from_bytes(mail.bytes, policy=email.policy.default)


def program(subject, name="setup.exe"):
    return mails.mixed(mails.text_part(), mails.attachment(name, mails.program()), subject=subject)


def records(world, *args):
    return [json.loads(line) for line in world.lazaret.qctl("notices", "--json", *args).stdout.splitlines()]


@pytest.mark.config(CONFIG)
def test_each_gets_a_notice_in_their_language_as_text_and_as_html(world):
    world.send(program("=?utf-8?q?=3Cscript=3E_Gr=C3=BC=C3=9Fe_=E2=80=AE?="))
    german, english = read(notice(world, "user@example.org")), read(notice(world, "chief@english.example"))

    assert german.get_content_type() == "multipart/alternative"
    text, html = german.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert german["Content-Language"] == "de" and english["Content-Language"] == "en"
    assert str(german["From"]) == "Sparverein Süd <chief@english.example>"
    assert str(german["Subject"]).startswith("Aus einer Nachricht an Sie wurde etwas entfernt: <script> Grüße")
    for part in text, html:
        body = part.get_content()
        assert "Quarantäne von\nSparverein Süd." in body.replace("\r\n", "\n")
        assert "nicht zugelassener Anhang" in body and "setup.exe" in body
        assert "\u202e" not in body
    assert "<script> Grüße" in text.get_content()
    assert "<script" not in html.get_content() and "&lt;script&gt; Grüße" in html.get_content()
    assert "Delivered without the parts named below." in english.get_body(("plain",)).get_content()


@pytest.mark.config(CONFIG)
def test_what_would_be_sent_can_be_seen(world):
    world.send(program("rendered"))
    got = notice(world, "user@example.org")
    world.drained()
    one, = [r for r in records(world) if r["to"] == ["user@example.org"]]
    assert (one["kind"], one["state"], one["item"]) == ("recipient", "done", got.field(NOTICE))
    shown = world.lazaret.qctl("notices", "render", one["id"][:6], binary=True).stdout
    assert got.bytes.endswith(shown[shown.index(b"\r\nFrom: "):]), "all but the Date is as it was sent"
    assert records(world, "--state", "dead") == []
    assert one["id"] in world.lazaret.qctl("notices", "--state", "done").stdout

    world.lazaret.qctl("release", one["item"])
    release, = [r for r in records(world) if r["kind"] == "release"]
    refused = world.lazaret.qctl("notices", "render", release["id"], check=False)
    assert refused.returncode == 2 and f"qctl export {one['item']}" in refused.stderr
    assert world.lazaret.qctl("notices", "render", "zzzzzzzz", check=False).returncode == 1
    assert world.lazaret.qctl("notices", "--state", "nonsense", check=False).returncode == 64
    world.drained()
    assert len([m for m in world.sink.mails if m.field(NOTICE)]) == 2, "looking has sent nothing"


@pytest.mark.config(CONFIG)
def test_a_broken_template_loses_no_notice(world):
    def tell():
        return world.lazaret.qctl("check", "--offline", check=False).stdout

    assert f"ok       texts of notices in {world.dir}/templates\n" in tell()
    broken = world.dir / "templates/de/recipient.txt"
    broken.write_text("Subject: {{subject}}\n\n{{nonsense}}\n")
    error = f"{broken}:3: found nonsense, expected one of the variables in qnotify(8); that in en is used"
    assert f"failed   {error}\n" in tell()

    # What runs keeps the old ones …
    os.kill(world.lazaret.pids()["qnotify"][0], signal.SIGHUP)
    wait_for(lambda: "templates-kept" in world.lazaret.log(), message="the refusal")
    world.send(program("old"))
    assert read(notice(world, "user@example.org"))["Content-Language"] == "de"

    # … what starts takes English.
    before, pid = world.lazaret.log().count(error), world.lazaret.pids()["qnotify"][0]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: world.lazaret.pids().get("qnotify", [pid]) != [pid], 30, message="a new qnotify")
    wait_for(lambda: world.lazaret.log().count(error) == before + 1, 30, message="the warning")
    world.send(program("new"))
    wait_for(lambda: read(notice(world, "user@example.org"))["Content-Language"] == "en", 60, message="a notice in English")
    assert world.lazaret.log().count(error) == before + 1, "once, not with each notice"
