"""What makes the policy wrong, for the question whether anything notices."""
