"""Outside world in: rows of a trace dataset become Dataset, Trial, Attempt and Episode."""
