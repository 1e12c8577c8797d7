"""Text of files: YAML with places, fields, overrides, the schema."""
