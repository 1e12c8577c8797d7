"""``python -m sim.cli`` is ``kueue-sim``."""

from sim.cli import main

main()
