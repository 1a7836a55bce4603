"""Mails for the benches, the same at every run: business-like ones, a third of them with attachments of 94 KB on average.

    corpora.py texts|mix|recurring FOLDER COUNT

In `recurring` each mail has an attachment, and a third of them have come before, in another mail; `texts` have none.
"""
import email
import email.message
import email.policy
import io
import pathlib
import random
import sys
import zipfile
import zlib

WORDS = (pathlib.Path(__file__).resolve().parents[2] / "COPYING").read_text().split()


def prose(rng, count):
    lines, line = [], ""
    for word in rng.choices(WORDS, k=count):
        line += word + " "
        if len(line) > 66:
            lines.append(line.strip())
            line = ""
    return "\n".join(lines + [line.strip()]) + "\n"


def pdf(rng, size):
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"]
    while sum(map(len, objects)) < size:
        data = zlib.compress(prose(rng, 900).encode() + rng.randbytes(1500))
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(data), data))
    out, offsets = b"%PDF-1.5\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, table, len(objects) + 1, len(out))


def docx(rng, size):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
                        'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>')
        text = "".join(f"<w:p><w:r><w:t>{prose(rng, 60)}</w:t></w:r></w:p>" for _ in range(size // 900))
        packed.writestr("word/document.xml", f'<?xml version="1.0"?><w:document xmlns:w="x"><w:body>{text}</w:body></w:document>')
        packed.writestr("word/media/image1.png", png(rng, size // 3))
    return out.getvalue()


def png(rng, size):
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    side = max(8, int((size / 3) ** 0.5))
    rows = b"".join(b"\0" + rng.randbytes(side * 3) for _ in range(side))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", side.to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0") +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def jpeg(rng, size):
    return (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xdb\0\x43\0" + bytes(range(1, 65)) + b"\xff\xda\0\x08\1\1\0\0\x3f\0" +
            rng.randbytes(size).replace(b"\xff", b"\xfe") + b"\xff\xd9")


def packed(rng, size):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"file{number}.txt", prose(rng, size // 12))
    return out.getvalue()


KINDS = [(pdf, "application", "pdf", "pdf"), (docx, "application", "octet-stream", "docx"), (png, "image", "png", "png"),
         (jpeg, "image", "jpeg", "jpg"), (packed, "application", "zip", "zip")]


def attachment(rng):
    make, main, sub, ending = rng.choice(KINDS)
    size = int(min(2_000_000, max(3_000, rng.lognormvariate(10.8, 1.1))))
    return make(rng, size), main, sub, f"{rng.choice(WORDS).strip('.,;:()')[:12] or 'file'}-{rng.randrange(1000)}.{ending}"


def mail(rng, number, parts):
    message = email.message.EmailMessage(policy=email.policy.default.clone(linesep="\n"))
    message["Received"] = f"from client{number} (client{number}.example [198.51.100.7]) by mx.example.org; Fri, 20 Nov 2026 10:00:00 +0000"
    message["From"], message["To"] = f"Sender {number} <sender{number}@outside.example>", "user@example.org"
    message["Subject"] = " ".join(rng.choices([w for w in WORDS if w.isalpha()], k=5))
    message["Message-ID"] = f"<{number}.bench@outside.example>"
    message["Date"] = "Fri, 20 Nov 2026 10:00:00 +0000"
    message.set_content(prose(rng, rng.randrange(60, 900)), cte="7bit")
    for data, main, sub, name in parts:
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return bytes(message)


def generate(kind, folder, count, again=1 / 3):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng, seen = random.Random(20261125), []
    for number in range(count):
        parts = []
        if kind == "recurring" or (kind == "mix" and rng.random() < 0.31):
            if kind == "recurring" and seen and rng.random() < again:
                parts.append(rng.choice(seen))
            else:
                parts.append(attachment(rng))
                seen.append(parts[-1])
        (folder / f"{number:05}").write_bytes(mail(rng, number, parts))
    return folder


if __name__ == "__main__":
    generate(sys.argv[1], sys.argv[2], int(sys.argv[3]))
