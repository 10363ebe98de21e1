// Says what the page waits for and what went wrong. The picture behind stays.

import { namedStep } from "../state/derived/titles";
import type { Store } from "../state/store";

export function Notices({ store }: { store: Store }) {
  const { activity, run, layer, frames, view, notThere } = store;
  const { notSearched } = store.samples;
  const awaited = frames.value?.awaited ?? null;
  const failures = activity.failures.value;
  const broken = run.value !== null && layer.value === null;
  // How far a layout is has a notice of its own.
  const atOnce = view.value?.iterative === false;
  const waiting = activity.busy.value
    ? "Waiting for the server…"
    : awaited !== null && failures.length === 0 && atOnce
      ? `Computing ${namedStep(store, awaited)} of ${layer.value?.name ?? "the layer"}…`
      : activity.waiting.value.length > 0
        ? `Loading ${activity.waiting.value[0]}…`
        : null;
  return (
    <>
      {/* Bar and words wait a moment, by their style, before they are seen: most answers are there sooner. */}
      <div class="waiting" role="status">
        {waiting !== null && (
          <>
            <div class="bar" />
            <p>{waiting}</p>
          </>
        )}
      </div>
      <div class="failures">
        {failures.map(({ what, message, retry }) => (
          <div class="failure" role="alert" key={what}>
            <p>
              <strong>Could not load {what}.</strong> {message}
            </p>
            <button type="button" title="Ask the server again" onClick={retry}>
              Retry
            </button>
          </div>
        ))}
        {notThere.value !== null && (
          <div class="failure" role="alert">
            <p>{notThere.value}</p>
            <button
              type="button"
              title="Hides this message"
              onClick={() => {
                notThere.value = null;
              }}
            >
              Dismiss
            </button>
          </div>
        )}
        {notSearched.value !== null && (
          <div class="failure" role="alert">
            <p>
              <strong>The selection of this link or bookmark was not restored.</strong>{" "}
              {notSearched.value}.
            </p>
            <button
              type="button"
              title="Hides this message"
              onClick={() => store.samples.dismissNotSearched()}
            >
              Dismiss
            </button>
          </div>
        )}
      </div>
      {broken && (
        <div class="message">
          <p>
            <strong>This run cannot be shown.</strong>
          </p>
          {run.value?.problems.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
        </div>
      )}
    </>
  );
}
