"""Spam thresholds, subjects, access lists, sizes, and recipients with different outcomes."""
import time

import mails
import pytest
from world import wait_for


def settled(world, seconds=1.5):
    """Long enough for a notice that must not come to have come (the notifier polls every 200 ms)."""
    world.drained()
    time.sleep(seconds)


def bounced(world):
    return "status=bounced" in world.postfix.log()


def notices(world):
    return [m for m in world.sink.mails if m.field("X-Lazaret-Notice")]


@pytest.mark.config("policy:\n  spam_tag: 5\n  spam_quarantine: 0\n  spam_reject: 0\n  subject_prefix: '[SPAM] '\n")
def test_spam_is_tagged(world):
    world.send(mails.gtube_mail(subject="buy"))
    got = world.sink.wait(1)[0]
    assert got.field("X-Spam-Flag") == "YES"
    assert got.field("X-Spam-Status").startswith("Yes")
    assert float(got.field("X-Spam-Score")) >= 1000 - 50
    assert got.field("Subject") == "[SPAM] buy"
    assert not world.lazaret.items()


@pytest.mark.config("policy:\n  spam_tag: 5\n  spam_quarantine: 50\n  spam_reject: 0\n")
def test_spam_is_quarantined_whole(world):
    original = mails.gtube_mail(subject="buy")
    world.send(original)
    item = wait_for(world.lazaret.items, message="an item")[0]
    assert item["reason"] == "spam"
    settled(world)
    assert not world.sink.to("user@example.org")
    world.lazaret.qctl("release", item["id"])
    got = world.sink.wait(1, to="user@example.org")[0]
    assert got.bytes.replace(b"\r\n", b"\n").endswith(original[original.index(b"Subject:"):])
    assert len(world.lazaret.items()) == 1


@pytest.mark.config("policy:\n  spam_tag: 5\n  spam_quarantine: 50\n  spam_reject: 100\n")
def test_spam_is_rejected(world):
    world.send(mails.gtube_mail(subject="buy"))
    wait_for(lambda: bounced(world), message="Postfix's bounce")
    settled(world)
    assert not world.sink.to("user@example.org")
    assert not notices(world)


WORM = """
subject:
  - name: worm
    match: exact
    patterns: ['Details']
    strip_prefixes: true
    action: reject
    code: 553
    text: 'this subject is used by a worm'
"""


@pytest.mark.config(WORM)
@pytest.mark.parametrize("subject", ["Details", "Re: Details", "Fwd: Re: Details", "RE: FWD: details"])
def test_a_forbidden_subject_is_refused_with_its_code_and_text_and_without_a_notice(world, subject):
    world.send(mails.plain(subject=subject))
    wait_for(lambda: bounced(world), message="the refusal")
    line = [l for l in world.postfix.log().splitlines() if "status=bounced" in l][0]
    assert "553 this subject is used by a worm" in line
    assert "dsn=5." in line
    settled(world)
    assert not notices(world)
    assert not world.lazaret.items()


@pytest.mark.config(WORM)
def test_a_subject_that_only_looks_like_it_passes(world):
    world.send(mails.plain(subject="Details of our meeting"))
    world.sink.wait(1, to="user@example.org")


@pytest.mark.config(WORM.replace("reject", "discard").replace("code: 553", "notify: false"))
def test_a_forbidden_subject_can_be_discarded_with_a_kept_copy(world):
    world.send(mails.plain(subject="Re: Details"))
    item = wait_for(world.lazaret.items, message="the kept copy")[0]
    settled(world)
    assert item["reason"] == "subject"
    assert not world.sink.mails and not bounced(world)


@pytest.mark.config(WORM)
def test_check_warns_of_a_refusal_behind_a_queue(world):
    out = world.lazaret.qctl("check", check=False)
    assert "discard" in out.stdout + out.stderr


@pytest.mark.config("size:\n  max_size: 100k\n")
def test_too_big_is_refused(world):
    world.send(mails.plain("x" * 70 + "\n", subject="small"))
    world.sink.wait(1, to="user@example.org")
    world.send(mails.plain(("x" * 70 + "\n") * 2000, subject="big"), to="big@example.org")
    wait_for(lambda: bounced(world), message="the refusal")
    assert not world.sink.to("big@example.org")


ACCESS = """
access:
  rules:
    - name: bad-senders
      senders: ['bad@evil.example', '@worse.example', '.worst.example']
      action: reject
      code: 550
      text: 'this sender is not welcome'
    - name: bad-networks
      networks: [192.0.2.0/24, '2001:db8::/32']
      action: reject
      text: 'this network is not welcome'
    - name: insiders-only
      recipients: [staff@example.org]
      outsiders: true
      action: reject
      text: 'only for insiders'
"""


@pytest.mark.config(ACCESS)
@pytest.mark.parametrize("sender,passes", [("bad@evil.example", False), ("good@evil.example", True),
                                           ("any@worse.example", False), ("any@sub.worst.example", False),
                                           ("any@notworst.example", True)])
def test_senders_are_denied_by_address_and_domain(world, sender, passes):
    world.send(mails.plain(subject="access"), sender=sender)
    if passes:
        world.sink.wait(1, to="user@example.org")
    else:
        wait_for(lambda: bounced(world), message="the refusal")
        assert "this sender is not welcome" in world.postfix.log()
        assert not world.sink.to("user@example.org")


@pytest.mark.config(ACCESS)
def test_networks_are_denied(world):
    world.send(mails.plain(subject="net"), client="ADDR=192.0.2.77 NAME=spam.example")
    wait_for(lambda: "this network is not welcome" in world.postfix.log(), message="the refusal")
    world.send(mails.plain(subject="net"), client="ADDR=IPV6:2001:db8::5 NAME=spam.example")
    wait_for(lambda: world.postfix.log().count("this network is not welcome") >= 2, message="the refusal")
    world.send(mails.plain(subject="net"), client="ADDR=198.51.100.7 NAME=ok.example")
    world.sink.wait(1, to="user@example.org")


@pytest.mark.config(ACCESS)
def test_two_recipients_have_different_outcomes(world):
    world.send(mails.plain(subject="two"), to=["user@example.org", "staff@example.org"])
    got = world.sink.wait(1, to="user@example.org")[0]
    assert got.recipients == ["user@example.org"]
    item = wait_for(world.lazaret.items, message="what was kept for the other")[0]
    assert "staff@example.org" in str(item["recipients"])
    settled(world)
    assert not [m for m in world.sink.to("staff@example.org") if not m.field("X-Lazaret-Notice")]
    assert not bounced(world)


@pytest.mark.config("access:\n  null_sender_one_recipient: true\n")
def test_the_null_reverse_path_has_one_recipient(world):
    world.send(mails.plain(subject="bounce"), sender="", to="user@example.org")
    world.sink.wait(1, to="user@example.org")
    world.send(mails.plain(subject="backscatter"), sender="", to=["a@example.org", "b@example.org"])
    settled(world)
    assert not world.sink.to("a@example.org")


@pytest.mark.config("policies:\n  - recipients: [strict@example.org]\n    spam_quarantine: 50\n"
                    "policy:\n  spam_quarantine: 0\n")
def test_a_recipient_may_have_a_policy_of_its_own(world):
    world.send(mails.gtube_mail(subject="two policies"), to=["strict@example.org", "user@example.org"])
    got = world.sink.wait(1, to="user@example.org")[0]
    assert got.recipients == ["user@example.org"] and got.field("X-Spam-Flag") == "YES"
    item = wait_for(world.lazaret.items, message="an item")[0]
    assert "strict@example.org" in str(item["recipients"]) and "user@" not in str(item["recipients"])


def test_a_list_in_a_file_reloads_by_itself():
    from world import World
    world = World("access:\n  rules:\n    - name: list\n      senders_file: denied\n      action: reject\n      text: on the list\n")
    try:
        (world.dir / "denied").write_text("# senders\nfirst@evil.example\n")
        world.start()
        world.send(mails.plain(subject="one"), sender="first@evil.example")
        wait_for(lambda: bounced(world), message="the refusal")
        world.send(mails.plain(subject="two"), sender="second@evil.example", to="two@example.org")
        world.sink.wait(1, to="two@example.org")
        (world.dir / "denied").write_text("second@evil.example\n")

        def refused():
            world.send(mails.plain(subject="three"), sender="second@evil.example", to="three@example.org")
            time.sleep(0.4)
            return "to=<three@example.org>, relay=lazaret" in world.postfix.log() and \
                any("three@example.org" in l and "status=bounced" in l for l in world.postfix.log().splitlines())
        wait_for(refused, 20, 0.5, "the changed list to be used")
    finally:
        world.stop()
