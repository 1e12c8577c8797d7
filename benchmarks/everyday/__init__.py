"""What somebody who uses it waits and pays for: a day, a sweep, the dump of a large cluster, an installation."""
