"""Organisations for the tests of `platform init`."""

from tests.policies import big_policy, edited

ANSWERS = {
    "organisation.name": "Acme Stores",
    "brands": "acme, bolt",
    "brands.acme.cloud": "azure",
    "brands.acme.registry": "acmeml.azurecr.io/ml",
    "brands.bolt.cloud": "gcp",
    "brands.bolt.registry": "europe-west4-docker.pkg.dev/bolt-ml/ml",
    "brands.bolt.auth": "client-secret",
    "teams": "acme-fraud, bolt-search",
    "teams.acme-fraud.cost_centre": "CC-1",
    "teams.acme-fraud.contact": "fraud@acme.example",
    "teams.bolt-search.cost_centre": "4200",
    "teams.bolt-search.contact": "search@acme.example",
}


def big_organisation():
    """Return the policy of another organisation than the sample's: 19 brands and 114 teams."""
    text = edited("sample: false\n", "", big_policy())
    for old, new in (
        ("name: Halden Retail", "name: Nineteen Shops"),
        ("github: halden-retail", "github: nineteen-shops"),
        ("cost.halden-retail.example", "cost.nineteen.example"),
        ("repository: halden-retail/modelwright", "repository: nineteen-shops/ml-platform"),
        (
            "url: https://github.com/halden-retail/modelwright",
            "url: https://github.com/nineteen-shops/ml-platform",
        ),
    ):
        text = edited(old, new, text)
    return text
