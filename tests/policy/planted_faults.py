"""Faults planted into the sample policy, each with the line and the words that must name it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.policies import SAMPLE


@dataclass(frozen=True)
class Planted:
    """One fault.

    Attributes:
        old: What stands in the sample.
        new: What is written instead.
        at: A piece of the line that the fault is named at; the first such line counts.
        says: The fault's words.
    """

    old: str
    new: str
    at: str
    says: str


WORKSPACE = 'dev: {host: "https://adb-1000000000000001.1.azuredatabricks.net"'
# What the sample says of its first brand, from where it runs to its workspaces.
NORDA = SAMPLE[SAMPLE.index("    runtime: kubernetes") : SAMPLE.index("    variables:")]

SHAPE = [
    Planted("schema: 1", "schema: 2", "schema: 2", "schema is 2; write 1"),
    Planted(
        "sample: true",
        "sample: 'yes'",
        "sample: 'yes'",
        "sample is read as a text, not true or false; write true or false, without quotes",
    ),
    Planted(
        "teams:\n",
        "tems:\n",
        "tems:",
        "unknown key 'tems' in the file; write teams",
    ),
    Planted(
        "organisation: {",
        "organisation: {colour: red, ",
        "organisation:",
        "unknown key 'colour' in organisation; "
        "remove it; the keys here are name, github, cost_tag_prefix",
    ),
    Planted(
        "cost_centre: CC-4100",
        "cost_center: CC-4100",
        "cost_center",
        "unknown key 'cost_center' in teams.norda-fraud; write cost_centre",
    ),
    Planted(
        "brands: [norda], cost_centre: CC-4100",
        "cost_centre: CC-4100",
        "norda-fraud: {",
        "teams.norda-fraud has no brands; add `brands: [norda]`",
    ),
    Planted(
        "personal_data:\n  none: {retention_days: 400}\n",
        "personal_data:\n",
        "personal_data:",
        "personal_data has no none; add `none: {retention_days: 400}`",
    ),
    Planted(
        "cost_centre: CC-4100",
        "cost_centre: 0123",
        "cost_centre: 0123",
        'teams.norda-fraud.cost_centre is read as a number, not a text; write it in quotes: "0123"',
    ),
    Planted(
        "github: norda-fraud,",
        "github: no,",
        "github: no,",
        'teams.norda-fraud.github is read as true or false, not a text; write it in quotes: "no"',
    ),
    Planted(
        "tag: 3.12-slim",
        "tag: 3.12",
        "tag: 3.12",
        'available.base_image.tag is read as a number, not a text; write it in quotes: "3.12"',
    ),
    Planted(
        "cost_centre: CC-4100",
        "cost_centre: CC-4100, retired: 2026-10-01",
        "retired: 2026-10-01",
        'teams.norda-fraud.retired is read as a date, not a text; write it in quotes: "2026-10-01"',
    ),
    Planted(
        "cost_centre: CC-4100",
        'cost_centre: CC-4100, retired: "1 October"',
        "1 October",
        "teams.norda-fraud.retired '1 October' is not a date in quotes; "
        'write a value like "2026-10-01"',
    ),
    Planted(
        "  velora:\n",
        "  no:\n",
        "  no:",
        "key 'no' is not read as a text; write it in quotes: \"no\"",
    ),
    Planted(
        "  velora:\n    cloud: gcp",
        "  Velora:\n    cloud: gcp",
        "  Velora:",
        "key of brands 'Velora' is not lower-case words joined by single hyphens; "
        "write a value like norda-fraud",
    ),
    Planted(
        "cloud: azure",
        "cloud: azur",
        "cloud: azur",
        "brands.norda.cloud is 'azur', which is not one of azure, gcp, aws; write azure",
    ),
    Planted(
        "monitoring: none",
        "monitoring: ~",
        "monitoring: ~",
        "brands.kitto.monitoring is read as nothing, not a text; write prometheus or none",
    ),
    Planted(
        "capabilities: [prometheus_operator]",
        "capabilities: [prometheus]",
        "capabilities: [prometheus]",
        "brands.velora.capabilities[0] is 'prometheus', which is not one of "
        "prometheus_operator, gateway_api, keda; write prometheus_operator",
    ),
    Planted(
        "capabilities: [prometheus_operator]",
        "capabilities: prometheus_operator",
        "capabilities: prometheus_operator",
        "brands.velora.capabilities is read as a text, not a list; write a list",
    ),
    Planted(
        "online-serving: {suffix: serve}",
        "online-serving: {suffix: }",
        "online-serving:",
        'archetypes.online-serving.suffix is empty, which YAML reads as nothing; write "" for an '
        "empty text",
    ),
    Planted(
        "online-serving: {suffix: serve}",
        "online-serving: serve",
        "online-serving:",
        "archetypes.online-serving is read as a text, not a mapping; "
        "write a mapping with the keys retired, renamed_to, suffix",
    ),
    Planted(
        "environments: [dev, staging, prod]",
        "environments: []",
        "environments: []",
        "environments is empty; add at least one, such as [dev, staging, prod]",
    ),
    Planted(
        WORKSPACE,
        'dev: {host: "http://adb-1000000000000001.1.azuredatabricks.net/"',
        "http://adb",
        "brands.norda.databricks.dev.host 'http://adb-1000000000000001.1.azuredatabricks.net/' "
        "is not an https URL without credentials or a final slash; "
        "write a value like https://github.com/halden-retail/modelwright",
    ),
    Planted(
        'package_index: ""',
        'package_index: "https://ada:secret@packages.example/simple"',
        "package_index:",
        "available.package_index 'https://ada:secret@packages.example/simple' is not an https URL "
        "without credentials or a final slash, or empty; "
        "write a value like https://packages.halden-retail.example/simple",
    ),
    Planted(
        "registry: nordaml.azurecr.io/ml",
        "registry: https://nordaml.azurecr.io/ml",
        "registry: https",
        "brands.norda.registry 'https://nordaml.azurecr.io/ml' is not a registry's host and path "
        "without https://; write a value like nordaml.azurecr.io/ml",
    ),
    Planted(
        "sha: 3d3c42e5aac5ba805825da76410c181273ba90b1",
        "sha: 3d3c42e",
        "sha: 3d3c42e",
        "available.actions.checkout.sha '3d3c42e' is not a full commit SHA of 40 hexadecimal "
        "digits; write a value like 3d3c42e5aac5ba805825da76410c181273ba90b1",
    ),
    Planted(
        'digest: ""',
        "digest: latest",
        "digest: latest",
        "available.base_image.digest 'latest' is not sha256: and 64 hexadecimal digits, or empty; "
        'write a value like ""',
    ),
    Planted(
        "compose: false}",
        'compose: "false"}',
        "compose:",
        "options.compose is read as a text, not true or false; write true or false, without quotes",
    ),
    Planted(
        "compose: false}",
        "composed: false}",
        "composed:",
        "unknown key 'composed' in options; write compose",
    ),
    Planted(
        "personal: {retention_days: 30}",
        "personal: {retention_days: 0}",
        "personal: {retention_days: 0}",
        "personal_data.personal.retention_days is 0; write a number greater than or equal to 1",
    ),
    Planted(
        "personal: {retention_days: 30}",
        'personal: {retention_days: "30"}',
        'retention_days: "30"',
        "personal_data.personal.retention_days is read as a text, not a whole number; "
        "write a whole number, without quotes",
    ),
    Planted(
        "contact: norda-fraud@halden-retail.example",
        "contact: ask Ada",
        "contact: ask Ada",
        "teams.norda-fraud.contact 'ask Ada' is not an e-mail address; "
        "write a value like fraud@halden-retail.example",
    ),
    Planted(
        "kind: variable",
        "kind: public",
        "kind: public",
        "secrets[0].kind is 'public', which is not one of secret, variable; "
        "write secret or variable",
    ),
    Planted(
        'name: "SERVICE_API_KEYS"',
        'name: "SERVICE_{TEAM}_KEYS"',
        "SERVICE_{TEAM}_KEYS",
        "secrets[3].name 'SERVICE_{TEAM}_KEYS' is not capitals, digits, _ and the parts {BRAND} "
        'and {ENVIRONMENT}; write a value like "{BRAND}_{ENVIRONMENT}_CLIENT_ID"',
    ),
    Planted(
        '{id: NAM002, pattern: "[a-z][a-z0-9]*(-[a-z0-9]+)*"',
        '{id: NAM002, pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"',
        "{id: NAM002",
        "naming.use_case.pattern holds the anchor ^; leave it out: patterns are anchored",
    ),
    Planted(
        '{id: NAM002, pattern: "[a-z][a-z0-9]*(-[a-z0-9]+)*"',
        '{id: NAM002, pattern: "([a-z0-9]+-?)+"',
        "{id: NAM002",
        "naming.use_case.pattern may take too long on some name: it repeats what repeats, and "
        "nothing tells the two apart; let one letter decide what comes next, as in "
        "[a-z]+(-[a-z]+)*",
    ),
    Planted(
        '{id: NAM002, pattern: "[a-z][a-z0-9]*(-[a-z0-9]+)*"',
        '{id: NAM002, pattern: "[a-z"',
        "{id: NAM002",
        "naming.use_case.pattern is not a regular expression: unterminated character set at "
        "position 0; fix the pattern",
    ),
    Planted(
        "min_length: 3, max_length: 30",
        "min_length: 31, max_length: 30",
        "  use_case:",
        "naming.use_case has min_length 31 above max_length 30; "
        "write the smaller number as min_length",
    ),
    Planted(
        "example: fraud-scoring}",
        "example: Fraud}",
        "  use_case:",
        "naming.use_case has the example 'Fraud', which breaks the rule; "
        "write an example that keeps it",
    ),
    Planted(
        'name: "{brand}-{use_case}-{suffix}"',
        'name: "{brand}-{suffix}"',
        "{id: NAM001",
        "naming.repository.name does not hold {use_case} once, or begins with {suffix}; "
        "write {brand}-{use_case}-{suffix}",
    ),
    Planted(
        'name: "{brand}-{use_case}-{suffix}"',
        'name: "{brand}_{use_case}_{suffix}"',
        "{id: NAM001",
        "naming.repository.name is not parts joined by hyphens; write {brand}-{use_case}-{suffix}",
    ),
    Planted(
        'value: "{repository}-challenger"',
        'value: "{repo}-challenger"',
        "{id: NAM103",
        "naming.derived[2].value holds {repo}, which nothing fills; write one of {repository}, "
        "{package}, {brand}, {brand_underscored}, {use_case}, {environment}",
    ),
    Planted(
        "{id: NAM104,",
        "{id: NAM4,",
        "{id: NAM4",
        "naming.derived[3].id 'NAM4' is not three capitals and three digits; "
        "write a value like NAM101",
    ),
]

AGREEMENT = [
    Planted(
        "brands: [velora], cost_centre: CC-5200",
        "brands: [velorra], cost_centre: CC-5200",
        "velorra",
        "team 'velora-search' works for 'velorra', which is no brand; write velora",
    ),
    Planted(
        "brands: [norda, velora]",
        "brands: [norda, norda]",
        "brands: [norda, norda]",
        "team 'group-personalisation' names the brand 'norda' twice; keep one of the two",
    ),
    Planted(
        "cost_centre: CC-5210",
        "cost_centre: cc-5200",
        "cc-5200",
        "cost centres 'CC-5200' and 'cc-5200' are the same in GCP's lower case; "
        "write 'CC-5200', or ask finance for another code",
    ),
    Planted(
        WORKSPACE,
        WORKSPACE.replace("dev:", "dve:"),
        "dve:",
        "brand 'norda' has a workspace for 'dve', which is no environment; write dev",
    ),
    Planted(
        "      dev: {KUBERNETES_CLUSTER: /sub",
        "      dve: {KUBERNETES_CLUSTER: /sub",
        "dve:",
        "brand 'norda' has variables for 'dve', which is no environment; write dev",
    ),
    Planted(
        "reviewers: {prod:",
        "reviewers: {prd:",
        "prd:",
        "there are reviewers for 'prd', which is no environment; write prod",
    ),
    Planted(
        "environments: [dev, staging, prod]",
        "environments: [dev, staging, prod, shadow]",
        "    databricks:",
        "brand 'norda' has no workspace for the environment 'shadow'; "
        "add `shadow:` with host and budget_policy_id",
    ),
    Planted(
        NORDA,
        NORDA.partition("    databricks:")[0].replace("kubernetes", "databricks")
        + "    databricks: {}\n",
        "    runtime: databricks",
        "brand 'norda' runs on Databricks and has no workspace; "
        "name its workspaces under databricks, or write runtime: kubernetes",
    ),
    Planted(
        "min_length: 5, max_length: 40",
        "min_length: 5, max_length: 101",
        "max_length: 101",
        "repository names may have 101 characters, and GitHub takes 100; write at most 100",
    ),
    Planted(
        "  brand: brand\n",
        "  brand: brand\n" + "".join(f"  extra-{number}: x{number}\n" for number in range(19)),
        "tags:",
        "26 cost tags are more than a Databricks tag on AWS has room for; keep at most 25",
    ),
    Planted(
        "secrets:\n",
        "secrets:\n"
        + "".join(
            f"  - {{name: KEY_{number}, purpose: a key, kind: secret, level: repository,"
            " owner: team, rotated_by: team}\n"
            for number in range(100)
        ),
        "secrets:",
        f"{100 + SAMPLE.count('level: repository')} secrets at level repository; "
        "GitHub shows a project at most 100; keep fewer, or move some to another level",
    ),
    Planted(
        "environments: [dev, staging, prod]",
        "environments: [dev, staging, prod, dev]",
        "environments:",
        "environment 'dev' stands twice; keep one of the two",
    ),
    Planted(
        "cost_centre: CC-4100",
        "cost_centre: CC-4100, renamed_to: norda-risk",
        "renamed_to",
        "teams.norda-fraud was renamed to 'norda-risk', which is not on offer; "
        "write norda-forecasting",
    ),
    Planted(
        "batch: {suffix: batch}\n  online-serving: {suffix: serve}\n"
        "  streaming-recommendation: {suffix: stream}",
        'online-serving: {suffix: serve, retired: "2026-10-01"}\n'
        '  streaming-recommendation: {suffix: stream, retired: "2026-10-01"}',
        "archetypes:",
        "every entry of archetypes is retired or renamed; leave at least one on offer",
    ),
    Planted(
        "    cloud: aws",
        '    cloud: aws\n    retired: "2026-10-01"',
        "kitto-marketing: {",
        "team 'kitto-marketing' works only for brands that are retired or renamed; "
        "retire the team, or add norda",
    ),
    Planted(
        "{id: NAM104,",
        "{id: NAM103,",
        "kind: Kubernetes CronJob",
        "rule id NAM103 belongs to naming.derived.2 already; write an id that no other rule has",
    ),
    Planted(
        "{id: NAM104,",
        "{id: NAM005,",
        "kind: Kubernetes CronJob",
        "rule id NAM005 belongs to the reading of names already; "
        "write an id that no other rule has",
    ),
    Planted(
        "max_length: 52",
        "max_length: 35",
        "  velora:",
        "brand 'velora' with archetype 'batch' has no room for the example use case: "
        "NAM104: Kubernetes CronJob 'velora-fraud-scoring-batch-freshness'",
    ),
    Planted(
        "min_length: 5, max_length: 40",
        "min_length: 5, max_length: 64",
        "max_length: 64",
        "cost tag 'project' can be 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' "
        "(64 characters), but a Kubernetes label takes at most 63 characters; "
        "write a shorter value",
    ),
    Planted(
        "cost-centre: cost_centre",
        "cost-centre: brand",
        "tags:",
        "no cost tag carries cost_centre; add `cost-centre: cost_centre`",
    ),
    Planted(
        "  brand: brand\n",
        "  brand: brand\n  period: enviroment\n",
        "enviroment",
        "cost tag 'period' is the constant 'enviroment', which is nearly a source; "
        "write environment",
    ),
    Planted(
        "archetypes: [online-serving, streaming-recommendation]}",
        "archetypes: [online-serve, streaming-recommendation]}",
        "archetypes: [online-serve,",
        "secrets[3] is for 'online-serve', which is no archetype; write online-serving",
    ),
    Planted(
        'name: "SERVICE_API_KEYS"',
        'name: "GITHUB_API_KEYS"',
        "GITHUB_API_KEYS",
        "GitHub takes no secret named GITHUB_API_KEYS; "
        "write a name without GITHUB_ or a digit in front",
    ),
    Planted(
        'name: "SERVICE_API_KEYS"',
        'name: "KITTO_REGISTRY_TOKEN"',
        "KITTO_REGISTRY_TOKEN",
        "KITTO_REGISTRY_TOKEN is the name of secrets[2] too; write a name of its own",
    ),
]

TEXT = [
    Planted(
        "sample: true",
        "sample: true\nsample:  true",
        "sample:  true",
        "key 'sample' stands twice; keep one of the two",
    ),
    Planted(
        "purpose: identifies the service principal that deploys and trains",
        'purpose: "{{ 7 * 7 }}"',
        "{{ 7",
        "'{{' would be run by Copier; write it with a space between",
    ),
    Planted(
        "schema: 1",
        "# {# a comment #}\nschema: 1",
        "{# a",
        "'{#' would be run by Copier; write it with a space between",
    ),
    Planted(
        "options: {ab_test",
        "options: {{%ab_test",
        "options: {{%",
        "'{{' would be run by Copier; write it with a space between",
    ),
]
