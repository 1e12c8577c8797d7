"""What Kueue's controllers do between cycles."""
