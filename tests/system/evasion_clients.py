"""Mails that hide their contents by what single clients make of them: more of sections A (parts), B (names) and E (limits)."""
import binascii
import dataclasses
import struct

from evasion import attachment, b64, binhexed, case, crlf, delimited, fields_of, head, mixed, raw, text_part, uuencoded, with_file, yencoded
from evasion_mails import in_text, inner_mail, multipart, named, openssl, smime, with_names, word

SEEN = ("virus", "content", "program")
MIXED = "Content-Type: multipart/mixed; boundary=B\n"


# ---------------------------------------------------------------- A. Deciding what the parts are

@case("A01", ("behind-a-comment", "(boundary=C) boundary=B"), ("comment-with-semicolon", "boundary=(;)B"),
      ("encoded-word", 'boundary="=?us-ascii?q?B?="'),
      ("encoded-section", "boundary*0*=us-ascii''%42"), ("without-semicolon", "charset=utf-8 boundary=B"),
      ("nine", "; ".join(f"boundary=C{i}" for i in range(9)) + "; boundary=B"))
def odd_boundary_parameter(p, parameters):
    return multipart(p, f"Content-Type: multipart/mixed; {'boundary=B' if p.honest else parameters}\n")


@case("A02", ("quoted", '"multipart/mixed"'), ("comment-inside", "multipart(c)/mixed"), ("comment-before", "(c) multipart/mixed"),
      ("blanks", "multipart / mixed"),
      ("encoded-word", "=?us-ascii?q?multipart/mixed?="), ("two-slashes", "multipart//mixed"), ("backslash", r"multipart\/mixed"),
      ("comma", "text/plain, multipart/mixed"), ("many-unended-comments", "multipart/mixed; " + "(" * 200),
      ("group", "types:multipart/mixed"))
def odd_type(p, kind):
    return multipart(p, f"Content-Type: {'multipart/mixed' if p.honest else kind}; boundary=B\n")


@case("A02", ("seventeen", 17), ("forty", 40))
def many_types(p, count):
    return multipart(p, MIXED if p.honest else "Content-Type: text/plain\n" * (count - 1) + MIXED)


@case("A04", ("seventeen-fields", 17), ("forty-fields", 40))
def many_encodings(p, count):
    fields = fields_of(p, encoding=None) + b"Content-Transfer-Encoding: %s\n" % (b"base64" if p.honest else b"7bit") * (count - 1)
    return mixed(text_part(), fields + b"Content-Transfer-Encoding: base64\n\n" + b"note: x\n" * (not p.honest) + b64(p.data))


@case("A03", ("nul-inside", b"\0"), ("blanks-inside", b" \t"), ("punctuation-inside", b"!*~"), ("8-bit-inside", b"\xa0\xff"),
      ("empty-lines", b"\n\n"))
def sprinkled_base64(p, junk):
    body = b64(p.data, 12)
    return mixed(text_part(), fields_of(p) + b"\n" + (body if p.honest else body.replace(b"\n", junk + b"\n")))


@case("A03-words-before")
def base64_behind_words(p):
    """As many letters as make whole groups of four: what is behind them decodes as if they were not there."""
    return mixed(text_part(), fields_of(p) + b"\n" + (b"" if p.honest else b"Here it is:\n\n") + b64(p.data))


@case("A04", ("8bit", "8bit"), ("binary", "binary"), ("7bit", "7bit"))
def base64_called_otherwise(p, encoding):
    return mixed(text_part(), fields_of(p, encoding=encoding) + b"\n" + b64(p.data))


@case("A04", "x-yenc", "mac-binhex40", kinds=("virus", "content"), passes=False, twin=False)
def encoding_of_old(p, encoding):
    body = yencoded(p) if encoding == "x-yenc" else binhexed(p)
    return mixed(text_part(), fields_of(p, encoding=encoding) + b"\n" + body)


@case("A05", ("no-line-end-for-ever", ""), ("cr-breaks", "=\r"), ("nul", "=\0\n"))
def odd_quoted_printable(p, ends):
    mail = mixed(text_part(), fields_of(p, encoding="quoted-printable") + b"\nBODY")
    escaped = [f"={byte:02X}" for byte in p.data]
    return mail.replace(b"BODY", ("".join(escaped) if p.honest else ends.join(escaped)).encode() + b"\r\n")


@case("A07", ("related", "multipart/related; type=text/html; start=x"), ("alternative", "multipart/alternative"),
      ("digest", "multipart/digest"),
      ("report", "multipart/report; report-type=delivery-status"), ("signed", "multipart/signed; protocol=x/y; micalg=z"),
      ("encrypted", "multipart/encrypted; protocol=x/y"), ("form-data", "multipart/form-data"), ("byteranges", "multipart/byteranges"),
      ("replace", "multipart/x-mixed-replace"), ("appledouble", "multipart/appledouble"), ("voice", "multipart/voice-message"))
def other_multipart(p, kind):
    return multipart(p, f"Content-Type: {kind}; boundary=B\n")


@case("A07", ("digest-default", "multipart/digest"))
def digest(p, kind):
    """A part of a digest that has no type is a message."""
    return mixed(b"\n" + inner_mail(p), kind=f"Content-Type: {kind}; boundary=B\n")


@case("A07", ("message-in-html", "text/html"), ("message-in-calendar", "text/calendar"), ("message-in-unknown-message", "message/x-y"),
      ("message-in-headers", "text/rfc822-headers"), ("message-in-feedback", "message/feedback-report"),
      ("message-in-status", "message/disposition-notification"))
def message_in_other_text(p, kind):
    inner = b'Content-Type: multipart/mixed; boundary="I"\nMIME-Version: 1.0\n\n' + delimited(text_part(), attachment(p), boundary="I")
    return mixed(text_part(), f"Content-Type: {kind}\n\n".encode() + b"<pre>As it came:\n\n" + inner)


@case("A07-encoded-multiparts")
def encoded_multiparts(p):
    """A multipart under base64 in a multipart under base64."""
    encoding = "" if p.honest else "Content-Transfer-Encoding: base64\n"
    inner = crlf(delimited(text_part(), attachment(p), boundary="I"))
    part = f"Content-Type: multipart/mixed; boundary=I\n{encoding}\n".encode() + (inner if p.honest else b64(inner))
    outer = crlf(delimited(text_part(), part))
    return crlf(head(MIXED + encoding) + b"\n" + (outer if p.honest else b64(outer)))


@case("A08", ("3000-blanks-behind", b"--B" + b" " * 3000), ("cr-cr-lf", b"--B\r"), ("ff", b"--B\x0c"), ("vt-before", b"\x0b--B"),
      ("ff-before", b"\x0c--B"),
      ("nul-before", b"\0--B"), ("9-blanks-before", b" " * 9 + b"--B"), ("bom-before", b"\xef\xbb\xbf--B"), ("one-dash", b"-B"),
      ("three-dashes", b"---B"),
      ("comment-behind", b"--B (c)"), ("dash-behind", b"--B-"))
def odder_delimiter(p, line):
    mail = mixed(text_part(), attachment(p))
    return mail if p.honest and line[2:] != b"B\r" else mail.replace(b"--B\r\nContent-Type: application",
        line + b"\r\nContent-Type: application")


@case("A08", ("long", "b" * 1200))
def long_delimiter(p, boundary):
    boundary = "B" if p.honest else boundary
    return multipart(p, f'Content-Type: multipart/mixed; boundary="{boundary}"\n', boundary)


@case("A08", ("case", ("B", "b")), ("blank-inside", ("A B", "AB")), ("percent", ("B%43", "BC")), ("backslash", (r"B\C", "BC")))
def other_boundary_in_body(p, pair):
    stated, used = ("B", "B") if p.honest else pair
    return multipart(p, f'Content-Type: multipart/mixed; boundary="{stated}"\n', used)


@case("A09", ("fold-cr", "\r "), ("fold-vt", "\n\x0b"), ("fold-ff", "\n\x0c"), ("fold-nul", "\0 "), ("fold-blank-line", "\n \n "),
      ("fold-cr-cr-lf", "\r\r\n "))
def odd_fold(p, fold):
    mail = multipart(p, "Content-Type: multipart/mixed;@boundary=B\n")
    return mail.replace(b"@", b" " if p.honest else crlf(fold.encode()) if fold[0] == "\n" else fold.encode())


@case("A09", ("nul-before-colon", "Content-Type\0: "), ("two-colons", "Content-Type:: "))
def odder_colon(p, name):
    name = "Content-Type: " if p.honest else name
    return mixed(text_part(), b"Content-Transfer-Encoding: base64\n" + raw(f"{name}{p.type}; name=\"{p.name}\"\n")
                 + b"Content-Disposition: attachment\n\n" + b64(p.data))


@case("A11", ("x-message", ("message/x-rfc822", None)), ("uuencoded", ("message/rfc822", "x-uuencode")),
      ("status-base64", ("message/delivery-status", "base64")),
      ("octet-stream-7bit", ("application/octet-stream", None)), ("text-base64", ("text/plain", "base64")),
      ("rfc822-name-txt", ("message/rfc822; name=x.txt", "base64")),
      ("application", ("application/rfc822", "base64")), ("unknown-encoding", ("message/rfc822", "x-none")))
def other_message_inside(p, pair):
    kind, encoding = pair
    body = inner_mail(p)
    fields = f"Content-Type: {kind}\n" + (f"Content-Transfer-Encoding: {encoding}\n" if encoding and not (p.honest and encoding == "x-none") else "")
    if encoding == "base64":
        body = b64(body)
    elif encoding == "x-uuencode":
        lines = b"".join(binascii.b2a_uu(body[i:i + 45]) for i in range(0, len(body), 45))
        body = b"begin 644 x.eml\n" + lines + b"`\nend\n"
    return mixed(text_part(), fields.encode() + b"\n" + body)


@case("A11-same-boundary")
def same_boundary_in_a_message(p):
    return mixed(text_part(), b"Content-Type: message/rfc822\n\n" + mixed(text_part(), attachment(p)))


@case("A11", ("base64-in-base64", 3))
def encoded_messages(p, depth):
    """Each message is a file, as it were, in the one around it."""
    mail = inner_mail(p)
    for i in range(1 if p.honest else depth):
        part = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + b64(mail)
        mail = mixed(text_part(), part, kind=f"Content-Type: multipart/mixed; boundary=L{i}\n", boundary=f"L{i}")
    return mail


@case("A11-status-with-parts")
def status_with_parts(p):
    """A report whose machine-readable part is a multipart by its boundary."""
    if p.honest:
        return multipart(p, "Content-Type: multipart/report; report-type=delivery-status; boundary=B\n")
    status = b"Content-Type: message/delivery-status; boundary=S\n\nReporting-MTA: dns; x\n\n" + delimited(text_part(), attachment(p),
        boundary="S")
    return mixed(text_part(), status, kind="Content-Type: multipart/report; report-type=delivery-status; boundary=B\n")


@case("A13", "checksums", "blanks-cut", "tabs", "upper-case", "blanks-before-name")
def odd_uuencode(p, how):
    plain = uuencoded(p)
    return in_text(b"See below:\n\n" + {
        "checksums": b"\n".join(line + b"!" if len(line) == 61 else line for line in plain.split(b"\n")),
        "blanks-cut": plain.replace(b"`", b" ").replace(b" \n", b"\n"), "tabs": plain.replace(b"begin 644 ", b"begin\t644\t"),
        "upper-case": plain.replace(b"begin", b"BEGIN"), "blanks-before-name": plain.replace(b"644 ", b"644   ")}[how])


@case("A13-uuencode-in-html-under-base64")
def uuencoded_in_encoded_html(p):
    return mixed(text_part(),
        b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + b64(b"<pre>\r\n" + crlf(uuencoded(p)) + b"</pre>"))


@case("A13-message-in-uuencode")
def uuencoded_message(p):
    return in_text(b"See below:\n\n" + uuencoded(dataclasses.replace(p, name="a.eml", data=inner_mail(p))))


@case("A13-uuencode-no-name", kinds=SEEN)
def nameless_uuencode(p):
    return in_text(b"See below:\n\n" + uuencoded(p).replace(p.name.encode(), b""))


@case("A13-uuencode-no-type")
def untyped_uuencode(p):
    return mixed(text_part(), b"\n" + uuencoded(p))


@case("A13", ("uuencode-in-octet-stream", "application/octet-stream"), ("uuencode-typed", "application/x-uuencode"),
      kinds=("virus", "content"))
def uuencoded_part(p, kind):
    return mixed(text_part(), f"Content-Type: {kind}\n\n".encode() + uuencoded(p))


@case("A13", "uue-file", "hqx-file", kinds=("virus", "content"))
def encoded_file(p, how):
    """What an unpacker undoes when the attachment is opened."""
    return with_file(p, "a.uue", uuencoded(p)) if how == "uue-file" else with_file(p, "a.hqx", binhexed(p))


@case("A13-binhex-typed", kinds=("virus", "content"))
def binhex_part(p):
    return mixed(text_part(), b"Content-Type: application/mac-binhex40; name=a.hqx\nContent-Disposition: attachment\n\n" + binhexed(p))


@case("A13-yenc-part")
def yenc_part(p):
    """One of several parts of a file, as its second line says."""
    part = b"\n=ypart begin=1 end=%d\n" % len(p.data)
    return in_text(b"See below:\n\n" + yencoded(p).replace(b"line=4000", b"part=1 line=4000").replace(b"\n", part, 1))


@case("A13-apple-single", kinds=("virus", "content"))
def apple_single(p):
    """RFC 1740: the file, behind its name."""
    name, head_size = p.name.encode(), 26 + 2 * 12
    data = struct.pack(">II16xH", 0x00051600, 0x00020000, 2) + struct.pack(">III", 3, head_size, len(name))
    data += struct.pack(">III", 1, head_size + len(name), len(p.data)) + name + p.data
    return mixed(text_part(), b"Content-Type: application/applefile\nContent-Transfer-Encoding: base64\n\n" + b64(data))


@case("A13-mac-binary", kinds=("virus", "content"))
def mac_binary(p):
    name = p.name.encode()
    start = (b"\0" + bytes([len(name)]) + name.ljust(63, b"\0") + b"????????" + bytes(10) + struct.pack(">I", len(p.data))).ljust(122,
        b"\0")
    start += b"\x81\x81"
    data = start + struct.pack(">H", binascii.crc_hqx(start, 0)) + bytes(2) + p.data
    return mixed(text_part(), b"Content-Type: application/macbinary; name=a.bin\nContent-Transfer-Encoding: base64\n\n" + b64(data))


def signature_of(data):
    return openssl("cms", "-sign", "-nodetach", "-binary", "-signer", "{cert}", "-inkey", "{key}", "-outform", "DER", data=data)


@case("A15-signed-twice")
def signed_twice(p):
    fields = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return smime(p, signature_of(fields + crlf(b64(signature_of(inner_mail(p))))))


@case("A15-signed-as-certificates")
def signed_as_certificates(p):
    return smime(p, signature_of(inner_mail(p)), "application/pkcs7-mime; smime-type=certs-only; name=smime.p7c")


@case("A16", ("990-fields-before", 990))
def fields_up_to_the_limit(p, count):
    return multipart(p, MIXED, fields="X: y\n" * (10 if p.honest else count))


@case("A16", ("empty-parts", 900), kinds=("virus", "content", "name"))
def empty_parts(p, count):
    return mixed(*[b"\n"] * count, attachment(p))


@case("A16", ("wide-parameters", 1100), kinds=("name",))
def name_behind_parameters(p, count):
    count = 20 if p.honest else count
    return named(p, "Content-Type: application/octet-stream" + ";a=b" * count + f"; name={p.name}\n",
        "Content-Disposition: attachment; filename=x.txt\n")


# ---------------------------------------------------------------- B. Deciding the name

with_names("B19", {
    "no-charset": "filename*=''x%2eEXT", "one-quote": "filename*=utf-8'x%2eEXT", "three-quotes": "filename*=utf-8'en'x'.EXT",
    "percent-twice": "filename*=utf-8''x%252eEXT",
    "percent-nul": "filename*=utf-8''x.EXT%00.txt", "percent-newline": "filename*=utf-8''x.%0aEXT",
    "word-in-section": 'filename*0="=?utf-8?q?x=2e?="; filename*1=EXT',
    "word-in-extended": "filename*=utf-8''=?utf-8?q?x=2e?=EXT", "stars": "filename**=utf-8''x.EXT",
    "charset-in-second": "filename*0*=x; filename*1*=utf-8''%2eEXT",
    "sections-and-plain-last": "filename*0=x.; filename*1=txt; filename=x.EXT",
    "huge": "filename*0=x.; filename*99999999999999999999=EXT", "split-percent": "filename*0*=utf-8''x%; filename*1*=2eEXT",
    "quoted-sections": 'filename*0="x."; filename*1="EXT"', "upper-percent": "FILENAME*=UTF-8''X%2EEXT",
    "blank-before-star": "filename *=utf-8''x.EXT",
    "blank-behind-star": "filename* =utf-8''x.EXT", "bad-percent": "filename*=utf-8''x%zz.EXT", "latin-1": "filename*=iso-8859-1''x%2eEXT",
    "long-language": "filename*=utf-8'" + "en-" * 300 + "'x.EXT"})
with_names("B20", {
    "word-twice": 'filename="' + word(word("x.", how="q")) + 'EXT"', "lower-case-letters": 'filename="=?UTF-8?Q?x=2eEXT?="',
    "word-with-blanks": 'filename="=?utf-8?q?x .EXT?="',
    "word-and-quotes": 'filename==?utf-8?q?x"=2e"EXT?=', "underscore": 'filename="=?utf-8?q?x_?=.EXT"',
    "words-in-comment-charset": 'filename="=?utf-8*en?q?x.EXT?="'})
with_names("B21", {
    "comment-with-semicolon": "filename=(;)x.EXT", "comment-in-the-middle": "filename=x(;).EXT",
    "empty-quotes": 'filename=""; name=x.EXT', "quote-then-text": 'filename="x."EXT',
    "quote-text-quote": 'filename="x"."EXT"', "escaped-quote": r'filename="x\".EXT"', "slash-escape-at-end": 'filename="x.EXT\\',
    "blank-in-name": "file name=x.EXT; filename=x.EXT", "tab-before": "\tfilename\t=\tx.EXT", "semicolons": ";;;filename=x.EXT;;;",
    "8-bit-blank": "filename=x.EXT\xa0", "vt": "filename=x.EXT\x0b", "backspace": "filename=x.\x08EXT", "escape": "filename=x.\x1bEXT",
    "del": "filename=x.\x7fEXT", "bare-cr": 'filename="x.\rEXT"'})
with_names("B22", {
    "dots-and-blanks": 'filename="x.EXT . . ."', "long-with-blanks": f'filename="x.txt{" " * 250}.EXT"',
    "newlines": 'filename="x.txt\n  \n .EXT"', "unc": 'filename="\\\\\\\\host\\\\share\\\\x.EXT"', "dot-slash": 'filename="./x.EXT"',
    "backslash-behind": 'filename="x.EXT\\\\"', "percent-behind": 'filename="x.EXT%20"', "percent-dot-behind": 'filename="x.EXT%2e"',
    "stream-at-front": 'filename=":x.EXT"', "bytes-behind": b'filename="x.EXT\xe2\x80\x8b"', "nbsp-behind": b'filename="x.EXT\xc2\xa0"',
    "ideographic-blank": b'filename="x.EXT\xe3\x80\x80"', "hangul-filler": b'filename="x.EXT\xe3\x85\xa4"',
    "tag": b'filename="x.EXT\xf3\xa0\x81\x81"'})


@case("B23", ("js-type", "text/javascript"), ("vbs-type", "text/vbscript"), ("msi-type", "application/x-msi"),
      ("jar-type", "application/java-archive"),
      ("bat-type", "application/x-bat"), ("shortcut-type", "application/x-ms-shortcut"), ("scriptlet-type", "text/scriptlet"),
      kinds=("name",))
def only_another_type(p, kind):
    return named(p, f"Content-Type: {'text/plain' if p.honest else kind}\n")


@case("E35", "encoded-words-first", "comments-first", "many-charsets")
def burning_header(p, how):
    field = {"encoded-words-first": "Subject: " + "=?utf-8?q?" * 5000, "comments-first": "Content-Description: " + "(" * 60000,
             "many-charsets": "Subject: " + " ".join(f"=?x-{i}?q?a?=" for i in range(2000))}[how]
    return multipart(p, MIXED, fields="" if p.honest else field + "\n")
