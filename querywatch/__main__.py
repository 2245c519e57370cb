"""Makes `python -m querywatch` the same as the `querywatch` command."""

import sys

from querywatch.cli import main

sys.exit(main())
