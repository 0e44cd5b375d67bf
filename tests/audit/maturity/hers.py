"""A fresh project whose texts somebody has made her own and reviewed."""

import functools

from modelwright.audit.facts.documents import section
from tests.audit.maturity.fresh import changed, project

UNREVIEWED = "Reviewed: not yet."
SIGNED = "Reviewed: 2026-11-01 by Ada Lovelace."
TEXTS = {
    1: ("docs/business.md", "Goals and KPIs"),
    3: ("docs/business.md", "Risks of the model"),
    4: ("docs/data-card.md", "Gathering and cleaning"),
    6: ("docs/model-card.md", "Why this model"),
    8: ("README.md", "How it works"),
    27: ("docs/model-card.md", "Retraining"),
    54: ("docs/model-card.md", "Explanations"),
    56: ("docs/model-card.md", "How a decision is reached"),
}


def own(number):
    """Return a mutation that makes one text hers."""

    def change(files):
        path, heading = TEXTS[number]
        body = section(files[path], heading).body
        return {path: files[path].replace(body, f"{body}\nOf our own shop, this is true too.\n")}

    return change


def sign(files):
    """Put a review line into every page that asks for one."""
    return {
        path: files[path].replace(UNREVIEWED, SIGNED + "\n")
        for path in {path for path, _ in TEXTS.values()} - {"README.md"}
    }


@functools.cache
def hers(archetype="online-serving", **given):
    """Return the project with all of its texts hers and signed."""
    fresh = project(archetype, **given)
    made = changed(fresh, sign(fresh.files))
    for number in TEXTS:
        made = changed(made, own(number)(made.files))
    return made
