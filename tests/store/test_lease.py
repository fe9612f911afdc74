"""Who works: one owner at a time, by heartbeat and epoch."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import JobStopped, WorkerReplaced
from core.models import JobKind
from core.store import Store, open_store
from core.store.lease import LEASE_SECONDS

NOW = 1_000_000.0


def acquire(store: Store, *, now: float = NOW, owner: str = "one", fingerprint: str = "f") -> int | None:
    return store.leases.acquire(owner=owner, pid=7, fingerprint=fingerprint, clock=lambda: now)


def test_nobody_owns_a_new_workspace(store: Store) -> None:
    assert store.leases.find_lease() is None
    assert acquire(store) == 1


def test_there_is_one_owner_at_a_time(store: Store) -> None:
    assert acquire(store) == 1
    assert acquire(store, owner="two") is None
    assert acquire(store, owner="one") is None
    lease = store.leases.find_lease()
    assert lease is not None
    assert (lease.owner, lease.epoch, lease.pid, lease.fingerprint) == ("one", 1, 7, "f")


def test_another_one_takes_over_when_the_heartbeat_stops(store: Store) -> None:
    acquire(store)
    assert acquire(store, owner="two", now=NOW + LEASE_SECONDS - 0.01) is None
    assert acquire(store, owner="two", now=NOW + LEASE_SECONDS) == 2
    assert not store.leases.renew(1, clock=lambda: NOW + LEASE_SECONDS)
    with pytest.raises(WorkerReplaced):
        store.leases.check(1)
    store.leases.check(2)


def test_a_renewed_lease_is_not_taken(store: Store) -> None:
    acquire(store)
    assert store.leases.renew(1, clock=lambda: NOW + 4)
    assert acquire(store, owner="two", now=NOW + LEASE_SECONDS) is None
    assert acquire(store, owner="two", now=NOW + 4 + LEASE_SECONDS) == 2


def test_a_clock_that_is_set_back_does_not_keep_a_dead_owner_alive(store: Store) -> None:
    acquire(store)
    assert acquire(store, owner="two", now=NOW - 3_600) == 2


def test_a_released_lease_is_free_at_once_and_the_epoch_grows_on(store: Store) -> None:
    acquire(store)
    store.leases.release(1)
    assert acquire(store, owner="two") == 2
    store.leases.release(1)
    assert acquire(store, owner="three") is None


def test_every_write_of_an_owner_that_was_replaced_is_refused(store: Store) -> None:
    acquire(store)
    acquire(store, owner="two", now=NOW + LEASE_SECONDS)

    def save() -> None:
        with store.jobs.write():
            store.jobs.create_job(JobKind.IMPORT, params={})
            store.leases.check(1)

    with pytest.raises(WorkerReplaced):
        save()
    assert store.jobs.find_next_job() is None


def test_checking_before_anybody_worked_is_refused(store: Store) -> None:
    with pytest.raises(JobStopped):
        store.leases.check(1)


def test_an_idle_owner_leaves_and_one_with_work_stays(store: Store) -> None:
    acquire(store)
    job = store.jobs.create_job(JobKind.IMPORT, params={})
    assert not store.leases.release_if_idle(1)
    assert acquire(store, owner="two") is None
    store.jobs.cancel_job(job.id)
    assert store.leases.release_if_idle(1)
    assert acquire(store, owner="two") == 2


def test_leaving_idle_does_not_take_the_lease_from_somebody_else(store: Store) -> None:
    acquire(store)
    acquire(store, owner="two", now=NOW + LEASE_SECONDS)
    assert store.leases.release_if_idle(1)
    lease = store.leases.find_lease()
    assert lease is not None
    assert lease.is_live(NOW + LEASE_SECONDS)


def test_an_owner_learns_that_it_should_leave_and_its_successor_does_not(store: Store) -> None:
    acquire(store)
    store.leases.ask_to_leave(1)
    lease = store.leases.find_lease()
    assert lease is not None
    assert lease.should_leave
    acquire(store, owner="two", now=NOW + LEASE_SECONDS)
    lease = store.leases.find_lease()
    assert lease is not None
    assert not lease.should_leave
    store.leases.ask_to_leave(1)
    lease = store.leases.find_lease()
    assert lease is not None
    assert not lease.should_leave


def test_of_many_that_want_the_lease_one_gets_it(tmp_path: Path) -> None:
    with open_store(tmp_path):
        pass

    def try_it(number: int) -> int | None:
        with open_store(tmp_path) as store:
            return acquire(store, owner=str(number))

    with ThreadPoolExecutor(8) as pool:
        assert sorted(epoch for epoch in pool.map(try_it, range(16)) if epoch is not None) == [1]
