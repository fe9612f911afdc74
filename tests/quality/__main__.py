"""`python -m tests.quality`: what is found, caught and left alone. Parts that need real traces are left out without."""

from tests.quality.facts import FACTS, list_fact_rows
from tests.quality.planted import list_planted_rows
from tests.quality.seeded import list_seeded_rows
from tests.quality.verdicts import list_verdict_rows


def main() -> None:
    """Print name, found, of, and the share."""
    facts = list_fact_rows() if FACTS.exists() else []
    rows = [*list_planted_rows(), *list_seeded_rows(), *list_verdict_rows(), *facts]
    width = max(len(row.name) for row in rows)
    for row in rows:
        share = f"{row.found / row.of:7.1%}" if row.of else "      -"
        print(f"{row.name:<{width}}  {row.found:>5} of {row.of:>5}  {share}")


if __name__ == "__main__":
    main()
