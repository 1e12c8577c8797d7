"""When pending or planned work starts."""
