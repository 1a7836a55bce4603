"""Mails for the scenarios, made byte by byte so that nothing normalises them on the way."""
import base64
import io
import pathlib
import subprocess
import tempfile
import zipfile

from world import EICAR, GTUBE

CLAM = pathlib.Path("/usr/share/clamav-testfiles/clam.exe")


def header(subject="hello", sender="sender@outside.example", to="user@example.org", number=0, extra=""):
    return (f"From: Sender <{sender}>\nTo: <{to}>\nSubject: {subject}\n"
            f"Date: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-ID: <test.{number}.{abs(hash(subject)) % 10**8}@outside.example>\n"
            f"{extra}").encode()


def plain(text="Just a few words.\n", **kw):
    return header(**kw) + b"\n" + text.encode()


def b64(data, width=76):
    text = base64.b64encode(data).decode()
    return "".join(text[i:i + width] + "\n" for i in range(0, len(text), width)).encode()


def part(content_type, body, disposition=None, encoding=None):
    head = f"Content-Type: {content_type}\n"
    if encoding:
        head += f"Content-Transfer-Encoding: {encoding}\n"
    if disposition:
        head += f"Content-Disposition: {disposition}\n"
    return head.encode() + b"\n" + body


def attachment(name, data, content_type="application/octet-stream"):
    return part(f'{content_type}; name="{name}"', b64(data), f'attachment; filename="{name}"', "base64")


def text_part(text="The text part stays.\n"):
    return part("text/plain; charset=utf-8", text.encode(), encoding="8bit")


def mixed(*parts, boundary="=_b0undary", kind="multipart/mixed", **kw):
    extra = kw.pop("extra", "") + f'MIME-Version: 1.0\nContent-Type: {kind}; boundary="{boundary}"\n'
    out = header(extra=extra, **kw) + b"\nThis is a message in several parts.\n"
    for one in parts:
        out += f"\n--{boundary}\n".encode() + one
    return out + f"\n--{boundary}--\n".encode()


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def zipped_as(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def program():
    """Bytes that are a Windows program by their shape, and harmless."""
    stub = bytearray(b"MZ" + bytes(58) + (0x80).to_bytes(4, "little") + bytes(64))
    return bytes(stub) + b"PE\0\0\x4c\x01" + bytes(230)


def eicar_mail(**kw):
    return mixed(text_part(), attachment("report.txt", EICAR, "text/plain"), attachment("photo.gif", GIF, "image/gif"), **kw)


def encrypted_zip():
    """A small archive that needs a password."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "a.txt").write_text("a secret\n")
        subprocess.run(["zip", "-q", "-P", "secret", "a.zip", "a.txt"], cwd=folder, check=True)
        return (pathlib.Path(folder) / "a.zip").read_bytes()


def gtube_mail(**kw):
    return plain("Some words before.\n" + GTUBE.decode() + "\nand after.\n", **kw)


GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def signed():
    """An S/MIME signed mail (multipart/signed), by openssl with a key of this moment."""
    with tempfile.TemporaryDirectory() as folder:
        key, cert, text = (pathlib.Path(folder) / n for n in ("key.pem", "cert.pem", "text"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                        "-days", "2", "-subj", "/CN=sender@outside.example/emailAddress=sender@outside.example"],
                       check=True, capture_output=True)
        text.write_bytes(b"Content-Type: text/plain; charset=utf-8\n\nSigned words: gr\xc3\xbc\xc3\x9fe.\n")
        out = subprocess.run(["openssl", "smime", "-sign", "-in", text, "-signer", cert, "-inkey", key],
                             check=True, capture_output=True).stdout
    out = out.replace(b"\r\n", b"\n")
    return header(subject="signed") + out


def sample():
    """Clean mails of every odd kind that must pass byte for byte: (name, bytes)."""
    yield "plain", plain()
    yield "no final newline", plain("ends without one")
    yield "empty body", header(subject="empty") + b"\n"
    yield "8-bit latin-1", header(extra="MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\n"
                                        "Content-Transfer-Encoding: 8bit\n") + b"\nGr\xfc\xdfe aus K\xf6ln\n"
    yield "8-bit without any declaration", plain("").rstrip(b"\n") + b"\n\n\xff\xfe\x80 raw bytes \x01\x02\n"
    yield "utf-8 subject, raw", header(subject="Grüße €") + b"\nx\n"
    yield "dots", plain(".\n..\n.a\n...\nend\n.")
    yield "long lines", plain("x" * 900 + "\n" + "y" * 990 + "\n")
    yield "very long line", plain("z" * 5000 + "\n")
    yield "trailing blanks", plain("a \nb\t\n \n\t\n\n\n")
    yield "bare carriage return", header(subject="cr") + b"\none\rtwo\nthree\r\rfour\n"
    yield "attachments", mixed(text_part(), attachment("photo.gif", GIF, "image/gif"),
                               attachment("notes.zip", zipped_as("notes.txt", b"notes\n" * 50), "application/zip"))
    yield "html alternative", mixed(text_part(), part("text/html; charset=utf-8", b"<p>The text part <b>stays</b>.</p>\n"),
                                    kind="multipart/alternative")
    yield "message in a message", mixed(text_part(), part("message/rfc822", plain("inner\n", subject="inner")))
    yield "folded header", header(extra="X-Long: one\n two\n\tthree\nX-Empty:\nx-lower: y\n") + b"\nbody\n"
    yield "no closing delimiter", mixed(text_part(), attachment("photo.gif", GIF, "image/gif")).rsplit(b"\n--", 1)[0] + b"\n"
    yield "signed", signed()
    yield "no subject, no date", b"From: <sender@outside.example>\nTo: <user@example.org>\n\nbody\n"
