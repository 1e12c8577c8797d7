"""``python -m kueue_sim`` is the command ``kueue-sim``."""

from kueue_sim.cli import main

if __name__ == "__main__":
    main()
