"""Benchmarks, each measured against a bare program in the same run: ratios hold where absolutes drift."""
