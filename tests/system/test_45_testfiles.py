"""Debian's clamav-testfiles, all of them, in every wrapping that mail has: what libclamav itself finds in a file is found in the mail.

The one signature is that of clam.exe; the files hold it in archives, packers, documents and mailboxes.
"""
import io
import tarfile
import zipfile

import pytest
from evasion import TWIN, attachment, b64, crlf, head, mixed, text_part, with_file
from judge import Judge, brief
from mails import CLAM
from plain_clamav import ask
from world import make_database

FILES = sorted(path for path in CLAM.parent.iterdir() if path.is_file())


def attached(name, data):
    return with_file(TWIN, name, data)


def nested(name, data):
    return crlf(mixed(text_part(), b"Content-Type: message/rfc822\n\n" + attached(name, data)))


def nested_base64(name, data):
    return mixed(text_part(), b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + b64(attached(name, data)))


def forwarded_twice(name, data):
    return crlf(mixed(text_part(), b"Content-Type: message/rfc822\n\n" + nested(name, data), boundary="C",
                      kind='Content-Type: multipart/mixed; boundary="C"\n'))


def zipped(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("readme.txt"), b"nothing to see\n")
        archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return attached("files.zip", out.getvalue())


def zipped_tar(name, data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return attached("files.tar.gz", out.getvalue())


def unnamed(name, data):
    """Under no name, and a type that says nothing."""
    part = b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n" + b64(data)
    return mixed(text_part(), part)


def alone(name, data):
    """The message is the file."""
    return crlf(head(f'Content-Type: application/octet-stream; name="{name}"\nContent-Transfer-Encoding: base64\n')) + b"\r\n" \
        + crlf(b64(data))


WRAPPINGS = {make.__name__: make for make in (attached, nested, nested_base64, forwarded_twice, zipped, zipped_tar, unnamed, alone)}


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    found = ask(make_database(tmp_path_factory.mktemp("plain") / "signatures"), FILES)
    return {path.name: found[str(path)] for path in FILES}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    mails = {f"{path.name}.{kind}": make(path.name, path.read_bytes()) for path in FILES for kind, make in WRAPPINGS.items()}
    return Judge(tmp_path_factory.mktemp("testfiles")).ask(mails)


def viruses(answer):
    return {finding["detail"] for finding in answer["findings"] if finding["reason"] == "virus"}


def test_the_files_are_those_that_libclamav_knows(known):
    assert len(FILES) >= 40 and sum(virus is not None for virus in known.values()) >= 40, known


@pytest.mark.parametrize("kind", WRAPPINGS)
@pytest.mark.parametrize("name", [path.name for path in FILES])
def test_what_libclamav_finds_in_a_file_is_found_in_the_mail(known, judged, name, kind):
    answer = judged[f"{name}.{kind}"]
    if known[name] is None:
        pytest.skip("libclamav itself finds nothing in it")
    assert known[name] in viruses(answer), brief(answer)
    decision, = answer["decisions"]
    assert decision["items"] or decision["disposition"] in ("quarantine", "reject"), brief(answer)


@pytest.mark.parametrize("kind", WRAPPINGS)
def test_the_same_wrapping_of_a_harmless_file_passes(kind, tmp_path):
    answer = Judge(tmp_path).ask({"mail": WRAPPINGS[kind]("notes.txt", b"Nothing but words.\n" * 30)})["mail"]
    assert not viruses(answer), brief(answer)
    decision, = answer["decisions"]
    assert decision["disposition"] == "deliver" and not decision["items"], brief(answer)
