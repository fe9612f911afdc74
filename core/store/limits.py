"""Which fields of a batch's configuration may change between its runs."""

LIMITS = ("budget_usd", "max_rpm", "max_tpm", "batch_size")
"""How fast and how far, not what is asked."""
_TAKEN = ", ".join(f"'$.{name}', json_extract(?1, '$.{name}')" for name in LIMITS)
WITH_LIMITS = f"json_set(config, {_TAKEN})"
"""SQL for a configuration with the limits in a JSON text, the first value."""
