"""Scripts of a shell as far as their commands can be known without running them: words, syntax, conditions, loops."""
