"""Our figures beside those that others published: Kueue's performance suites, the Philly trace, the OpenB trace."""
