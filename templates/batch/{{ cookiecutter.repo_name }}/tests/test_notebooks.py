{% set prefix, trained = 'BATCH', true -%}
{% include 'templates/_shared/test-notebooks.py' %}

SMALL = {
    "sample": "{seed = 5, series = 16, days = 260}",
    "horizon": "14",
    "windows": "2",
    "step": "14",
    "minimum_days": "60",
}
# So little data may not get past the gate, which is not what is tested here.
TRAIN = """
from {{ cookiecutter.package_name }}.runtime import settings, training
from {{ cookiecutter.package_name }}.runtime.cli import USE_CASE
from {{ cookiecutter.package_name }}.runtime.registry import Registry
config = settings.load()
registry = Registry(config)
registry.point("champion", training.train(config, USE_CASE, registry))
"""


def train(folder):
    config = folder / "config" / "batch.toml"
    text = config.read_text()
    for key, value in SMALL.items():
        text = re.sub(rf"(?m)^{key} = " + r"(\{.*\}|\d+)", f"{key} = {value}", text)
    config.write_text(re.sub(r'(?m)^source = ".*?"', 'source = ""', text))
    ran = run(folder, "-c", TRAIN)
    assert ran.returncode == 0, ran.stderr
