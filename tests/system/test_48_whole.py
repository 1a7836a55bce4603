"""A hunt for a mail on which leaving the whole message out loses a virus.

Databases are made of pieces of the mails themselves, taken at random: of their raw bytes and of what is in their parts, for every
kind of file, at any place or at theirs, alone and in twos, for mail alone and for what is inside mail. Each mail is then judged
twice by the real program, with `virus.whole: always` and with `needed`; what the one finds the other must find.
With CORPUS=folder real mails take part. SEED and ROUNDS are for a longer hunt.
"""
import collections
import email
import email.policy
import functools
import hashlib
import json
import os
import pathlib
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
ROUNDS = int(os.environ.get("ROUNDS", "6"))
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


def every_mail(rng):
    yield from plain_mails(rng)
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
    """Some bytes of it, and where they stand: raw, or in a part."""
    inside = contents(mail)
    source = rng.choice(inside) if inside and rng.random() < 0.4 else mail
    size = rng.randrange(6, 40)
    start = rng.randrange(max(1, len(source) - size))
    return source[start:start + size], start


def rare_piece(rng, mail, chosen):
    """One that few mails have: others would have each mail scanned whole."""
    for _ in range(20):
        found, start = piece(rng, mail)
        if len(found) >= 4 and sum(found in other for _, other in chosen) <= 3:
            return found, start
    return b"\0nothing like this\0", 0


def signature(rng, number, mail, lines, chosen):
    kind = rng.randrange(8)
    one, start = rare_piece(rng, mail, chosen)
    two, _ = rare_piece(rng, mail, chosen)
    target = rng.choice((0, 0, 3, 4, 4, 7))
    if kind < 3:
        lines["t.ndb"].append(f"Hunt.Body-{number}:{target}:*:{one.hex()}")
    elif kind == 3:
        lines["t.ndb"].append(f"Hunt.At-{number}:{target}:{start}:{one.hex()}")
    elif kind == 4:
        cut = len(one) // 2
        lines["t.ndb"].append(f"Hunt.Gap-{number}:{target}:*:{one[:cut].hex()}??{one[cut + 1:].hex()}" if cut > 2 and len(one) - cut > 4
                              else f"Hunt.Gap-{number}:{target}:*:{one.hex()}")
    elif kind == 5:
        sign, modifier = rng.choice("&|"), rng.choice(["", "", "::i"])
        lines["t.ldb"].append(f"Hunt.Two-{number};Engine:81-255,Target:{target};0{sign}1;{one.hex()}{modifier};{two.hex()}")
    elif kind == 6:
        lines["t.ldb"].append(f"Hunt.Inside-{number};Engine:81-255,Target:{rng.choice((0, 3, 7))},Container:CL_TYPE_MAIL;0;{one.hex()}")
    else:
        for data in contents(mail)[:1]:
            lines["t.hdb"].append(f"{hashlib.md5(data).hexdigest()}:{len(data)}:Hunt.Hash-{number}")


def write_database(rng, folder, chosen):
    lines = {"t.ndb": [], "t.ldb": [], "t.hdb": []}
    for number in range(40):
        signature(rng, number, rng.choice(chosen)[1], lines, chosen)
    lines["t.hdu"] = ["0" * 32 + ":9:PUA.Hunt.None"]
    if rng.random() < 0.5:
        lines["t.pdb"] = ["H:www.bank.example"]
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
    assert sum(bool(found(always[name])) for name in names) > 10
    whys = collections.Counter(answer["whole_scanned"] for answer in needed.values())
    assert sum(answer["whole_left_out"] for answer in needed.values()) > 20, whys


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
