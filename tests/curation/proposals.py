"""Proposals for tests, saved as an extractor would save them."""

from collections.abc import Mapping, Sequence

from core.models import AttemptHints, Dataset, Extractor, HintText, JobKind, ProposedHint, Quote
from core.store import Store
from core.store.batch_models import Answer, Batch, BatchConfig


def propose(text: HintText, quote: str, *, message: int = 0) -> ProposedHint:
    """One hint with one quote."""
    return ProposedHint(text=text, evidence=[Quote(message=message, quote=quote)])


def save_proposals(
    store: Store,
    dataset: Dataset,
    proposals: Mapping[int, Sequence[ProposedHint]],
    *,
    extractor: Extractor = Extractor.LLM,
    model: str = "m",
) -> Batch:
    """A batch that answered these attempts, by id, with these hints."""
    job = store.jobs.create_job(JobKind.EXTRACT, params={}, dataset_id=dataset.id)
    config = BatchConfig(extractor=extractor, model=model)
    batch = store.batches.create_batch(job_id=job.id, dataset_id=dataset.id, config=config)
    store.batches.ensure_requests(batch.id)
    pending = {item.attempt_id: item.id for item in store.answers.list_all_pending(batch.id)}
    answers = [
        Answer(
            request_id=pending[attempt_id],
            attempt_id=attempt_id,
            body_hash=None,
            replies=[],
            content=AttemptHints(hints=list(hints)).model_dump_json(),
            sent=1,
        )
        for attempt_id, hints in proposals.items()
    ]
    store.answers.save_answers(batch, answers, prompt_version="p")
    return batch
