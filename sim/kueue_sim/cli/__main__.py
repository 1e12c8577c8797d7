"""``python -m kueue_sim.cli`` is ``kueue-sim``."""

from kueue_sim.cli import main

main()
