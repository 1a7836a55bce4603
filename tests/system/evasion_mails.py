"""Mails that hide their contents by what mail is made of: sections A (parts), B (names), E (limits) and F (header fields)."""
import base64
import subprocess
import tempfile

from evasion import (TEXT, attachment, b64, binhexed, case, crlf, delimited, fields_of, head, mixed, quoted, raw, text_part,
                     uuencoded, with_file, yencoded)

ALL = ("virus", "content", "program", "name")
SEEN = ("virus", "content", "program")  # where a name is not what the trick leaves visible


# ---------------------------------------------------------------- A. Deciding what the parts are

def two(p, one, other):
    return one if p.honest else other


def multipart(p, type_field, boundary="B", fields="", **kw):
    return mixed(text_part(), attachment(p), kind=type_field, boundary=boundary, fields=fields, **kw)


@case("A01", ("two-right-first", 'boundary="B"; boundary="C"'), ("two-right-last", 'boundary="C"; boundary="B"'),
      ("extended-beside-plain", "boundary=\"B\"; boundary*=us-ascii''C"),
      ("plain-beside-extended", "boundary=\"C\"; boundary*=us-ascii''B"),
      ("only-extended", "boundary*=us-ascii''B"), ("in-sections", "boundary*0=C; boundary*1=D; boundary=B"))
def two_boundaries(p, parameters):
    return multipart(p, f"Content-Type: multipart/mixed; {two(p, 'boundary=B', parameters)}\n")


@case("A02", "multipart-first", "multipart-last", "two-boundaries")
def two_types(p, which):
    right, other = 'Content-Type: multipart/mixed; boundary="B"\n', "Content-Type: text/plain\n"
    if p.honest:
        return multipart(p, right)
    return multipart(p, {"multipart-first": right + other, "multipart-last": other + right,
                         "two-boundaries": right.replace('"B"', '"C"') + right}[which])


def chunked(data, size):
    return b"".join(base64.b64encode(data[i:i + size]) + b"\n" for i in range(0, len(data), size))


@case("A03", ("by-4", 4), ("by-20", 20), ("by-40", 40), ("by-1", 1))
def chunked_base64(p, size):
    body = b64(p.data) if p.honest else chunked(p.data, size)
    return mixed(text_part(), fields_of(p) + b"\n" + body)


@case("A03-padding-in-the-middle")
def padding_in_the_middle(p):
    text, half = b64(p.data), 24
    return mixed(text_part(), fields_of(p) + b"\n" + (text if p.honest else text[:half] + b"====\n" + text[half:]))


@case("A04", ("comment", "(c) base64"), ("comment-behind", "base64 (c)"), ("quoted", '"base64"'), ("x-base64", "x-base64"),
      ("rest", "base64 foo"), ("semicolon", "base64;"), ("folded", "\n base64"), ("tab", "\tbase64"), ("vt", "\x0bbase64"),
      ("word", "=?us-ascii?q?base64?="), ("case", "BaSe64"), ("dot", "base64."), ("nul", "base\x0064"))
def disguised_encoding(p, value):
    value = "base64" if p.honest and ("\0" in value or "\v" in value) else value
    return mixed(text_part(), fields_of(p, encoding=value) + b"\n" + b64(p.data))


@case("A04", ("base64-7bit", ("base64", "7bit")), ("7bit-base64", ("7bit", "base64")),
      ("qp-base64", ("quoted-printable", "base64")))
def two_encodings(p, pair):
    pair = ("base64", "base64") if p.honest else pair
    fields = fields_of(p, encoding=None) + "".join(f"Content-Transfer-Encoding: {one}\n" for one in pair).encode()
    return mixed(text_part(), fields + b"\n" + b64(p.data))


@case("A04-missing")
def no_encoding(p):
    return mixed(text_part(), fields_of(p, encoding=None) + b"\n" + b64(p.data))


def soft_broken(p, how):
    escaped = [f"={byte:02X}" for byte in p.data]
    if how == "lower":
        return "".join(escaped).lower()
    ends = {"blanks": "= \t\r\n", "blank": "= \r\n", "bare-lf": "=\n", "many": "=  \t  \t \r\n"}[how]
    return "".join(one + (ends if i % 10 == 9 else "") for i, one in enumerate(escaped))


@case("A05", "blanks", "blank", "lower", "bare-lf", "many")
def quoted_printable(p, how):
    mail = mixed(text_part(), fields_of(p, encoding="quoted-printable") + b"\nBODY")
    return mail.replace(b"BODY", soft_broken(p, how).encode() + b"\r\n")


@case("A06", "preamble", "epilogue", "parts-behind-the-end", "bare-preamble")
def outside_the_parts(p, where):
    if p.honest:
        return mixed(text_part(), attachment(p), preamble="This is a message in MIME format.\n\n", epilogue="\n-- \nA list\n")
    if where == "preamble":
        return mixed(text_part(), preamble=attachment(p) + b"\n")
    if where == "bare-preamble":
        return mixed(text_part(), preamble=b64(p.data) + b"\n")
    if where == "epilogue":
        return mixed(text_part(), epilogue=attachment(p))
    return mixed(text_part(), epilogue=b"\n--B\n" + attachment(p) + b"\n--B--\n")


@case("A07", ("x-multipart", "x-multipart/mixed"), ("odd-subtype", "multipart/x"), ("text", "text/plain"),
      ("no-subtype", "multipart"), ("empty", ""), ("image", "image/png"))
def multipart_lookalike(p, kind):
    if p.honest and kind != "multipart/x":
        kind = "multipart/mixed"
    return multipart(p, f'Content-Type: {kind}; boundary="B"\n')


@case("A07", "encoded-multipart", "encoded-multipart-qp")
def encoded_multipart(p, how):
    if p.honest:
        return multipart(p, 'Content-Type: multipart/mixed; boundary="B"\n')
    body = crlf(delimited(text_part(), attachment(p)))
    encoding = "quoted-printable" if how.endswith("qp") else "base64"
    packed = (quoted(body).replace("=0D=0A", "=0D=0A=\n") + "\n").encode() if encoding[0] == "q" else b64(body)
    return crlf(head(f'Content-Type: multipart/mixed; boundary="B"\nContent-Transfer-Encoding: {encoding}\n') + b"\n" + packed)


@case("A07-message-in-text")
def message_in_text(p):
    inner = b'Content-Type: multipart/mixed; boundary="B"\nMIME-Version: 1.0\n\n' + delimited(text_part(), attachment(p))
    return crlf(head("Content-Type: text/plain\n") + b"\nYour mail came back:\n\n" + inner)


@case("A07-type-missing")
def type_missing(p):
    return crlf(head('' if not p.honest else 'Content-Type: multipart/mixed; boundary="B"\n') + b"\n"
                + delimited(text_part(), attachment(p)))


@case("A08", ("trailing-space", ('boundary="B "', "B")), ("trailing-space-both", ('boundary="B "', "B ")),
      ("300-characters", (f'boundary="{"b" * 300}"', "b" * 300)), ("semicolon", ('boundary="B;C"', "B;C")),
      ("bare-semicolon", ("boundary=B;C", "B;C")), ("escaped-quotes", (r'boundary="B\"C"', 'B"C')),
      ("unterminated", ('boundary="B', "B")), ("single-quotes", ("boundary='B'", "'B'")),
      ("single-quotes-taken-off", ("boundary='B'", "B")), ("comment", ("boundary=B(c)", "B")), ("comma", ("boundary=B,C", "B")))
def odd_boundary(p, pair):
    parameter, boundary = ('boundary="B"', "B") if p.honest else pair
    return multipart(p, f"Content-Type: multipart/mixed; {parameter}\n", boundary)


@case("A08", ("empty", 'boundary=""'), ("missing", "x=y"))
def empty_boundary(p, parameter):
    boundary = "B" if p.honest else ""
    return multipart(p, f"Content-Type: multipart/mixed; {'boundary=B' if p.honest else parameter}\n", boundary)


@case("A08-missing-with-delimiters")
def missing_boundary(p):
    return multipart(p, f"Content-Type: multipart/mixed{'; boundary=B' if p.honest else ''}\n")


@case("A08", ("inner-longer", ("B", "BX")), ("inner-shorter", ("BX", "B")), ("same", ("B", "B")))
def nested_boundaries(p, pair):
    outer, inner = ("B", "C") if p.honest else pair
    nested = f'Content-Type: multipart/mixed; boundary="{inner}"\n\n'.encode()
    nested += delimited(text_part("Inner.\n"), attachment(p), boundary=inner)
    return mixed(text_part(), nested, kind=f'Content-Type: multipart/mixed; boundary="{outer}"\n', boundary=outer)


@case("A08", ("garbage", b"--Bxyz"), ("spaces", b"--B  \t"), ("leading-blank", b" --B"), ("garbage-behind-blank", b"--B xyz"),
      ("closed", b"--B--"), ("vt", b"--B\x0b"), ("nul", b"--B\0"))
def odd_delimiter(p, line):
    mail = mixed(text_part(), attachment(p))
    return mail if p.honest and line.strip() != b"--B" else mail.replace(b"--B\r\nContent-Type: application",
                                                                        line + b"\r\nContent-Type: application")


@case("A08-no-end")
def no_end(p):
    return multipart(p, 'Content-Type: multipart/mixed; boundary="B"\n').replace(b"--B--\r\n", b"")


@case("A09", ("blank", b" \r\n"), ("tab", b"\t\r\n"), ("vt", b"\x0b\r\n"), ("ff", b"\x0c\r\n"), ("cr", b"\r"), ("cr-cr-lf", b"\r\r\n"),
      ("cr-cr", b"\r\r"), ("nothing", b""))
def separator(p, line):
    """Between the header and the body of the attachment, and of the whole."""
    mail = multipart(p, 'Content-Type: multipart/mixed; boundary="B"\n')
    if p.honest:
        return mail
    return mail.replace(b"base64\r\n\r\n", b"base64\r\n" + line).replace(b'"B"\r\n\r\n', b'"B"\r\n' + line, 1)


@case("A09", ("nul-in-value", ("Content-Type", "multi\0part/mixed; boundary=B")),
      ("nul-behind-value", ("Content-Type", "multipart/mixed; boundary=B\0x")), ("nul-in-name", ("Content\0-Type", None)),
      ("nul-before-name", ("\0Content-Type", None)))
def nul_in_header(p, pair):
    name, value = ("Content-Type", None) if p.honest else pair
    return multipart(p, f"{name}: {value or 'multipart/mixed; boundary=B'}\n")


@case("A09", ("space-before-colon", "Content-Type : "), ("tab-before-colon", "Content-Type\t:"), ("no-blank", "Content-Type:"),
      ("upper-case", "CONTENT-TYPE: "))
def odd_colon(p, name):
    return multipart(p, f"{name}multipart/mixed; boundary=B\n")


@case("A09-hidden-behind-cr")
def hidden_field(p):
    mail = multipart(p, "X-Foo: bar@Content-Type: multipart/mixed; boundary=B\n")
    return multipart(p, "Content-Type: multipart/mixed; boundary=B\n") if p.honest else mail.replace(b"bar@", b"bar\r")


@case("A09", ("not-a-field", b"This is no field at all\r\n"), ("bom", b"\xef\xbb\xbf"), ("mbox", b"From a@b Sun Nov 22 10:00:00 2026\r\n"),
      ("quoted-mbox", b">From a@b Sun Nov 22 10:00:00 2026\r\n"), ("empty-line", b"\r\n"), ("blank-line", b" \r\n"))
def first_line(p, line):
    mail = multipart(p, "Content-Type: multipart/mixed; boundary=B\n")
    return mail if p.honest and line[:1] in b"T\r " else line + mail


@case("A10", ("lf", b"\n"), ("cr", b"\r"))
def line_ends(p, end):
    mail = multipart(p, "Content-Type: multipart/mixed; boundary=B\n")
    return mail if p.honest and end == b"\r" else mail.replace(b"\r\n", end)


@case("A10", "mixed", "cr-at-delimiters", "lf-cr")
def mixed_line_ends(p, how):
    mail = multipart(p, "Content-Type: multipart/mixed; boundary=B\n")
    if how == "mixed":
        lines = mail.split(b"\r\n")
        return b"".join(line + (b"\n" if i % 3 else b"\r\n") for i, line in enumerate(lines))
    if p.honest:
        return mail
    return mail.replace(b"\r\n", b"\n\r") if how == "lf-cr" else mail.replace(b"\r\n--B\r\n", b"\r--B\r")


def inner_mail(p):
    return mixed(text_part("Forwarded.\n"), attachment(p), kind="Content-Type: multipart/mixed; boundary=I\n", boundary="I")


@case("A11", ("base64", ("message/rfc822", "base64")), ("qp", ("message/rfc822", "quoted-printable")),
      ("global-base64", ("message/global", "base64")), ("plain", ("message/rfc822", None)), ("global", ("message/global", None)),
      ("news", ("message/news", None)), ("eml", ('application/octet-stream; name="x.eml"', "base64")),
      ("eml-by-type-only", ("application/octet-stream", "base64")), ("delivery-status", ("message/delivery-status", None)),
      ("headers-only-type", ("text/rfc822-headers", None)), ("mht", ('application/octet-stream; name="x.mht"', "base64")))
def message_inside(p, pair):
    kind, encoding = pair
    encoding = None if p.honest and encoding == "quoted-printable" else encoding
    body = inner_mail(p)
    if kind == "message/delivery-status":
        body = b"Reporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\n\r\n" + body
    fields = f"Content-Type: {kind}\n" + (f"Content-Transfer-Encoding: {encoding}\n" if encoding else "")
    if encoding == "base64":
        body = b64(body)
    elif encoding:
        body = b"".join(quoted(line).encode() + b"=\n" for line in body.splitlines(True))
    return mixed(text_part(), fields.encode() + b"\n" + body)


@case("A11", ("10-deep", 10), ("30-deep", 30), ("200-deep", 200), ("1100-deep", 1100), ("5000-deep", 5000))
def deep_messages(p, depth):
    body = inner_mail(p)
    for _ in range(8 if p.honest else depth - 1):
        body = b"Subject: again\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n" + body
    return crlf(head("Content-Type: message/rfc822\n")) + b"\r\n" + body


@case("A11", ("multiparts-deep", 100))
def deep_multiparts(p, depth):
    body = attachment(p)
    for i in range(5 if p.honest else depth):
        body = f'Content-Type: multipart/mixed; boundary="n{i}n"\n\n'.encode() + delimited(body, boundary=f"n{i}n")
    return mixed(text_part(), body)


@case("A12", ("partial", 'message/partial; number=1; total=2; id="x@y"'), ("partial-last", 'message/partial; id=x; number=2'),
      ("external", 'message/external-body; access-type=URL; URL="http://outside.example/x.exe"'))
def elsewhere(p, kind):
    body = inner_mail(p)
    return crlf(head(f"Content-Type: {'message/rfc822' if p.honest else kind}\n") + b"\n") + body


def in_text(body, encoding=None):
    out = "Content-Type: text/plain\n" + (f"Content-Transfer-Encoding: {encoding}\n" if encoding else "")
    return crlf(head(out) + b"\n" + body)


@case("A13", "uuencode", "odd-mode", "no-mode-digits", "several", "base64-begin", "blank-before", "long-text-before", "unended")
def uuencoded_in_text(p, how):
    plain = uuencoded(p)
    return in_text(b"See below:\n\n" + {
        "uuencode": plain, "odd-mode": uuencoded(p, mode="0"), "no-mode-digits": uuencoded(p, mode="rw-"),
        "several": b"begin 644 nothing\nbegin 644 a.txt\n#0V%T\n`\nend\n" + plain, "blank-before": b"\n\n" + plain,
        "base64-begin": f"begin-base64 644 {p.name}\n".encode() + b64(p.data) + b"====\n", "long-text-before": TEXT * 400 + plain,
        "unended": plain.replace(b"`\nend\n", b"")}[how])


@case("A13", "yenc", "binhex")
def other_codes_in_text(p, how):
    return in_text(b"See below:\n\n" + (yencoded(p) if how == "yenc" else binhexed(p)))


@case("A13", ("uuencode-under-base64", "base64"), ("uuencode-under-qp", "quoted-printable"))
def uuencoded_under(p, encoding):
    body = b"See below:\r\n\r\n" + crlf(uuencoded(p))
    packed = b64(body) if encoding == "base64" else b"".join(quoted(l).encode() + b"=\n" for l in body.splitlines(True))
    return in_text(packed, encoding)


@case("A13", "x-uuencode", "uuencode-cte", "x-uue")
def uuencode_encoding(p, word):
    return mixed(text_part(), fields_of(p, encoding={"uuencode-cte": "uuencode"}.get(word, word)) + b"\n" + uuencoded(p))


@case("A13-html")
def uuencoded_in_html(p):
    return crlf(head("Content-Type: text/html\n") + b"\n<html><pre>\n" + uuencoded(p) + b"</pre></html>\n")


def openssl(*arguments, data):
    with tempfile.TemporaryDirectory() as folder:
        key = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test",
               "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
        subprocess.run(key, check=True, capture_output=True)
        words = [a.format(key=f"{folder}/key.pem", cert=f"{folder}/cert.pem") for a in arguments]
        return subprocess.run(["openssl", *words], input=data, check=True, capture_output=True).stdout


def smime(p, der, kind="application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"):
    return crlf(head(f"Content-Type: {kind}\nContent-Transfer-Encoding: base64\n") + b"\n" + b64(der))


@case("A15-signed")
def signed(p):
    return smime(p, openssl("cms", "-sign", "-nodetach", "-binary", "-signer", "{cert}", "-inkey", "{key}", "-outform", "DER",
                            data=inner_mail(p)))


@case("A15-signed-octet-stream")
def signed_as_anything(p):
    return with_file(p, "smime.bin", openssl("cms", "-sign", "-nodetach", "-binary", "-stream", "-signer", "{cert}", "-inkey",
                                             "{key}", "-outform", "DER", data=inner_mail(p)))


@case("A15-enveloped", passes=True, twin=False)
def enveloped(p):
    return smime(p, openssl("cms", "-encrypt", "-binary", "-aes128", "-outform", "DER", "{cert}", data=inner_mail(p)),
                 "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m")


@case("A15-compressed", twin=False)
def compressed(p):
    # id-ct-compressedData with a version and nothing that could be read (RFC 3274).
    der = bytes.fromhex("3081a2060b2a864886f70d0109100109a08192") + b"0\x81\x8f\2\1\0" + bytes(140)
    return smime(p, der, "application/pkcs7-mime; smime-type=compressed-data; name=smime.p7z")


@case("A15", "pgp-inline", "pgp-mime", passes=True, twin=False)
def openpgp(p, how):
    armour = (b"-----BEGIN PGP MESSAGE-----\n\n" + b64(b"\x85\x01\x0c\x03" + bytes(range(200)))
              + b"-----END PGP MESSAGE-----\n")
    if how == "pgp-inline":
        return in_text(b"The file:\n\n" + armour)
    return mixed(b"Content-Type: application/pgp-encrypted\n\nVersion: 1\n", b"Content-Type: application/octet-stream\n\n" + armour,
                 kind='Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=B\n')


@case("A16", ("parts", 20000), kinds=("virus", "content"))
def too_many_parts(p, count):
    parts = [b"Content-Type: text/plain\n\nx"] * (20 if p.honest else count)
    return mixed(*parts, attachment(p))


@case("A16", ("fields", 5000))
def too_many_fields(p, count):
    fields = "".join(f"X-Number-{i}: {i}\n" for i in range(100 if p.honest else count))
    return multipart(p, "Content-Type: multipart/mixed; boundary=B\n", fields=fields)


@case("A16", ("long-field", lambda n: "X-Long: " + "a" * 70000 + "\n"), ("long-type", lambda n: "Content-Type: a/b; x=" + "a" * 70000
      + "; boundary=B\n"), ("recipients", lambda n: "To: " + ",\n ".join(f"user{i}@example.org" for i in range(n)) + "\n"),
      ("subject", lambda n: "Subject: " + "long " * 20 * n + "\n"), ("folds", lambda n: "X-F: a\n" + " b\n" * 2 * n),
      ("words", lambda n: "Subject: " + "=?utf-8?q?b?=\n " * 4 * n + "\n"),
      ("parameters", lambda n: "Content-Disposition: inline" + "".join(f"; a{i}=b" for i in range(n)) + "\n"))
def too_much_header(p, make):
    fields = make(40 if p.honest else 10000)
    return multipart(p, "Content-Type: multipart/mixed; boundary=B\n", fields="" if p.honest and "Content-Type" in fields else fields)


@case("A16", ("false-boundaries", 100000), kinds=("virus", "content"))
def false_boundaries(p, count):
    text = text_part("--Bx\n--C\n" * (10 if p.honest else count // 2))
    return mixed(text, attachment(p))


@case("A16", ("begin-lines", b"begin 644 x\n"), ("content-lines", b"Content-Type: text/plain\n"), ("words-in-body", b"=?utf-8?b?"),
      kinds=("virus", "content"))
def many_marks(p, line):
    return mixed(text_part() + line * (2 if p.honest else 60000), attachment(p))


# ---------------------------------------------------------------- B. Deciding the name

def named(p, kind=None, disposition=None, fields=""):
    """The name alone tells: the content is text."""
    part = fields_of(p, kind=kind if kind is not None else "Content-Type: application/octet-stream\n",
                     disposition=disposition if disposition is not None else "Content-Disposition: attachment\n")
    return mixed(text_part(), part + raw(fields) + b"\n" + b64(p.data))


@case("B17", "type", "disposition", "other-in-disposition", "other-in-type", kinds=("name",))
def name_in_one_field(p, where):
    kinds = {"type": f'; name="{p.name}"', "disposition": "", "other-in-disposition": f'; name="{p.name}"',
             "other-in-type": '; name="x.txt"'}
    dispositions = {"type": "", "disposition": f'; filename="{p.name}"', "other-in-disposition": '; filename="x.txt"',
                    "other-in-type": f'; filename="{p.name}"'}
    return named(p, f"Content-Type: application/octet-stream{kinds[where]}\n",
                 f"Content-Disposition: attachment{dispositions[where]}\n")


def disposed(p, parameters):
    return named(p, disposition=b"Content-Disposition: attachment; " + raw(parameters) + b"\n")


def with_names(entry, table):
    """Cases of parameters that contain EXT, the ending of the payload's name."""
    for key, text in table.items():
        data = raw(text) if not isinstance(text, bytes) else text
        case(entry + "-" + key, kinds=("name",))(
            lambda p, data=data: disposed(p, data.replace(b"\0", b"" if p.honest else b"\0").replace(b"EXT", p.ending.encode())))


with_names("B18", {
    "twice-last": "filename=x.txt; filename=x.EXT", "twice-first": "filename=x.EXT; filename=x.txt",
    "plain-and-extended": "filename=x.txt; filename*=utf-8''x.EXT", "extended-and-plain": "filename*=utf-8''x.EXT; filename=x.txt",
    "name-in-disposition": "name=x.EXT", "extended-without-charset": "filename*=x.EXT",
    "extended-quoted": "filename*=\"utf-8''x.EXT\"", "sections-beside-plain": "filename=x.txt; filename*0=x.; filename*1=EXT"})
with_names("B19", {
    "out-of-order": "filename*1=EXT; filename*0=x.", "gap": "filename*0=x.; filename*2=EXT", "from-one": "filename*1=x.; filename*2=EXT",
    "mixed": "filename*0*=utf-8''x%2; filename*1=EEXT", "encoded-later": "filename*0=x; filename*1*=%2eEXT",
    "percent": "filename*=utf-8''%78%2eEXT", "leading-zeros": "filename*00=x.; filename*01=EXT",
    "many": "; ".join(f"filename*{i}=a" for i in range(150)) + "; filename*150=.EXT",
    "unknown-charset": "filename*=x-none''x%2eEXT", "twice-the-same-section": "filename*0=x.; filename*1=txt; filename*1=EXT"})
with_names("B21", {
    "bare-semicolon": "filename=x.txt;.EXT", "comment": "filename=x.E()XT".replace("E()XT", "()EXT"), "quoted-pair": r"filename=x.\EXT",
    "quoted-pair-inside": 'filename="x\\.EXT"', "no-end-quote": 'filename="x.EXT', "nul": 'filename="x.EXT\0.txt"',
    "nul-before": 'filename="x\0.EXT"', "tab": "filename=x\t.EXT", "newline": 'filename="x.\n EXT"', "blanks-around": "filename = x.EXT",
    "single-quotes": "filename='x.EXT'", "upper-case": "FILENAME=X.EXT", "two-equals": "filename==x.EXT",
    "comment-before": "(c) filename=x.EXT", "no-semicolon-before": 'x="y" filename=x.EXT', "folded": "\n filename=x.EXT",
    "comma": "x=y, filename=x.EXT", "quotes-inside": 'filename=x".EXT"', "two-words": "filename=x.EXT more"})
with_names("B22", {
    "dots": 'filename="x.EXT..."', "blanks": 'filename="x.EXT  "', "dot-blank": 'filename="x.EXT. "', "stream": 'filename="x.EXT::$DATA"',
    "stream-name": 'filename="x.EXT:y.txt"', "path": 'filename="..\\..\\x.EXT"', "slashes": 'filename="/tmp/x.EXT"', "drive": 'filename="c:x.EXT"',
    "percent": 'filename="x%2eEXT"', "long": f'filename="{"a" * 300}.EXT"', "upper": 'filename="X.EXT"', "blank-before": 'filename="x. EXT"',
    "quote-behind": "filename=\"x.EXT'\"", "trailing-slash": 'filename="x.EXT/"'})


@case("B22-class-id", kinds=("name",))
def class_id(p):
    return disposed(p, f'filename="x.{"txt" if p.honest else "{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}"}"')


@case("B22", ("rtlo", "\u202etxt{dot}{ext}"), ("rtlo-before", "\u202e{dot}{ext}"), ("zero-width", "{dot}\u200b{ext}"),
      ("zero-width-inside", "{dot}{0}\u200d{rest}"), ("soft-hyphen", "{dot}{0}\xad{rest}"), ("full-width", "\uff0e{wide}"),
      ("homoglyph", "{dot}{alike}"), ("turkish", "{dot}{turkish}"), ("ideographic-dot", "\u3002{ext}"), ("variation", "{dot}{ext}\ufe0f"),
      ("mathematical", "{dot}{math}"), kinds=("name",))
def unicode_name(p, form):
    ext = p.ending
    name = "x" + form.format(dot=".", ext=ext, rest=ext[1:], wide="".join(chr(ord(c) + 0xfee0) for c in ext), turkish="P\u0130F",
                             alike=ext.replace("e", "\u0435").replace("x", "\u0445"),
                             math="".join(chr(0x1d41a + ord(c) - 97) for c in ext), **{"0": ext[0]}) \
        if "{0}" not in form else "x." + ext[0] + form[len("{dot}{0}")] + ext[1:]
    if p.honest and "turkish" in form:
        name = "x.txt"
    return disposed(p, "filename*=utf-8''" + "".join(f"%{b:02X}" for b in name.encode()))


def word(text, charset="utf-8", how="b"):
    data = text.encode({"x-none": "utf-8"}.get(charset, charset))
    coded = base64.b64encode(data).decode() if how == "b" else "".join(f"={b:02X}" for b in data)
    return f"=?{charset}?{how}?{coded}?="


@case("B20", "b", "q", "in-quotes", "bare", "split", "split-inside-a-character", "utf-16", "unknown-charset", "half", "language", "utf-7",
      "no-blank-between", "padding", kinds=("name",))
def encoded_word_name(p, how):
    name = p.name
    form = {
        "b": word(name), "q": word(name, how="q"), "in-quotes": word(name), "bare": word(name), "split": word("x.") + " " + word(p.ending),
        "utf-16": word(name, "utf-16le"), "unknown-charset": word(name, "x-none"), "half": "x." + word(p.ending),
        "language": word(name).replace("?b", "*en?b"), "utf-7": "=?utf-7?q?x+AC4-" + p.ending + "?=",
        "no-blank-between": word("x.") + word(p.ending),
        "padding": f"=?utf-8?b?{base64.b64encode(b'x.').decode()}{base64.b64encode(p.ending.encode()).decode()}?=",
        "split-inside-a-character": "=?utf-8?q?=C3?= =?utf-8?q?=A4." + p.ending + "?="}[how]
    return disposed(p, f"filename={form}" if how == "bare" else f'filename="{form}"')


@case("B20", ("utf-16-extended", "utf-16le"), ("gbk", "gbk"), ("utf-7-extended", "utf-7"), ("utf-16be", "utf-16be"), kinds=("name",))
def extended_charset(p, charset):
    return disposed(p, f"filename*={charset}''" + "".join(f"%{b:02X}" for b in p.name.encode(charset)))


@case("B23", ("type", "application/x-msdownload"), ("dos-type", "application/x-dosexec"), ("hta", "application/hta"), kinds=("name",))
def only_a_type(p, kind):
    return named(p, f"Content-Type: {'text/plain' if p.honest else kind}\n")


@case("B23", ("description", "Content-Description"), ("location", "Content-Location"), kinds=("name",))
def name_elsewhere(p, field):
    return named(p, fields=f"{field}: {p.name}\n")


@case("B24", ("double", "invoice.pdf.{}"), ("many", "a.b.c.d.{}"), kinds=("name",))
def double_ending(p, form):
    return disposed(p, f'filename="{form.format(p.ending)}"')


@case("B24-inner", kinds=())
def inner_ending(p):
    """The other way round it is a document, and must pass."""
    return disposed(p, 'filename="invoice.exe.pdf"')


# ---------------------------------------------------------------- E. Resources and state

@case("E35", "regex-subject", "regex-body")
def burning(p, where):
    long = "a" * (10 if p.honest else 40000) + "!"
    if where == "regex-body":
        return mixed(text_part(long + "\n"), attachment(p))
    return crlf(head(subject=long) + b'Content-Type: multipart/mixed; boundary="B"\n\n' + delimited(text_part(), attachment(p)))


@case("E35-html-first")
def burning_html(p):
    html = b"Content-Type: text/html\n\n" + b"<div>" * (10 if p.honest else 100000) + b"<a href='http://a.example/'>x</a>\n"
    return mixed(html, attachment(p))


# ---------------------------------------------------------------- F. Header fields for pattern rules

def about(subject, fields=""):
    return crlf(head(fields, subject=subject)) + b"\r\nHello.\r\n"


@case("F38", ("words", word("for") + " " + word("bidden")), ("mixed-charsets", word("for", "utf-16le") + " " + word("bidden", how="q")),
      ("no-blank", word("for") + word("bidden")), ("raw", "forbidden"), ("upper", "FORBIDDEN"), ("utf-7", "=?utf-7?q?+AGY-orbidden?="),
      ("folded-word", "=?utf-8?q?for?=\n =?utf-8?q?bidden?="), ("folded-inside", "=?utf-8?q?for\n bidden?="),
      ("zero-width", "for\u200bbidden"), ("soft-hyphen", word("for\xadbidden")), ("full-width", word("ｆｏｒｂｉｄｄｅｎ")), ("reply", "Re: forbidden"),
      ("bare-lf", "=?utf-8?q?for=0Abidden?="), ("unknown-charset", "=?x-none?q?forbidden?="),
      ("open-word", "=?utf-8?q?forbidden"), ("bidi", "\u202dforbidden\u202c"), kinds=("name",), twin=False)
def subject_of(p, form):
    return about(form.encode() if isinstance(form, str) else form)


@case("F38", ("two-subjects", "Subject: forbidden\n"), ("space-before-colon", "Subject : forbidden\n"), ("lower", "subject:forbidden\n"),
      ("behind-cr", "X-A: b\rSubject: forbidden\n"), ("nul", "Sub\0ject: forbidden\n"), kinds=("name",), twin=False)
def second_subject(p, field):
    return crlf(head(field)).replace(b"X-A: b\r\nSubject", b"X-A: b\rSubject") + b"\r\nHello.\r\n"


@case("F38", ("twin-ordinary", "about forms"), ("twin-partly", "forbid"),
      ("twin-overlong", b"\xc1\xa6orbidden"), kinds=())
def other_subject(p, text):
    """What is overlong is windows-1252 to every client of today."""
    return about(text)
