"""Reservations: seen by others, over after some minutes, taken over when needed, and never in the way of deciding."""

import pytest

from core.curation.review_actions import ActionResult, ReviewAction, perform
from core.store import Store
from core.store.reservations import Reservation
from tests.curation.reviewing import ANN, BEN, Table


@pytest.fixture
def table(store: Store) -> Table:
    return Table(store)


def at(minute: float) -> str:
    whole = int(minute)
    return f"2026-01-31T12:{whole:02}:{int((minute - whole) * 60):02}.000000+00:00"


def act(table: Table, action: str, by: str, minute: float, trial_id: int | None = None) -> ActionResult:
    sent = ReviewAction(id=f"{action} {by} {minute}", action=action, trial_id=trial_id or table.trial_id)
    return perform(table.store, sent, reviewer=by, now_utc=at(minute))


def list_all(table: Table, minute: float) -> list[Reservation]:
    return table.store.reservations.list_reservations(table.dataset.id, now_utc=at(minute))


def test_an_open_trial_is_reserved_and_others_see_since_when(table: Table) -> None:
    assert act(table, "reserve", ANN, 0).ok
    result = act(table, "reserve", BEN, 3)
    assert (result.ok, result.by, result.at_utc) == (False, ANN, at(0))
    assert list_all(table, 3) == [Reservation(table.trial_id, ANN, at(0))]


def test_a_reservation_is_over_after_five_minutes_unless_it_is_renewed(table: Table) -> None:
    act(table, "reserve", ANN, 0)
    act(table, "reserve", ANN, 4)
    assert not act(table, "reserve", BEN, 8.5).ok
    assert list_all(table, 9) == []
    assert act(table, "reserve", BEN, 9).ok
    assert list_all(table, 9) == [Reservation(table.trial_id, BEN, at(9))]


def test_a_reservation_can_be_taken_over(table: Table) -> None:
    act(table, "reserve", ANN, 0)
    assert act(table, "take_over", BEN, 1).ok
    assert act(table, "reserve", ANN, 2).by == BEN


def test_whoever_opens_another_trial_or_decides_has_left(table: Table) -> None:
    act(table, "reserve", ANN, 0)
    act(table, "reserve", ANN, 1, table.other_id)
    assert [item.trial_id for item in list_all(table, 1)] == [table.other_id]
    act(table, "approve_trial", ANN, 2, table.other_id)
    assert list_all(table, 2) == []


def test_only_ones_own_reservation_is_released(table: Table) -> None:
    act(table, "reserve", ANN, 0)
    act(table, "release", BEN, 1)
    assert len(list_all(table, 1)) == 1
    act(table, "release", ANN, 1)
    assert list_all(table, 1) == []


def test_a_reservation_keeps_nobody_from_deciding(table: Table) -> None:
    act(table, "reserve", ANN, 0)
    assert act(table, "approve_trial", BEN, 1).ok
