"""Topology-aware scheduling: domains, counts and assignments."""
