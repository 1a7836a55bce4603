"""Mails and files that hide their contents behind what is told twice, late, or in armour: more of all sections."""
import struct
import zlib

from evasion import b64, case, mixed, text_part, with_file, yencoded
from evasion_files import by_program, compound, packed, zipped
from evasion_mails import disposed, inner_mail, named, openssl


@case("A16", ("twenty-names", 20), ("seventeen-names", 16), kinds=("name",))
def name_behind_names(p, count):
    return disposed(p, "; ".join(f"filename=x{i}.txt" for i in range(1 if p.honest else count)) + f"; filename={p.name}")


@case("A16", ("twenty-type-names", 20), kinds=("name",))
def type_name_behind_names(p, count):
    names = "; ".join(f"name=x{i}.txt" for i in range(1 if p.honest else count))
    return named(p, f"Content-Type: application/octet-stream; {names}; name={p.name}\n", "Content-Disposition: attachment; filename=x.txt\n")


@case("A16", ("seventeen-dispositions", 17), kinds=("name",))
def name_in_last_disposition(p, count):
    return named(p, "Content-Type: application/octet-stream; name=x.txt\n", "Content-Disposition: attachment\n" * (1 if p.honest else count - 1)
                 + f"Content-Disposition: attachment; filename*0=x.; filename*1={p.ending}\n")


@case("A15-signed-pem")
def armoured_signature(p):
    pem = openssl("cms", "-sign", "-nodetach", "-binary", "-signer", "{cert}", "-inkey", "{key}", "-outform", "PEM", data=inner_mail(p))
    return with_file(p, "smime.p7m", pem.replace(b"BEGIN CMS", b"BEGIN PKCS7").replace(b"END CMS", b"END PKCS7"), "application/pkcs7-mime")


@case("B23-svg-type", kinds=("program",))
def svg_by_type(p):
    script = b"" if p.honest else b"<script>x()</script>"
    return mixed(text_part(), b"Content-Type: image/svg+xml\n\n<svg xmlns='http://www.w3.org/2000/svg'>" + script + b"</svg>\n")


@case("C31-pdf-content", kinds=("program",))
def pdf_content(p):
    data = zlib.compress(p.data)
    return packed(p, "a.pdf", b"%PDF-1.7\n" + f"3 0 obj\n<</Type/EmbeddedFile/Filter/FlateDecode/Length {len(data)}>>\nstream\n".encode()
                  + data + b"\nendstream\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")


@case("C31-pdf-object-stream", kinds=("name", "program"))
def pdf_object_stream(p):
    spec = zlib.compress(f"2 0 <</Type/Filespec/F({p.name})/UF({p.name})/EF<</F 3 0 R>>>>".encode())
    data = zlib.compress(p.data)
    return packed(p, "a.pdf", b"%PDF-1.7\n" + f"4 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length {len(spec)}>>\nstream\n".encode() + spec
                  + f"\nendstream\nendobj\n3 0 obj\n<</Type/EmbeddedFile/Filter/FlateDecode/Length {len(data)}>>\nstream\n".encode() + data
                  + b"\nendstream\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")


@case("C31", ("mail-in-zip-late", "late"), ("mail-in-zip-blank-before-colon", "blank"), kinds=("program", "name"))
def late_mail(p, how):
    mail = b"X-A: bbbbbbbbbbbbbbbb\r\n" * 600 + inner_mail(p) if how == "late" else inner_mail(p).replace(b"Content-Type:", b"Content-Type :")
    return packed(p, "a.zip", zipped(("a.eml", mail)))


@case("C31-mail-in-zip-cr", kinds=("virus", "content", "program", "name"))
def cr_mail(p):
    return packed(p, "a.zip", zipped(("a.eml", inner_mail(p) if p.honest else inner_mail(p).replace(b"\r\n", b"\r"))))


@case("C27", ("xls", "xls"), ("doc", "doc"), ("odt", "odt"), kinds=("content",), passes=True, twin=False)
def other_encrypted_office(p, kind):
    noise = bytes(range(256)) * 20
    if kind == "xls":
        return packed(p, "a.xls", compound(("Workbook", struct.pack("<HH", 0x809, 16) + bytes(16) + struct.pack("<HH", 0x2f, 54) + bytes(54) + noise)))
    if kind == "doc":
        return packed(p, "a.doc", compound(("WordDocument", struct.pack("<HHHHHH", 0xa5ec, 0xc1, 0, 0, 0, 0x0100) + noise), ("1Table", noise)))
    manifest = b"<manifest:manifest><manifest:file-entry manifest:full-path='content.xml'><manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
    return packed(p, "a.odt", zipped(("mimetype", b"application/vnd.oasis.opendocument.text"), ("META-INF/manifest.xml", manifest), ("content.xml", noise)))


@case("A13", ("b64-file", "a.b64"), ("yenc-file", "a.ync"), kinds=("virus", "content", "program", "name"))
def encoded_files(p, name):
    return with_file(p, name, yencoded(p) if name == "a.ync" else f"begin-base64 644 {p.name}\n".encode() + b64(p.data) + b"====\n")


@case("C29-zstd-skippable-packed", kinds=("content", "program"))
def skippable(p):
    return packed(p, "a.zst", struct.pack("<II", 0x184d2a50, 4) + b"abcd" + by_program("zstd -q a", "a", p.data * 40, "a.zst"))
