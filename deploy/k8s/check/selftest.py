"""Whether the check finds what it is for: a clean render passes, and each rule is seen to fail on the things broken in cases.py."""

import json
import tempfile
import unittest
from contextlib import contextmanager
from pathlib import Path

import handmade
import render as renders
import rules
import schema
from cases import BROKEN, CONTEXT, UNFIT, Broken
from objects import Render, selects, title
from render import combinations
from report import Somewhere
from rules import config, network, pods
from rules.context import Context, handmade_secrets

@contextmanager
def tree():
    """A deploy/k8s directory of a base with one Service, an overlay, and a component with another."""

    def service(name):
        return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}})

    files = {
        "base/kustomization.yaml": "resources: [a.yaml]",
        "base/a.yaml": service("a"),
        "overlays/dev/kustomization.yaml": "resources: [../../base]",
        "components/more/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [b.yaml]",
        "components/more/b.yaml": service("b"),
    }
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        yield root


class SelfTest(unittest.TestCase):
    """Everything that `run` relies on."""

    def test_a_clean_render_passes(self):
        clean = Broken()
        for rule in rules.ALL:
            self.assertEqual(list(rule(clean.render(), CONTEXT)), [], rule.__name__)
        for obj in clean.objects:
            self.assertEqual(schema.problems(obj), [], obj)

    def test_each_rule_finds_what_is_broken(self):
        for rule, breaks, words in BROKEN:
            with self.subTest(rule=rule.__name__, words=words):
                broken = Broken()
                breaks(broken)
                found = list(rule(broken.render(), CONTEXT))
                self.assertTrue(any(words in problem for problem in found), found)

    def test_no_rule_is_without_a_case(self):
        self.assertEqual({r.__name__ for r in rules.ALL} - {r.__name__ for r, _, _ in BROKEN}, set())

    def test_schemas_refuse_what_does_not_fit(self):
        for key, breaks, words in UNFIT:
            with self.subTest(key=key, words=words):
                broken = Broken()
                obj = broken[key]
                breaks(broken)
                found = schema.problems(obj)
                self.assertTrue(any(words in problem for problem in found), found)

    def test_secrets_may_stand_in_the_dev_overlay(self):
        secret = {"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"password": "x"}}
        found = config.secrets_stay_out_of_the_repository(Render("overlays/dev", [secret]), CONTEXT)
        self.assertEqual(list(found), [])

    def test_pods_that_no_policy_selects_are_open(self):
        open_ones = Broken()
        open_ones.objects = [o for o in open_ones.objects if o["kind"] != "NetworkPolicy"]
        render = Render("base", open_ones.objects)
        for rule in network.RULES:
            self.assertEqual(list(rule(render, CONTEXT)), [], rule.__name__)

    def test_selectors_select_as_in_kubernetes(self):
        def expression(operator, *values):
            return {"matchExpressions": [{"key": "a", "operator": operator, "values": list(values)}]}

        for selector, labels, expected in (
            ({}, {}, True),
            (None, {"a": "1"}, False),
            ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
            ({"matchLabels": {"a": "1"}}, {"a": "2"}, False),
            (expression("In", "1", "2"), {"a": "2"}, True),
            (expression("In", "1", "2"), {}, False),
            (expression("NotIn", "1"), {}, True),
            (expression("NotIn", "1"), {"a": "1"}, False),
            (expression("Exists"), {"a": "1"}, True),
            (expression("DoesNotExist"), {"a": "1"}, False),
        ):
            self.assertEqual(selects(selector, labels), expected, (selector, labels))

    def test_alternatives_are_not_combined_and_all_others_are(self):
        found = combinations(["autoscaling", "autoscaling-keda", "ingress", "rabbitmq"])
        self.assertNotIn(("autoscaling", "autoscaling-keda"), found)
        for expected in ((), ("ingress",), ("ingress", "rabbitmq"), ("autoscaling-keda", "ingress", "rabbitmq")):
            self.assertIn(expected, found)
        self.assertEqual(len(found), len(set(found)))

    def test_a_problem_that_another_render_solves_is_none(self):
        problem = Somewhere("NetworkPolicy/a: is for no pods")
        subjects = {"base": {"NetworkPolicy/a"}, "base + mongodb": {"NetworkPolicy/a"}, "overlays/dev": {"Service/a"}}
        self.assertFalse(problem.holds(["base"], subjects))
        self.assertTrue(problem.holds(["base", "base + mongodb"], subjects))

    def test_secrets_to_make_by_hand_are_those_of_the_table(self):
        table = "## Secrets\n| Secret | keys |\n| - | - |\n| `a`, `b` | `x`, `y.z`: two | for |\n"
        page = f"# A\n| `no` | `a` | |\n{table}## B\n| `no` | `a` | |"
        self.assertEqual(handmade_secrets(page), {"a": {"x", "y.z"}, "b": {"x", "y.z"}})
        self.assertEqual(handmade_secrets("# Nothing"), {})

    def test_secrets_are_made_as_they_are_documented(self):
        stores = [p for p in Broken().render().pods if p.spec is None]
        context = Context(version="1", handmade={"a": {"mongo-uri"}, "marketplace-tls": {"tls.key"}}, queues=frozenset())

        def secret(**data):
            metadata = {"name": "a", "namespace": "marketplace"}
            return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}

        good = secret(**{"mongo-uri": "mongodb://u:p@mongodb-svc.marketplace.svc:27017/"})
        self.assertEqual(list(handmade.problems([good], context, stores)), [])
        lost = secret(**{"mongo-uri": "mongodb://u:p@mongo:27017/"})
        self.assertIn("leads to mongo:27017, where no store is", list(handmade.problems([lost], context, stores))[0])
        for broken, words in (
            ([], "makes the keys [], docs/KUBERNETES.md lists ['mongo-uri']"),
            ([secret(other="x")], "makes the keys ['other']"),
            ([{**good, "metadata": {"name": "a"}}], "is not in the namespace"),
            ([{**good, "stringdata": {}}], "stringdata"),
        ):
            found = list(handmade.problems(broken, context, stores))
            self.assertTrue(any(words in problem for problem in found), found)

    def test_jobs_are_looked_at_in_an_overlay(self):
        with tree() as root:
            (root / "jobs").mkdir()
            (root / "jobs" / "once.yaml").write_text("kind: Job\nmetadata: {generateName: once-}")
            made = {p.label: [title(o) for o in renders.render(p).objects] for p in renders.plans(root)}
        self.assertEqual(made["overlays/dev + jobs"], ["Service/a", "Job/once-"])

    def test_files_that_no_kustomization_names_are_found(self):
        with tree() as root:
            (root / "base" / "forgotten.yaml").write_text("")
            self.assertEqual([str(f) for f in renders.orphans(root)], ["base/forgotten.yaml"])

    def test_overlays_and_combinations_are_rendered(self):
        with tree() as root:
            made = {p.label: [title(o) for o in renders.render(p).objects] for p in renders.plans(root)}
        self.assertEqual(made, {"overlays/dev": ["Service/a"], "base": ["Service/a"], "base + more": ["Service/a", "Service/b"]})

    def test_what_kustomize_refuses_or_warns_of_is_an_error(self):
        for written in ("resources: [absent.yaml]", "resources: [a.yaml]\ncommonLabels: {a: b}"):
            with self.subTest(written=written), tree() as root, self.assertRaises(renders.RenderError):
                (root / "base" / "kustomization.yaml").write_text(written)
                renders.render(renders.Plan("base", root / "base"))

    def test_a_directory_without_overlays_is_an_error(self):
        with tree() as root, self.assertRaises(renders.RenderError):
            (root / "overlays" / "dev" / "kustomization.yaml").unlink()
            renders.plans(root)

    def test_quantities_compare_over_units(self):
        self.assertEqual(pods.quantity("500m") * 2, pods.quantity("1"))
        self.assertEqual(pods.quantity("1Gi"), pods.quantity("1024Mi"))
        self.assertIsNone(pods.quantity("1 GB"))


if __name__ == "__main__":
    unittest.main()
