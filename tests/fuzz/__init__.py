"""Files that go wrong in ways nobody thought of: every reader answers them, in bounded time, without a traceback."""
