"""One attempt in, proposed hints out. The only importer of `openai`."""
