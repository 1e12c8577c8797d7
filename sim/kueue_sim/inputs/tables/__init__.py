"""Long tables, row by row: CSV, JSON records and Parquet, packed or not."""
