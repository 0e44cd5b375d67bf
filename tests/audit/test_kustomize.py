"""Labels come out of a kustomization as `kustomize build` would merge them."""

from datetime import date

import pytest

from modelwright.audit.kustomize import build, labels_of, pod_templates, roots
from modelwright.audit.project import Project

DEPLOYMENT = """
kind: Deployment
metadata: {name: web, labels: {own: "1"}}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
"""
CRON = """
kind: CronJob
metadata: {name: nightly}
spec: {jobTemplate: {spec: {template: {spec: {containers: []}}}}}
"""
ROLLOUT = """
kind: Rollout
metadata: {name: canary}
spec: {template: {spec: {containers: []}}}
"""


def built(**files):
    texts = {
        name.replace("__", "/").replace("_yaml", ".yaml"): text for name, text in files.items()
    }
    project = Project(
        files=texts, answers={}, folder="x", policy={}, pin={}, today=date(2026, 11, 22)
    )
    (root,) = roots(project)
    result = build(project, root)
    found = {}
    for resource in result.resources:
        found[resource.title] = labels_of(resource.body)
        for path, template in pod_templates(resource.body):
            found[f"{resource.title} {path}"] = labels_of(template)
    return found, result.lost


def test_labels_reach_objects_and_only_where_asked_their_templates():
    found, _ = built(
        base__kustomization_yaml="resources: [d.yaml, c.yaml]\n"
        "labels:\n- {pairs: {a: x}, includeTemplates: true}\n- {pairs: {b: y}}\n",
        base__d_yaml=DEPLOYMENT,
        base__c_yaml=CRON,
    )

    assert found == {
        "Deployment web": {"own": "1", "a": "x", "b": "y"},
        "Deployment web spec.template": {"app": "web", "a": "x"},
        "CronJob nightly": {"a": "x", "b": "y"},
        "CronJob nightly spec.jobTemplate": {"a": "x"},
        "CronJob nightly spec.jobTemplate.spec.template": {"a": "x"},
    }


def test_the_templates_of_other_kinds_are_left_alone():
    found, _ = built(
        base__kustomization_yaml="resources: [r.yaml]\ncommonLabels: {a: x}\n",
        base__r_yaml=ROLLOUT,
    )

    assert found == {"Rollout canary": {"a": "x"}, "Rollout canary spec.template": {}}


def test_an_overlay_adds_to_its_base_and_does_not_change_it():
    files = {
        "base__kustomization_yaml": "resources: [d.yaml]\nlabels: [{pairs: {a: x}}]\n",
        "base__d_yaml": DEPLOYMENT,
        "prod__kustomization_yaml": "resources: [../base]\nlabels: [{pairs: {a: z, e: prod}}]\n",
    }

    found, _ = built(**files)

    assert found["Deployment web"] == {"own": "1", "a": "z", "e": "prod"}
    assert built(**files)[0] == found


@pytest.mark.parametrize(
    "patch",
    [
        "patches:\n- path: p.yaml\n",
        "patchesStrategicMerge: [p.yaml]\n",
        "patches:\n- target: {kind: Dep.*, name: web}\n  patch: |\n"
        "    - {op: add, path: /metadata/labels/new, value: n}\n"
        "    - {op: replace, path: /spec/template/metadata/labels/app, value: other}\n"
        "    - {op: remove, path: /metadata/labels/own}\n",
    ],
)
def test_a_patch_changes_labels_in_each_of_its_forms(patch):
    found, _ = built(
        base__kustomization_yaml=f"resources: [d.yaml]\n{patch}",
        base__d_yaml=DEPLOYMENT,
        base__p_yaml="kind: Deployment\nmetadata: {name: web, labels: {new: n, own: null}}\n"
        "spec: {template: {metadata: {labels: {app: other}}}}\n",
    )

    assert found == {
        "Deployment web": {"new": "n"},
        "Deployment web spec.template": {"app": "other"},
    }


def test_a_patch_for_another_object_changes_nothing():
    found, _ = built(
        base__kustomization_yaml="resources: [d.yaml]\npatches:\n"
        "- target: {kind: Deployment, name: api}\n"
        '  patch: "[{op: remove, path: /metadata/labels/own}]"\n',
        base__d_yaml=DEPLOYMENT,
    )

    assert found["Deployment web"] == {"own": "1"}


def test_generated_objects_are_labelled():
    found, _ = built(
        base__kustomization_yaml="configMapGenerator: [{name: c, literals: [A=b]}]\n"
        "secretGenerator: [{name: s, options: {labels: {o: p}}}]\nlabels: [{pairs: {a: x}}]\n"
    )

    assert found == {"ConfigMap c": {"a": "x"}, "Secret s": {"o": "p", "a": "x"}}


def test_a_component_labels_the_objects_of_whoever_takes_it():
    found, _ = built(
        base__kustomization_yaml="resources: [d.yaml]\ncomponents: [../part]\n",
        base__d_yaml=DEPLOYMENT,
        part__kustomization_yaml="kind: Component\nlabels: [{pairs: {c: d}}]\n",
    )

    assert found["Deployment web"] == {"own": "1", "c": "d"}


def test_every_object_of_a_list_counts():
    found, _ = built(
        base__kustomization_yaml="resources: [l.yaml]\nlabels: [{pairs: {a: x}}]\n",
        base__l_yaml="kind: List\nitems:\n- {kind: Service, metadata: {name: one}}\n"
        "- {kind: Service, metadata: {name: two}}\n",
    )

    assert found == {"Service one": {"a": "x"}, "Service two": {"a": "x"}}


def test_what_lies_elsewhere_is_said_with_its_line():
    _, lost = built(base__kustomization_yaml="resources:\n- ../gone\n- https://x/y.yaml\n")

    assert lost == [
        ("base/kustomization.yaml:2", "../gone"),
        ("base/kustomization.yaml:3", "https://x/y.yaml"),
    ]


def test_kustomizations_that_take_each_other_end():
    project = Project(
        files={
            "a/kustomization.yaml": "resources: [../b]\n",
            "b/kustomization.yaml": "resources: [../a]\n",
            "c/kustomization.yaml": "resources: [../a]\n",
        },
        answers={},
        folder="x",
        policy={},
        pin={},
        today=date(2026, 11, 22),
    )

    assert build(project, "c/kustomization.yaml").resources == []
