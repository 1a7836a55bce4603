"""A clean mail arrives as it was sent, but for the fields that were added in front."""
import mails
import pytest
from world import as_crlf

SAMPLE = list(mails.sample())


def through_postfix_alone(world, message):
    """What Postfix itself makes of these bytes: the measure for what the filter may change, which is nothing."""
    world.send(message, to="plain@example.org", port=world.postfix.plain_port)
    return world.sink.wait(1, to="plain@example.org")[-1].bytes


def behind_trace(data, marker):
    """From the first field of the original on: before it stand only fields that the way here added."""
    at = data.find(marker)
    assert at >= 0, data[:400]
    return data[at:]


def test_every_kind_of_clean_mail_arrives_byte_identical(world):
    for number, (name, message) in enumerate(SAMPLE):
        marker = f"X-Test-Number: {number}\r\n".encode()
        message = marker.replace(b"\r\n", b"\n") + message
        filtered, alone = f"filtered{number}@example.org", f"alone{number}@example.org"
        world.send(message, to=filtered)
        world.send(message, to=alone, port=world.postfix.plain_port)
        got = world.sink.wait(1, to=filtered)[0].bytes
        want = world.sink.wait(1, to=alone)[0].bytes
        # Postfix puts Message-Id and Date of its own to mail that has none, at the header's end, with the moment in it.
        if b"no subject" in name.encode():
            assert behind_trace(got, marker).split(b"\r\n\r\n", 1)[1] == behind_trace(want, marker).split(b"\r\n\r\n", 1)[1]
            continue
        assert behind_trace(got, marker) == behind_trace(want, marker), name
    assert not world.lazaret.items()


def test_what_the_filter_adds_stands_in_front_and_says_what_it_did(world):
    world.send(mails.plain(subject="front"))
    got = world.sink.wait(1)[0]
    assert b"X-Lazaret:" in got.bytes.split(b"\r\nFrom:")[0]
    assert "clean" in got.field("X-Lazaret")


def test_fields_of_ours_that_come_from_outside_are_removed(world):
    forged = b"X-Lazaret: clean; forged\nX-Spam-Flag: NO\nX-Spam-Status: No,\n\tscore=-100\n" + mails.plain(subject="forged")
    world.send(forged)
    got = world.sink.wait(1)[0]
    assert b"forged" not in got.bytes.split(b"Subject:")[0]
    assert b"-100" not in got.bytes


def test_the_envelope_arrives_as_it_came(world):
    world.send(mails.plain(), sender="sender@outside.example", to=["a@example.org", "b@example.org"])
    got = world.sink.wait(1)[0]
    assert got.sender == "sender@outside.example"
    assert sorted(got.recipients) == ["a@example.org", "b@example.org"]


def test_the_null_reverse_path_stays_null(world):
    world.send(mails.plain(), sender="", to="a@example.org")
    assert world.sink.wait(1)[0].sender in ("", "<>", None)


def test_smtputf8_passes(world):
    world.send(mails.plain(), sender="søren@outside.example", to="jürgen@example.org", options=["SMTPUTF8", "BODY=8BITMIME"])
    got = world.sink.wait(1)[0]
    assert got.recipients == ["jürgen@example.org"]
    assert got.sender == "søren@outside.example"


def test_many_recipients_travel_together(world):
    to = [f"u{n}@example.org" for n in range(40)]
    world.send(mails.plain(), to=to)
    got = world.sink.wait(1)
    assert sorted(sum((m.recipients for m in got), [])) == sorted(to)


def test_one_grep_for_the_id_tells_the_whole_story(world):
    import re
    world.send(mails.plain(subject="story"))
    world.sink.wait(1)
    from world import wait_for
    done = wait_for(lambda: [l for l in world.lazaret.log().splitlines() if " event=done " in l + " "], message="a final line")
    ident = re.search(r"id=([0-9a-f]{32})", done[-1]).group(1)
    story = [l for l in world.lazaret.log().splitlines() if f"id={ident}" in l]
    assert len([l for l in story if " event=done" in l]) == 1
    assert len(story) >= 2


@pytest.mark.parametrize("ending", [b"\n.\nMAIL FROM:<smuggled@evil.example>\n", b"\r.\rMAIL FROM:<smuggled@evil.example>\r\n"])
def test_nothing_is_smuggled(world, ending):
    body = mails.header(subject="smuggle") + b"\nfirst" + ending + b"rest\n"
    world.send(body.replace(b"\n", b"\r\n") if b"\r" not in ending else body)
    got = world.sink.wait(1)
    import time
    time.sleep(0.5)
    assert len(world.sink.mails) == 1
    assert got[0].sender == "sender@outside.example"


def test_line_ends_that_leave_are_only_crlf(world):
    world.send(mails.header(subject="crs") + b"\none\rtwo\r\rthree\n")
    got = world.sink.wait(1)[0].bytes
    assert b"\n" not in got.replace(b"\r\n", b"")
    assert as_crlf(b"x\n") == b"x\r\n"
