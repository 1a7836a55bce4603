"""make ham: which honest mails would not arrive whole?

    CORPUS=folder     honest mails, one a file; folders under it named spam or spam-… are left out
    VERBOSE=1         also the mails that are only tagged

Each mail goes through qscan --explain, configured as by default, with signatures that know test files alone. Listed is every
mail that is ambiguous, cut, held, refused or turned elsewhere, with what was found and where; then come the counts. Exits 1 if
more than one mail in a thousand is ambiguous or cut, or if one could not be read at all.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from world import BUILD, ROOT, make_database  # noqa: E402

BATCH = 200  # opening signatures and rules costs more than reading a mail
MOST_PER_MAIL = 1 / 1000
HARMLESS = ("none", "allow", "tag")

CONFIG = """site:
  name: mx.example.org
  admin: postmaster@example.org
  domains: [example.org]
  run_dir: {folder}/run
  state_dir: {folder}/state
front:
  next_hop: 127.0.0.1:10026
virus:
  database: {folder}/signatures
spam:
  rules: [{root}/rules]
"""


# ---------------------------------------------------------------- asking

def mails_of(folder):
    """Names relative to the folder, none of which looks like an option."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(above.partition("-")[0] == "spam" for above in name.parts[:-1]):
            yield f"./{name}"


def explain(config, folder, names):
    command = [BUILD.resolve() / "bin/qscan", "-c", config, "--json", "--explain", *names]
    out = subprocess.run(command, cwd=folder, capture_output=True)
    if out.stderr:
        sys.stderr.write(out.stderr.decode("utf-8", "replace"))
    return [json.loads(line) for line in out.stdout.splitlines()]


def answers_of(config, folder, names):
    batches = [names[at:at + BATCH] for at in range(0, len(names), BATCH)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for answers in pool.map(lambda batch: explain(config, folder, batch), batches):
            yield from answers


# ---------------------------------------------------------------- judging

def kinds_of(answer):
    """What became of a mail, in words of the list; nothing if it arrives whole and untouched."""
    if any(finding["unscanned"] == "ambiguous" for finding in answer["findings"]):
        yield "ambiguous"
    for decision in answer["decisions"]:
        if decision["disposition"] != "deliver":
            yield decision["disposition"]
        elif decision["items"]:
            yield "cut"


def is_tagged(answer):
    """Some rule had a say, be it that a score reached its mark."""
    return any(decision["rule"] for decision in answer["decisions"])


def is_told(finding):
    return finding["unscanned"] or finding["reason"] == "virus" or finding["action"] not in HARMLESS


def tell_score(answer):
    """Where the score decided, the rules that gave most of it."""
    if not any(decision["rule"].startswith("policy.spam") for decision in answer["decisions"]):
        return
    heavy = sorted((f for f in answer["findings"] if f["points"] > 0), key=lambda f: -f["points"])
    print(f"    score {answer['score']:.1f}: " + ", ".join(f"{f['symbol']} {f['points']:.1f}" for f in heavy[:8]))


def tell(answer, kinds):
    for decision in answer["decisions"]:
        print(f"{answer['file']}  {' '.join(sorted(kinds)) or 'tagged'}: {decision['disposition']} by {decision['rule'] or 'no rule'}")
    for finding in filter(is_told, answer["findings"]):
        why = f" unscanned({finding['unscanned']})" if finding["unscanned"] else ""
        print(f"    {finding['symbol'] or finding['check']}{why} in {finding['where'] or 'the whole'}"
              f" by {finding['rule'] or 'no rule'}: {finding['detail']}")
    tell_score(answer)


# ---------------------------------------------------------------- all mails

def count_mails(config, folder, names):
    count = collections.Counter()
    for answer in answers_of(config, folder, names):
        kinds = set(kinds_of(answer))
        if kinds or (os.environ.get("VERBOSE") and is_tagged(answer)):
            tell(answer, kinds)
        count.update(kinds or {"whole"})
        count["read"] += 1
        count["ambiguous or cut"] += bool(kinds & {"ambiguous", "cut"})
    return count


def tell_counts(count, total):
    print(f"{total} mails, {count.pop('read')} read")
    for kind, times in count.most_common():
        print(f"  {kind}: {times} ({100 * times / total:.2f} %)")


def main():
    if "CORPUS" not in os.environ:
        sys.exit("ham: CORPUS names no folder of mails")
    folder = pathlib.Path(os.environ["CORPUS"]).resolve()
    names = list(mails_of(folder))
    if not names:
        sys.exit(f"ham: no mails in {folder}")
    with tempfile.TemporaryDirectory(prefix="lazaret-ham.") as own:
        make_database(pathlib.Path(own) / "signatures")
        config = pathlib.Path(own) / "lazaret.yaml"
        config.write_text(CONFIG.format(folder=own, root=ROOT))
        count = count_mails(config, folder, names)
    unread, most = len(names) - count["read"], MOST_PER_MAIL * len(names)
    too_many = count["ambiguous or cut"] > most
    tell_counts(count, len(names))
    if unread or too_many:
        sys.exit(f"ham: {unread} could not be read" if unread else "ham: more than one in a thousand is ambiguous or cut")


main()
