"""What must not be delivered is cut, kept, noticed about and released."""
import hashlib

import mails
import pytest
from world import EICAR, wait_for

NOTICE = "X-Lazaret-Notice"


def notices(world, count, seconds=30):
    def there():
        found = [m for m in world.sink.mails if m.field(NOTICE)]
        return found if len(found) >= count else None
    return wait_for(there, seconds, message=f"{count} notices (have {len([m for m in world.sink.mails if m.field(NOTICE)])})")


def filtered(world, to="user@example.org"):
    return wait_for(lambda: [m for m in world.sink.to(to) if not m.field(NOTICE)], message="the mail itself")[0]


CASES = {
    "a banned attachment": (lambda: mails.attachment("setup.exe", mails.program()), "setup.exe", "attachment"),
    "EICAR": (lambda: mails.attachment("report.txt", EICAR, "text/plain"), "report.txt", "virus"),
    "clam.exe in a zip": (lambda: mails.attachment("tools.zip", mails.zipped_as("clam.doc", mails.CLAM.read_bytes()),
                                                   "application/zip"), "tools.zip", "virus"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_part_is_cut_and_the_rest_stays(world, name):
    make, filename, reason = CASES[name]
    text, picture = mails.text_part("Grüße: the text part stays.\n"), mails.attachment("photo.gif", mails.GIF, "image/gif")
    original = mails.mixed(text, make(), picture, subject="with an attachment")
    world.send(original)
    got = filtered(world)

    items = world.lazaret.items()
    assert len(items) == 1, items
    item = items[0]
    assert item["reason"] == reason
    assert item["recipients"] == ["user@example.org"] or item["recipients"][0]["address"] == "user@example.org"

    body = got.bytes.replace(b"\r\n", b"\n")
    assert text in body and picture in body, "the other parts are byte-identical"
    assert make() not in body
    assert mails.b64(EICAR).strip() not in body
    replaced = body.split(b"--=_b0undary\n")[2]
    assert filename.encode() in replaced and item["id"].encode() in replaced
    assert b"text/plain" in replaced

    # The sender could be forged: two notices, and never one to the outside.
    sent = notices(world, 2)
    assert sorted(m.recipients[0] for m in sent) == ["postmaster@example.org", "user@example.org"]
    for notice in sent:
        assert notice.sender in ("", "<>", None)
        assert notice.field("Auto-Submitted").startswith("auto-")
        assert notice.field(NOTICE) == item["id"]

    # The release brings the original back, byte for byte, and is not filtered again.
    before = len(world.sink.to("user@example.org"))
    if reason == "virus":
        assert "refused" in world.lazaret.qctl("release", item["id"], check=False).stderr
    world.lazaret.qctl("release", item["id"], "--force", "--reason", "asked for")
    released = wait_for(lambda: world.sink.to("user@example.org")[before:], message="the released mail")[0]
    assert released.sender == "sender@outside.example"
    assert released.bytes.replace(b"\r\n", b"\n").endswith(original[original.index(b"Subject:"):])
    assert len(world.lazaret.items()) == 1
    assert released.field("X-Lazaret") is None

    # A second release says so and does nothing.
    again = world.lazaret.qctl("release", item["id"])
    assert "before" in (again.stdout + again.stderr)
    world.drained()
    assert len(world.sink.to("user@example.org")) == before + 1


def test_a_sender_who_is_known_is_told_too_but_not_of_a_virus(world):
    original = mails.mixed(mails.text_part(), mails.attachment("setup.exe", mails.program()), subject="from inside")
    world.send(original, sender="colleague@example.org", inside=True)
    sent = notices(world, 3)
    assert sorted(m.recipients[0] for m in sent) == ["colleague@example.org", "postmaster@example.org", "user@example.org"]
    world.send(mails.eicar_mail(subject="virus from inside"), sender="colleague@example.org", inside=True)
    notices(world, 5)
    world.drained()
    assert len([m for m in world.sink.to("colleague@example.org")]) == 1


def test_exported_bytes_are_the_original(world):
    original = mails.mixed(mails.text_part(), mails.attachment("setup.exe", mails.program()), subject="export")
    world.send(original, to="user@example.org")
    item = wait_for(world.lazaret.items, message="an item")[0]
    out = world.lazaret.qctl("export", item["id"], binary=True).stdout
    assert out.replace(b"\r\n", b"\n").endswith(original[original.index(b"Subject:"):])
    shown = world.lazaret.show(item["id"])
    assert shown["sha256"] == hashlib.sha256(out).hexdigest()


def test_the_same_mail_twice_is_two_items_of_one_content(world):
    original = mails.mixed(mails.text_part(), mails.attachment("setup.exe", mails.program() + bytes(200000)), subject="twice")
    for _ in range(2):
        world.send(original)
    wait_for(lambda: len(world.lazaret.items()) == 2, message="two items")


def test_several_bad_parts_are_cut_in_one_go(world):
    parts = [mails.text_part()] + [mails.attachment(f"a{n}.scr", mails.program() + bytes([n])) for n in range(5)]
    world.send(mails.mixed(*parts, subject="five"))
    got = filtered(world)
    items = world.lazaret.items()
    assert len(items) == 1
    for n in range(5):
        assert f"a{n}.scr".encode() in got.bytes
    assert b"TVqQ" not in got.bytes and mails.b64(mails.program())[:60] not in got.bytes


def test_a_message_that_is_only_the_attachment_is_cut(world):
    message = mails.header(subject="whole", extra='MIME-Version: 1.0\nContent-Type: application/octet-stream; name="x.exe"\n'
                           'Content-Disposition: attachment; filename="x.exe"\nContent-Transfer-Encoding: base64\n') \
        + b"\n" + mails.b64(mails.program())
    world.send(message)
    got = wait_for(lambda: world.sink.to("user@example.org") or world.lazaret.items(), message="an outcome")
    items = wait_for(world.lazaret.items, message="an item")
    assert len(items) == 1
    assert got is not None
    for mail in world.sink.to("user@example.org"):
        assert mails.b64(mails.program())[:60] not in mail.bytes


def test_deleting_takes_the_item_away(world):
    world.send(mails.eicar_mail(subject="delete me"))
    item = wait_for(world.lazaret.items, message="an item")[0]
    world.lazaret.qctl("delete", item["id"], "--why", "test")
    assert not world.lazaret.items()
    assert world.lazaret.qctl("show", item["id"], check=False).returncode == 1
