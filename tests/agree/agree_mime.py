"""make agree-mime: does Lazaret read mail as a careful parser does?

    CORPUS=folder     mails (x.eml), each with what a parser found in it beside it: x.json for the mail with LF line ends,
                      x.crlf.json for the same mail with CRLF; the format is mail-parser's (Stalwart)
    VERBOSE=1         also what agrees

Compared are the parts in their order (multiparts, messages, leaves), their types, file names and decoded contents. Of ours the
reading that most clients would take counts; a difference that another reading explains is told as such. A difference
is no error by itself: docs/ANOMALIES.md says where we read differently, and why.
"""
import collections
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys

SHOW_MAP = pathlib.Path(os.environ["B"]) / "tests/agree/lib/mime/show_map"
NAMES = {"name", "filename"}
FIELDS = ("content_type", "content_disposition")


class Part:
    """One part of either reader: what it is, its types and names, and the contents that it may have, the likeliest first."""

    def __init__(self, kind, types, names, contents, path=""):
        self.kind, self.types, self.names, self.contents, self.path = kind, types, names, contents, path

    def key(self):
        return (self.kind, self.contents[0] if self.kind == "leaf" else None)

    def __str__(self):
        size = f", {len(self.contents[0])} bytes" if self.kind == "leaf" else ""
        where = f" at {self.path}" if self.path else ""
        return f"{self.kind} {'|'.join(self.types) or '(no type)'}{size}{where}"


# ---------------------------------------------------------------- the careful parser's reading

def content_fields(part):
    for header in part["headers"]:
        value = header["value"]
        if header["name"] in FIELDS and isinstance(value, dict) and "ContentType" in value:
            yield header["name"], value["ContentType"]


def wanted_part(part, kind, content):
    types, names = [], set()
    for field, value in content_fields(part):
        if field == "content_type" and value["c_subtype"]:
            types.append(f"{value['c_type']}/{value['c_subtype']}".lower())
        names |= {each["value"] for each in value["attributes"] or [] if each["name"] in NAMES}
    return Part(kind, types, names, [content])


def wanted_parts(message):
    for part in message["parts"]:
        (kind, body), = part["body"].items()
        if kind == "Multipart":
            yield wanted_part(part, "multipart", b"")
        elif kind == "Message":
            yield wanted_part(part, "message", b"")
            yield from wanted_parts(body)
        else:
            yield wanted_part(part, "leaf", body.encode() if isinstance(body, str) else bytes(body))


# ---------------------------------------------------------------- ours

def unhex(text):
    return bytes.fromhex(text).decode("utf-8", "replace")


def our_part(part):
    contents = [bytes.fromhex(reading[form]) for reading in part["readings"] for form in ("text", "bytes")]
    return Part(part["kind"], [unhex(each) for each in part["types"]], {unhex(each) for each in part["names"]},
                contents, part["path"])


def our_reading(mail):
    shown = json.loads(subprocess.run([SHOW_MAP], input=mail, capture_output=True, check=True).stdout)
    proper = [our_part(part) for part in shown["parts"] if not part["synthetic"]]
    synthetic = [our_part(part) for part in shown["parts"] if part["synthetic"]]
    return proper, synthetic, shown["anomalies"]


# ---------------------------------------------------------------- comparing

def choose_form(ours, wanted):
    """Text is stated in UTF-8, anything else in bytes: a leaf's likeliest reading counts in the form that is wanted."""
    stated = {part.contents[0] for part in wanted if part.kind == "leaf"}
    for part in ours:
        if part.kind == "leaf" and part.contents[0] not in stated and part.contents[1] in stated:
            part.contents[0] = part.contents[1]


def squeezed(content):
    return b"".join(content.split())


def pair_differences(want, have):
    if want.kind != have.kind:
        yield "kind", f"they see {want}, we {have}"
    elif want.kind == "leaf" and want.contents[0] != have.contents[0]:
        if want.contents[0] in have.contents:
            yield "other reading", f"{have}: their content is another of our readings"
        elif squeezed(want.contents[0]) in map(squeezed, have.contents):
            yield "blanks", f"they see {want}, we {have}: only white space differs"
        else:
            yield "content", f"they see {want}, we {have}"
    if want.types and want.types[-1] not in have.types:
        yield "type", f"they say {want.types}, we {have.types} at {have.path}"
    if want.names - have.names:
        yield "name", f"{sorted(want.names - have.names)} is not among {sorted(have.names)} at {have.path}"


def block_differences(wanted, ours, synthetic):
    """A run of parts that do not match: paired in order, and the rest is seen by one reader only."""
    for want, have in zip(wanted, ours):
        yield from pair_differences(want, have)
    hidden = {squeezed(content) for part in synthetic for content in part.contents}
    for want in wanted[len(ours):]:
        yield ("synthetic" if squeezed(want.contents[0]) in hidden else "they see more"), f"only they see {want}"
    for have in ours[len(wanted):]:
        yield "we see more", f"only we see {have}"


def differences(wanted, ours, synthetic):
    choose_form(ours, wanted)
    matcher = difflib.SequenceMatcher(None, [part.key() for part in wanted], [part.key() for part in ours], False)
    for _, first, last, our_first, our_last in matcher.get_opcodes():
        yield from block_differences(wanted[first:last], ours[our_first:our_last], synthetic)


# ---------------------------------------------------------------- all mails

def with_lf(mail):
    return mail.replace(b"\r", b"")


def with_crlf(mail):
    return re.sub(rb"(?<!\r)\n", b"\r\n", mail)


def mails(folder):
    for path in sorted(folder.rglob("*.eml")):
        mail = path.read_bytes()
        for ending, bytes_of in ((".json", with_lf), (".crlf.json", with_crlf)):
            stated = path.with_suffix(ending)
            if stated.exists():
                yield str(stated.relative_to(folder)), bytes_of(mail), json.loads(stated.read_text())


def report(name, found, anomalies):
    if found:
        print(f"differs  {name}  [{' '.join(anomalies)}]")
        for kind, text in found:
            print(f"         {kind}: {text}")
    elif os.environ.get("VERBOSE"):
        print(f"agrees   {name}")


def main():
    if "CORPUS" not in os.environ:
        sys.exit("agree_mime: CORPUS names no folder of mails")
    count, kinds = collections.Counter(), collections.Counter()
    for name, mail, stated in mails(pathlib.Path(os.environ["CORPUS"])):
        ours, synthetic, anomalies = our_reading(mail)
        found = list(differences(list(wanted_parts(stated)), ours, synthetic))
        report(name, found, anomalies)
        count["differs" if found else "agrees"] += 1
        kinds.update({kind for kind, _ in found})
    print(f"{count.total()} mails: {count['agrees']} agree, {count['differs']} differ")
    for kind, times in kinds.most_common():
        print(f"  {kind}: in {times}")
    if not count:
        sys.exit("agree_mime: no mail has an .json beside it")


main()
