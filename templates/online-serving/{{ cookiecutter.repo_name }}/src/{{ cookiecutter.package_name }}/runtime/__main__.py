"""`python -m` starts the verbs."""

import sys

from .cli import main

sys.exit(main())
