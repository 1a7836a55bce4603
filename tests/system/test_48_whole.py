"""A hunt for a mail on which leaving the whole message out loses a virus.

Databases are made of pieces of the mails themselves, taken at random: of their raw bytes and of what is in their parts, for every
kind of file, at any place or at theirs, alone and in twos, for mail alone and for what is inside mail. Each mail is then judged
twice by the real program, with `virus.whole: always` and with `needed`; what the one finds the other must find.
With CORPUS=folder real mails take part. SEED and ROUNDS are for a longer hunt.
"""
import base64
import collections
import email
import email.policy
import functools
import hashlib
import json
import os
import pathlib
import quopri
import random
import subprocess

import mails
import pytest
from evasion import CASES, PAYLOADS
import evasion_clients  # noqa: F401  registers its cases, as the next two
import evasion_formats  # noqa: F401
import evasion_more  # noqa: F401
import evasion_mails  # noqa: F401
from world import BUILD, ROOT

SEED = int(os.environ.get("SEED", "20261125"))
ROUNDS = int(os.environ.get("ROUNDS", "4"))
MAILS_MOST = 250  # a round
BYTES_MOST = 200_000  # of one mail: what is made to be slow has its own tests

CONFIG = """site:
  name: mx.example.org
  admin: postmaster@example.org
  domains: [example.org]
  run_dir: {folder}/run
  state_dir: {folder}/state
front:
  next_hop: 127.0.0.1:10026
virus:
  database: {folder}/signatures
  whole: {whole}
  pua: true
  heuristics: [phishing, cloaked, ssl_mismatch]
spam:
  enabled: false
"""

PHISH = mails.header(subject="Your account") + (
    b"Content-Type: text/html\n\n<html><body><p>Please look at <a href=\"http://evil.example/login\">"
    b"https://www.bank.example/</a> and log in.</p></body></html>\n")


def plain_mails(rng):
    """Mails as people send them: what the whole is left out for."""
    words = [w for w in (ROOT / "COPYING").read_text().split() if w.isascii()]
    for number in range(150):
        def text(count):
            lines, line = [], ""
            for word in rng.choices(words, k=count):
                line += word + " "
                if len(line) > 65:
                    lines.append(line.strip())
                    line = ""
            return "\n".join(lines + [line]) + "\n"
        message = email.message.EmailMessage(policy=email.policy.default.clone(linesep="\n"))
        message["From"], message["To"] = "Sender <sender@outside.example>", "user@example.org"
        message["Subject"] = text(6).strip().replace("\n", " ")
        encoding = rng.choice(["7bit", "quoted-printable", "base64"])
        message.set_content(text(rng.randrange(20, 400)), cte=encoding)
        if rng.random() < 0.4:
            message.add_alternative(f"<html><body><p>{text(60)}</p><b>{text(20)}</b></body></html>", subtype="html",
                                    cte=rng.choice(["7bit", "quoted-printable", "base64"]))
        for _ in range(rng.choice([0, 0, 1, 2])):
            data = rng.choice([rng.randbytes(rng.randrange(10, 6000)), text(200).encode(), mails.zipped_as("x.txt", text(50).encode())])
            message.add_attachment(data, maintype="application", subtype="octet-stream", filename=f"file{number}.bin")
        yield f"plain-{number}", bytes(message)


def spoken_mails(rng):
    """Shapes that programs give to mail: calendars, signatures, reports, pictures beside HTML, forwarded and empty mail."""
    def part(kind, body, encoding="7bit", more=b""):
        if encoding == "base64":
            body = base64.encodebytes(body)
        elif encoding == "quoted-printable":
            body = quopri.encodestring(body)
        return b"Content-Type: " + kind + b"\nContent-Transfer-Encoding: " + encoding.encode() + b"\n" + more + b"\n" + body

    def several(kind, parts, epilogue=b"", preamble=b""):
        mark = b"=_%016x" % rng.getrandbits(64)
        return (b"Content-Type: multipart/" + kind + b';\n boundary="' + mark + b'"\n\n' + preamble +
                b"".join(b"--" + mark + b"\n" + body + b"\n" for body in parts) + b"--" + mark + b"--\n" + epilogue)

    words = [w for w in (ROOT / "COPYING").read_text().split() if w.isascii()]
    for number in range(8):
        def text():
            return " ".join(rng.choices(words, k=30)).encode() + b"\n" + " ".join(rng.choices(words, k=8)).encode() + b"\n"
        encoding = rng.choice(["7bit", "quoted-printable", "base64"])
        html = b'<html><body background="x"><p>' + text() + b'<img src="cid:a"><a href="http://www.example.org/' + text()[:5] + b'">x</a></body></html>\n'
        event = b"BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:" + text() + b"END:VEVENT\nEND:VCALENDAR\n"
        plain, data = part(b"text/plain; charset=utf-8", text() + "Grüße\n".encode(), encoding), rng.randbytes(800)
        picture = part(b"image/png; name=a.png", data, "base64", b"Content-ID: <a>\n")
        shapes = {
            "calendar": several(b"alternative", [plain, part(b"text/calendar; method=REQUEST", event, encoding)]),
            "signed": several(b"signed; micalg=pgp-sha256", [plain, part(b"application/pgp-signature; name=x.asc", b"-----BEGIN PGP SIGNATURE-----\n")]),
            "report": several(b"report; report-type=delivery-status", [plain, part(b"message/delivery-status", b"Reporting-MTA: dns; x\n")]),
            "related": several(b"related", [part(b"text/html", html, encoding), picture]),
            "nested": several(b"mixed", [several(b"related", [several(b"alternative", [plain, part(b"text/html", html, encoding)]), picture]),
                                         part(b"application/pdf; name=x.pdf", b"%PDF-1.4\n" + data, "base64")]),
            "html": part(b"text/html", html, encoding),
            "utf16": part(b"text/html; charset=utf-16", html.decode().encode("utf-16"), "base64"),
            "forwarded": several(b"mixed", [plain, part(b"message/rfc822", mails.header() + b"\n" + text())]),
            "inside-text": part(b"text/plain", b"Look:\n\n" + mails.header() + part(b"text/html", html, "base64")),
            "footer": several(b"mixed", [plain, part(b"text/plain", text())]),
            "epilogue": several(b"mixed", [plain], epilogue=text(), preamble=b"This is MIME.\n"),
            "bare-parts": several(b"mixed", [b"\n" + text(), b"\n" + text()]),
            "long-lines": part(b"text/plain", text().replace(b"\n", b" ") * 8 + b"\n"),
            "no-line-end": part(b"text/plain", text()[:-1]),
            "empty": b"\n",
            "8bit": part(b"text/plain; charset=utf-8", "Grüße und Küsse\n".encode() * 9, "8bit"),
            "blanks": part(b"text/plain", text().replace(b" ", b"=20  \n", 3), "7bit").replace(b"7bit", b"quoted-printable"),
        }
        for name, body in shapes.items():
            yield f"{name}-{number}", mails.header(subject=text()[:20].decode()) + b"MIME-Version: 1.0\n" + body


def every_mail(rng):
    yield from plain_mails(rng)
    yield from spoken_mails(rng)
    yield from ((f"sample-{number}", mail) for number, (_, mail) in enumerate(mails.sample()))
    yield "phish", PHISH
    for name, case in sorted(CASES.items()):
        if "virus" in case.kinds:
            mail = case.build(PAYLOADS["virus"])
            # As the MTA hands it over: with its own line ends, mostly.
            yield f"evasion-{name}", mail if rng.random() < 0.2 else mail.replace(b"\r\n", b"\n")
    if os.environ.get("CORPUS"):
        for path in sorted(pathlib.Path(os.environ["CORPUS"]).rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                yield f"corpus-{path.name}", data.split(b"\n", 1)[1] if data.startswith(b"From ") else data


@functools.lru_cache(maxsize=1)
def all_mails():
    return [(name, mail) for name, mail in every_mail(random.Random(SEED)) if len(mail) <= BYTES_MOST]


def contents(mail):
    """What is in a mail's parts, as Python reads it."""
    found = []
    try:
        for part in email.message_from_bytes(mail, policy=email.policy.compat32).walk():
            data = None if part.is_multipart() else part.get_payload(decode=True)
            if data:
                found.append(data)
    except Exception:  # noqa: BLE001  a mail that Python can't read has its raw bytes still
        pass
    return found


def piece(rng, mail):
    """Some bytes of it, where they stand, raw or in a part, and how much there is of that."""
    inside = contents(mail)
    source = rng.choice(inside) if inside and rng.random() < 0.4 else mail
    size = rng.randrange(6, 40)
    start = rng.randrange(max(1, len(source) - size))
    return source[start:start + size], start, len(source)


def rare_piece(rng, mail, chosen):
    """One that few mails have: others would have each mail scanned whole."""
    for _ in range(20):
        found, start, size = piece(rng, mail)
        if len(found) >= 6 and sum(found in other for _, other in chosen) <= 3:
            return found, start, size
    return b"\0nothing like this\0", 0, 9


def wild(rng, data):
    """The bytes as a pattern that they match, with what may stand in one."""
    cut = len(data) // 2
    one, two = data[:cut].hex(), data[cut + 1:].hex()
    if cut < 3 or len(data) - cut < 5:
        return data.hex()
    byte = data[cut]
    return one + rng.choice([f"({byte:02x}|{byte ^ 1:02x})", f"!({byte ^ 1:02x}|{byte ^ 2:02x})", f"{byte >> 4:x}?", f"?{byte & 15:x}", "??",
                             "{1-3}", "{1}", "*"]) + two


def offset(rng, start, size):
    """Where the piece is, more or less, from the beginning or from the end of what it was taken from."""
    return rng.choice([f"{start}", f"{start},{rng.randrange(1, 40)}", f"EOF-{size - start}", f"EOF-{size - start + 3},10", "*"])


def hashes(rng, number, data):
    """Of a text libclamav may see a line end more."""
    data += rng.choice([b"", b"\n"])
    name, size = rng.choice(["md5", "sha1", "sha256"]), rng.choice([len(data), len(data), "*"])
    level = ":73" if size == "*" else ""
    digest = hashlib.new(name, data).hexdigest()
    if name == "md5" and size != "*":
        return "t.hdb", f"{digest}:{size}:Hunt.Hash-{number}"
    return "t.hsb", f"{digest}:{size}:Hunt.Hash-{number}{level}"


def expression(rng):
    return rng.choice(["0&1", "0|1", "0&1>0", "(0|1)>0", "(0|1)>1,2", "0&(1=0)", "1=0&0", "0>0&1<3", "(0&1)|0", "(0=1)|(1=1)", "0&1&(0|1)"])


def logical(rng, number, one, two, start, size):
    target = rng.choice((0, 0, 3, 4, 4, 7))
    where = rng.choice(["", "", f",FileSize:{max(0, size - 1)}-{size + 1}", ",Container:CL_TYPE_MAIL", ",Intermediates:CL_TYPE_MAIL",
                        f",FileSize:{size + 1}-{size + 1}"])
    first = rng.choice([one.hex(), one.hex() + "::i", one.swapcase().hex() + "::i", wild(rng, one), one.hex() + "::a",
                        f"{offset(rng, start, size)}:{one.hex()}", one.lower().hex()])
    return "t.ldb", f"Hunt.Logical-{number};Engine:81-255,Target:{target}{where};{expression(rng)};{first};{two.hex()}"


def pattern(rng, number, one, start, size):
    target = rng.choice((0, 0, 3, 4, 4, 7, "04", "00"))
    text = rng.choice([one.hex(), wild(rng, one), one.lower().hex()])
    return "t.ndb", f"Hunt.Body-{number}:{target}:{offset(rng, start, size)}:{text}"


def program(rng, number, one, two):
    """Found by an expression, once something else was."""
    word = "".join(chr(c) if chr(c).isalnum() else f"\\x{c:02x}" for c in one)
    return "t.ldb", f"Hunt.Regular-{number};Engine:81-255,Target:{rng.choice((0, 4, 7))};0&1;{two.hex()};{rng.choice(['', '0,9999:'])}0/{word}/"


def signature(rng, number, mail, lines, chosen):
    one, start, size = rare_piece(rng, mail, chosen)
    two, _, _ = rare_piece(rng, mail, chosen)
    kind = rng.randrange(10)
    if kind < 4:
        name, line = pattern(rng, number, one, start, size)
    elif kind < 7:
        name, line = logical(rng, number, one, two, start, size)
    elif kind == 7:
        name, line = program(rng, number, one, two)
    elif contents(mail):
        name, line = hashes(rng, number, rng.choice(contents(mail)))
    else:
        return
    lines[name].append(line)


def write_database(rng, folder, chosen):
    lines = {"t.ndb": [], "t.ldb": [], "t.hdb": [], "t.hsb": []}
    for number in range(40):
        signature(rng, number, rng.choice(chosen)[1], lines, chosen)
    lines["t.hdu"] = ["0" * 32 + ":9:PUA.Hunt.None"]
    if rng.random() < 0.5:
        lines["t.pdb"] = ["H:www.bank.example"]
    if rng.random() < 0.2:
        lines["t.cdb"] = [f"Hunt.Name:{rng.choice(['*', 'CL_TYPE_MAIL'])}:*:{rng.choice(['file1', 'zip$', 'pdf$', '^x'])}:*:*:*:*:*:*"]
    folder.mkdir()
    for name, rows in lines.items():
        if rows:
            (folder / name).write_text("\n".join(rows) + "\n")


def judge(folder, whole, names):
    (folder / "lazaret.yaml").write_text(CONFIG.format(folder=folder, whole=whole))
    out = subprocess.run([BUILD.resolve() / "bin/qscan", "-c", folder / "lazaret.yaml", "--json", "--explain", *names],
                         cwd=folder / "mails", capture_output=True, timeout=300)
    assert out.returncode == 0, out.stderr.decode()[-2000:]
    answers = [json.loads(line) for line in out.stdout.splitlines()]
    assert len(answers) == len(names)
    return {answer["file"]: answer for answer in answers}


def found(answer):
    return {finding["symbol"] for finding in answer["findings"] if finding["check"] == "virus"}


@pytest.mark.parametrize("number", range(ROUNDS))
def test_what_the_whole_and_the_parts_find_is_found_without_the_whole(tmp_path, number):
    rng = random.Random(SEED + number)
    chosen = rng.sample(all_mails(), min(MAILS_MOST, len(all_mails())))
    (tmp_path / "mails").mkdir()
    names = [f"{at}" for at in range(len(chosen))]
    for name, (_, mail) in zip(names, chosen):
        (tmp_path / "mails" / name).write_bytes(mail)
    write_database(rng, tmp_path / "signatures", chosen)
    always, needed = judge(tmp_path, "always", names), judge(tmp_path, "needed", names)
    lost = {chosen[int(name)][0]: found(always[name]) - found(needed[name])
            for name in names if found(always[name]) - found(needed[name])}
    assert not lost, (lost, str(tmp_path))
    # Without these the hunt would prove nothing.
    assert sum(bool(found(always[name])) for name in names) > 3
    whys = collections.Counter(answer["whole_scanned"] for answer in needed.values())
    assert sum(answer["whole_left_out"] for answer in needed.values()) > 3, whys


SCRIPT = b"<html><script>evilscript</script></html>\n"
HIDDEN = b"(a)Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(SCRIPT)
FINDS_SCRIPT = {"t.ldb": f"T;Engine:81-255,Target:3;0;{b'evilscript'.hex()}"}


def letter(body, kind=b"text/plain"):
    return mails.header() + b"MIME-Version: 1.0\nContent-Type: " + kind + b"\n\n" + body


def mixed(*parts, epilogue=b""):
    return letter(b"".join(b"--BB\n" + part + b"\n" for part in parts) + b"--BB--\n" + epilogue, b"multipart/mixed; boundary=BB")


def text_part(body, kind=b"text/plain"):
    return b"Content-Type: " + kind + b"\n\n" + body


def hash_of(data):
    return {"t.hdb": f"{hashlib.md5(data).hexdigest()}:{len(data)}:T"}


LETTER, NAMES = text_part(b"A letter.\n"), "T:CL_TYPE_MAIL:*:{}:*:*:*:*:*:*"
# What libclamav finds in the whole by its own reading of mail: signatures, the mail, and an honest twin that has nothing to find.
OWN_READINGS = {
    "a target with a zero": ({"t.ndb": "T:04:*:" + b"Subject: evil".hex()}, letter(b"x\n").replace(b"Subject: ", b"Subject: evil ", 1), letter(b"x\n")),
    "a text with its line end": (hash_of(b"A letter.\n\n"), mixed(LETTER), mixed(text_part(b"A Letter.\n"))),
    "a text that does not end": (hash_of(b"A letter.\n"), letter(b"A letter."), letter(b"A Letter.")),
    "a text without its capitals": ({"t.ldb": f"T;Engine:81-255,Target:7,Container:CL_TYPE_MAIL;0;{b'evil word'.hex()}"},
                                    letter(b"An EVIL   Word\n"), letter(b"A GOOD   Word\n")),
    "a name that it invents": ({"t.cdb": NAMES.format("^mixedtext")}, mixed(LETTER, text_part(b"<b>x</b>\n", b"text/html")), letter(b"x\n")),
    "no name at all": ({"t.cdb": NAMES.format("*")}, mixed(LETTER, text_part(b"<b>x</b>\n", b"text/html")), letter(b"x\n")),
    "an epilogue": (FINDS_SCRIPT, mixed(LETTER, epilogue=SCRIPT), mixed(LETTER, epilogue=b"\n")),
    "three dashes": (FINDS_SCRIPT, mixed(text_part(b"x\n---BB\n" + HIDDEN), LETTER), mixed(text_part(b"x\n---BA\n" + HIDDEN), LETTER)),
    "a boundary in small letters": (FINDS_SCRIPT, mixed(text_part(b"x\n--bb\n" + HIDDEN), LETTER), mixed(text_part(b"x\n--ba\n" + HIDDEN), LETTER)),
    "a comment in a delimiter": (FINDS_SCRIPT, mixed(text_part(b"x\n--B(c)B\n" + HIDDEN), LETTER), mixed(text_part(b"x\n--B(c)A\n" + HIDDEN), LETTER)),
    "a header behind an empty line": (FINDS_SCRIPT, mixed(b"\n" + HIDDEN, LETTER), mixed(text_part(b"\n" + HIDDEN), LETTER)),
    "a header that goes on": (FINDS_SCRIPT, mixed(text_part(b"Contents:\n" + HIDDEN), LETTER), mixed(text_part(b"Kontents:\n" + HIDDEN), LETTER)),
    "a line that is broken": ({"t.ndb": "T:0:*:" + (b"word " * 200)[981:999].hex() + "0a" + (b"word " * 200)[979:991].hex()},
                              letter(b"word " * 400 + b"\n"), letter(b"word " * 150 + b"\n")),
    "a link in UTF-16": ({"t.pdb": "H:www.bank.example"},
                         PHISH.partition(b"Content-Type")[0] + b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n" +
                         base64.encodebytes(PHISH.partition(b"\n\n")[2].decode().encode("utf-16")),
                         PHISH.replace(b"http://evil.example/login", b"https://www.bank.example/login")),
}


@pytest.mark.parametrize("name", OWN_READINGS)
def test_what_libclamav_reads_in_its_own_way_is_found_without_the_whole(tmp_path, name):
    lines, evil, honest = OWN_READINGS[name]
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "evil").write_bytes(evil)
    (tmp_path / "mails" / "honest").write_bytes(honest)
    (tmp_path / "signatures").mkdir()
    for file, line in ({"z.ndb": "Hunt.None:1:*:00112233445566778899"} | lines).items():
        (tmp_path / "signatures" / file).write_text(line + "\n")
    always, needed = (judge(tmp_path, whole, ["evil", "honest"]) for whole in ("always", "needed"))
    assert found(always["evil"]) and found(needed["evil"]) == found(always["evil"])
    assert not found(always["honest"]) and not found(needed["honest"])


def test_links_to_another_place_than_they_show_are_suspected_either_way(tmp_path):
    (tmp_path / "mails").mkdir()
    honest = PHISH.replace(b"http://evil.example/login", b"https://www.bank.example/login")
    (tmp_path / "mails" / "phish").write_bytes(PHISH)
    (tmp_path / "mails" / "honest").write_bytes(honest)
    (tmp_path / "signatures").mkdir()
    (tmp_path / "signatures" / "t.pdb").write_text("H:www.bank.example\n")
    (tmp_path / "signatures" / "t.ndb").write_text("Hunt.None:0:*:00112233445566778899\n")
    for whole in ("always", "needed"):
        answers = judge(tmp_path, whole, ["phish", "honest"])
        assert [symbol for symbol in found(answers["phish"]) if symbol.startswith("HEURISTIC_Phishing")], answers["phish"]["findings"]
        assert not found(answers["honest"])
