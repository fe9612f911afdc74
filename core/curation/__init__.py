"""Proposed hints in, hints a person can trust out: evidence, checks, aggregation, decisions, rendering."""
