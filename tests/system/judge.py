"""The real scanner's opinion of many mails at once, without Postfix between: `qscan --explain`."""
import concurrent.futures
import json
import subprocess

from world import BUILD, ROOT, make_database

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
subject:
  - {{name: forbidden, match: regex, patterns: ['for ?bidden'], action: quarantine}}
  - {{name: catastrophic, match: regex, patterns: ['^(a+)+$'], action: quarantine}}
"""


class Judge:
    """Runs qscan over all mails, once on each of two cores: opening the signatures costs more than reading the mails."""

    def __init__(self, folder):
        self.folder = folder
        make_database(folder / "signatures")
        (folder / "lazaret.yaml").write_text(CONFIG.format(folder=folder, root=ROOT))
        (folder / "mails").mkdir()
        self.answers = {}

    def explain(self, names):
        return subprocess.run([BUILD.resolve() / "bin/qscan", "-c", self.folder / "lazaret.yaml", "--json", "--explain", *names],
                              cwd=self.folder / "mails", capture_output=True, timeout=300)

    def ask(self, mails):
        for name, mail in mails.items():
            (self.folder / "mails" / name).write_bytes(mail)
        names = list(mails)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            outs = list(pool.map(self.explain, [half for half in (names[::2], names[1::2]) if half]))
        for line in b"".join(out.stdout for out in outs).splitlines():
            answer = json.loads(line)
            self.answers[answer["file"]] = answer
        missing = [name for name in mails if name not in self.answers]
        codes = [out.returncode for out in outs]
        assert not any(codes) and not missing, (codes, missing[:5], outs[0].stderr[-2000:], outs[-1].stderr[-2000:])
        return self.answers


def brief(answer):
    return {"decisions": answer["decisions"], "parts": [(p["path"], p["type"], p["names"], p["anomalies"]) for p in answer["parts"][:8]],
            "findings": [f for f in answer["findings"] if f["check"] != "spam"][:8]}
