"""Spam rules in SpamAssassin's language: told about, run, matched many at once, and read again when they change."""
import base64
import json
import pathlib
import pty
import os
import subprocess

import mails
import pytest
from test_63_reload import serving, workers
from world import GTUBE, wait_for

DEBIAN = pathlib.Path("/usr/share/spamassassin")
OWN = r"""
body     SITE_WORD      /sesame\s{1,60}opens/i
score    SITE_WORD      1 2 3 4
describe SITE_WORD      The site's own word
replace_tag S (?:s|\$)
body     SITE_TAG       /<S>e<S>ame/
replace_rules SITE_TAG
header   __TO           To:addr =~ /(?<SITE_TO>[^@]+)@/
body     SITE_NAMED     /dear %{SITE_TO},/i
header   SITE_NET       eval:check_rbl('zen', 'zen.spamhaus.org.')
tflags   SITE_NET       net
meta     SITE_LOCAL     !SITE_NET && rules_matching(SITE_W*)
use_bayes 1
"""


@pytest.fixture
def rules(world):
    """The site's own rules, in a file behind those that are shipped."""
    path = world.dir / "rules/50_site.cf"
    path.write_text(OWN)
    path.chmod(0o644)
    return path


def told(world, *words):
    out = world.lazaret.qctl("rules", *words, "--json", check=False)
    assert out.returncode in (0, 1), out
    return [json.loads(line) for line in out.stdout.splitlines()]


def hits(world, text):
    """What hits in a mail, by name: points and what is said of it."""
    path = world.dir / "explained.eml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o644)
    out = json.loads(world.lazaret.qctl("explain", str(path), "--json").stdout)
    return {one["symbol"]: (one["points"], one["detail"]) for one in out["findings"] if one["check"] == "spam"}


def mail(body):
    return f"From: a@example.org\nTo: ben@example.net\nSubject: word\n\n{body}\n"


def test_check_list_and_show_tell_what_became_of_each_line(world, rules):
    sums = told(world, "check")
    assert len(sums) == 1 and sums[0]["lines_passed_over"] == 0 and sums[0]["meaningless_keys"] == ["use_bayes"]
    assert sums[0]["not_run"]["it asks the network"] == 1
    assert world.lazaret.qctl("rules", "check").stdout.count("passed over") == 1  # "0 lines were"
    names = {one["name"]: one for one in told(world, "list")}
    assert names["SITE_NET"]["why_not"] == "it asks the network" and not names["SITE_NET"]["run"]
    assert names["SITE_LOCAL"]["kind"] == "meta" and names["SITE_LOCAL"]["run"]
    (word,) = told(world, "show", "SITE_WORD")
    assert word["score"] == 1 and word["scores"] == [1, 2, 3, 4] and word["line"] == 2
    assert word["file"] == str(rules) and word["text"].startswith("body     SITE_WORD")
    assert told(world, "show", "SITE_TAG")[0]["pattern"] == r"(?:s|\$)e(?:s|\$)ame"
    out = world.lazaret.qctl("rules", "show", "SITE_WORD").stdout
    assert "The site's own word" in out and f"{rules}:2" in out
    assert world.lazaret.qctl("rules", "show", "NOWHERE", check=False).returncode == 1
    assert world.lazaret.qctl("rules", "show", check=False).returncode == 64
    assert world.lazaret.qctl("rules", "polish", check=False).returncode == 64


def test_a_line_that_is_not_understood_is_told_with_file_and_line(world, rules):
    rules.write_text(OWN + "bogus 1\nbody SITE_EVIL eval:launch()\nbody SITE_BAD /a(b/\n")
    out = world.lazaret.qctl("rules", "check", check=False)
    lines = OWN.count("\n")
    assert out.returncode == 1 and "3 lines were passed over" in out.stdout
    assert f"{rules}:{lines + 1}: \"bogus\" is not supported" in out.stdout
    assert f"{rules}:{lines + 2}: rule SITE_EVIL: the function launch is not here" in out.stdout
    assert f"{rules}:{lines + 3}: rule SITE_BAD: missing closing parenthesis" in out.stdout
    assert [one for one in told(world, "check") if "bogus" in one.get("passed_over", "")]


def test_explain_tells_hits_points_and_what_matched(world, rules):
    found = hits(world, mail("Open, $e$ame! Sesame   opens.\n\nDear Ben, hello"))
    assert found["SITE_WORD"] == (1, "The site's own word (\"Sesame opens\")")
    assert found["SITE_TAG"][1].endswith("(\"$e$ame\")") and found["SITE_NAMED"][1].endswith("(\"Dear Ben,\")")
    assert "SITE_LOCAL" in found and "SITE_NET" not in found
    assert "SITE_NAMED" not in hits(world, mail("Dear Bea,"))


def test_conditions_on_one_address_hold_together(world, rules):
    rules.write_text(OWN + r"""
uri_detail SITE_LIES   text =~ /\bhttps:/  cleaned !~ /^https:/
uri_detail SITE_SIGNED type =~ /^domainkeys$/ domain =~ /^example\.com$/
ifplugin Mail::SpamAssassin::Plugin::URIDetail
mimeheader SITE_PART   Content-Type =~ /html/
tflags     SITE_PART   range=1
endif
""")
    names = {one["name"]: one for one in told(world, "list")}
    assert names["SITE_LIES"]["kind"] == "uri_detail" and names["SITE_LIES"]["run"] and names["SITE_PART"]["run"]
    head = "From: a@example.org\nDKIM-Signature: v=1; d=mail.example.com; s=x\nSubject: word\nContent-Type: text/html\n\n"
    found = hits(world, head + '<a href="http://one.example.com/">https://bank.example.com</a>\n')
    assert found["SITE_LIES"][1].endswith("(\"http://one.example.com/\")")
    assert "SITE_SIGNED" in found and "SITE_PART" in found
    assert "SITE_LIES" not in hits(world, head + '<a href="https://one.example.com/">https://one.example.com</a>\n')


@pytest.mark.config("spam:\n  score_set: 2\n")
def test_the_score_set_chooses_among_four_numbers(world, rules):
    assert hits(world, mail("sesame opens"))["SITE_WORD"][0] == 3


def test_a_changed_rule_starts_a_generation_that_knows_it(world, rules):
    generation = max(w["generation"] for w in workers(world)) if workers(world) else 1
    wait_for(lambda: [w for w in workers(world) if w["generation"] > generation or w["generation"] > 1], 30)
    now = workers(world)[0]["generation"]
    rules.write_text(OWN + "body SITE_NEW /brand new/\nscore SITE_NEW 50\n")
    serving(world, now + 1)
    world.send(mails.plain("this is brand new\n", subject="new"), to="new@example.org")
    wait_for(lambda: world.lazaret.items("--reason", "spam"), message="an item")


def test_a_folder_that_cannot_be_read_is_refused_and_the_old_rules_stay(world):
    serving(world, 1)
    folder, away = world.dir / "rules", world.dir / "away"
    folder.rename(away)
    refused = wait_for(lambda: [w for w in workers(world) if w["refused"]], 30, message="a refusal")[0]
    assert refused["generation"] == 1 and "spam.rules" in refused["error"]
    assert world.lazaret.qctl("rules", "check", check=False).returncode == 78
    world.send(mails.plain(GTUBE.decode() + "\n", subject="still"), to="still@example.org")
    wait_for(lambda: world.lazaret.items("--reason", "spam"), message="an item")
    away.rename(folder)
    assert "refused" not in world.lazaret.qctl("reload").stdout


def test_the_test_string_is_spam_in_a_part_that_nobody_is_shown(world):
    part = mails.attachment("list.csv", GTUBE, content_type="text/csv")
    world.send(mails.mixed(mails.text_part(), part, subject="csv"), to="csv@example.org")
    (item,) = wait_for(lambda: world.lazaret.items("--reason", "spam"), message="an item")
    assert item["score"] >= 1000


@pytest.mark.parametrize("charset,body", [("utf-8", GTUBE), ("utf-16le", GTUBE.decode().encode("utf-16le"))], ids=["utf-8", "utf-16"])
def test_the_test_string_is_spam_in_an_invitation(world, charset, body):
    part = mails.attachment("invite.ics", body, content_type=f"text/calendar; charset={charset}")
    inner = mails.attachment("mail.eml", mails.mixed(mails.text_part(), part), content_type="message/rfc822")
    for number, one in enumerate((part, inner)):
        world.send(mails.mixed(mails.text_part(), one, subject=f"ics {number}"), to=f"ics{number}@example.org")
    wait_for(lambda: len(world.lazaret.items("--reason", "spam")) == 2, message="two items")


# ---------------------------------------------------------------- many at once

def compiled(world, *words):
    out = subprocess.run([str(world.lazaret.bin / "qctl"), "-c", str(world.lazaret.conf), "rules", "compile", *words],
                         capture_output=True, text=True, timeout=300)
    if "Hyperscan is not here" in out.stderr:
        pytest.skip("no Hyperscan here")
    return out


def test_a_compiled_database_is_taken_up_by_itself_and_finds_the_same(world, rules):
    text = mail("Open, $e$ame! Sesame   opens.\n\nDear Ben, buy viagra now")
    before = hits(world, text)
    assert "there is none" in told(world, "check")[0]["database"]
    out = compiled(world, "--json")
    assert out.returncode == 0, out.stderr
    made = json.loads(out.stdout)
    path = world.lazaret.state / "rules.hyper"
    assert made["database"] == str(path) and path.stat().st_mode & 0o777 == 0o644
    assert 0 < made["rules"] <= made["of"]
    assert told(world, "check")[0]["database"] == "used"
    wait_for(lambda: [w for w in workers(world) if w["generation"] > 1 and not w["refused"]], 30, message="a generation")
    assert hits(world, text) == before and "SITE_WORD" in before
    world.send(mails.plain(GTUBE.decode() + "\n", subject="many"), to="many@example.org")
    wait_for(lambda: world.lazaret.items("--reason", "spam"), message="an item")


def test_a_database_that_does_not_fit_is_left_alone_with_a_note(world, rules):
    assert compiled(world).returncode == 0
    path = world.lazaret.state / "rules.hyper"
    rules.write_text(OWN + "body SITE_NEW /brand new/\n")
    assert "other rules" in told(world, "check")[0]["database"]
    assert "SITE_NEW" in hits(world, mail("brand new"))
    wait_for(lambda: "rules.hyper: for other rules" in world.lazaret.log(), message="a note in the log")
    rules.write_text(OWN)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "damaged" in told(world, "check")[0]["database"]
    assert "SITE_WORD" in hits(world, mail("sesame opens"))
    path.write_bytes(b"short")
    assert "too short" in told(world, "check")[0]["database"]
    path.chmod(0o666)
    assert "others may change it" in told(world, "check")[0]["database"]
    assert "SITE_WORD" in hits(world, mail("sesame opens"))


def test_how_far_compiling_is_is_shown_on_a_terminal_only(world, rules):
    assert "[" not in compiled(world).stderr
    ours, theirs = pty.openpty()
    subprocess.run([str(world.lazaret.bin / "qctl"), "-c", str(world.lazaret.conf), "rules", "compile"],
                   stdout=subprocess.DEVNULL, stderr=theirs, timeout=300, check=True)
    os.close(theirs)
    shown = os.read(ours, 100000).decode()
    os.close(ours)
    assert "[" in shown and "#" in shown and " of " in shown


# ---------------------------------------------------------------- SpamAssassin's own

@pytest.mark.skipif(not DEBIAN.is_dir(), reason="no spamassassin here")
@pytest.mark.config(f"spam:\n  rules: [{DEBIAN}]\n  max_size: 1M\n")
def test_the_rules_that_debian_ships_are_read_as_they_are(world):
    *passed_over, sums = told(world, "check")
    # What is passed over are functions, never a line of another kind.
    assert all("the function" in one["passed_over"] for one in passed_over)
    assert sums["body"] > 550 and sums["header"] > 650 and sums["meta"] > 850 and sums["uri"] > 120
    assert sums["list_values"] > 7000
    # The largest patterns there are, with their tags as groups.
    for name in ("__FILL_THIS_FORM_LONG1", "__HOURS_DEADLINE", "__PAY_ME"):
        assert told(world, "show", name)[0]["run"], name
    text = mail("I am Barrister John, with the sum of $18.5 million dollars, click here https://bit.ly/x\n")
    found = hits(world, base64.b64decode(base64.b64encode(text.encode())))
    assert len(found) >= 3 and sum(points for points, _ in found.values()) > 1
