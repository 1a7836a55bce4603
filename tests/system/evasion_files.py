"""Mails that hide their contents in files: sections A14 (winmail.dat), C (containers, documents) and D (types)."""
import bz2
import functools
import gzip
import io
import lzma
import pathlib
import struct
import subprocess
import tarfile
import tempfile
import zipfile
import zlib

from evasion import PROGRAM, TEXT, attachment, b64, case, mixed, text_part, with_file

SEEN = ("virus", "content", "program")
NAMED = ("virus", "program", "name")


def packed(p, name, data):
    return with_file(p, name, data)


@functools.lru_cache(maxsize=None)
def by_program(command, name, data, out):
    """What a packer makes of one file; the command is split at blanks."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / name).write_bytes(data)
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
        return (pathlib.Path(folder) / out).read_bytes()


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def tarred(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


# ---------------------------------------------------------------- A14. winmail.dat

def tnef(p, short, long=None):
    def attribute(level, ident, data):
        return struct.pack("<BII", level, ident, len(data)) + data + struct.pack("<H", sum(data) & 0xffff)

    out = struct.pack("<IH", 0x223e9f78, 1) + attribute(1, 0x89006, struct.pack("<I", 0x10000))
    out += attribute(2, 0x69002, bytes(14)) + attribute(2, 0x18010, short.encode() + b"\0")
    out += attribute(2, 0x6800f, p.data)
    if long:
        text = long.encode() + b"\0"
        prop = struct.pack("<IHHII", 1, 0x1e, 0x3707, 1, len(text)) + text + bytes(-len(text) % 4)
        out += attribute(2, 0x69005, prop)
    return out


@case("A14", "short", "long", "renamed", "octet-stream", "long-only-in-properties")
def winmail(p, how):
    short, long = {"short": (p.name, None), "long": ("X~1.TXT", p.name), "renamed": (p.name, None), "octet-stream": (p.name, None),
                   "long-only-in-properties": ("a.txt", p.name)}[how]
    return with_file(p, "a.txt" if how == "renamed" else "winmail.dat", tnef(p, short, long),
                     "application/octet-stream" if how == "octet-stream" else "application/ms-tnef")


# ---------------------------------------------------------------- C25, C26. ZIPs that lie

def record(name, data, method=8, crc=None, flags=0, packed_size=None, size=None, extra=b"", stored=None):
    """One header's claims; `stored` is what stands there instead of the packed data."""
    body = zlib.compress(data, 9)[2:-4] if method == 8 else data
    return {"name": name.encode(), "method": method, "crc": zlib.crc32(data) if crc is None else crc, "flags": flags, "extra": extra,
            "packed": len(body) if packed_size is None else packed_size, "size": len(data) if size is None else size,
            "body": body if stored is None else stored}


def local_bytes(claim):
    return struct.pack("<IHHHHHIIIHH", 0x04034b50, 20, claim["flags"], claim["method"], 0, 0x5821, claim["crc"], claim["packed"],
                       claim["size"], len(claim["name"]), len(claim["extra"])) + claim["name"] + claim["extra"]


def hand_made(entries, count=None, shift=0, directory=True, comment=b"", offset_of=None):
    """`entries` are pairs of local and central claims; the data are the local one's."""
    out, records = b"", b""
    for local, central in entries:
        offset = len(out) if offset_of is None else offset_of
        if local:
            offset = len(out)
            out += local_bytes(local) + local["body"] + local.get("behind", b"")
        if central:
            records += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 20, 20, central["flags"], central["method"], 0, 0x5821,
                                   central["crc"], central["packed"], central["size"], len(central["name"]),
                                   len(central["extra"]), 0, 0, 0, 0, offset) + central["name"] + central["extra"]
    if not directory:
        return out
    total = sum(1 for _, c in entries if c) if count is None else count
    return out + records + struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, total, total, len(records), len(out) + shift,
                                       len(comment)) + comment


NOTE = ("note.txt", TEXT)


@case("C25", "evil-last", "evil-first", "in-comment", "two-ends")
def several_archives(p, how):
    evil, other = zipped((p.name, p.data)), zipped(NOTE)
    if p.honest:
        return packed(p, "a.zip", evil)
    return packed(p, "a.zip", {
        "evil-last": other + evil, "evil-first": evil + other,
        "in-comment": other[:-2] + struct.pack("<H", len(evil)) + evil,
        "two-ends": evil + struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 0, 0, 0, 0, 0)}[how])


JUNK = {"pdf": b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        "gif": b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
        "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9", "html": b"<html><body>Hello</body></html>\n",
        "zeros": bytes(3000), "text": b"Some text in front.\n"}


@case("C25", *((f"behind-{kind}", kind) for kind in JUNK))
def archive_behind_junk(p, kind):
    return packed(p, "a.zip", JUNK[kind] + zipped((p.name, p.data)))


@case("D33", ("gif-zip", ("gif", "a.gif")), ("pdf-zip", ("pdf", "a.pdf")), ("html-zip", ("html", "a.html")), kinds=SEEN)
def polyglot(p, pair):
    return packed(p, pair[1], JUNK[pair[0]] + (b"" if p.honest else zipped((p.name, p.data))))


@case("C25-junk-behind")
def junk_behind(p):
    return packed(p, "a.zip", zipped((p.name, p.data)) + bytes(70000))


@case("C26", "names-central-benign", "names-local-benign", "sizes", "zombie", "crc", "shifted", "no-entries", "no-directory",
      "flag-local", "flag-central", "method-77", "method-97", "dangling", "unlisted", "descriptor", "descriptor-unsigned", "zip64",
      "size-zero")
def lying_zip(p, how):
    good = record(p.name, p.data)
    benign = record("note.txt", p.data)
    stored = dict(good, method=0)
    claims = {
        "names-central-benign": [(good, benign)], "names-local-benign": [(benign, good)],
        "sizes": [(good, dict(good, packed=4, size=4))], "zombie": [(stored, stored)],
        "crc": [(dict(good, crc=1), dict(good, crc=1))], "flag-local": [(dict(good, flags=1), good)],
        "flag-central": [(good, dict(good, flags=1))], "method-77": [(dict(good, method=77),) * 2],
        "method-97": [(dict(good, method=97),) * 2], "dangling": [(good, good), (None, record("y.exe", b"x"))],
        "unlisted": [(record(*NOTE), record(*NOTE)), (good, None)], "size-zero": [(dict(good, packed=0, size=0), good)],
        "descriptor": [(dict(good, flags=8, crc=0, packed=0, size=0, behind=struct.pack(
            "<IIII", 0x08074b50, good["crc"], good["packed"], good["size"])), dict(good, flags=8))],
        "descriptor-unsigned": [(dict(good, flags=8, crc=0, packed=0, size=0, behind=struct.pack(
            "<III", good["crc"], good["packed"], good["size"])), dict(good, flags=8))],
        "zip64": [(good, dict(good, packed=0xffffffff, size=0xffffffff,
                              extra=struct.pack("<HHQQ", 1, 16, good["size"], good["packed"])))],
    }
    if p.honest and how not in ("descriptor", "descriptor-unsigned", "zip64"):
        return packed(p, "a.zip", hand_made([(good, good)]))
    return packed(p, "a.zip", hand_made(claims.get(how, [(good, good)]), shift=5 if how == "shifted" else 0,
                                        count=0 if how == "no-entries" else None, directory=how != "no-directory"))


# ---------------------------------------------------------------- C27. Encrypted

@case("C27", ("zip", ("zip -P secret a.zip {}", "a.zip")), ("zip-aes", ("7z a -tzip -psecret -mem=AES256 a.zip {}", "a.zip")),
      ("7z", ("7z a -psecret a.7z {}", "a.7z")), ("7z-header", ("7z a -psecret -mhe=on a.7z {}", "a.7z")),
      kinds=("content",), passes=True, twin=False)
def encrypted(p, pair):
    return mixed(text_part("The password is: secret\n"),
                 attachment(p, by_program(pair[0].format(p.name), p.name, p.data, pair[1]),
                            kind="Content-Type: application/octet-stream\n",
                            disposition=f"Content-Disposition: attachment; filename={pair[1]}\n"))


@case("C27", ("zip-names", "zip -P secret a.zip {}"), kinds=("virus", "program"), twin=False)
def encrypted_but_named(p, command):
    return packed(p, "a.zip", by_program(command.format(p.name), p.name, p.data, "a.zip"))


@case("C27-one-of-ten", kinds=("content",), passes=True, twin=False)
def one_encrypted(p):
    members = [(record(f"{i}.txt", TEXT),) * 2 for i in range(9)]
    return packed(p, "a.zip", hand_made(members + [(dict(record(p.name, p.data), flags=1),) * 2]))


@case("C27-rar5-header", kinds=("content",), passes=True, twin=False)
def rar5_encrypted(p):
    body = bytes([0x21, 4, 0, 0, 0, 15]) + bytes(16) + bytes(12)
    header = struct.pack("<I", zlib.crc32(body)) + body
    return packed(p, "a.rar", b"Rar!\x1a\7\1\0" + header + bytes(range(200)))


@case("C27-pdf", kinds=("content",), passes=True, twin=False)
def encrypted_pdf(p):
    return packed(p, "a.pdf", b"%PDF-1.6\n1 0 obj\n<</Type/Catalog>>\nendobj\n2 0 obj\n<</Filter/Standard/V 2/R 3/Length 128/P -44/O<"
                  + b"00" * 32 + b">/U<" + b"00" * 32 + b">>>\nendobj\nxref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n"
                  b"0000000043 00000 n \ntrailer\n<</Root 1 0 R/Encrypt 2 0 R/Size 3>>\nstartxref\n250\n%%EOF\n")


# ---------------------------------------------------------------- C28. Nested, bombs

def nested(p, depth):
    data = zipped((p.name, p.data))
    for i in range(depth - 1):
        data = zipped((f"{i}.zip", data), method=zipfile.ZIP_STORED)
    return data


@case("C28", ("8-levels", 8), ("20-levels", 20), ("40-levels", 40))
def deep_archive(p, depth):
    return packed(p, "a.zip", nested(p, 5 if p.honest else depth))


def cabinet(name, data):
    name, header, folder = name.encode() + b"\0", 36, 8
    file_at = header + folder
    data_at = file_at + 16 + len(name)
    block = struct.pack("<IHH", 0, len(data), len(data)) + data
    return (struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, data_at + len(block), 0, file_at, 0, 3, 1, 1, 1, 0, 0, 0)
            + struct.pack("<IHH", data_at, 1, 0) + struct.pack("<IIHHHH", len(data), 0, 0, 0x5821, 0, 0x20) + name + block)


@case("C28-mixed-formats")
def mixed_formats(p):
    inner = by_program("7z a a.7z a.zip", "a.zip", zipped((p.name, p.data)), "a.7z")
    return packed(p, "a.cab", cabinet("a.tar.gz", gzip.compress(tarred(("a.7z", inner)), mtime=0)))


@functools.lru_cache(maxsize=None)
def zeros(size):
    return gzip.compress(bytes(size), 9, mtime=0)


@case("C28-gzip-bomb", kinds=("virus",))
def gzip_bomb(p):
    return packed(p, "a.gz", zeros(1 << 20 if p.honest else 300 << 20))


@case("C28-42", kinds=("virus",))
def nested_bomb(p):
    data = zipped(("0.dll" if not p.honest else "0.txt", bytes(1 << (24 if not p.honest else 16))))
    for level in range(1 if p.honest else 4):
        data = zipped(*((f"{i}.zip", data) for i in range(2 if p.honest else 16)))
    return packed(p, "42.zip", data)


@case("C28-overlapping", kinds=("virus",))
def overlapping(p):
    kernel = record("a", bytes(1 << 20))
    count = 1 if p.honest else 2000
    claims = [(kernel, dict(kernel, name=b"n0"))] if p.honest else \
        [(kernel, dict(kernel, name=b"n0"))] + [(None, dict(kernel, name=f"n{i}".encode())) for i in range(1, count)]
    claims = [(kernel, kernel)] if p.honest else claims
    return packed(p, "a.zip", hand_made(claims, offset_of=0))


@case("C28-just-under-the-ratio", kinds=("virus",))
def under_the_ratio(p):
    import random
    block = random.Random(1).randbytes(5000) + bytes(900000)
    return packed(p, "a.zip", zipped(*((f"{i}.bin", block) for i in range(2 if p.honest else 400)), (p.name, p.data)))


@case("C28-behind-12000", kinds=("virus", "content"))
def behind_many(p):
    return packed(p, "a.zip", zipped(*((f"{i}.txt", b"x") for i in range(50 if p.honest else 12000)), (p.name, p.data),
                                     method=zipfile.ZIP_STORED))


@case("C28-behind-a-huge-one", kinds=("virus", "content"))
def behind_huge(p):
    return packed(p, "a.zip", zipped(("big.txt", bytes(1 << (20 if p.honest else 28))), (p.name, p.data)))


@case("C28-quine", kinds=("virus",), twin=False)
def self_containing(p):
    """Members that are, by their offsets, the archive's own beginning again: no end to go to but the limits'."""
    inner = hand_made([(record("r.zip", b"", method=0),) * 2])
    for _ in range(60):
        inner = zipped(("r.zip", inner), method=zipfile.ZIP_STORED)
    return packed(p, "r.zip", inner)


# ---------------------------------------------------------------- C29. Other containers

def iso(name, data):
    """ISO 9660 with one file in its root."""
    def both(value, size):
        return value.to_bytes(size, "little") + value.to_bytes(size, "big")

    def entry(ident, extent, length, flags):
        body = bytes([0]) + both(extent, 4) + both(length, 4) + bytes(7) + bytes([flags, 0, 0]) + both(1, 2) + bytes([len(ident)]) + ident
        body += b"" if len(ident) % 2 else b"\0"
        return bytes([len(body) + 1]) + body

    root = entry(b"\0", 18, 2048, 2) + entry(b"\1", 18, 2048, 2) + entry(name.upper().encode() + b";1", 19, len(data), 0)
    volume = b"\1CD001\1\0" + b" " * 64 + bytes(8) + both(24, 4) + bytes(32) + both(1, 2) + both(1, 2) + both(2048, 2) + both(10, 4)
    volume += struct.pack("<II", 18, 0) + struct.pack(">II", 18, 0) + entry(b"\0", 18, 2048, 2)
    volume += b" " * (813 - len(volume)) + b"0" * 16 * 4 + bytes(4) + b"\1"
    blocks = [bytes(2048)] * 16 + [volume, b"\xffCD001\1", root, data.ljust(5 * 2048, b"\0")]
    return b"".join(block.ljust(-(-len(block) // 2048) * 2048, b"\0") for block in blocks)


def lha(name, data):
    """Level 0, method -lh0-: stored."""
    body = b"-lh0-" + struct.pack("<IIHHBB", len(data), len(data), 0, 0x5821, 0x20, 0) + bytes([len(name)]) + name.encode()
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xa001 if crc & 1 else 0)
    body += struct.pack("<H", crc)
    return bytes([len(body), sum(body) & 255]) + body + data + b"\0"


def xar(name, data):
    toc = f"""<?xml version="1.0" encoding="UTF-8"?><xar><toc><checksum style="none"><offset>0</offset><size>0</size></checksum>
<file id="1"><data><length>{len(data)}</length><offset>0</offset><size>{len(data)}</size><encoding style="application/octet-stream"/>
</data><type>file</type><name>{name}</name></file></toc></xar>""".encode()
    packed_toc = zlib.compress(toc)
    return struct.pack(">IHHQQI", 0x78617221, 28, 1, len(packed_toc), len(toc), 0) + packed_toc + data


def cpio(name, data):
    def one(ident, body):
        fields = [1, 0o100644, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(ident) + 1, 0]
        out = b"070701" + "".join(f"{f:08x}" for f in fields).encode() + ident.encode() + b"\0"
        out += bytes(-len(out) % 4)
        return out + body + bytes(-len(body) % 4)
    return one(name, data) + one("TRAILER!!!", b"")


def ar(name, data):
    return b"!<arch>\n" + f"{name + '/':16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}".encode() + b"`\n" + data + bytes(len(data) % 2)


FORMATS = {
    "cab": ("a.cab", cabinet), "lha": ("a.lzh", lha), "xar": ("a.xar", xar), "cpio": ("a.cpio", cpio), "ar": ("a.a", ar),
    "tar": ("a.tar", lambda n, d: tarred((n, d))), "tgz": ("a.tgz", lambda n, d: gzip.compress(tarred((n, d)), mtime=0)),
    "tar.bz2": ("a.tar.bz2", lambda n, d: bz2.compress(tarred((n, d)))), "tar.xz": ("a.tar.xz", lambda n, d: lzma.compress(tarred((n, d)))),
    "lzma": ("a.tar.lzma", lambda n, d: lzma.compress(tarred((n, d)), lzma.FORMAT_ALONE)),
    "tar.zst": ("a.tar.zst", lambda n, d: by_program("zstd -q a.tar", "a.tar", tarred((n, d)), "a.tar.zst")),
    "tar.lz4": ("a.tar.lz4", lambda n, d: by_program("lz4 -q a.tar a.tar.lz4", "a.tar", tarred((n, d)), "a.tar.lz4")),
    "7z": ("a.7z", lambda n, d: by_program(f"7z a a.7z {n}", n, d, "a.7z")),
    "wrong-name": ("a.txt", lambda n, d: zipped((n, d))),
}


@case("C29", *FORMATS)
def other_container(p, kind):
    name, make = FORMATS[kind]
    return packed(p, name, make(p.name, p.data))


@case("C29-iso", kinds=SEEN, twin=False)
def disk_image(p):
    return packed(p, "a.bin", iso(p.name, p.data))


@case("C32", ("bzip2", "bzip2"), ("lzma", "lzma"), ("ppmd", "ppmd"), ("deflate", "deflate"), ("copy", "copy"))
def coder(p, method):
    return packed(p, "a.7z", by_program(f"7z a -m0={method} a.7z {p.name}", p.name, p.data, "a.7z"))


@case("C29", ("bzip2-file", "bz2"), ("xz-file", "xz"), ("gz-two-members", "gz"))
def single_file(p, kind):
    data = {"bz2": bz2.compress, "xz": lzma.compress,
            "gz": lambda d: gzip.compress(d[:20], mtime=0) + gzip.compress(d[20:], mtime=0)}[kind](p.data)
    return packed(p, f"{p.name}.{kind}", data)


@case("C29", ("ace", b"\0" * 7 + b"**ACE**"), ("alz", b"ALZ\1\x0a\0\0\0"), ("egg", b"EGGA\0\1"), ("wim", b"MSWIM\0\0\0\xd0\0\0\0"),
      ("vhd", b"conectix\0\0\0\2"), ("vhdx", b"vhdxfile"), ("vmdk", b"KDMV\1"), ("chm", b"ITSF\3\0\0\0"), ("arj", b"\x60\xea\x2a\0\x22\x0b\1\2\x10\0\2"),
      ("udf", bytes(32769) + b"BEA01"), ("zoo", b"ZOO 2.10 Archive.\x1a\0\0\xdc\xa7\xc4\xfd"), ("dmg", None), ("szdd", b"SZDD\x88\xf0\x27\x33A"),
      kinds=("content",), twin=False)
def known_but_unreadable(p, magic):
    data = magic + bytes(100) + p.data if magic else p.data + bytes(600) + b"koly" + bytes(508)
    return packed(p, "data.bin", data)


@case("C29", ("br", "x.exe.br"), ("001", "a.7z.002"), ("z01", "a.z01"), ("r00", "a.r00"), ("uha", "a.uha"),
      kinds=("program",))
def only_a_name(p, name):
    """No letters of its own in front: nothing but the name says that this is packed or a piece of something packed."""
    noise = zlib.compress(p.data * 3, 9)[2:]
    return packed(p, "a.dat" if p.honest else name, noise)


@case("C29-second-volume", kinds=("program",), twin=False)
def second_volume(p):
    return packed(p, "a.part2.rar", b"Rar!\x1a\7\0" + zlib.compress(p.data * 3, 9))


@case("C29-first-volume")
def first_volume(p):
    whole = zipped((p.name, p.data), ("more.bin", bytes(range(256)) * 20))
    return packed(p, "a.zip.001", whole if p.honest else whole[:-200])


@case("C29-self-extracting")
def self_extracting(p):
    stub = JUNK["zeros"] if p.honest else PROGRAM + bytes(3000)
    return packed(p, "setup.dat", stub + FORMATS["7z"][1](p.name, p.data))


# ---------------------------------------------------------------- C30. Names inside

@case("C30", ("absolute", "/tmp/{}"), ("dots", "../../{}"), ("backslashes", "..\\..\\{}"), ("drive", "c:\\{}"), ("folder", "{}/"),
      ("upper", "A/B/C/{}"), ("blank", "{} "), ("dot", "{}."), kinds=NAMED)
def name_inside(p, form):
    return packed(p, "a.zip", hand_made([(record(form.format(p.name), p.data),) * 2]))


@case("C30-twice", kinds=NAMED)
def twice(p):
    return packed(p, "a.zip", hand_made([(record("a.txt", TEXT),) * 2, (record("a.txt", p.data),) * 2, (record(p.name, p.data),) * 2]))


@case("C30-unicode-path", kinds=NAMED)
def unicode_path(p):
    name = b"a.txt"
    extra = p.name.encode()
    field = struct.pack("<HHBI", 0x7075, 5 + len(extra), 1, zlib.crc32(name)) + extra
    return packed(p, "a.zip", hand_made([(record("a.txt", p.data, extra=field),) * 2]))


@case("C30", ("cp437", 0), ("utf-8-flag", 0x800), kinds=NAMED)
def charset_of_names(p, flags):
    claim = dict(record("a", p.data, flags=flags), name="\u00e4".encode("cp437" if not flags else "utf-8") + b"." + p.ending.encode())
    return packed(p, "a.zip", hand_made([(claim, claim)]))


@case("C30", "symlink", "empty-program", kinds=NAMED)
def odd_member(p, how):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(p.name)
        if how == "symlink":
            data = tarfile.TarInfo("data.bin")
            data.size = len(p.data)
            archive.addfile(data, io.BytesIO(p.data))
            info.type, info.linkname = tarfile.SYMTYPE, "data.bin"
        archive.addfile(info)
    return packed(p, "a.tar", out.getvalue())


# ---------------------------------------------------------------- C31. Documents

def compound(*streams, clsid=bytes(16)):
    """MS-CFB, version 3: pairs of a path and data; each stream in sectors of its own."""
    storages = []
    for path, data in streams:
        *folders, name = path.split("/")
        for i in range(len(folders)):
            if tuple(folders[:i + 1]) not in storages:
                storages.append(tuple(folders[:i + 1]))
    entries = [((), None, b"Root Entry")] + [(s, None, s[-1]) for s in storages]
    entries += [(tuple(path.split("/")), data.ljust(4096, b"\0"), path.split("/")[-1], len(data)) for path, data in streams]
    fat, body = [], b""
    starts = []
    for entry in entries:
        if entry[1] is None:
            starts.append(0xfffffffe)
            continue
        count = -(-len(entry[1]) // 512)
        starts.append(len(fat))
        fat += [len(fat) + i + 1 for i in range(count - 1)] + [0xfffffffe]
        body += entry[1].ljust(count * 512, b"\0")
    count = -(-len(entries) // 4)
    directory_at = len(fat)
    fat += [len(fat) + i + 1 for i in range(count - 1)] + [0xfffffffe]
    fat_at = len(fat)
    fat_sectors = -(-(len(fat) + 4) // 128)
    fat += [0xfffffffd] * fat_sectors
    paths = [entry[0] for entry in entries]
    out = b""
    for i, entry in enumerate(entries):
        siblings = [j for j in range(1, len(entries)) if paths[j][:-1] == paths[i][:-1] and j > i] if i else []
        children = [j for j in range(1, len(entries)) if paths[j][:-1] == paths[i] and len(paths[j]) == len(paths[i]) + 1]
        name = (entry[2] if isinstance(entry[2], str) else entry[2].decode()).encode("utf-16le") + b"\0\0"
        kind = 5 if not i else 2 if entry[1] is not None else 1
        size = len(entry[1]) if kind == 2 else 0
        out += (name.ljust(64, b"\0") + struct.pack("<HBBIII", len(name), kind, 1, 0xffffffff, siblings[0] if siblings else 0xffffffff,
                                                    children[0] if children and kind != 2 else 0xffffffff)
                + (clsid if not i else bytes(16)) + bytes(4 + 16) + struct.pack("<IQ", starts[i], size))
    out = out.ljust(count * 512, b"\0")
    fat_bytes = struct.pack(f"<{len(fat)}I", *fat).ljust(fat_sectors * 512, b"\xff")
    header = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3e, 3, 0xfffe, 9, 6) + bytes(6)
              + struct.pack("<IIIIIIIII", 0, fat_sectors, directory_at, 0, 4096, 0xfffffffe, 0, 0xfffffffe, 0)
              + struct.pack(f"<{fat_sectors}I", *range(fat_at, fat_at + fat_sectors)))
    return header.ljust(512, b"\xff") + body + out + fat_bytes


def package(p, label=None):
    """The native data of an OLE 1 Package: what is dropped where the icon in the document is opened."""
    label, path = (label or p.name).encode() + b"\0", b"C:\\" + p.name.encode() + b"\0"
    body = struct.pack("<H", 2) + label + path + struct.pack("<HHI", 0, 3, len(path)) + path + struct.pack("<I", len(p.data)) + p.data
    return struct.pack("<I", len(body)) + body


def ooxml(*members):
    return zipped(("[Content_Types].xml", b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'),
                  ("_rels/.rels", b"<Relationships/>"), ("word/document.xml", b"<w:document/>"), *members)


VBA = compound(("VBA/_VBA_PROJECT", b"\xcc\x61"), ("VBA/dir", b"x"), ("PROJECT", b"ID=1"))


@case("C31", ("macros-in-docx", "a.docx"), ("macros-in-xlsx", "a.xlsx"), ("macros-in-pptx", "a.pptx"), kinds=("program",))
def macros(p, name):
    return packed(p, name, ooxml(*([] if p.honest else [("word/vbaProject.bin", VBA)])))


@case("C31-trash", kinds=("virus", "content", "program", "name"))
def trash(p):
    return packed(p, "a.docx", ooxml((f"[trash]/{p.name}", p.data)))


@case("C31", "docx-package", "doc-package", "doc-package-label", "docx-embedded-document", "msg", "doc-second-stream")
def compound_document(p, how):
    native = compound(("\1Ole10Native", package(p)))
    if how == "docx-package":
        return packed(p, "a.docx", ooxml(("word/embeddings/oleObject1.bin", native)))
    if how == "docx-embedded-document":
        return packed(p, "a.docx", ooxml(("word/embeddings/oleObject1.bin", compound(("Package", zipped((p.name, p.data)))))))
    if how == "doc-package":
        return packed(p, "a.doc", compound(("WordDocument", b"\xec\xa5"), ("ObjectPool/_1/\1Ole10Native", package(p))))
    if how == "doc-package-label":
        return packed(p, "a.doc", compound(("ObjectPool/_1/\1Ole10Native", package(p, "a.pdf"))))
    if how == "msg":
        storage = "__attach_version1.0_#00000000/"
        return packed(p, "a.msg", compound((storage + "__substg1.0_3704001E", b"x.txt"),
                                           (storage + "__substg1.0_3707001F", p.name.encode("utf-16le")),
                                           (storage + "__substg1.0_37010102", p.data)))
    return packed(p, "a.doc", compound(("Workbook", TEXT), ("ObjectPool/_1/\1Ole10Native", package(p))))


@case("C27-office", kinds=("content",), passes=True, twin=False)
def encrypted_office(p):
    return packed(p, "a.docx", compound(("EncryptionInfo", b"\4\0\4\0\x40\0\0\0<encryption/>"), ("EncryptedPackage", bytes(5000))))


@case("C31", "rtf", "rtf-blanks", "rtf-controls", "rtf-groups", "rtf-no-version", "rtf-bin")
def rich_text(p, how):
    native = package(p)[4:]
    data = struct.pack("<III", 0x501, 2, 8) + b"Package\0" + struct.pack("<III", 0, 0, len(native)) + native
    digits = data.hex()
    body = {"rtf": digits, "rtf-blanks": " ".join(digits[i:i + 7] for i in range(0, len(digits), 7)),
            "rtf-controls": "\\nop0 ".join(digits[i:i + 9] for i in range(0, len(digits), 9)),
            "rtf-groups": "{\\*\\x y}".join(digits[i:i + 11] for i in range(0, len(digits), 11)),
            "rtf-no-version": digits, "rtf-bin": None}[how]
    start = "{\\rt" if how == "rtf-no-version" else "{\\rtf1\\ansi Hello "
    inner = body.encode() if body is not None else f"\\bin{len(data)} ".encode() + data
    return packed(p, "a.rtf", start.encode() + b"{\\object\\objemb{\\*\\objdata " + inner + b"}}}")


@case("C31", "pdf", "pdf-plain", "pdf-hex-name", "pdf-escaped")
def pdf_attachment(p, how):
    filters, data = ("/Filter/FlateDecode", zlib.compress(p.data)) if how != "pdf-plain" else ("", p.data)
    name = {"pdf-hex-name": f"<{p.name.encode().hex()}>", "pdf-escaped": f"(x.{p.ending[0]}\\{ord(p.ending[1]):03o}{p.ending[2:]})"}.get(
        how, f"({p.name})")
    kind = "/Type/Embedded#46ile" if how == "pdf-escaped" and not p.honest else "/Type/EmbeddedFile"
    return packed(p, "a.pdf", f"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Names<</EmbeddedFiles<</Names[(a)2 0 R]>>>>>>\nendobj\n2 0 obj\n"
                  f"<</Type/Filespec/F{name}/UF{name}/EF<</F 3 0 R>>>>\nendobj\n3 0 obj\n<<{kind}{filters}/Length {len(data)}>>\n"
                  "stream\n".encode() + data + b"\nendstream\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")


@case("C31-onenote", kinds=SEEN)
def onenote(p):
    guid = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
    start = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3")
    name = p.name.encode("utf-16le")
    return packed(p, "a.one", start + bytes(1008) + name + bytes(20) + guid + struct.pack("<QIQ", len(p.data), 0, 0) + p.data
                  + bytes.fromhex("22a7fb7179f70a4abb13899256426b24") + bytes(200))


@case("C31", "smuggling", "smuggling-data-url", "smuggling-atob", "smuggling-svg", "smuggling-split", kinds=("virus", "program"))
def smuggling(p, how):
    # An honest page keeps texts and pictures in its scripts, and no archives.
    packed_data = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + p.data) if p.honest else zipped((p.name, p.data))
    blob = b64(p.data if how != "smuggling-atob" else packed_data, 10**6).decode().strip()
    script = {"smuggling": f"var d='{blob}';", "smuggling-data-url": f"location='data:application/octet-stream;base64,{blob}';",
              "smuggling-atob": f'var b = atob("{blob}");', "smuggling-svg": f"var d=`{blob}`;",
              "smuggling-split": "var d=" + "+\n".join(f"'{blob[i:i + 64]}'" for i in range(0, len(blob), 64)) + ";"}[how]
    if how == "smuggling-svg":
        if p.honest:
            return packed(p, "a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>')
        return packed(p, "a.svg", f'<svg xmlns="http://www.w3.org/2000/svg"><script>{script}</script></svg>'.encode())
    return packed(p, "a.html", f"<html><body><script>{script}\nsave(new Blob([d]));</script></body></html>".encode())


@case("C31", ("svg-script", "<script>alert(1)</script>"), ("svg-onload", "<g onload='alert(1)'/>"), ("svg-javascript", "<a href='javascript:x()'/>"),
      kinds=("program",))
def svg(p, inner):
    return packed(p, "a.svg", f'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">{"" if p.honest else inner}</svg>'.encode())


@case("C31", "calendar", "calendar-folded", "vcard", kinds=("virus", "content", "program"))
def calendar(p, how):
    blob = b64(p.data, 10**6).decode().strip()
    if how == "calendar-folded":
        blob = "\r\n ".join(blob[i:i + 60] for i in range(0, len(blob), 60))
    if how == "vcard":
        return packed(p, "a.vcf", f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nKEY;ENCODING=b:{blob}\r\nEND:VCARD\r\n".encode())
    return packed(p, "a.ics", f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTACH;FMTTYPE=application/octet-stream;X-FILENAME=\"{p.name}\";"
                  f"ENCODING=BASE64;VALUE=BINARY:{blob}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode())


@case("C31", ("eml", "a.eml"), ("mht", "a.mht"), ("eml-renamed", "a.txt"))
def mail_as_file(p, name):
    inner = mixed(text_part("Inside.\n"), attachment(p), kind="Content-Type: multipart/mixed; boundary=I\n", boundary="I")
    return packed(p, "a.eml" if p.honest else name, inner)


@case("C31-mail-in-zip")
def mail_in_zip(p):
    return packed(p, "a.zip", zipped(("a.eml", mixed(text_part("Inside.\n"), attachment(p)))))


# ---------------------------------------------------------------- D. Deciding the type

@case("D33", ("renamed-pdf", "a.pdf"), ("renamed-txt", "a.txt"), ("renamed-jpg", "a.jpg"), ("renamed-none", "noname"), kinds=("program",))
def renamed(p, name):
    return packed(p, name, p.data if not p.honest else TEXT)


LINK = bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(60)


@case("D33", ("url", ("a.url", b"[InternetShortcut]\r\nURL=file://host/x.exe\r\n")), ("scf", ("a.scf", b"[Shell]\r\nCommand=2\r\n")),
      ("settingcontent", ("a.SettingContent-ms", b"<?xml version='1.0'?><PCSettings/>")), ("appref", ("a.appref-ms", b"http://x#y")),
      ("search", ("a.search-ms", b"<?xml version='1.0'?><persistedQuery/>")), ("library", ("a.library-ms", b"<?xml version='1.0'?><l/>")),
      ("utf-16-bat", ("a.bat", "@echo off\r\nstart calc\r\n".encode("utf-16"))), ("utf-16-vbs", ("a.vbs", "MsgBox 1\r\n".encode("utf-16"))),
      ("utf-16-js", ("a.js", "alert(1)\r\n".encode("utf-16"))), ("script-without-a-sign", ("a.js", b"alert(1)\n")),
      ("empty-program", ("a.exe", b"")), ("utf-16-bat-renamed", ("a.dat", "@echo off\r\nstart calc\r\n".encode("utf-16"))),
      ("lnk", ("a.lnk", LINK)), ("lnk-renamed", ("a.pdf", LINK)), ("xll", ("a.xll", PROGRAM)), ("hta", ("a.hta", b"<script>1</script>")),
      ("jar", ("a.jar", zipped(("META-INF/MANIFEST.MF", b"Main-Class: A\n")))), kinds=("program",))
def dangerous_kind(p, pair):
    return packed(p, "a.txt", TEXT) if p.honest else packed(p, *pair)


@case("D33", ("mz-behind-a-byte", b"\0"), ("mz-behind-a-line", b"a line\r\n"), kinds=("virus",))
def shifted(p, front):
    """Nobody can start these; a virus in them is found all the same."""
    return packed(p, "x.bin", front + p.data)


@case("D33", ("mz-text", b"MZ is how programs begin, said the text.\n"), ("mz-short", b"MZ"), kinds=())
def not_a_program(p, data):
    return packed(p, "notes.txt", data)


@case("D34", ("window", 2 << 20), kinds=("virus", "program"))
def behind_the_window(p, size):
    return packed(p, "a.zip", zipped(("pad.bin", bytes(size)), (p.name, p.data)))


@case("D34", "indirections", "names", kinds=("virus",))
def slow_types(p, how):
    """Offsets that point to offsets, and many beginnings of things: time is what is measured."""
    noise = (b"II*\0\x08\0\0\0" * 4000) if how == "indirections" else b"PK\1\2MZ\x7fELF\xca\xfe\xba\xbe" * 4000
    return mixed(text_part(), attachment(p, noise, disposition="Content-Disposition: attachment; filename=a.tif\n",
                                         kind="Content-Type: image/tiff\n"), attachment(p))
