"""The ways that `benchmarks/compare.py` compares, what they have in common, and the report."""
