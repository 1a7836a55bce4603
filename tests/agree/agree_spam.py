#!/usr/bin/python3
"""How our reading of SpamAssassin's rules agrees with SpamAssassin's own, on the mails that CORPUS names.

What SpamAssassin finds is read from the folder REFERENCE, where spam_reference.pl puts it first (minutes, once;
SpamAssassin's Debian package is needed). Prints agreement by kind of rule, of whole mails and of points, the rules
that differ most, and how far the texts are alike. SHOW=RULE names the mails in which that rule differs."""

import collections
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
B = os.environ.get("B", os.path.join(ROOT, "build/release"))
RULES = "/usr/share/spamassassin"
SHOWER = os.path.join(B, "tests/agree/lib/spam/show_spam")
KINDS = {"header": "header", "body": "body", "rawbody": "rawbody", "uri": "uri", "full": "full", "mimeheader": "mimeheader", "meta": "meta"}


def read_json(path):
    with open(path, "rb") as file:
        return json.loads(file.read().decode("latin-1"))


def mails_of(corpus):
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(corpus) for name in names)


def reference_of(folder, mails):
    """What SpamAssassin found, made where it isn't there yet."""
    os.makedirs(folder, exist_ok=True)
    missing = [mail for mail in mails if not os.path.exists(path_of(folder, mail))]
    if missing:
        print(f"SpamAssassin looks at {len(missing)} mails", file=sys.stderr)
        script = os.path.join(ROOT, "tests/agree/spam_reference.pl")
        subprocess.run(["nice", "-n", "15", "perl", script, folder, "2"], input="\n".join(missing), text=True, check=True)


def path_of(folder, mail):
    return os.path.join(folder, mail.replace("/", "%") + ".json")


def kinds_of_rules():
    """name -> kind, of what the rule files say last."""
    kinds = {}
    for name in sorted(os.listdir(RULES)):
        if not name.endswith(".cf"):
            continue
        with open(os.path.join(RULES, name), encoding="latin-1") as file:
            for line in file:
                found = re.match(r"\s*(header|body|rawbody|uri|full|mimeheader|meta)\s+(\w+)\s+(\S.*)", line)
                if found:
                    kind = "eval" if found.group(3).startswith("eval:") else KINDS[found.group(1)]
                    kinds[found.group(2)] = kind
    return kinds


def ours(mails):
    """Each mail's findings, as the shower prints them; two at a time."""
    processes = []
    for which in range(2):
        process = subprocess.Popen(["nice", "-n", "15", SHOWER, RULES], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        part = mails[which::2]
        if os.fork() == 0:
            process.stdin.write("".join(mail + "\n" for mail in part).encode())
            process.stdin.close()
            os._exit(0)
        process.stdin.close()
        processes.append(process)
    for process in processes:
        for line in process.stdout:
            yield json.loads(line)
        process.wait()


def plain(text):
    return bytes.fromhex(text)


class Tally:
    def __init__(self, kinds):
        self.kinds = kinds
        self.both, self.extra, self.missing = (collections.Counter() for _ in range(3))
        self.rules = collections.Counter()
        self.counts = [0, 0]
        self.mails = self.same = self.near = self.visible = 0
        self.texts = collections.Counter()
        self.differing = collections.defaultdict(list)

    def add(self, theirs, own):
        left, right = set(theirs["hits"]), set(own["hits"])
        self.mails += 1
        self.same += left == right
        self.visible += {n for n in left if n[:2] != "__"} == {n for n in right if n[:2] != "__"}
        self.near += abs(theirs["score"] - own["score"]) <= 0.1
        for name in left | right:
            kind = self.kinds.get(name, "?")
            if name in left and name in right:
                self.both[kind] += 1
                self.counts[0] += 1
                self.counts[1] += theirs["hits"][name] == own["hits"][name]
            elif name in left:
                self.missing[kind] += 1
                self.rules[name, "missing"] += 1
                self.differing[name].append(own["mail"])
            else:
                self.extra[kind] += 1
                self.rules[name, "extra"] += 1
                self.differing[name].append(own["mail"])
        self.compare_texts(theirs, own)

    def compare_texts(self, theirs, own):
        pairs = {"body": [plain(t) for t in own["body"]] == [t.encode("latin-1") for t in theirs["body"]],
                 "rawbody": [plain(t) for t in own["rawbody"]] == [t.encode("latin-1") for t in theirs["rawbody"]],
                 "uris": set(map(plain, own["uris"])) == {t.encode("latin-1") for t in theirs["uris"] if t},
                 "relays": plain(own["external"]) == theirs["relays"]["external"].encode("latin-1")
                 and plain(own["trusted"]) == theirs["relays"]["trusted"].encode("latin-1")}
        for key in theirs["headers"].keys() & own["headers"].keys() | {"EnvelopeFrom"}:
            value = plain(own["headers"][key]) if key in own["headers"] else None
            other = theirs["headers"].get(key)
            pairs[key] = value == (other.encode("latin-1") if other is not None else None)
        for key, same in pairs.items():
            self.texts[key, same] += 1
            if not same:
                self.differing["text " + key].append(own["mail"])

    def report(self):
        print(f"{'kind':<12}{'both':>8}{'extra':>8}{'missing':>8}{'agreement':>11}")
        for kind in sorted(self.both.keys() | self.extra.keys() | self.missing.keys()):
            self.line(kind, self.both[kind], self.extra[kind], self.missing[kind])
        self.line("all", sum(self.both.values()), sum(self.extra.values()), sum(self.missing.values()))
        print(f"hit counts alike where both hit: {share(self.counts[1], self.counts[0])}")
        print(f"mails with the same hits: {share(self.same, self.mails)}; without rules that add nothing: {share(self.visible, self.mails)}")
        print(f"mails with points within 0.1: {share(self.near, self.mails)}")
        for key in sorted({key for key, _ in self.texts}):
            print(f"text {key}: {share(self.texts[key, True], self.texts[key, True] + self.texts[key, False])}")
        for (name, how), count in self.rules.most_common(int(os.environ.get("RULES_SHOWN", "40"))):
            print(f"{count:6} {how:<8} {self.kinds.get(name, '?'):<10} {name}")
        for name in os.environ.get("SHOW", "").split(","):
            for mail in self.differing.get(name, [])[:20]:
                print(name, mail)

    @staticmethod
    def line(kind, both, extra, missing):
        print(f"{kind:<12}{both:>8}{extra:>8}{missing:>8}{share(both, both + extra + missing):>11}")


def share(part, whole):
    return f"{100 * part / whole:.2f} %" if whole else "-"


def main():
    corpus, folder = os.environ.get("CORPUS"), os.environ.get("REFERENCE")
    if not corpus or not folder:
        sys.exit("CORPUS=folder of mails and REFERENCE=folder for what SpamAssassin finds in them are needed")
    mails = mails_of(corpus)
    if not os.environ.get("ONLY_KNOWN"):
        reference_of(folder, mails)
    mails = [mail for mail in mails if os.path.exists(path_of(folder, mail))]
    tally = Tally(kinds_of_rules())
    for own in ours(mails):
        tally.add(read_json(path_of(folder, own["mail"])), own)
    tally.report()


if __name__ == "__main__":
    main()
