"""Stand-in servers for tests: an OpenAI-compatible model and a Hugging Face Hub, over real HTTP."""
