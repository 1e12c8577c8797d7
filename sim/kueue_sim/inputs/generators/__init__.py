"""Work that is drawn from named streams of the seed, and the generator files of Kueue's own performance suites."""
