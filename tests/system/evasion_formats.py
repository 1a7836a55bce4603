"""Files that hide their contents by what single programs make of them: more of sections C (containers, documents) and D (types)."""
import base64
import bz2
import gzip
import lzma
import struct
import zlib

from evasion import PROGRAM, TEXT, Payload, b64, case, crlf, mixed, text_part
from evasion_files import (FORMATS, JUNK, LINK, NOTE, VBA, ar, by_program, cabinet, compound, hand_made, iso, ooxml, package, packed, record,
    tarred, tnef,
                           with_file, zipped)
from evasion_mails import inner_mail

SEEN = ("virus", "content", "program")
NAMED = ("virus", "program", "name")


# ---------------------------------------------------------------- A14. winmail.dat

@case("A14", "unicode-name", "inside-itself", "mail-inside", "sums-wrong", "in-a-zip", "7bit")
def odd_winmail(p, how):
    data = tnef(p, p.name)
    if how == "unicode-name":
        text = p.name.encode("utf-16le") + b"\0\0"
        prop = struct.pack("<IHHII", 1, 0x1f, 0x3707, 1, len(text)) + text + bytes(-len(text) % 4)
        data = tnef(p, "a.txt") + struct.pack("<BII", 2, 0x69005, len(prop)) + prop + struct.pack("<H", sum(prop) & 0xffff)
    elif how == "inside-itself":
        data = tnef(Payload(p.kind, "winmail.dat", data, p.honest), "winmail.dat")
    elif how == "mail-inside":
        data = tnef(Payload(p.kind, "a.eml", inner_mail(p), p.honest), "a.eml")
    elif how == "sums-wrong":
        data = data[:-2] + b"\xff\xff"
    elif how == "in-a-zip":
        return packed(p, "a.zip", zipped(("winmail.dat", data)))
    return with_file(p, "winmail.dat", data, "application/ms-tnef")


# ---------------------------------------------------------------- C26. ZIPs that lie, once more

@case("C26", "methods-differ", "methods-differ-back", "offset-of-other", "nul-in-name", "flag-6", "patched", "comment-is-a-local-header",
      "extra-runs-over",
      "split-marker", "size-in-local-only", "directory-twice", "zip64-everything", "zip64-locator-lies", "name-length-zero",
      "data-behind-directory")
def lying_zip(p, how):
    good, note = record(p.name, p.data), record(*NOTE)
    stored = record(p.name, p.data, method=0)
    if p.honest:
        return packed(p, "a.zip", hand_made([(good, good)]))
    nul = dict(good, name=p.name.encode() + b"\0.txt")
    claims = {
        "methods-differ": [(good, dict(good, method=0))], "methods-differ-back": [(stored, dict(stored, method=8))],
        "nul-in-name": [(nul, nul)], "flag-6": [(dict(good, flags=0x40), dict(good, flags=0x40))],
        "patched": [(dict(good, flags=0x20), dict(good, flags=0x20))],
        "extra-runs-over": [(dict(good, extra=b"\1\0\xff\xff"), dict(good, extra=b"\1\0\xff\xff"))],
        "size-in-local-only": [(good, dict(good, packed=0, size=0))],
        "name-length-zero": [(good, dict(good, name=b""))],
    }.get(how, [(good, good)])
    data = hand_made(claims)
    if how == "offset-of-other":
        data = hand_made([(note, dict(note, name=p.name.encode())), (good, None)], offset_of=0)
    elif how == "comment-is-a-local-header":
        data = hand_made([(note, note)], comment=b"PK\3\4" + hand_made([(good, good)], directory=False)[4:])
    elif how == "split-marker":
        data = b"PK\7\10" + data
    elif how == "directory-twice":
        data = hand_made([(note, note)]) + data
    elif how in ("zip64-everything", "zip64-locator-lies"):
        body = hand_made([(good, good)])
        end = body[-22:]
        directory_size, offset = struct.unpack("<II", end[12:20])
        record64 = struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, 1, 1, directory_size, offset)
        at = len(body) - 22 if how == "zip64-everything" else 3
        data = (body[:-22] + record64 + struct.pack("<IIQI", 0x07064b50, 0, at, 1)
                + struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 0xffff, 0xffff, 0xffffffff, 0xffffffff, 0))
    elif how == "data-behind-directory":
        data = hand_made([(note, note)]) + local_of(good)
    return packed(p, "a.zip", data)


def local_of(claim):
    return hand_made([(claim, claim)], directory=False)


@case("C26-flag-13")
def masked(p):
    claim = dict(record(p.name, p.data), flags=0 if p.honest else 0x2000)
    return packed(p, "a.zip", hand_made([(claim, claim)]))


@case("C26", ("bzip2", "BZip2"), ("lzma", "LZMA"), ("ppmd", "PPMd"))
def zip_method(p, method):
    return packed(p, "a.zip", by_program(f"7z a -tzip -mm={method} a.zip {p.name}", p.name, p.data, "a.zip"))


@case("C26-deflate64", twin=False)
def unreadable_zip_method(p):
    return packed(p, "a.zip", by_program(f"7z a -tzip -mm=Deflate64 a.zip {p.name}", p.name, p.data * 40, "a.zip"))


@case("C27-zip-strong", kinds=("content",), passes=True, twin=False)
def strongly_encrypted(p):
    claim = dict(record(p.name, p.data), flags=0x41)
    return packed(p, "a.zip", hand_made([(claim, claim)]))


@case("C30", "unicode-path-benign", "unicode-path-in-directory", "unicode-path-wrong-sum", kinds=NAMED)
def other_unicode_path(p, how):
    name, extra = (p.name.encode(), b"a.txt") if how == "unicode-path-benign" else (b"a.txt", p.name.encode())
    total = zlib.crc32(name) ^ (how == "unicode-path-wrong-sum" and not p.honest)
    claim = dict(record("x", p.data, extra=struct.pack("<HHBI", 0x7075, 5 + len(extra), 1, total) + extra), name=name)
    return packed(p, "a.zip", hand_made([(dict(claim, extra=b"") if how == "unicode-path-in-directory" else claim, claim)]))


@case("C30", ("rtlo", "\u202etxt.{}"), ("zero-width", "x.\u200b{}"), ("full-width-dot", "x\uff0e{}"), ("stream", "{0}::$DATA"),
      ("dots-behind", "x.{}..."),
      ("class-id", "x.{{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}}"), ("tab", "x.{}\t"), ("newline", "x.{}\n"), ("long", "a" * 300 + ".{}")
      , kinds=("name",), twin=False)
def odd_name_inside(p, form):
    ending = p.ending if "{0}" not in form else p.name
    name = form.format(ending).encode()
    return packed(p, "a.zip", hand_made([(dict(record("x", p.data), name=name),) * 2]))


@case("C25", ("7z-behind-text-unreadable", "text"), ("7z-behind-gif-unreadable", "gif"), kinds=("content",))
def unreadable_behind(p, junk):
    options = "" if p.honest else "-m0=Deflate64"
    return packed(p, "a.7z", JUNK[junk] + by_program(f"7z a {options} a.7z {p.name}", p.name, p.data * 40, "a.7z"))


@case("C25", ("zip-behind-text-method-93", 93), ("zip-behind-text-method-97", 97), kinds=("content",))
def unreadable_zip_behind(p, method):
    claim = record(p.name, p.data) if p.honest else dict(record(p.name, p.data), method=method)
    return packed(p, "a.zip", b"Hello there.\n" + hand_made([(claim, claim)]))


@case("C26-local-signature", kinds=("content",))
def local_signature(p):
    claim = record(p.name, p.data)
    return packed(p, "a.zip", hand_made([(claim, claim)]).replace(b"PK\3\4", b"PK\3\4" if p.honest else b"pk\3\4"))


# ---------------------------------------------------------------- C29. TARs

def tar_block(name, size, kind=b"0", magic=b"ustar\0" + b"00", prefix=b"", link=b""):
    block = (name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + f"{size:011o}\0".encode() + b"00000000000\0" + b" " * 8 + kind
             + link.ljust(100, b"\0") + magic + bytes(32 + 32 + 16) + prefix.ljust(155, b"\0")).ljust(512, b"\0")
    total = f"{sum(block):06o}\0 ".encode()
    return block[:148] + total + block[156:]


def padded(data):
    return data + bytes(-len(data) % 512)


def pax(**records):
    out = b""
    for key, value in records.items():
        body = f" {key.replace('_', '.')}={value}\n".encode()
        size = len(body) + 1
        size = len(body) + len(str(len(body) + len(str(size))))
        out += str(size).encode() + body
    return tar_block(b"pax", len(out), b"x") + padded(out)


@case("C29", "pax-renames", "gnu-renames", "pax-link", "prefix", "pax-size", "no-end", "octal-blanks", "base-256",
      "sum-wrong", "old-without-magic", "contiguous", "unknown-kind", kinds=NAMED)
def odd_tar(p, how):
    name, body = p.name.encode(), padded(p.data)
    plain = tar_block(name, len(p.data)) + body
    end = bytes(1024)
    large = b"\x80" + len(p.data).to_bytes(11, "big")
    variants = {
        "pax-renames": pax(path=p.name) + tar_block(b"a.txt", len(p.data)) + body,
        "gnu-renames": tar_block(b"././@LongLink", len(name) + 1, b"L", b"ustar  \0") + padded(name + b"\0") + tar_block(b"a.txt",
        len(p.data), magic=b"ustar  \0") + body,
        "pax-link": tar_block(b"a.txt", len(p.data)) + body + tar_block(name, 0, b"1", link=b"a.txt"),
        "prefix": tar_block(b"x", 0, b"5") + tar_block(name, len(p.data), prefix=b"a.txt") + body,
        "pax-size": pax(size=str(len(p.data))) + tar_block(name, 0) + body, "no-end": plain, "octal-blanks": plain,
        "sum-wrong": plain, "old-without-magic": tar_block(name, len(p.data), magic=bytes(8)) + body,
        "base-256": plain, "contiguous": tar_block(name, len(p.data), b"7") + body,
        "unknown-kind": tar_block(name, len(p.data), b"Z") + body}
    data = variants[how] + (b"" if how == "no-end" else end)
    if how in ("octal-blanks", "base-256"):
        size = f"{len(p.data):o}".rjust(11).encode() + b" " if how == "octal-blanks" else large
        block = data[:124] + size + data[136:148] + b" " * 8 + data[156:512]
        data = block[:148] + f"{sum(block):06o}\0 ".encode() + block[156:] + data[512:]
    if how == "sum-wrong" and not p.honest:
        data = data[:148] + b"0000001\0" + data[156:]
    return packed(p, "a.tar", data)


@case("C29", "sparse")
def sparse_tar(p, how):
    """PAX 1.0: the map stands in front of the data."""
    data = padded(f"1\n0\n{len(p.data)}\n".encode()) + p.data
    return packed(p, "a.tar", pax(GNU_sparse_major="1", GNU_sparse_minor="0", GNU_sparse_name=p.name, GNU_sparse_realsize=str(len(p.data)))
                  + tar_block(b"a.txt", len(data)) + padded(data) + bytes(1024))


# ---------------------------------------------------------------- C29. RARs, stored

def vint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def rar5_block(kind, flags, body, data=b"", extra=b""):
    inner = vint(kind) + vint(flags | (2 if data else 0) | (1 if extra else 0)) + (vint(len(extra)) if extra else b"")
    inner += (vint(len(data)) if data else b"") + body + extra
    whole = vint(len(inner)) + inner
    return struct.pack("<I", zlib.crc32(whole)) + whole + data


def rar5_file(name, data, kind=2, extra=b""):
    body = vint(4) + vint(len(data)) + vint(0o100644) + struct.pack("<I", zlib.crc32(data)) + vint(0) + vint(1) + vint(len(name)) + name
    return rar5_block(kind, 0, body, data, extra)


RAR5 = b"Rar!\x1a\7\1\0" + rar5_block(1, 0, vint(0))
RAR5_END = rar5_block(5, 0, vint(0))


def rar4_block(kind, flags, body, data=b""):
    head_bytes = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(head_bytes) & 0xffff) + head_bytes + data


def rar4_file(name, data, flags=0x8000):
    body = struct.pack("<IIBIIBBHI", len(data), len(data), 2, zlib.crc32(data), 0x58210000, 20, 0x30, len(name), 0x20) + name
    return rar4_block(0x74, flags, body, data)


RAR4 = b"Rar!\x1a\7\0" + rar4_block(0x73, 0, bytes(6))
RAR4_END = rar4_block(0x7b, 0x4000, b"")


@case("C29", "rar5", "rar4", "rar5-sfx", "rar4-sfx", "rar5-behind-text", "rar5-no-end", "rar4-no-end", "rar5-crc", "rar5-comment-first")
def rar(p, how):
    name = p.name.encode()
    five, four = RAR5 + rar5_file(name, p.data) + RAR5_END, RAR4 + rar4_file(name, p.data) + RAR4_END
    stub = b"Some text.\n" if p.honest else PROGRAM + bytes(3000)
    return packed(p, "a.rar", {
        "rar5": five, "rar4": four, "rar5-sfx": stub + five, "rar4-sfx": stub + four, "rar5-behind-text": b"Hello there.\n" * 20 + five,
        "rar5-no-end": five[:-len(RAR5_END)], "rar4-no-end": four[:-len(RAR4_END)],
        "rar5-crc": five if p.honest else five.replace(struct.pack("<I", zlib.crc32(p.data)), b"\1\2\3\4"),
        "rar5-comment-first": RAR5 + rar5_file(b"CMT", b"A comment.", 3) + rar5_file(name, p.data) + RAR5_END}[how])


@case("C29-rar5-stream", kinds=("virus", "content"))
def rar5_stream(p):
    """The data of an NTFS stream beside a harmless file."""
    extra = vint(2) + vint(7) + b":x"
    stream = rar5_block(3, 0x20, vint(0) + vint(len(p.data)) + vint(0) + vint(0) + vint(0) + vint(3) + b"STM", p.data,
        vint(len(extra)) + extra)
    return packed(p, "a.rar", RAR5 + rar5_file(b"a.txt", TEXT[:20]) + (b"" if p.honest else stream) + RAR5_END)


@case("C29", ("rar5-stream-packed", ":..\\..\\x.exe"), kinds=("virus", "program"))
def rar5_stream_packed(p, name):
    extra = vint(1 + len(name)) + vint(7) + name.encode()
    stream = rar5_block(3, 0x20, vint(0) + vint(len(p.data)) + vint(0) + vint(3 << 7) + vint(0) + vint(3) + b"STM", zlib.compress(p.data), extra)
    return packed(p, "a.rar", RAR5 + rar5_file(b"a.txt", TEXT[:20]) + (b"" if p.honest else stream) + RAR5_END)


@case("C29", ("rar5-stream-named", "rar5"), ("rar4-stream-named", "rar4"))
def rar_stream_named(p, kind):
    """WinRAR has written it out beside the file, or wherever its path led."""
    name = f":..\\..\\{p.name}"
    extra = vint(1 + len(name)) + vint(7) + name.encode()
    five = rar5_block(3, 0x20, vint(0) + vint(len(p.data)) + vint(0) + vint(0) + vint(0) + vint(3) + b"STM", p.data, extra)
    body = struct.pack("<IIBIIBBHI", len(p.data), len(p.data), 2, zlib.crc32(p.data), 0x58210000, 20, 0x30, 3, 0x20) + b"STM"
    four = rar4_block(0x7a, 0x8000, body + name.encode("utf-16le"), p.data)
    return packed(p, "a.rar", {"rar5": RAR5 + rar5_file(b"a.txt", TEXT[:20]) + five + RAR5_END,
                               "rar4": RAR4 + rar4_file(b"a.txt", TEXT[:20]) + four + RAR4_END}[kind])


@case("C27-rar4-header", kinds=("content",), passes=True, twin=False)
def rar4_encrypted(p):
    return packed(p, "a.rar", b"Rar!\x1a\7\0" + rar4_block(0x73, 0x80, bytes(6)) + bytes(range(1, 201)))


@case("C27-rar4-file", kinds=("content",), passes=True, twin=False)
def rar4_file_encrypted(p):
    return packed(p, "a.rar", RAR4 + rar4_file(b"report.dat", p.data, 0x8004) + RAR4_END)


# ---------------------------------------------------------------- C29. Others

@case("C29", "7z-empty-file", kinds=("name",))
def empty_in_7z(p, how):
    return packed(p, "a.7z", by_program(f"7z a a.7z {p.name}", p.name, b"", "a.7z"))


@case("C32", ("bcj", "-m0=BCJ -m1=LZMA"), ("bcj2", "-m0=BCJ2 -m1=LZMA -m2=LZMA -m3=LZMA -mb0:1 -mb0s1:2 -mb0s2:3"),
      ("delta", "-m0=Delta:4 -m1=LZMA2"), ("arm", "-m0=ARM -m1=LZMA"))
def filtered(p, options):
    return packed(p, "a.7z", by_program(f"7z a {options} a.7z {p.name}", p.name, p.data * 4, "a.7z"))


@case("C32", ("deflate64", "-m0=Deflate64"), ("swap", "-m0=SWAP2 -m1=LZMA"), twin=False)
def unreadable_coder(p, options):
    return packed(p, "a.7z", by_program(f"7z a {options} a.7z {p.name}", p.name, p.data * 4, "a.7z"))


@case("C32", "7z-behind-text", "7z-header-cut")
def odd_7z(p, how):
    data = FORMATS["7z"][1](p.name, p.data)
    if p.honest:
        return packed(p, "a.7z", data)
    return packed(p, "a.7z", b"Hello there.\n" + data if how == "7z-behind-text" else data[:-3])


@case("C29", "cab-folder-offset", "cab-no-folders", "cab-continued", "cab-file-offset")
def odd_cabinet(p, how):
    data = cabinet(p.name, p.data)
    if p.honest:
        return packed(p, "a.cab", data)
    return packed(p, "a.cab", {
        "cab-folder-offset": data[:36] + struct.pack("<I", 5) + data[40:],
        "cab-no-folders": data[:26] + b"\0\0" + data[28:],
        "cab-continued": data[:52] + b"\xfd\xff" + data[54:], "cab-file-offset": data[:48] + struct.pack("<I", 1 << 20) + data[52:]}[how])


@case("C29", ("cab-reserve", 4), ("cab-reserve-2", 12), ("cab-reserve-3", 20), kinds=("program", "name"))
def reserved_cabinet(p, at):
    data = FORMATS["cab"][1](p.name, p.data)
    return packed(p, "a.cab", data if p.honest else data[:at] + b"\1\0\0\0" + data[at + 4:])


@case("C29", "gz-comment", "gz-junk-behind", "gz-header-sum", "xz-two", "bz2-two", "xz-padding", "gz-cut")
def odd_single(p, how):
    packed_data = gzip.compress(p.data, mtime=0)
    raw_data = zlib.compress(p.data, 9)[2:-4]
    tail = packed_data[-8:]
    half = len(p.data) // 2
    return packed(p, f"{p.name}.{how.partition('-')[0]}", {
        "gz-comment": b"\x1f\x8b\x08\x10" + bytes(6) + b"words\0" + raw_data + tail,
        "gz-junk-behind": packed_data + b"\0" * 20, "gz-header-sum": b"\x1f\x8b\x08\x02" + bytes(6) + struct.pack("<H",
        zlib.crc32(b"\x1f\x8b\x08\x02" + bytes(6)) & 0xffff)
        + raw_data + tail, "xz-two": lzma.compress(p.data[:half]) + lzma.compress(p.data[half:]),
        "bz2-two": bz2.compress(p.data[:half]) + bz2.compress(p.data[half:]),
        "xz-padding": lzma.compress(p.data) + bytes(8), "gz-cut": packed_data if p.honest else packed_data[:-9]}[how])


@case("C29", "gz-name-inside", "gz-name-of-second", kinds=("name", "program"))
def gzip_name(p, how):
    member = b"\x1f\x8b\x08\x08" + bytes(6) + p.name.encode() + b"\0" + gzip.compress(p.data, mtime=0)[10:]
    return packed(p, "a.gz", member if how == "gz-name-inside" else gzip.compress(b"", mtime=0) + member)


@case("C29-zstd-skippable", kinds=("virus", "content"))
def skippable_frame(p):
    frame = struct.pack("<II", 0x184d2a50, 4) + b"abcd"
    return packed(p, f"{p.name}.zst", frame + by_program("zstd -q a", "a", p.data, "a.zst"))


@case("C29", "iso-hidden", "iso-associated", "iso-no-version", "iso-in-zip", "iso-by-name-only", kinds=SEEN, twin=False)
def odd_disk_image(p, how):
    data = iso(p.name, p.data)
    at = data.index(p.name.upper().encode() + b";1")
    if how in ("iso-hidden", "iso-associated"):
        data = data[:at - 8] + (b"\1" if how == "iso-hidden" else b"\4") + data[at - 7:]
    elif how == "iso-no-version":
        data = data[:at + len(p.name)] + b"  " + data[at + len(p.name) + 2:]
    elif how == "iso-in-zip":
        return packed(p, "a.zip", zipped(("a.bin", data)))
    elif how == "iso-by-name-only":
        return packed(p, "a.iso", b"\0" * 100 + p.data)
    return packed(p, "a.bin", data)


@case("C29", ("fat-image", "a.img"), kinds=("program",))
def fat_image(p, name):
    return packed(p, "a.txt" if p.honest else name, TEXT if p.honest else bytes(510) + b"\x55\xaa" + p.data)


@case("C29", ("msi-renamed", "a.dat"), ("msi", "a.msi"), kinds=("program",))
def installer(p, name):
    clsid = bytes.fromhex("84100c0000000000c000000000000046")
    return packed(p, "a.doc" if p.honest else name, compound(("a", TEXT), clsid=bytes(16) if p.honest else clsid))


@case("C29-msi-class-in-text", kinds=())
def class_in_a_document(p):
    """An honest twin: it speaks of the class of installers, and is none."""
    return packed(p, "a.doc", compound(("a", TEXT + bytes.fromhex("84100c0000000000c000000000000046"))))


@case("C29", "applesingle", "applesingle-first-version", "appledouble-with-data", "macbinary-first-version")
def macintosh_file(p, how):
    name = p.name.encode()
    if how.startswith("macbinary"):
        head = (b"\0" + bytes([len(name)]) + name.ljust(63, b"\0") + b"????????" + bytes(10) + struct.pack(">I", len(p.data))).ljust(128, b"\0")
        return packed(p, "a.bin", head + p.data + bytes(-len(p.data) % 128))
    kind, version = 7 if how == "appledouble-with-data" else 0, 1 if how == "applesingle-first-version" else 2
    entries = struct.pack(">IIIIII", 3, 50, len(name), 1, 50 + len(name), len(p.data))
    return packed(p, "a.as", struct.pack(">IHH16xH", 0x00051600 + kind, version, 0, 2) + entries + name + p.data)


@case("C29", ("ar-in-deb", "a.deb"))
def debian_package(p, name):
    return packed(p, name, ar("data.tar.gz", gzip.compress(tarred((p.name, p.data)), mtime=0)))


@case("C29", ("lnk-in-zip", ("a.lnk", LINK)), ("url-in-zip", ("a.url", b"[InternetShortcut]\r\nURL=file://h/x.exe\r\n")),
      ("hta-in-tar", ("a.hta", b"<script>1</script>")), kinds=("program",))
def shortcut_inside(p, pair):
    return packed(p, "a.zip", zipped(("a.txt", TEXT) if p.honest else pair))


# ---------------------------------------------------------------- C31. Documents

@case("C31", "xlsx-package", "pptx-package", "docx-alt-chunk", "docx-alt-chunk-mail", "docx-in-docx", "docm-in-zip", "odt-object",
      "docx-name-odd", "docx-thumbnail", "zip-in-docx")
def office(p, how):
    native = compound(("\1Ole10Native", package(p)))
    member = {"xlsx-package": ("xl/embeddings/oleObject1.bin", native), "pptx-package": ("ppt/embeddings/oleObject1.bin", native),
              "docx-alt-chunk": ("word/afchunk.mht", inner_mail(p)), "docx-alt-chunk-mail": ("word/afchunk1.dat", inner_mail(p)),
              "docx-in-docx": ("word/embeddings/a.docx", ooxml(("word/embeddings/oleObject1.bin", native))),
              "docm-in-zip": ("word/embeddings/x.bin", native), "odt-object": ("Object 1", native),
              "docx-name-odd": ("word/media/image1.png", native),
              "docx-thumbnail": ("docProps/thumbnail.wmf", p.data), "zip-in-docx": ("word/media/a.zip", zipped((p.name, p.data)))}[how]
    if how == "docx-thumbnail" and p.kind == "name":
        member = (f"docProps/{p.name}", p.data)
    return packed(p, "a.docx", ooxml(member))


# ---------------------------------------------------------------- D33. Office documents without a container

def active_mime(data):
    return b"ActiveMime" + bytes(20) + b"\4\0" + bytes(18) + zlib.compress(data)


def flat_document(how, data, macros):
    """One of the texts that offices open as documents, with base64 of `data` where macros stand."""
    blob, vml = b64(data), b64(active_mime(data))
    parts = {
        "opc": b'<pkg:part pkg:name="/word/vbaProject.bin"><pkg:binaryData>' + blob + b"</pkg:binaryData></pkg:part>",
        "opc-cdata": b'<pkg:part pkg:name="/a"><pkg:binaryData><![CDATA[' + blob + b"]]></pkg:binaryData></pkg:part>",
        "word-2003": b'<w:docSuppData><w:binData w:name="editdata.mso">' + vml + b"</w:binData></w:docSuppData>",
        "fodt": b"<office:scripts><office:script><ooo:module><ooo:source-code>Sub x</ooo:source-code></ooo:module></office:script></office:scripts>",
        "fodt-event": b'<office:event-listeners><script:event-listener xlink:href="vnd.sun.star.script:x"/></office:event-listeners>'}
    inside = parts[how] if macros else b""
    if how.startswith("opc"):
        return (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><pkg:package '
                b'xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">' + inside + b"</pkg:package>")
    if how == "word-2003":
        return (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument '
                b'xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml">' + inside + b"</w:wordDocument>")
    return (b'<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0">'
            + inside + b"<office:body/></office:document>")


@case("D33", ("flat-opc", "opc"), ("flat-opc-cdata", "opc-cdata"), ("flat-word-2003", "word-2003"), ("flat-fodt", "fodt"),
      ("flat-fodt-event", "fodt-event"), kinds=("program",))
def flat_office(p, how):
    """The office opens it, macros and all."""
    return packed(p, "a.odt" if "fodt" in how else "a.doc", flat_document(how, VBA, not p.honest))


@case("D33-flat-wide", kinds=("program",))
def wide_office(p):
    return packed(p, "a.doc", flat_document("opc", VBA, not p.honest).decode().encode("utf-16"))


@case("D33-web-page-macros", kinds=("program",))
def saved_as_web_page(p):
    """Word saves its macros beside a web page, all in one mail, and opens it as a document."""
    part = b"Content-Type: application/x-mso\nContent-Transfer-Encoding: base64\nContent-Location: file:///C:/a/editdata.mso\n\n"
    text = (b'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="I"\n\n--I\nContent-Type: text/html\n\n<html></html>\n'
            + (b"" if p.honest else b"--I\n" + part + b64(active_mime(VBA))) + b"--I--\n")
    return packed(p, "a.doc", crlf(text))


@case("D33", ("bare-biff4", b"\x09\4\6\0\0\0\x40\0\0\0"), ("bare-biff2", b"\x09\0\4\0\2\0\x40\0"),
      ("bare-biff5", b"\x09\x08\x08\0\0\5\5\0\0\0\0\0\x85\0\7\0\0\0\0\0\0\1\0"), kinds=("program",))
def bare_workbook(p, data):
    honest = data.replace(b"\x40", b"\x10").replace(b"\0\0\0\1\0", b"\0\0\0\0\0")
    return packed(p, "a.xls", (honest if p.honest else data) + b"\x0a\0\0\0")


@case("D33", ("sylk-macros", b"O;E\r\nNN;NAuto_open;ER1C1;F\r\n"), kinds=("program",))
def symbolic_link(p, records):
    return packed(p, "a.csv", b"ID;PWXL;N;E\r\n" + (b"" if p.honest else records) + b'C;X1;Y1;K0;EEXEC("calc.exe")\r\nE\r\n')


@case("C31", "pdf-portfolio", "pdf-ascii-hex", "pdf-ascii-85", "pdf-no-spec-name", "pdf-cr-stream", "pdf-junk-before",
      "pdf-type-missing", "pdf-flate-flate")
def other_pdf(p, how):
    plain = zlib.compress(p.data)
    filters, data = {"pdf-ascii-hex": ("[/ASCIIHexDecode/FlateDecode]", plain.hex().encode() + b">"),
        "pdf-ascii-85": ("[/ASCII85Decode/FlateDecode]", base64.a85encode(plain) + b"~>"),
                     "pdf-flate-flate": ("[/FlateDecode/FlateDecode]", zlib.compress(plain))}.get(how, ("/FlateDecode", plain))
    spec = f"<</Type/Filespec/F({p.name})/UF({p.name})/EF<</F 3 0 R>>>>"
    kind = "" if how == "pdf-type-missing" and not p.honest else "/Type/EmbeddedFile"
    line = b"\r" if how == "pdf-cr-stream" else b"\n"
    out = b"" if how != "pdf-junk-before" else b"junk " * 100
    out += f"%PDF-1.7\n1 0 obj\n<</Type/Catalog{'/Collection<</View/T>>' if how == 'pdf-portfolio' else ''}/Names<</EmbeddedFiles<</Names[(a)2 0 R]>>>>>>\nendobj\n".encode()
    out += f"2 0 obj\n{spec}\nendobj\n".encode()
    out += f"3 0 obj\n<<{kind}/Filter{filters}/Length {len(data)}>>\nstream".encode() + line + data + b"\nendstream\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    return packed(p, "a.pdf", out)


@case("C31", "smuggling-inline", "smuggling-url-safe", "smuggling-attribute", kinds=("virus", "program"))
def other_smuggling(p, how):
    blob = base64.b64encode(p.data).decode()
    if how == "smuggling-url-safe":
        blob = blob.replace("+", "-").replace("/", "_").rstrip("=")
    html = f"<html><body><script>var d='{blob}';\nsave(new Blob([d]));</script></body></html>"
    if how == "smuggling-attribute":
        html = f"<html><body data-file='{blob}'><script>save(document.body.dataset.file)</script></body></html>"
    if how == "smuggling-inline":
        return mixed(text_part(), b"Content-Type: text/html\n\n" + html.encode() + b"\n")
    return packed(p, "a.html", html.encode())


@case("C31", "smuggling-blanks", "smuggling-lines", "smuggling-utf-16", "smuggling-element", kinds=("virus", "program"))
def spaced_smuggling(p, how):
    """atob() passes over blanks and line ends."""
    blob = base64.b64encode(p.data).decode()
    lines = "\n".join(blob[i:i + 60] for i in range(0, len(blob), 60))
    text = {"smuggling-blanks": "'" + " ".join(blob[i:i + 4] for i in range(0, len(blob), 4)) + "'", "smuggling-utf-16": f"'{blob}'",
            "smuggling-lines": f"`{lines}`", "smuggling-element": "x.textContent"}[how]
    element = f"<div id=x>\n{lines}\n</div>" if how == "smuggling-element" else ""
    html = f"<html><body>{element}<script>var d=atob({text});\nsave(new Blob([d]));</script></body></html>"
    return packed(p, "a.html", html.encode("utf-16" if how == "smuggling-utf-16" else "ascii"))


@case("C31", "calendar-inline", "vcard-inline", kinds=("virus", "content", "program"))
def calendar_inline(p, how):
    blob = base64.b64encode(p.data).decode()
    text = (f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nATTACH;ENCODING=BASE64;VALUE=BINARY;FILENAME={p.name}:{blob}\nEND:VEVENT\nEND:VCALENDAR\n" if how == "calendar-inline"
            else f"BEGIN:VCARD\nVERSION:4.0\nFN:A\nKEY:data:application/octet-stream;base64,{blob}\nEND:VCARD\n")
    return mixed(text_part(), f"Content-Type: text/{'calendar' if how == 'calendar-inline' else 'vcard'}\n\n{text}".encode())


@case("C31", "rtf-bom", "rtf-behind-text", "rtf-unicode", "rtf-link", kinds=("virus", "program", "name"))
def other_rich_text(p, how):
    native = package(p)[4:]
    data = struct.pack("<III", 0x501, 2, 8) + b"Package\0" + struct.pack("<III", 0, 0, len(native)) + native
    digits = data.hex()
    if how == "rtf-unicode":
        digits = "\\'41".join(digits[i:i + 20] for i in range(0, len(digits), 20))
    start = {"rtf-bom": b"\xef\xbb\xbf", "rtf-behind-text": b"" if p.honest else b"\r\n \r\n"}.get(how, b"")
    return packed(p, "a.rtf", start + b"{\\rtf1{\\object\\objemb{\\*\\objdata " + digits.encode() + b"}}}")


# ---------------------------------------------------------------- D. Deciding the type

@case("D33", ("script-names", "a.wsf"), ("hta-upper", "A.HTA"), ("pif", "a.pif"), ("scr", "a.scr"), ("cpl", "a.cpl"), ("msc", "a.msc"),
      ("jnlp", "a.jnlp"), ("diagcab", "a.diagcab"),
      ("appinstaller", "a.appinstaller"), ("ps1", "a.ps1"), ("msix", "a.msix"),
      ("rdp", "a.rdp"),
 ("gz-of-exe", "a.exe.gz"), kinds=("name",))
def further_ending(p, name):
    return packed(p, "a.txt" if p.honest else name, gzip.compress(TEXT, mtime=0) if name.endswith(".gz") and not p.honest else TEXT)


@case("D33", ("elf", b"\x7fELF\2\1\1" + bytes(9) + b"\2\0\x3e\0\1\0\0\0" + bytes(200)),
      ("macho", b"\xcf\xfa\xed\xfe\7\0\0\1\3\0\0\0\2\0\0\0" + bytes(200)),
      ("class", b"\xca\xfe\xba\xbe\0\0\0\x34\0\x10" + bytes(200)),
      ("ne", b"MZ" + bytes(58) + struct.pack("<I", 64) + b"NE\5\0" + bytes(200)),
      ("com-mz-text", b"MZ" + bytes(58) + struct.pack("<I", 64) + b"LE\0\0" + bytes(200)), ("zm", b"ZM" + PROGRAM[2:]),
      ("chm", b"ITSF\3\0\0\0" + bytes(200)), kinds=("program",))
def renamed_kind(p, data):
    return packed(p, "a.dat", TEXT if p.honest else data)
