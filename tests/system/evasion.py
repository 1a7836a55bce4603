"""What the catalogue of evasions is made of: payloads, cases, and the small builders that both halves use.

A case is a function from a payload to the bytes of a mail. It is called with every hostile payload that makes sense for it, and
with harmless ones for its clean twin. Where the trick itself is what has two readings, the twin (`payload.honest`) is the honest
mail that comes nearest to it.
"""
import base64
import binascii
import dataclasses
import struct

from world import EICAR

# The beginning of a program that Windows starts, and nothing that any signature knows.
PROGRAM = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + b"\x4c\1" + bytes(18) + b"harmless " * 40
TEXT = b"Nothing but a few harmless words, on a line or two.\r\n" * 3


@dataclasses.dataclass(frozen=True)
class Payload:
    kind: str
    name: str
    data: bytes
    honest: bool = False

    @property
    def ending(self):
        return self.name.rpartition(".")[2]

    @property
    def type(self):
        return "text/plain" if self.honest else "application/octet-stream"


PAYLOADS = {
    "virus": Payload("virus", "x.exe", EICAR),
    "content": Payload("content", "report.dat", EICAR),  # only the content tells
    "program": Payload("program", "x.exe", PROGRAM),
    "name": Payload("name", "x.exe", TEXT),  # only the name tells
}
TWIN = Payload("twin", "x.txt", TEXT, True)

CASES = {}


@dataclasses.dataclass(frozen=True)
class Case:
    build: object
    kinds: tuple
    passes: bool  # the policy lets it through, tagged as what could not be scanned
    twin: bool


def case(entry, *variants, kinds=("virus", "content", "program", "name"), passes=False, twin=True):
    """Registers build(payload, variant) as one case a variant, named "A01-variant"; variants are names or (name, value)."""
    def register(build):
        for variant in variants or (None,):
            name, value = variant if isinstance(variant, tuple) else (variant, variant)
            key = entry if name is None else f"{entry}-{name}"
            assert key not in CASES, key
            CASES[key] = Case((lambda p, b=build, v=value: b(p, v)) if variants else build, tuple(kinds), passes, twin)
        return build
    return register


def b64(data, width=76):
    text = base64.b64encode(data)
    return b"".join(text[i:i + width] + b"\n" for i in range(0, len(text), width))


def crlf(text):
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def raw(text):
    return text.encode("latin-1") if isinstance(text, str) else text


def head(fields="", subject="hello"):
    return (b"Received: from mail.outside.example by mx.example.org; Sun, 22 Nov 2026 10:00:00 +0000\n"
            b"From: Sender <sender@outside.example>\nTo: <user@example.org>\n"
            b"Date: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-ID: <evasion.1@outside.example>\n"
            b"User-Agent: Mail 1.0\nSubject: " + raw(subject) + b"\nMIME-Version: 1.0\n" + raw(fields))


def fields_of(p, disposition=None, kind=None, encoding="base64"):
    """The header of an attachment; `disposition` and `kind` stand in for the usual values."""
    out = raw(kind if kind is not None else f'Content-Type: {p.type}; name="{p.name}"\n')
    out += raw(disposition if disposition is not None else f'Content-Disposition: attachment; filename="{p.name}"\n')
    return out + raw(f"Content-Transfer-Encoding: {encoding}\n" if encoding else "")


def attachment(p, data=None, **kw):
    return fields_of(p, **kw) + b"\n" + b64(p.data if data is None else data)


def text_part(text="Hello, please see below.\n"):
    return b"Content-Type: text/plain; charset=us-ascii\n\n" + raw(text)


def delimited(*parts, boundary="B", preamble="", epilogue=""):
    mark = raw(boundary)
    out = raw(preamble)
    for part in parts:
        out += b"--" + mark + b"\n" + part + b"\n"
    return out + b"--" + mark + b"--\n" + raw(epilogue)


def mixed(*parts, kind='Content-Type: multipart/mixed; boundary="B"\n', boundary="B", fields="", **kw):
    """A whole mail: `kind` is its Content-Type field, or what stands there instead."""
    return crlf(head(fields) + raw(kind) + b"\n" + delimited(*parts, boundary=boundary, **kw))


def with_file(p, name, data, kind="application/octet-stream"):
    """A mail with a text and a file that holds the payload in some way."""
    return mixed(text_part(), attachment(p, data, kind=f'Content-Type: {kind}; name="{name}"\n',
                                         disposition=f'Content-Disposition: attachment; filename="{name}"\n'))


def quoted(data):
    return "".join(f"={byte:02X}" for byte in data)


def uuencoded(p, mode="644", name=None):
    lines = [f"begin {mode} {name or p.name}\n".encode()]
    lines += [binascii.b2a_uu(p.data[i:i + 45]) for i in range(0, len(p.data), 45)]
    return b"".join(lines) + b"`\nend\n"


def yencoded(p):
    out = b""
    for byte in p.data:
        code = (byte + 42) & 255
        out += bytes([61, (code + 64) & 255]) if code in (0, 10, 13, 61) else bytes([code])
    return (f"=ybegin line=4000 size={len(p.data)} name={p.name}\n".encode() + out + b"\n"
            + f"=yend size={len(p.data)}\n".encode())


def binhexed(p):
    """RFC 1741, run-length coding but for its escape left out."""
    alphabet = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
    header = bytes([len(p.name)]) + p.name.encode() + b"\0????????" + bytes(2) + struct.pack(">II", len(p.data), 0)
    stream = header + binascii.crc_hqx(header, 0).to_bytes(2, "big")
    stream += p.data + binascii.crc_hqx(p.data, 0).to_bytes(2, "big") + bytes(2)
    stream = stream.replace(b"\x90", b"\x90\0")
    bits = int.from_bytes(stream + bytes(-len(stream) % 3), "big")
    count = (len(stream) * 8 + 5) // 6
    total = (len(stream) + (-len(stream) % 3)) * 8
    text = ":" + "".join(alphabet[bits >> (total - 6 * (i + 1)) & 63] for i in range(count)) + ":"
    return ("(This file must be converted with BinHex 4.0)\n\n"
            + "".join(text[i:i + 64] + "\n" for i in range(0, len(text), 64))).encode()
