"""Approved trials in, task files and one Hub commit out. The only writer to the Hub."""
