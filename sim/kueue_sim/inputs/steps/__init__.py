"""The user's own steps: what commands of a shell script set up, and what they do when."""
