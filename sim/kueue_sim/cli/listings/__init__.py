"""Commands that list what there is to name: examples, metrics, paths, fields, words for the shell."""
