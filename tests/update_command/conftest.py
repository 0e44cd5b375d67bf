import pytest

from tests.update_command.small import Story


@pytest.fixture
def story(tmp_path):
    """A template at v1.0.0 and a project of it, committed."""
    told = Story(tmp_path)
    told.make()
    return told
