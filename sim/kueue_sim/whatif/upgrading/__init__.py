"""What changes when Kueue is upgraded: the same world under two releases."""
