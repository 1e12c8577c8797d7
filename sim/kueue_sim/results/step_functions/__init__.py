"""Step functions over time with exact integrals."""
