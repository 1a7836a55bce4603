"""Mails that hide their contents by what single clients make of them: more of sections A (parts), B (names) and E (limits)."""
import binascii
import dataclasses
import struct

from evasion import attachment, b64, binhexed, case, crlf, delimited, fields_of, head, mixed, quoted, raw, text_part, uuencoded, with_file, yencoded
from evasion_mails import disposed, in_text, inner_mail, multipart, named, openssl, smime, with_names, word

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
    fields = fields_of(p, encoding=None) + b"Content-Transfer-Encoding: %s\n" % (b"base64" if p.honest else b"7bit") * (1 if p.honest else count - 1)
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


@case("A11", "http", "sip", "tracking-status", "feedback-report", "disposition-notification", "global-delivery-status", kinds=())
def message_that_is_none(p, subtype):
    """Honest parts that GMime does not open, whatever is in there."""
    body = {"http": b"HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8\nContent-Length: 4\n\n<p>\n",
            "sip": b"MESSAGE sip:a@example.org SIP/2.0\nContent-Type: text/plain\n\nhello\n",
            "tracking-status": b"Original-Envelope-Id: 1\n\nFinal-Recipient: rfc822; a@b\nAction: relayed\n",
            "feedback-report": b"Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n",
            "disposition-notification": b"Final-Recipient: rfc822; a@b\nDisposition: manual-action/MDN-sent-manually; displayed\n",
            "global-delivery-status": b"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b\nAction: failed\n"}[subtype]
    return mixed(text_part(), f"Content-Type: message/{subtype}\n\n".encode() + body)


@case("A11", ("mail-in-http", "http"), ("mail-in-sip", "sip"), ("mail-in-rfc2822", "rfc2822"), ("mail-in-s-http", "s-http"))
def mail_in_other_message(p, subtype):
    return mixed(text_part(), f"Content-Type: message/{subtype}\n\n".encode() + inner_mail(p))


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


@case("A13", ("uuencode-in-encoded-message", "message/rfc822"), ("uuencode-in-encoded-eml", "application/octet-stream; name=x.eml"))
def uuencoded_in_encoded_message(p, kind):
    """A file in encoded text in an encoded message: decoded twice before it is there to be found."""
    inner = head("Content-Type: text/plain\nContent-Transfer-Encoding: base64\n") + b"\n" + b64(b"See below:\r\n\r\n" + crlf(uuencoded(p)))
    return mixed(text_part(), f"Content-Type: {kind}\nContent-Transfer-Encoding: base64\n\n".encode() + b64(crlf(inner)))


@case("A13", ("in-encoded-yenc", yencoded), ("in-encoded-binhex", binhexed), ("in-encoded-mail", inner_mail))
def others_in_encoded_message(p, encode):
    inner = head("Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n") + b"\n"
    text = b"See below:\r\n\r\n" + encode(p)
    inner = crlf(inner) + b"".join(quoted(text[i:i + 20]).encode() + b"=\r\n" for i in range(0, len(text), 20))
    return mixed(text_part(), b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + b64(inner))


@case("A13-uuencode-in-encoded-text")
def uuencoded_in_message_in_encoded_text(p):
    part = b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + b64(b"See:\r\n\r\n" + crlf(uuencoded(p)))
    inner = b"Your mail:\n\nContent-Type: multipart/mixed; boundary=I\n\n" + delimited(text_part(), part, boundary="I")
    return in_text(b64(crlf(inner)), "base64")


@case("A13", ("texts-in-texts", 5), ("many-texts-in-texts", 12))
def encoded_texts(p, depth):
    """Encoded text whose text is a part of encoded text, and so on: at some level that is nobody's honest mail."""
    text = uuencoded(p)
    for _ in range(1 if p.honest else depth):
        text = b"Your mail:\n\nContent-Type: text/plain; name=a.txt\nContent-Transfer-Encoding: base64\n\n" + b64(crlf(text))
    return in_text(text)


@case("A13", ("uuencode-empty-line-first", b"\n"), ("uuencode-zero-line-first", b"`\n"), ("uuencode-blank-first", b" \n"),
      ("uuencode-empty-lines-first", b"\n" * 30), ("uuencode-talk-first", b"Here it is.\n\n"))
def uuencode_line_first(p, line):
    """Clients go by the line "begin", whatever is behind it."""
    plain = uuencoded(p)
    at = plain.index(b"\n") + 1
    return in_text(b"See below:\n\n" + plain[:at] + line + plain[at:])


@case("A13", ("uuencode-behind-beginning", b"begin 644 a.txt\n"), ("uuencode-behind-beginning-with-talk", b"begin 644 a.txt\nHere it is:\n\n"),
      ("uuencode-behind-file", b"begin 644 a.txt\n#0V%T\n"), ("uuencode-behind-yenc", b"=ybegin line=1 size=1 name=a.txt\n"),
      ("uuencode-behind-binhex", b"(This file must be converted with BinHex 4.0)\n\n"))
def behind_other_beginning(p, line):
    return in_text(b"See below:\n\n" + line + uuencoded(p))


@case("A13", ("yenc-behind-uuencode", yencoded), ("binhex-behind-uuencode", binhexed), ("mail-behind-uuencode", inner_mail))
def behind_unended_file(p, encode):
    return in_text(b"See below:\n\nbegin 644 a.txt\n#0V%T\n\n" + encode(p))


@case("A13", ("end-in-data", b"END\"-DATA\n"), ("end-between-returns", b"#0V%T\rend\r#0V%T\n"))
def end_inside(p, line):
    """No end to a client, which looks for a line of three letters."""
    plain = uuencoded(dataclasses.replace(p, data=b"PK\5\6" + bytes(41) + p.data))
    at = plain.index(b"\n") + 1
    return in_text(b"See below:\n\n@").replace(b"@", crlf(plain[:at + 62]) + (b"" if p.honest else line[:-1] + b"\r\n") + crlf(plain[at + 62:]))


@case("A13-uuencode-lower-case")
def lower_case_uuencode(p):
    """Decoders take the lower six bits of what stands there."""
    plain = uuencoded(p)
    at = plain.index(b"\n") + 1
    lines = plain[at:-len(b"`\nend\n")].split(b"\n")
    lower = b"\n".join(line[:1] + bytes(c + 64 if 32 < c < 63 else c for c in line[1:]) for line in lines)
    return in_text(b"See below:\n\n" + plain[:at] + lower + b"`\nend\n")


@case("A13", ("twin-begin-in-talk", "begin 5 days before\nThe meeting is on Monday.\n"), ("twin-begin-644-in-talk", "begin 644 x\n\nand so on, to the end\n"),
      ("twin-begin-and-end", "begin\nSELECT * FROM A\nend\n"), ("twin-binhex-in-talk", "(This file must be converted with BinHex 4.0)\nis what it says :-)\n"),
      kinds=())
def talk_of_files(p, text):
    return in_text(b"He wrote:\n\n" + text.encode())


@case("A13-uuencode-cr-for-blank", kinds=("program", "name"))
def uuencode_returned(p):
    """A bare CR leaves as a blank, which is data."""
    plain = uuencoded(dataclasses.replace(p, data=bytes(45) + p.data))
    at = plain.index(b"\n") + 1
    zeros = b"M" + b" " * 20 + (b" " if p.honest else b"\r") + b" " * 39
    return in_text(b"See below:\n\n@").replace(b"@", crlf(plain[:at]) + zeros + crlf(plain[at + 61:]))


@case("A13", ("uuencode-cr-in-begin", b"begin\r644\r"), ("uuencode-cr-before-name", b"begin 644\r"), ("uuencode-cr-behind-begin", b"begin\r644 "))
def uuencode_begin_returned(p, begin):
    mail = in_text(b"See below:\n\n" + uuencoded(p))
    return mail if p.honest else mail.replace(b"begin 644 ", begin)


@case("A13-talk-before-x-uuencode")
def talk_before_uuencode(p):
    talk = b"" if p.honest else b"HERE IS WHAT YOU WANTED,\n\n"
    return mixed(text_part(), fields_of(p, encoding="x-uuencode") + b"\n" + talk + uuencoded(p))


@case("A13-uuencode-under-x-uuencode")
def uuencoded_under_uuencode(p):
    text = uuencoded(dataclasses.replace(p, name="a.txt", data=b"See below:\r\n\r\n" + crlf(uuencoded(p))))
    return mixed(b"Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\n" + text)


@case("A13", ("binhex-far", 12), ("binhex-very-far", 3000))
def binhex_far(p, lines):
    return in_text(b"See below:\n\n" + binhexed(p).replace(b"\n\n", b"\n" * lines, 1))


@case("A13", ("binhex-behind-smiley", b":-) look\n:D\n"), ("binhex-behind-colon", b"Name: a.txt\n\n"))
def binhex_behind_talk(p, talk):
    return in_text(b"See below:\n\n" + binhexed(p).replace(b"\n\n", b"\n" + talk, 1))


@case("A13", ("binhex-typed-names", "application/mac-binhex40"), ("uuencode-typed-names", "application/x-uuencode"),
      ("uuencode-text-typed", "text/x-uuencode"), kinds=("program", "name"))
def encoded_by_type(p, kind):
    return mixed(text_part(), f"Content-Type: {kind}\n\n".encode() + (binhexed(p) if "binhex" in kind else uuencoded(p)))


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


@case("B21", ("cr-becomes-blank", b"filename=x.EXT\r.txt"), ("cr-in-ending", b"filename=x.E\rXT"), ("cr-before-name", b"filename=\rx.EXT"),
      ("cr-in-key", b"file\rname=x.txt; filename\r=\rx.EXT"), ("cr-for-quotes", b'filename="x.EXT\r"'), kinds=("name",))
def returned(p, text):
    """A bare CR in a field leaves as a blank."""
    text = text.replace(b"E\rXT", p.ending.encode()[:1] + b"\r" + p.ending.encode()[1:]).replace(b"EXT", p.ending.encode())
    return disposed(p, b"@").replace(b"@", b"filename=x.txt" if p.honest else text)


@case("B21", ("cr-before-colon", b"Content-Disposition\r: attachment; filename=x.EXT"), ("cr-for-fold", b"Content-Disposition: attachment;\r\n\rfilename=x.EXT"),
      kinds=("name",))
def returned_field(p, field):
    honest = b"Content-Disposition: attachment; filename=x.EXT"
    return named(p, disposition="@\n").replace(b"@", (honest if p.honest else field).replace(b"EXT", p.ending.encode()))


@case("A07", ("multipart-cr-before-colon", b"\r: multipart/mixed; boundary=B"), ("multipart-cr-for-fold", b": multipart/mixed;\r\n\rboundary=B"))
def returned_type(p, field):
    return multipart(p, "Content-Type@\n").replace(b"@", b": multipart/mixed; boundary=B" if p.honest else field)


@case("A01-boundary-cr")
def returned_boundary(p):
    return multipart(p, "Content-Type: multipart/mixed; boundary=@\n").replace(b"=@", b"=B" if p.honest else b"=B\rC")


@case("A04-base64-cr")
def returned_encoding(p):
    return mixed(text_part(), fields_of(p, encoding="@") + b"\n" + b64(p.data)).replace(b"@\r", b"base64\r" if p.honest else b"\rbase64\rx\r")


@case("B22", ("question-mark", 'filename="x.EXT?"'), ("star", 'filename="x.EXT*"'), ("bar", 'filename="x.EXT|"'), ("less", 'filename="x.EXT<"'),
      ("greater", 'filename="x.EXT>"'), ("marks-and-dots", 'filename="x.EXT?. *"'), ("mark-behind-slash", 'filename="x.EXT/?"'), ("marks-before-stream", 'filename="x.EXT?::$DATA"'),
      ("ogham", b'filename="x.EXT\xe1\x9a\x80"'), ("line-separator", b'filename="x.EXT\xe2\x80\xa8"'), ("paragraph-separator", b'filename="x.EXT\xe2\x80\xa9"'),
      ("figure-blank", b'filename="x.EXT\xe2\x80\x87"'), ("blank-before-ending", b'filename="x.\xe2\x80\xa8EXT"'), kinds=("name",))
def odd_end_of_name(p, text):
    return disposed(p, raw(text).replace(b"EXT", p.ending.encode()))


@case("B22-twin-question", kinds=())
def question_as_name(p):
    return disposed(p, 'filename="What now? A <short> answer.txt"')


@case("B23", ("second-description", "Content-Description"), ("second-location", "Content-Location"), kinds=("name",))
def second_name_elsewhere(p, field):
    return named(p, fields=f"{field}: a.txt\n" * (not p.honest) + f"{field}: {p.name}\n")


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
