// On every other page: decisions that left the Review page with the reviewer, before the server had them, are sent.

const RESEND_AFTER = 5000;

export default function mount({ data, setStateValue }) {
  const answered = new Map(data.results.map((result) => [result.id, result.ok]));
  const pending = loadPending();
  // what was refused stays in this tab: the Review page brings it back with its reason
  const kept = pending.filter((action) => !answered.get(action.id));
  if (kept.length < pending.length) keepPending({ pending: kept });
  const unsent = kept.filter((action) => !answered.has(action.id));
  if (!unsent.length) return undefined;
  // the time as number makes it news: the same state again would ask the server nothing
  const send = () => setStateValue("out", { actions: unsent, seq: Date.now() });
  const timer = setTimeout(send, data.asked ? RESEND_AFTER : 0);
  return () => clearTimeout(timer);
}
