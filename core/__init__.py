"""Trace Hints: from agent traces to hinted training tasks. Knows nothing of Streamlit."""
