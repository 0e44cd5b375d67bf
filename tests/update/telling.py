"""How many stories are told, and which: the same ones every time, other ones each night."""

import datetime
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.update.engines import Engine
from tests.update.stories import play, stories

NIGHTLY = settings.get_current_profile_name() == "nightly"
CASES = settings().max_examples if NIGHTLY else 200
TONIGHT = datetime.datetime.now(tz=datetime.UTC).toordinal() if NIGHTLY else 0
HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
PHASES = [phase for phase in Phase if phase is not Phase.explain]


def told(number, shard, tell, **kind):
    """Tell some stories; a shard is told others than the next one."""
    test = given(story=stories(**kind))(tell)
    few = settings(max_examples=number, database=None, phases=PHASES, suppress_health_check=HEALTH)
    seed(TONIGHT * 100 + shard)(few(test))()


def lived_through(number, shard, engine: Engine):
    """Live some stories through with a program that checks itself."""

    def tell(story):
        with tempfile.TemporaryDirectory() as folder:
            for _ in play(story, engine, Path(folder)):
                pass

    told(number, shard, tell)
