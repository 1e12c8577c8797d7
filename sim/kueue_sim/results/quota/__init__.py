"""Quota over time, who lent to whom, and fair shares."""
