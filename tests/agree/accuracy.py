"""make accuracy: how well the statistical model tells spam from ham that it has not seen, beside others.

    CORPUS=folder   mails, one a file, in folders whose names hold "ham" or "spam"
    FOLDS=10        each fold is judged by what has learned the others
    ORDERS=5        random orders in which it is learned
    SEED=1          of our hashes of features, which each site draws by lot
    PEERS=bogofilter,rspamd,spamassassin    which others are asked ("" for none)
    FOLDS_SPAMASSASSIN=10    and FOLDS_BOGOFILTER, FOLDS_RSPAMD: the folds of one of them, where FOLDS take too long

Told are, for each: 1-ROCA %, the share of pairs of a spam and a ham that stand in the wrong order; FN@0.1, the share of spam missed
at the threshold that one ham in a thousand passes; and FP % and FN % at the threshold that the tool has by default.

  batch    learned as a whole, k-fold; the mean over the folds, and of the orders, where those make a difference
  online   each mail judged, then learned, in random orders and in that of delivery: what a site sees that begins with nothing

Mails of a corpus resemble each other more than those of a site's next month will: the figures are for comparison.
"""
import collections
import contextlib
import email
import email.utils
import json
import math
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("B", ROOT / "build/release"))
FOLDS, ORDERS = int(os.environ.get("FOLDS", 10)), int(os.environ.get("ORDERS", 5))

sys.path.insert(0, str(ROOT / "tests/agree"))
import rspamd  # noqa: E402

THRESHOLD = 5  # points at which a mail is spam by rules alone

CONFIG = """site:
  name: mx.example.org
  admin: postmaster@example.org
  domains: [example.org]
  run_dir: {folder}/run
  state_dir: {folder}/state
front:
  next_hop: 127.0.0.1:10026
virus:
  enabled: false
spam:
  rules: [{root}/rules]
"""

Mail = collections.namedtuple("Mail", "number is_spam delivered path")


# ---------------------------------------------------------------- the corpus

def kind_of(path, folder):
    names = "/".join(path.relative_to(folder).parts[:-1]).lower()
    return 1 if "spam" in names and "ham" not in names else 0 if "ham" in names else None


def delivered(path):
    """When the last host took it, else when its sender says it was written."""
    with open(path, "rb") as file:
        head = file.read(65536).decode("latin-1")
    if head.startswith("From "):
        head = head.partition("\n")[2]
    fields = email.message_from_string(head.replace("\r\n", "\n").partition("\n\n")[0] + "\n\n")
    for text in [*(fields.get_all("Received") or []), fields.get("Date", "")]:
        parsed = email.utils.parsedate_tz(str(text).rpartition(";")[2])
        if parsed:
            try:
                return int(email.utils.mktime_tz(parsed))
            except (ValueError, OverflowError):
                pass
    return 0


def read_corpus(folder):
    found = [(path, kind_of(path, folder)) for path in sorted(folder.rglob("*")) if path.is_file()]
    found = [(path, kind) for path, kind in found if kind is not None]
    return [Mail(at, kind, delivered(path), path) for at, (path, kind) in enumerate(found)]


# ---------------------------------------------------------------- figures

def figures(scored, default):
    """Of pairs (score, is spam): 1-ROCA, FN at 0.1 % FP, FP and FN at the default threshold, all in percent."""
    spam, ham = sum(s for _, s in scored), sum(1 - s for _, s in scored)
    wrong, ham_below, at = 0.0, 0, 0
    ordered = sorted(scored)
    while at < len(ordered):
        end, ties = at, [0, 0]
        while end < len(ordered) and ordered[end][0] == ordered[at][0]:
            ties[ordered[end][1]] += 1
            end += 1
        wrong += ties[1] * (ham - ham_below - ties[0] + ties[0] / 2)
        ham_below += ties[0]
        at = end
    passing = sorted((score for score, is_spam in scored if not is_spam), reverse=True)[int(ham / 1000)]
    missed = sum(1 for score, is_spam in scored if is_spam and score <= passing)
    false = sum(1 for score, is_spam in scored if not is_spam and score > default)
    lost = sum(1 for score, is_spam in scored if is_spam and score <= default)
    return [100 * wrong / (spam * ham), 100 * missed / spam, 100 * false / ham, 100 * lost / spam]


def mean(rows):
    return [statistics.fmean(column) for column in zip(*rows)]


def tell(who, what, rows, spread=None):
    row = mean(rows)
    least, most = (min(spread), max(spread)) if spread else (None, None)
    between = f"  ({least:.4f} to {most:.4f})" if spread and len(spread) > 1 else ""
    print(f"{who:<14} {what:<16} {row[0]:8.4f} {row[1]:7.2f} {row[2]:6.2f} {row[3]:6.2f}{between}", flush=True)
    return row


# ---------------------------------------------------------------- ours

def run_ours(mails):
    lines = "".join(f"{mail.is_spam} {mail.delivered} {mail.path}\n" for mail in mails)
    out = subprocess.run([BUILD / "tests/agree/lib/features/show_model", str(FOLDS), str(ORDERS)], input=lines,
                         capture_output=True, text=True, check=True).stdout
    runs, speed = collections.defaultdict(list), None
    # (score, is spam), and the mails' numbers beside them
    for line in out.splitlines():
        words = line.split()
        if words[0] == "speed":
            speed = words[1:]
            continue
        runs[words[0]].append((float(words[2]), mails[int(words[1])].is_spam))
        runs[words[0] + ".numbers"].append(int(words[1]))
    return runs, speed


# ---------------------------------------------------------------- rules beside the model

def rules_points(mails):
    """What our own rules give each mail, by its number."""
    points = {}
    with tempfile.TemporaryDirectory(prefix="lazaret-accuracy.") as folder:
        os.chmod(folder, 0o755)
        config = pathlib.Path(folder) / "lazaret.yaml"
        config.write_text(CONFIG.format(folder=folder, root=ROOT))
        for at in range(0, len(mails), 200):
            some = mails[at:at + 200]
            out = subprocess.run([BUILD / "bin/qscan", "-c", config, "--json", "--explain", *(mail.path for mail in some)],
                                 capture_output=True, check=True).stdout
            by_path = {one["file"]: one["score"] for one in map(json.loads, out.splitlines())}
            points.update((mail.number, by_path[str(mail.path)]) for mail in some)
    return points


def solve(rows):
    """Three equations, by Gauss."""
    for step in range(3):
        best = max(range(step, 3), key=lambda row: abs(rows[row][step]))
        rows[step], rows[best] = rows[best], rows[step]
        for row in range(3):
            if row != step:
                by = rows[row][step] / rows[step][step]
                rows[row] = [a - by * b for a, b in zip(rows[row], rows[step])]
    return [rows[at][3] / rows[at][at] for at in range(3)]


def fit(cases):
    """Logistic weights of logit, points and 1, as `qctl model fit` finds them."""
    weights = [0.1, 0.3, -1.0]
    for _ in range(40):
        rows = [[0.5 if row == column else 0.0 for column in range(3)] + [-0.5 * weights[row]] for row in range(3)]
        for x, truth in cases:
            p = 1 / (1 + math.exp(-max(-30, min(30, sum(w * a for w, a in zip(weights, x))))))
            for row in range(3):
                for column in range(3):
                    rows[row][column] += p * (1 - p) * x[row] * x[column]
                rows[row][3] += (truth - p) * x[row]
        weights = [w + max(-0.5, min(0.5, by)) for w, by in zip(weights, solve(rows))]
    return weights


def with_rules(runs, points, order):
    """Each fold is judged with weights that were fitted on the others."""
    cases = {}
    for fold in range(FOLDS):
        run = f"batch.{order}.{fold}"
        cases[fold] = [((score, points[number], 1.0), is_spam)
                       for (score, is_spam), number in zip(runs[run], runs[run + ".numbers"])]
    rows = []
    for fold in range(FOLDS):
        weights = fit([case for other in range(FOLDS) if other != fold for case in cases[other]])
        rows.append(figures([(sum(w * a for w, a in zip(weights, x)), is_spam) for x, is_spam in cases[fold]], 0))
    return mean(rows)


def tell_ours(mails):
    runs, speed = run_ours(mails)
    orders = []
    for order in range(ORDERS):
        orders.append(mean([figures(runs[f"batch.{order}.{fold}"], 0) for fold in range(FOLDS)]))
    tell("lazaret", "batch", orders, [row[0] for row in orders])
    points = rules_points(mails)
    tell("rules alone", "", [figures([(points[mail.number], mail.is_spam) for mail in mails], THRESHOLD - 1e-9)])
    orders = [with_rules(runs, points, order) for order in range(ORDERS)]
    tell("rules + model", "batch", orders, [row[0] for row in orders])
    orders = [figures(runs[f"online.{order}"], 0) for order in range(ORDERS)]
    tell("lazaret", "online", orders, [row[0] for row in orders])
    tell("lazaret", "online by date", [figures(runs["date"], 0)])
    print(f"  microseconds a mail: {speed[0]} for its features, {speed[1]} to learn them, {speed[2]} to judge them")


# ---------------------------------------------------------------- bogofilter

class Bogofilter:
    default = 0.99
    packages = ["bogofilter"]
    is_online = True

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def learn(self, mails):
        for kind, option in ((1, "-s"), (0, "-n")):
            paths = "".join(f"{mail.path}\n" for mail in mails if mail.is_spam == kind)
            if paths:
                subprocess.run(["bogofilter", "-d", self.folder, option, "-b"], input=paths, text=True, check=True)

    def judge(self, mails):
        if not (self.folder / "wordlist.db").exists():
            return [(0.5, mail.is_spam) for mail in mails]  # it has learned nothing, and says nothing
        out = subprocess.run(["bogofilter", "-d", self.folder, "-T", "-b", "-v"], text=True, capture_output=True,
                             input="".join(f"{mail.path}\n" for mail in mails)).stdout
        scores = [float(line.split()[-1]) for line in out.splitlines()]
        return list(zip(scores, (mail.is_spam for mail in mails), strict=True))

    def close(self):
        pass


class SpamAssassin:
    default = 0.5
    packages = ["spamassassin"]
    is_online = False  # it takes a quarter of an hour for each run

    def __init__(self, folder):
        folder.mkdir()
        self.process = subprocess.Popen(["perl", ROOT / "tests/agree/sa_bayes.pl", folder], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def learn(self, mails):
        for mail in mails:
            self.process.stdin.write(f"learn {mail.is_spam} {mail.path}\n")
        self.process.stdin.flush()

    def judge(self, mails):
        scored = []
        for mail in mails:
            self.process.stdin.write(f"judge {mail.number} {mail.path}\n")
            self.process.stdin.flush()
            scored.append((float(self.process.stdout.readline().split()[1]), mail.is_spam))
        return scored

    def close(self):
        rspamd.stop(self.process)  # it has answered, or nobody wants to know any more
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()


def without_from_line(path):
    mail = path.read_bytes()
    return mail.partition(b"\n")[2] if mail.startswith(b"From ") else mail


class Rspamd:
    """Its Bayes alone, in a redis of its own: of all that it finds in a mail only the probability is looked at. It is taught each mail
    without being asked what it thinks of it; the same text a second time it refuses, as made. What it judges by is a number of 53 bits,
    of which many mails get the last there is, 1."""
    default = 0.5
    packages = ["rspamd", "redis-server"]
    is_online = True

    def __init__(self, folder):
        folder.mkdir()
        folder.chmod(0o755)
        self.rspamd, self.redis = None, rspamd.Redis(folder)
        try:
            self.rspamd = rspamd.Rspamd(folder / "rspamd", folder.parent / "rspamd-expressions", self.redis)
        except BaseException:
            self.close()
            raise

    def learn(self, mails):
        for mail in mails:
            self.rspamd.learn(without_from_line(mail.path), mail.is_spam)

    def judge(self, mails):
        return [(self.rspamd.probability(without_from_line(mail.path)), mail.is_spam) for mail in mails]

    def close(self):
        if self.rspamd:
            self.rspamd.stop()
        self.redis.stop()


PEERS = {"bogofilter": Bogofilter, "rspamd": Rspamd, "spamassassin": SpamAssassin}


def fold_of(peer, mails, fold, folds, folder):
    with contextlib.closing(peer(folder)) as one:
        one.learn([mail for mail in mails if mail.number % folds != fold])
        return figures(one.judge([mail for mail in mails if mail.number % folds == fold]), peer.default)


def online(peer, mails, folder):
    scored = []
    with contextlib.closing(peer(folder)) as one:
        for mail in mails:
            scored += one.judge([mail])
            one.learn([mail])
    return figures(scored, peer.default)


def tell_peer(name, mails, folder):
    peer, folds = PEERS[name], int(os.environ.get(f"FOLDS_{name.upper()}", FOLDS))
    what = "batch" if folds == FOLDS else f"batch, {folds} folds"
    tell(name, what, [fold_of(peer, mails, fold, folds, folder / f"{name}-{fold}") for fold in range(folds)])
    if not peer.is_online:
        return
    shuffled = random.Random(1).sample(mails, len(mails))
    tell(name, "online", [online(peer, shuffled, folder / f"{name}-online")])
    by_date = sorted(mails, key=lambda mail: (mail.delivered, mail.number))
    tell(name, "online by date", [online(peer, by_date, folder / f"{name}-date")])


def install(names):
    packages = [package for name in names for package in PEERS[name].packages]
    if packages:
        rspamd.install(*packages)


def main():
    if "CORPUS" not in os.environ:
        sys.exit("accuracy: CORPUS names no folder of mails")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    mails = read_corpus(pathlib.Path(os.environ["CORPUS"]).resolve())
    spam = sum(mail.is_spam for mail in mails)
    if not spam or spam == len(mails):
        sys.exit("accuracy: no folders of ham and spam in there")
    names = [name for name in os.environ.get("PEERS", ",".join(PEERS)).split(",") if name]
    install(names)
    print(f"{spam} spam, {len(mails) - spam} ham; {FOLDS} folds, {ORDERS} orders")
    print(f"{'':<14} {'':<16} {'1-ROCA %':>8} {'FN@0.1':>7} {'FP %':>6} {'FN %':>6}")
    tell_ours(mails)
    with tempfile.TemporaryDirectory(prefix="lazaret-accuracy.") as folder:
        os.chmod(folder, 0o755)
        for name in names:
            start = time.monotonic()
            tell_peer(name, mails, pathlib.Path(folder))
            print(f"  {time.monotonic() - start:.0f} s")


main()
