"""One run in words: terminal, story, explanations, findings."""
