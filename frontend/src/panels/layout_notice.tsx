// What a layout costs before it is started, how far it is while it is worked on, and what went wrong.

import { expectedInWords } from "../model/projection/landmarks";
import { type Estimate, nextEstimate } from "../model/projection/waiting";
import { sentence } from "../model/text/words";
import type { Progress } from "../progress";
import { cancelLayout, startLayout } from "../state/actions/choose_view";
import { shownInstead } from "../state/derived/picture_title";
import { countedSteps, engineTitle, stepNoun } from "../state/derived/titles";
import type { Store } from "../state/store";

export function LayoutNotice({ store }: { store: Store }) {
  const { frames, view, engines } = store;
  const progress = frames.value?.progress.value ?? null;
  if (progress === null || !view.value?.iterative || progress.state === "done") return null;
  const title = engineTitle(store);
  const facts = engines.value.find(({ name }) => name === view.value?.engine);
  return (
    <section
      class="layout-notice"
      aria-label={store.second ? "Layout of the second pane" : "Layout"}
    >
      {frames.value?.underWay ? (
        <UnderWay store={store} title={title} progress={progress} />
      ) : facts?.unavailable != null ? (
        <p role="status">{facts.unavailable}</p>
      ) : (
        <NotStarted store={store} title={title} progress={progress} />
      )}
    </section>
  );
}

interface PartProps {
  readonly store: Store;
  readonly title: string;
  readonly progress: Progress;
}

function UnderWay({ store, title, progress }: PartProps) {
  const estimate = store.picture.estimate.value ?? nextEstimate(null, progress);
  const words =
    progress.state === "waiting"
      ? `${title} waits for another computation to end`
      : `Computing ${title}: ${stepNoun(store)} ${estimate.current} of ${estimate.total}${left(estimate)}`;
  return (
    <>
      <div class="words">
        <p role="status">{words}</p>
        <Instead store={store} />
      </div>
      <progress
        max={estimate.total}
        value={estimate.done}
        aria-label={`${title} computed`}
        aria-valuetext={words}
      />
      <button
        type="button"
        title="Stop computing; finished frames are kept"
        onClick={() => cancelLayout(store)}
      >
        Cancel
      </button>
    </>
  );
}

function NotStarted({ store, title, progress }: PartProps) {
  const failed = progress.state === "failed";
  const { done, total, expected_seconds: seconds } = progress;
  const computed =
    done === 0 ? "not computed yet" : `${done} of ${countedSteps(store, total)} computed`;
  const words = store.picture.startsLater.value
    ? "starts when another computation has ended"
    : computed;
  const cost = seconds === null ? "" : ` (about ${duration(seconds)})`;
  return (
    <>
      {failed ? (
        <p role="alert">
          <strong>Could not compute {title}.</strong> {sentence(progress.message)}
        </p>
      ) : (
        <div class="words">
          <p role="status">
            {title}: {words}
          </p>
          <Landmarks store={store} progress={progress} />
          <Instead store={store} />
        </div>
      )}
      <button
        type="button"
        class="primary"
        title="Runs on the server; finished frames are kept for the next time"
        onClick={() => startLayout(store)}
      >
        {failed ? "Try again" : `Compute ${title}${cost}`}
      </button>
    </>
  );
}

/** What very many samples cost beside the time, before it is spent. */
function Landmarks({ store, progress }: { store: Store; progress: Progress }) {
  const { landmarks = null } = progress;
  const layer = store.layer.value;
  if (landmarks === null || layer === null) return null;
  const drawn = layer.samples - layer.hidden.length;
  return <p class="note">{expectedInWords(landmarks, drawn)}</p>;
}

function Instead({ store }: { store: Store }) {
  const instead = shownInstead(store);
  return instead === null ? null : <p class="note">{instead}</p>;
}

function left({ secondsLeft, late }: Estimate): string {
  if (late) return ", longer than expected";
  return secondsLeft === null || secondsLeft < 1 ? "" : `, about ${duration(secondsLeft)} left`;
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}
