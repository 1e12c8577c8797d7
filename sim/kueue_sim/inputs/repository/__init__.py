"""Manifests as they lie in repositories: files, folders, kustomizations, pipes."""
