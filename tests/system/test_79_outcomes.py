"""What a score means for each recipient, and what is left of a score that came from outside."""
import re

import mails
import pytest
from world import GTUBE, wait_for

RULES = "body SITE_A /alpha/\nscore SITE_A 4.3\nbody SITE_B /beta/\nscore SITE_B 0.6\nbody SITE_C /gamma/\nscore SITE_C 0.1\n" \
        "score LZ_NO_MAILER 0\n"


def head(mail):
    return mail.bytes.split(b"\r\n\r\n")[0].decode("latin-1")


@pytest.mark.config("policies:\n- recipients: [exact@example.org]\n  spam_quarantine: 5\n"
                    "- recipients: [loose@example.org]\n  spam_tag: 5.1\n")
def test_tenths_that_add_up_to_a_threshold_meet_it_for_each_recipient_by_his_own(world):
    (world.dir / "rules/50_site.cf").write_text(RULES)
    world.lazaret.qctl("reload")
    text = "alpha beta gamma\n"  # 4.3 + 0.6 + 0.1 is less than 5 where tenths are binary
    world.send(mails.plain(text, subject="met"), to=("user@example.org", "exact@example.org", "loose@example.org"))
    (user,), (loose,) = world.sink.wait(1, to="user@example.org"), world.sink.wait(1, to="loose@example.org")
    assert user.field("X-Spam-Flag") == "YES" and user.field("X-Spam-Status").startswith("Yes, score=5.0 required=5.0")
    assert loose.field("X-Spam-Flag") is None and loose.field("X-Spam-Status").startswith("No, score=5.0 required=5.1")
    (item,) = world.lazaret.items("--reason", "spam")
    assert item["recipients"] == ["exact@example.org"] and item["score"] == 5


@pytest.mark.config("policy:\n  unscanned:\n    limit: tag\n")
def test_fields_of_ours_from_outside_go_wherever_they_stand(world):
    others = "".join(f"X-Other-{number}: x\n" for number in range(2500))
    forged = "X-SPAM-flag: NO\nX-Spam-Status : No,\n score=-100\nX-Lazaret: clean\n"
    world.send(mails.plain(GTUBE.decode() + "\n", extra=forged + others + forged + "X-Last: x\n", subject="forged"),
               to="held@example.org")
    wait_for(lambda: world.lazaret.items("--reason", "spam"), message="an item")
    world.send(mails.plain("words\n", extra=forged + others + forged + "X-Last: x\n", subject="forged"))
    (got,) = world.sink.wait(1, to="user@example.org")
    assert "X-Other-2499: x" in head(got) and "X-Last: x" in head(got)
    assert re.findall(r"(?im)^x-spam-(?:flag|status) *:.*-100|^x-spam-flag.*", head(got)) == []
    assert len(re.findall(r"(?im)^x-lazaret\b", head(got))) == 1


def test_a_model_that_was_cut_off_takes_nothing_else_along(world):
    path = world.lazaret.state / "model/data.mdb"
    mail = world.dir / "one.eml"
    mail.write_bytes(mails.plain("learned\n", subject="learned"))
    world.lazaret.qctl("learn", "spam", str(mail))
    world.lazaret.stop()
    with open(path, "r+b") as file:
        file.truncate(path.stat().st_size // 2 // 4096 * 4096)
    world.lazaret.start()
    out = world.lazaret.qctl("model", "show", check=False)
    assert out.returncode == 2 and "damaged" in out.stderr
    world.send(mails.plain(GTUBE.decode() + "\n", subject="held"), to="held@example.org")
    wait_for(lambda: world.lazaret.items("--reason", "spam"), message="an item")
    world.lazaret.qctl("model", "reset")
    assert world.lazaret.qctl("learn", "spam", str(mail)).stdout == "1 mails, 1 learned\n"
    assert (path.parent / "damaged.mdb").exists()
