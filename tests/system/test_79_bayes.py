"""Rules that ask the model as SpamAssassin's ask its Bayes: not run, told without points, or with points in place of the model's own."""
import json

import pytest
from test_63_reload import workers
from test_76_model import BAD, GOOD, followed, mail, status, teach
from world import wait_for

OWN = r"""
body     SITE_BAYES     eval:check_bayes('0.90', '1.00')
score    SITE_BAYES     1.5
score    BAYES_999      0 0 2.5 2.5
meta     SITE_META      BAYES_99 || BAYES_95
score    SITE_META      0.7
body     SITE_SETS      /the|and|of|to/
score    SITE_SETS      0.1 0.2 0.3 0.4
"""
QUICK = "spam:\n  model:\n    poll: 1s\n    least: 20\n    bayes: {}\npolicy:\n  spam_quarantine: 0\n"


@pytest.fixture
def own(world):
    path = world.dir / "rules/50_site.cf"
    path.write_text(OWN)
    path.chmod(0o644)
    world.lazaret.qctl("reload")
    wait_for(lambda: workers(world) and workers(world)[0]["generation"] > 1, 30, message="a generation with these rules")


def explained(world, words, number):
    path = world.dir / f"{number}.eml"
    path.write_bytes(mail(words, number))
    path.chmod(0o644)
    return json.loads(world.lazaret.qctl("explain", "--json", str(path)).stdout)


def points(told, check="spam"):
    return {one["symbol"]: one["points"] for one in told["findings"] if one["check"] == check}


def rule(world, name):
    return json.loads(world.lazaret.qctl("rules", "--json", "show", name).stdout)


@pytest.mark.config(QUICK.format("off"))
def test_off_such_rules_are_not_run_and_it_is_told_why(world, own):
    teach(world)
    told = explained(world, BAD, 8000)
    assert points(told, "model")["MODEL_SPAM"] > 1 and set(points(told)) & {"SITE_BAYES", "SITE_META", "BAYES_99"} == set()
    assert points(told)["SITE_SETS"] == 0.1
    assert rule(world, "SITE_BAYES")["why_not"] == "it asks the model, and spam.model.bayes is off"
    assert "11 are not run: it asks the model, and spam.model.bayes is off" in world.lazaret.qctl("rules", "check").stdout
    assert "not run: it asks the model" in world.lazaret.qctl("rules", "list").stdout


@pytest.mark.config(QUICK.format("names"))
def test_as_names_they_hit_without_points_and_metas_see_them(world, own):
    assert "BAYES" not in status(world, BAD, 7000)
    teach(world)
    followed(world)
    told = explained(world, BAD, 8000)
    assert points(told)["BAYES_99"] == 0 and points(told)["SITE_BAYES"] == 0 and points(told)["SITE_META"] == 0.7
    assert points(told)["SITE_SETS"] == 0.1 and points(told, "model")["MODEL_SPAM"] > 1
    assert points(explained(world, GOOD, 8001))["BAYES_00"] == 0
    assert rule(world, "BAYES_99")["run"] and rule(world, "BAYES_99")["score"] == 0
    tests = status(world, BAD, 7001)
    assert "MODEL_SPAM,BAYES_99" in tests and "SITE_META" in tests and "model=rules" not in tests


@pytest.mark.config(QUICK.format("points"))
def test_with_points_they_have_theirs_and_the_model_has_none(world, own):
    assert points(explained(world, BAD, 7999))["SITE_SETS"] == 0.1  # no model speaks yet
    teach(world)
    followed(world)
    told = explained(world, BAD, 8000)
    found = points(told)
    assert found["BAYES_99"] == 4 and found["SITE_BAYES"] == 1.5 and found["SITE_META"] == 0.7 and found["SITE_SETS"] == 0.3
    assert points(told, "model")["MODEL_SPAM"] == 0 and told["model"] == "rules"
    assert abs(told["score"] - sum(found.values())) < 0.001
    assert found.get("BAYES_999", 2.5) == 2.5
    assert points(explained(world, GOOD, 8001))["BAYES_00"] == -2
    assert "Model: heard by rules" in world.lazaret.qctl("explain", str(world.dir / "8000.eml")).stdout
    assert status(world, BAD, 7001).endswith("model=rules") and status(world, GOOD, 7002).endswith("model=rules")
    assert "those of rules that ask it" in world.lazaret.qctl("model", "show").stdout
    out = world.lazaret.qctl("model", "fit", str(world.dir / "bad"), str(world.dir / "good"), check=False)
    assert out.returncode != 0 and "spam.model.bayes is points" in out.stderr, out


@pytest.mark.config(QUICK.format("points").replace("spam:\n", "spam:\n  score_set: 0\n"))
def test_points_that_no_rule_has_are_told_in_the_log(world):
    assert "no rule with points asks the model" in world.lazaret.log()
