"""What a pending request asks when somebody else sends it: the same body as live, so that replies serve both ways."""

from typing import Any, NamedTuple

from core.extraction.bodies import build_body, hash_body
from core.extraction.estimate import BATCH_API_DISCOUNT
from core.extraction.launch import find_server
from core.extraction.output_modes import WEAKER_MODE, OutputMode
from core.extraction.prices import Price, choose_price
from core.extraction.wording import Wording, build_wording
from core.settings import Settings
from core.store import Store
from core.store.batch_models import Batch, BatchConfig, PendingRequest
from core.traces.report import CHARACTERS_PER_TOKEN


class Question(NamedTuple):
    """One request, ready to be written down."""

    request: PendingRequest
    body: dict[str, Any]
    body_hash: str
    wording: Wording

    @property
    def tokens_in(self) -> int:
        """Of the messages, estimated."""
        return sum(len(message["content"]) for message in self.body["messages"]) // CHARACTERS_PER_TOKEN


class Questions:
    """Builds the questions of one batch."""

    def __init__(self, store: Store, batch: Batch, settings: Settings) -> None:
        """Nothing is built yet.

        Args:
            store: Holds attempts and secret.
            batch: Whose requests they are.
            settings: Whose address says what the server is called, and which dialect it speaks.
        """
        self._store = store
        self._batch = batch
        self._base_url = settings.openai_base_url
        # under this name its output mode is remembered, for the live way too
        self._server = find_server(settings)
        self._secret = store.workspace.get_secret()

    @property
    def mode(self) -> OutputMode:
        """How the server is told the form of the answer."""
        known = self._store.workspace.find_server_mode(server=self._server, model=self._batch.model or "")
        return OutputMode(known) if known else OutputMode.JSON_SCHEMA

    def weaken_mode(self) -> None:
        """Remember that the server does not support the present mode; the next questions ask in a plainer way."""
        weaker = WEAKER_MODE.get(self.mode)
        if weaker is not None:
            self._store.workspace.save_server_mode(server=self._server, model=self._batch.model or "", mode=weaker)

    def leave_out(self, parameter: str) -> None:
        """Remember that the server does not take it; the next questions ask without it."""
        self._store.workspace.save_refused_parameter(
            server=self._server, model=self._batch.model or "", parameter=parameter
        )

    def build(self, request: PendingRequest) -> Question:
        """What a request asks."""
        wording = build_wording(self._store, request, secret=self._secret, input_limit=self._batch.config.input_limit)
        model = self._batch.model or ""
        body = build_body(
            wording.messages,
            form=wording.form,
            model=model,
            mode=self.mode,
            base_url=self._base_url,
            output_limit=self._batch.config.output_limit,
            refused=self._store.workspace.find_refused_parameters(server=self._server, model=model),
        )
        return Question(request, body, hash_body(body), wording)


def choose_batch_price(config: BatchConfig) -> Price | None:
    """What a batch reckons with, the Batch API's discount included."""
    price = choose_price(config)
    if price is None or config.way != "batch_api":
        return price
    return Price(**{name: usd * BATCH_API_DISCOUNT for name, usd in price.model_dump().items()})
