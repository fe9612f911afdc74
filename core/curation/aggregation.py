"""The hints of a trial, out of what the extractors proposed for its attempts. The same proposals, the same hints.

One member's words stay unchanged per cluster; evidence is united; support is counted by attempts. A hint that a person
decided on is never touched, and what was rejected is not proposed again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID, uuid5

from core.curation.evidence import QuotableAttempt
from core.curation.similarity import count_values, get_main_words, say_the_same
from core.models import Evidence, EvidenceStatus, Hint, HintKind, HintState, HintText, Origin, Outcome
from core.store.curation import Proposal

_NAMESPACE = UUID("6d0b8d0e-6a0e-4d6e-9d53-5f2b5f2f1c11")
_SUCCESSFUL = frozenset({Outcome.SUCCESS, Outcome.PARTIAL})
MAXIMUM_EVIDENCE = 6
"""Quotes kept per hint: enough to judge by, few enough to read."""


@dataclass(frozen=True)
class _Member:
    """One proposed hint of one attempt, with its quotes checked."""

    attempt_id: int
    attempt_number: int
    place: int
    """Position within its attempt: the order of steps."""
    is_successful: bool
    origin: Origin
    text: HintText
    evidence: tuple[Evidence, ...]

    @cached_property
    def words(self) -> str:
        """The text as JSON."""
        return self.text.model_dump_json()

    @cached_property
    def rank(self) -> tuple[object, ...]:
        """The lowest one lends its words to the cluster: verified, from a success, short."""
        verified = any(item.status is not EvidenceStatus.MISSING for item in self.evidence)
        return (not verified, not self.is_successful, len(self.words), self.words)

    @cached_property
    def order(self) -> tuple[object, ...]:
        """Of members with equal rank; no two members have the same one."""
        return (self.attempt_number, self.place, self.origin.model_dump_json())


@dataclass
class _Cluster:
    members: list[_Member] = field(default_factory=list)
    """The best one first."""

    @property
    def best(self) -> _Member:
        return self.members[0]

    @cached_property
    def attempt_ids(self) -> list[int]:
        ordered = sorted(self.members, key=lambda member: member.attempt_number)
        return list(dict.fromkeys(member.attempt_id for member in ordered))


def build_hints(
    proposals: Sequence[Proposal],
    *,
    trial_id: int,
    trial_key: str,
    attempts: Mapping[int, QuotableAttempt],
    known: Sequence[Hint],
    mended: Collection[str] = (),
    keep_order: bool = False,
) -> list[Hint]:
    """All hints of a trial in publishing order, those that a person decided on included as they are.

    Args:
        proposals: What each extractor said of each attempt.
        trial_id: The trial.
        trial_key: The same for the same trial in every workspace, so that hint ids are, too.
        attempts: The proposals' attempts by id, for checking quotes.
        known: The hints that the trial has so far.
        mended: Ids of hints whose evidence a person changed: they stay as they are, too.
        keep_order: A person put the known hints in order: new ones go behind them.
    """
    clusters = _cluster(_list_members(proposals, attempts))
    decided = [hint for hint in known if is_decided(hint) or hint.id in mended]
    hints: dict[str, Hint] = {}
    for cluster in clusters:
        match = next((hint for hint in decided if _matches(hint, cluster)), None)
        # an edited hint has two wordings, and each may have a cluster of its own
        hint = _build_hint(cluster, trial_id, trial_key) if match is None else hints.get(match.id, match)
        hints[hint.id] = hint if match is None else _add_support(hint, cluster)
    for hint in decided:
        hints.setdefault(hint.id, hint)
    kinds = list(HintKind)
    places = {hint.id: place for place, hint in enumerate(known)} if keep_order else {}
    ordered = sorted(hints.values(), key=lambda hint: (kinds.index(hint.kind), places.get(hint.id, len(places))))
    return [hint.model_copy(update={"position": position}) for position, hint in enumerate(ordered)]


def _list_members(proposals: Sequence[Proposal], attempts: Mapping[int, QuotableAttempt]) -> list[_Member]:
    return [
        _Member(
            attempt_id=proposal.attempt_id,
            attempt_number=proposal.attempt_number,
            place=place,
            is_successful=proposal.outcome in _SUCCESSFUL,
            origin=proposal.origin,
            text=hint.text,
            evidence=tuple(attempts[proposal.attempt_id].check(quote) for quote in hint.evidence),
        )
        for proposal in proposals
        for place, hint in enumerate(proposal.hints.hints)
    ]


def _cluster(members: Sequence[_Member]) -> list[_Cluster]:
    clusters: list[_Cluster] = []
    # the best words come first, so that they decide what is close to them, whatever the order of the proposals
    for member in sorted(members, key=lambda member: (*member.rank, *member.order)):
        home = next((cluster for cluster in clusters if say_the_same(cluster.best.text, member.text)), None)
        if home is None:
            home = _Cluster()
            clusters.append(home)
        home.members.append(member)
    return sorted(clusters, key=_get_order)


def _get_order(cluster: _Cluster) -> tuple[object, ...]:
    best, support = cluster.best, len(cluster.attempt_ids)
    is_successful = any(member.is_successful for member in cluster.members)
    first = min((not member.is_successful, member.attempt_number, member.place) for member in cluster.members)
    words = get_main_words(best.text)
    if best.text.kind is HintKind.STRATEGY:
        # steps stay in the order in which a successful attempt took them
        return (HintKind.STRATEGY, *first, words)
    if best.text.kind is HintKind.TOOL:
        return (HintKind.TOOL, not is_successful, -support, *first, words)
    # of two with equal support, the one that names more values tells more
    return (best.text.kind, -support, -min(count_values(best.text), 3), *first, words)


def _matches(hint: Hint, cluster: _Cluster) -> bool:
    return any(
        say_the_same(hint.text, member.text) or say_the_same(hint.proposed_text, member.text)
        for member in cluster.members
    )


def _build_hint(cluster: _Cluster, trial_id: int, trial_key: str) -> Hint:
    text = cluster.best.text
    return Hint(
        id=str(uuid5(_NAMESPACE, f"{trial_key} {cluster.best.words}")),
        trial_id=trial_id,
        position=0,
        text=text,
        proposed_text=text,
        origins=_unite_origins(cluster, []),
        attempt_ids=cluster.attempt_ids,
        evidence=_unite_evidence(cluster),
    )


def _add_support(hint: Hint, cluster: _Cluster) -> Hint:
    """A decided hint keeps words, state and evidence; only who else proposed it is added."""
    attempt_ids = list(dict.fromkeys([*hint.attempt_ids, *cluster.attempt_ids]))
    return hint.model_copy(update={"attempt_ids": attempt_ids, "origins": _unite_origins(cluster, hint.origins)})


def _unite_origins(cluster: _Cluster, known: Sequence[Origin]) -> list[Origin]:
    origins = {*known, *(member.origin for member in cluster.members)}
    return sorted(origins, key=lambda origin: origin.model_dump_json())


def _unite_evidence(cluster: _Cluster) -> list[Evidence]:
    """The best member's quotes first, then one or more of each other attempt; found ones before missing ones."""
    ordered = [cluster.best, *sorted(cluster.members, key=lambda member: member.order)]
    unique: dict[tuple[int, int, str], Evidence] = {}
    for member in ordered:
        for item in member.evidence:
            unique.setdefault((item.attempt_id, item.message, item.quote), item)
    found = [item for item in unique.values() if item.status is not EvidenceStatus.MISSING]
    missing = [item for item in unique.values() if item.status is EvidenceStatus.MISSING]
    return [*found[:MAXIMUM_EVIDENCE], *missing[: max(MAXIMUM_EVIDENCE - len(found), 0)]]


def is_decided(hint: Hint) -> bool:
    """True if a person, or whoever decides where no person reviews, made the hint what it is."""
    return hint.state is not HintState.PROPOSED or hint.is_edited or _is_persons(hint)


def _is_persons(hint: Hint) -> bool:
    return any(origin.extractor == "person" for origin in hint.origins)
