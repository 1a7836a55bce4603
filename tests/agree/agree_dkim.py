"""make agree-dkim: does a change break the DKIM signatures that Lazaret says it does?

    CORPUS=folder     mails (x.eml)
    CASES=400         how many mails are signed and changed
    SEED=1            other mails, other changes
    VERBOSE=1         tells every case

Each mail is signed anew with dkimpy, by a key of this run: random canonicalizations, fields (some listed more often than
they occur) and body length. Then it is changed at random as filters change mail: fields go, come or get a prefix, blanks
and line ends change, text is put in or taken out, the signature itself is touched. dkimpy verifies the changed mail, and
its answer must be the one foretold from the original and the edits alone.
"""
import base64
import collections
import os
import pathlib
import random
import re
import subprocess
import sys

import dkim
import nacl.exceptions
import nacl.signing

SHOW_DKIM = pathlib.Path(os.environ["B"]) / "tests/agree/lib/mime/show_dkim"
SIGNING_KEY = nacl.signing.SigningKey.generate()
KEY_RECORD = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(SIGNING_KEY.verify_key))
EFFECTS = {0: "kept", 1: "breaks header", 2: "breaks body", 3: "breaks both", 4: "unreadable"}
VERDICTS = {0: ["valid"], 1: ["header"], 2: ["body"], 3: ["body", "header"], 4: []}
BLANKS = [b" ", b"  ", b"\t", b" \t "]
NEW_FIELDS = [b"X-Spam-Flag", b"X-Lazaret", b"Subject", b"Received", b"X-None", b"Date"]


def parts(mail):
    """The header with the line end of its last field, and what follows."""
    found = re.search(rb"\r?\n(?=\r?\n)", mail)
    return (mail[:found.end()], mail[found.end():]) if found else (mail, b"")


def field_names(header):
    return re.findall(rb"^([!-9;-~]+):", header, re.M)


# ---------------------------------------------------------------- signing

def signed_names(chance, names):
    chosen = [name for name in names if chance.random() < 0.5 and name.lower() not in (b"from", b"dkim-signature")]
    chosen += [chance.choice(NEW_FIELDS) for _ in range(chance.randrange(3))]
    chosen += [chance.choice(names) for _ in range(chance.randrange(2))]
    chosen = [name for name in chosen if name.lower() != b"from"] + [b"From"]
    chance.shuffle(chosen)
    return chosen


def signed(chance, mail):
    """The mail with a signature on top; with a body length, more text may stand behind it."""
    signer = dkim.DKIM(mail, signature_algorithm=b"ed25519-sha256")
    signer.should_not_sign = set()
    has_length = chance.random() < 0.4
    field = signer.sign(b"key", b"example.org", base64.b64encode(bytes(SIGNING_KEY)),
                        canonicalize=(chance.choice([b"simple", b"relaxed"]), chance.choice([b"simple", b"relaxed"])),
                        include_headers=signed_names(chance, field_names(parts(mail)[0])), length=has_length)
    more = b"-- \nput behind by a list\n" if has_length and mail.endswith(b"\n") and chance.random() < 0.7 else b""
    return field + mail + more


def verdict(mail):
    """Where dkimpy finds the fault: it looks at the body first, but for a signature that can't be read any more."""
    try:
        valid = dkim.DKIM(mail).verify(dnsfunc=lambda name, timeout=5: KEY_RECORD)
    except (dkim.DKIMException, nacl.exceptions.CryptoError, ValueError) as err:  # a signature too short is a ValueError
        return "body" if "body hash mismatch" in str(err) else "header"
    return "valid" if valid else "header"


# ---------------------------------------------------------------- changing

def place(chance, text, start=0):
    return start + chance.randrange(len(text) + 1)


def change_blank(chance, mail, start, end):
    runs = list(re.finditer(rb"[ \t]+", mail[start:end]))
    run = chance.choice(runs) if runs else None
    return (start + run.start(), len(run.group()), chance.choice(BLANKS)) if run else None


def change_field(chance, mail, start, end):
    fields = list(re.finditer(rb"^[!-9;-~]+:(?:.*\n)(?:[ \t].*\n)*", mail[start:end], re.M))
    field = chance.choice(fields)
    at, name = start + field.start(), field.group().split(b":")[0]
    return chance.choice([
        (at, len(field.group()), b""),
        (at + len(name) + 1, 0, b" [SPAM]"),
        (at, len(name), name.swapcase()),
        (at, 0, b"X-New: field\r\n"),
        (at, 0, field.group()),
        (at + len(name) + 1, 0, b"\n "),
        (at + len(field.group()), 0, field.group()),
    ])


def change_end(chance, mail, start, end):
    kept = mail.rstrip(b"\r\n") if chance.random() < 0.7 else mail.rstrip()
    kept = kept if len(kept) > start else mail
    return (len(kept), len(mail) - len(kept), chance.choice([b"", b"\n", b"\r\n\n", b" \n", b"\n \n", b"\nmore\n"]))


def change_text(chance, mail, start, end):
    at = place(chance, mail[start:end], start)
    return (at, chance.choice([0, 0, 1, min(40, end - at)]) if at < end else 0, chance.choice([b"", b"cut", b"one\ntwo\n", b"\n", b" "]))


def change_line_end(chance, mail, start, end):
    ends = list(re.finditer(rb"\r?\n", mail[start:end]))
    each = chance.choice(ends) if ends else None
    new = chance.choice([b"\n", b"\r\n", b" \n", b"\t\r\n", b"\n\n"])
    return (start + each.start(), len(each.group()), new) if each else None


def one_edit(chance, mail):
    header, body = parts(mail)
    end = len(header)
    kind, start, stop = chance.choice([
        (change_field, 0, end), (change_field, 0, end), (change_blank, 0, end), (change_blank, end, len(mail)),
        (change_end, end, len(mail)), (change_text, end, len(mail)), (change_line_end, end, len(mail)),
        (change_text, 0, end)])
    return kind(chance, mail, start, stop)


def edits_of(chance, mail):
    """By offset, without overlap."""
    chosen, done = [], 0
    for edit in sorted(filter(None, (one_edit(chance, mail) for _ in range(chance.choice([0, 1, 1, 1, 2, 3]))))):
        if edit[0] >= done:
            chosen.append(edit)
            done = edit[0] + edit[1]
    return chosen


def with_last_end(mail):
    """As it goes over the wire; dkimpy keeps blanks at the end of a line that has none."""
    return mail if mail.endswith(b"\n") else mail + b"\r\n"


def changed(mail, edits, added):
    out, done = [b"%s: %d\r\n" % (name, at) for at, name in enumerate(added)], 0
    for offset, length, text in edits:
        out += [mail[done:offset], text]
        done = offset + length
    return with_last_end(b"".join(out + [mail[done:]]))


def foretold(mail, edits, added):
    arguments = ["%d:%d:%s" % (offset, length, text.hex()) for offset, length, text in edits]
    arguments += ["+" + name.decode() for name in added]
    lines = subprocess.run([SHOW_DKIM, *arguments], input=mail, capture_output=True, check=True).stdout.splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(b"example.org "))


# ---------------------------------------------------------------- all cases

def is_usable(mail):
    """dkimpy refuses a header with a line that is no field, and has a rule of its own for several From fields."""
    header, _ = parts(mail)
    names = [name.lower() for name in field_names(header)]
    lines = re.split(rb"\r?\n", header.rstrip(b"\r\n"))
    return (names.count(b"from") == 1 and b"\r" not in re.sub(rb"\r\n", b"", mail) and
            all(re.match(rb"[ \t]|[!-9;-~]+:", line) for line in lines) and lines[0][:1] not in b" \t")


def mails(chance):
    paths = sorted(pathlib.Path(os.environ["CORPUS"]).rglob("*.eml"))
    chance.shuffle(paths)
    while paths:
        path = paths.pop()
        mail = re.sub(rb"^>?From .*\n", b"", path.read_bytes())
        if chance.random() < 0.5:
            mail = re.sub(rb"(?<!\r)\n", b"\r\n", mail)
        if len(mail) < 200_000 and is_usable(mail):
            yield path.name, with_last_end(mail)


def check(chance, name, mail):
    mail = signed(chance, mail)
    if verdict(mail) != "valid":
        return "not valid when signed"
    edits, added = edits_of(chance, mail), [chance.choice(NEW_FIELDS) for _ in range(chance.choice([0, 0, 1, 2]))]
    result = changed(mail, edits, added)
    if not is_usable(result):
        return "not for dkimpy once changed"
    told, found = foretold(mail, edits, added), verdict(result)
    if os.environ.get("VERBOSE") or found not in VERDICTS[told]:
        print(f"{name}: told {EFFECTS[told]}, found {found}: {edits} {added}")
        print(f"    {mail[:mail.index(b'b=')]}")
    return EFFECTS[told] if found in VERDICTS[told] else "differs"


def main():
    if "CORPUS" not in os.environ:
        sys.exit("agree_dkim: CORPUS names no folder of mails")
    chance, count = random.Random(int(os.environ.get("SEED", "1"))), collections.Counter()
    for (name, mail), _ in zip(mails(chance), range(int(os.environ.get("CASES", "400")))):
        count[check(chance, name, mail)] += 1
    print(f"{count.total()} mails: " + ", ".join(f"{times} {what}" for what, times in count.most_common()))
    if count["differs"] or not count["kept"]:
        sys.exit("agree_dkim: not what dkimpy says")


main()
