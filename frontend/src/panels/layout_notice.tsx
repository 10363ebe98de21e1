// What a layout costs before it is started, how far it is while it is worked on, and what went wrong.

import { cancelLayout, startLayout } from "../state/actions/choose_view";
import { isUnderWay } from "../state/parts/frame_cache";
import type { Store } from "../state/store";

export function LayoutNotice({ store }: { store: Store }) {
  const { frames, view, engines, steps } = store;
  const progress = frames.value?.progress.value ?? null;
  if (progress === null || !view.value?.iterative || progress.state === "done") return null;
  const title = engines.value.find(({ name }) => name === view.value?.engine)?.title ?? "";
  const missing = steps.value.length - progress.done;
  const what = `${title} of ${missing} step${missing === 1 ? "" : "s"}`;
  return (
    <section
      class="layout-notice"
      aria-label={store.second ? "Layout of the second pane" : "Layout"}
    >
      {isUnderWay(progress) ? (
        <>
          <p role="status">
            {progress.state === "waiting"
              ? `${what} waits for another layout to end`
              : `Laying out ${title}: ${progress.done} of ${progress.total} steps${left(progress.expected_seconds)}`}
          </p>
          <progress max={progress.total} value={progress.done} aria-label={`${title} finished`} />
          <button
            type="button"
            title="Ends the work; what is finished stays"
            onClick={() => cancelLayout(store)}
          >
            Cancel
          </button>
        </>
      ) : (
        <>
          <p role={progress.state === "failed" ? "alert" : "status"}>
            {progress.state === "failed"
              ? progress.message
              : `${what} ${cost(progress.expected_seconds)}`}
          </p>
          <button
            type="button"
            class="primary"
            title="Starts the work on the server; what is finished is kept for the next time"
            onClick={() => startLayout(store)}
          >
            {progress.state === "failed" ? "Try again" : "Lay out"}
          </button>
        </>
      )}
    </section>
  );
}

function left(seconds: number | null): string {
  return seconds === null || seconds < 1 ? "" : `, about ${duration(seconds)} left`;
}

function cost(seconds: number | null): string {
  if (seconds === null) return "has not been laid out yet.";
  return `will take about ${duration(seconds)}.`;
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}
