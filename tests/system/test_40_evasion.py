"""Mails that hide what they carry, by every trick we know of, judged by the real program.

Each trick carries a virus, a program, a virus under a harmless name, or a harmless text under a program's name; none may pass as
clean. Its twin does the same with nothing to hide, or is the honest mail nearest to it, and must pass whole. `evasion_mails.py`
and `evasion_files.py` say how each is made, `evasion_clients.py` and `evasion_formats.py` go on with what single programs make of
mails and files; their names begin with the section (A parts, B names, C containers, D types, E limits, F header fields). What only the running system shows is tested elsewhere: smuggled line ends in test_10_clean.py, files that end
the process that reads them in test_60_kill.py.
"""
import pytest
from evasion import CASES, PAYLOADS, TWIN, with_file
import evasion_clients  # noqa: F401  registers its cases, as the next two
import evasion_files  # noqa: F401
import evasion_formats  # noqa: F401
import evasion_more  # noqa: F401
from evasion_mails import about
from judge import Judge, brief
from mails import CLAM

EVERY = sorted(CASES.items(), key=lambda one: one[0])
SECONDS_MOST = 60  # of one mail, on a busy machine, too; all are made so that linear work takes a small part of it


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    mails = {}
    for key, case in CASES.items():
        for kind in case.kinds:
            mails[f"{key}.{kind}"] = case.build(PAYLOADS[kind])
        if case.twin:
            mails[f"{key}.twin"] = case.build(TWIN)
    return Judge(tmp_path_factory.mktemp("evasion")).ask(mails)


def is_stopped(answer):
    """Held, refused, or without the part: a copy is kept of what is cut."""
    decision, = answer["decisions"]
    return decision["disposition"] in ("quarantine", "reject", "defer") or bool(decision["items"])


def is_whole(answer):
    decision, = answer["decisions"]
    return decision["disposition"] == "deliver" and not decision["items"]


def seconds(answer):
    return sum(check["cost_us"] for check in answer["checks"]) / 1e6


@pytest.mark.parametrize("key", [key for key, case in EVERY if case.kinds])
def test_nothing_hostile_passes_as_clean(judged, key):
    for kind in CASES[key].kinds:
        answer = judged[f"{key}.{kind}"]
        unread = [f for f in answer["findings"] if f["unscanned"] == "encrypted"]
        # What nobody can open is delivered, and its header says so.
        assert is_stopped(answer) or (CASES[key].passes and unread), (kind, brief(answer))
        assert seconds(answer) < SECONDS_MOST, (kind, answer["checks"])


@pytest.mark.parametrize("key", [key for key, case in EVERY if case.twin])
def test_the_honest_twin_passes(judged, key):
    answer = judged[f"{key}.twin"]
    assert is_whole(answer), brief(answer)
    assert not [f for f in answer["findings"] if f["unscanned"]], brief(answer)


@pytest.mark.parametrize("key", [key for key, case in EVERY if "content" in case.kinds and not case.passes])
def test_a_virus_without_a_name_is_found_or_not_called_scanned(judged, key):
    """Under a harmless name only the decoded content tells: so it was reached, or it is said that it was not."""
    found = [f for f in judged[f"{key}.content"]["findings"] if f["reason"] == "virus" or f["unscanned"]]
    assert found, brief(judged[f"{key}.content"])


# ---------------------------------------------------------------- formats as other programs make them

SAMPLES = sorted(CLAM.parent.glob("clam*"))


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    mails = {path.name: with_file(TWIN, "a.dat", path.read_bytes()) for path in SAMPLES}
    return Judge(tmp_path_factory.mktemp("samples")).ask(mails)


@pytest.mark.parametrize("name", [path.name for path in SAMPLES])
def test_a_known_virus_is_found_in_every_format_that_scanners_are_tried_with(samples, name):
    """Debian's clamav-testfiles: archives, packers, documents and mailboxes around one small program."""
    assert [f for f in samples[name]["findings"] if f["reason"] == "virus"], brief(samples[name])


# ---------------------------------------------------------------- header fields that come from outside

@pytest.fixture(scope="module")
def headers(tmp_path_factory):
    fields = {
        "forged-results": "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=outside.example\n",
        "forged-pass": "X-Lazaret: clean id=0\nX-Lazaret-Id: 0\nX-Spam-Flag: NO\nX-Virus-Scanned: clean\n",
        "two-from": "From: boss@example.org\nFrom: other@outside.example\nTo: <a@b>\n", "none": ""}
    return Judge(tmp_path_factory.mktemp("headers")).ask({name: about("hello", text) for name, text in fields.items()})


def test_authentication_results_of_strangers_authenticate_nobody(headers):
    assert headers["forged-results"]["authentic"] is False


def test_pass_headers_from_outside_are_taken_out_and_change_nothing(headers):
    edits = {name: answer["decisions"][0]["edits"] for name, answer in headers.items()}
    assert edits["forged-pass"] >= edits["none"] + 3
    assert [c["name"] for c in headers["forged-pass"]["checks"] if c["answer"] == "skipped"] == \
        [c["name"] for c in headers["none"]["checks"] if c["answer"] == "skipped"]


def test_several_from_fields_are_no_reason_to_look_less(headers):
    assert is_whole(headers["two-from"])
    assert len(headers["two-from"]["checks"]) == len(headers["none"]["checks"])
