"""What rules for attachments may ask for, through a real Postfix: recipients, directions, traits, signatures."""
import base64
import re

import dkim
import mails
import nacl.signing
import pytest
from world import as_crlf, wait_for

RECIPIENTS = """
attachments:
  rules:
    - {name: lab, names: ['*.exe'], recipients: ['lab@example.org'], action: allow}
    - {name: programs, names: ['*.exe']}
"""


def filtered(world, to="user@example.org"):
    return wait_for(lambda: [m for m in world.sink.to(to) if not m.field("X-Lazaret-Notice")], message="the mail itself")[0]


def program_mail(subject="a program"):
    return mails.mixed(mails.text_part(), mails.attachment("setup.exe", mails.program()), subject=subject)


@pytest.mark.config(RECIPIENTS)
def test_each_recipient_has_his_own_rule(world):
    world.send(program_mail(), to=("user@example.org", "lab@example.org"))
    cut, whole = filtered(world), filtered(world, "lab@example.org")
    assert mails.b64(mails.program()).strip() not in cut.bytes.replace(b"\r\n", b"\n")
    assert cut.field("X-Lazaret").startswith("cut")
    assert mails.b64(mails.program()).strip() in whole.bytes.replace(b"\r\n", b"\n")
    assert whole.field("X-Lazaret").startswith("clean")
    item, = world.lazaret.items()
    assert "lab@example.org" not in str(item["recipients"])


@pytest.mark.config("attachments:\n  rules:\n    - {name: programs, names: ['*.exe'], direction: in, action: quarantine}\n")
def test_a_rule_for_what_comes_in_is_not_for_our_own(world):
    world.send(program_mail("from outside"))
    item = wait_for(world.lazaret.items, message="an item")[0]
    assert item["rule"] == "attachments.programs"
    world.send(program_mail("from inside"), sender="colleague@example.org", inside=True)
    assert filtered(world).field("Subject") == "from inside"


SEALED = """
attachments:
  rules:
    - {name: partner, names: ['sealed*'], traits: [encrypted], action: allow}
    - {name: sealed, traits: [encrypted], action: quarantine}
"""


@pytest.mark.config(SEALED)
def test_encrypted_archives_are_held_but_those_that_a_rule_allows_and_these_are_not_called_clean(world):
    archive = mails.encrypted_zip()
    world.send(mails.mixed(mails.text_part(), mails.attachment("other.zip", archive, "application/zip"), subject="held"))
    item = wait_for(world.lazaret.items, message="an item")[0]
    assert item["rule"] == "attachments.sealed"
    world.send(mails.mixed(mails.text_part(), mails.attachment("sealed.zip", archive, "application/zip"), subject="through"))
    got = filtered(world)
    assert got.field("Subject") == "through"
    assert "unscanned=encrypted" in got.field("X-Lazaret")
    assert len(world.lazaret.items()) == 1


def signed_mail():
    return mails.mixed(mails.attachment("setup.exe", mails.program()),
                       mails.part('application/pgp-signature; name="signature.asc"', b"-----BEGIN PGP SIGNATURE-----\n"),
                       kind='multipart/signed; protocol="application/pgp-signature"', subject="signed")


def test_signed_mail_is_held_whole_and_never_cut_in_silence(world):
    world.send(signed_mail())
    item = wait_for(world.lazaret.items, message="an item")[0]
    assert item["disposition"] == "quarantine" and "signature" in item["detail"]
    world.drained()
    assert not [m for m in world.sink.to("user@example.org") if not m.field("X-Lazaret-Notice")]


@pytest.mark.config("policy:\n  cut_signed: true\n")
def test_signed_mail_is_cut_where_policy_says_so_and_the_text_tells(world):
    world.send(signed_mail())
    got = filtered(world)
    assert mails.b64(mails.program()).strip() not in got.bytes.replace(b"\r\n", b"\n")
    assert b"signature doesn't fit the message any more" in re.sub(rb"=\r?\n", b"", got.bytes)


# ---------------------------------------------------------------- DKIM

KEY = nacl.signing.SigningKey.generate()
RECORD = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(KEY.verify_key))


def by_dkim(mail, fields=(b"from", b"to", b"subject"), **kw):
    mail = as_crlf(mail)
    secret = base64.b64encode(bytes(KEY))
    signature = dkim.sign(mail, b"mail", b"outside.example", secret, signature_algorithm=b"ed25519-sha256",
                          include_headers=list(fields), **kw)
    return signature + mail


def is_valid(mail):
    return dkim.verify(mail[mail.index(b"DKIM-Signature:"):], dnsfunc=lambda name, timeout=5: RECORD)


@pytest.mark.config("policy:\n  subject_prefix: '[SPAM] '\n  spam_tag: 5\n  spam_quarantine: 0\n")
@pytest.mark.parametrize("make, breaks", [
    (lambda: by_dkim(mails.plain(subject="nothing is done to it")), False),
    (lambda: by_dkim(program_mail("cut")), True),
    (lambda: by_dkim(mails.gtube_mail(subject="prefixed")), True),
    (lambda: by_dkim(mails.gtube_mail(subject="prefixed, not signed"), fields=(b"from", b"to")), False),
], ids=["untouched", "cut", "prefixed", "prefixed-not-signed"])
def test_what_is_foretold_of_a_dkim_signature_is_what_its_verifier_finds(world, make, breaks):
    original = make()
    assert is_valid(original)
    world.send(original)
    got = filtered(world)
    assert ("breaks=dkim" in got.field("X-Lazaret")) is breaks
    assert is_valid(got.bytes) is not breaks
    done = [line for line in world.lazaret.log().splitlines() if "event=done" in line][-1]
    assert f"breaks={int(breaks)} " in done
