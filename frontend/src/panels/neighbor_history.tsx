// Who the chosen sample's nearest neighbours were at each step: a row a step, those outlined that are its neighbours at the
// step that is shown. Unfolded on demand.
import { ListBox } from "../controls/list_box";
import { Thumbnail } from "../controls/thumbnail";
import type { NeighborHistory } from "../measures";
import { keptNeighbors } from "../model/samples/sample_history";
import { goToStep } from "../state/actions/measures";
import { shownStep, stepNoun } from "../state/derived/titles";
import { colorOf, type Store } from "../state/store";

const ROW_HEIGHT = 22;
const IMAGE = 16;
/** Beyond, the list scrolls. */
const MOST_ROWS = 11;

export function NeighborHistoryPanel({ store }: { store: Store }) {
  const { neighborHistory, neighborsUnfolded } = store.measures;
  const sample = store.samples.sample.value;
  if (sample === null || store.steps.value.length < 2) return null;
  const history = neighborHistory.value?.sample === sample ? neighborHistory.value : null;
  return (
    <details
      class="more neighbor-history"
      open={neighborsUnfolded.value}
      onToggle={(event) => store.measures.unfoldNeighbors(event.currentTarget.open)}
    >
      <summary
        title={`Nearest neighbors at each ${stepNoun(store)}; outlined: still neighbors at this one`}
      >
        Neighbors at each {stepNoun(store)}
      </summary>
      {!neighborsUnfolded.value ? null : history === null ? (
        <p role="status">Finding the neighbors…</p>
      ) : (
        <div style={{ height: `${ROW_HEIGHT * Math.min(MOST_ROWS, history.steps.length)}px` }}>
          <Rows store={store} history={history} />
        </div>
      )}
    </details>
  );
}

function Rows({ store, history }: { store: Store; history: NeighborHistory }) {
  const { steps, neighbors } = history;
  const sprites = store.sprites.value;
  const here = steps.indexOf(store.step.value ?? Number.NaN);
  const now = new Set(neighbors[here]);
  const kept = keptNeighbors(history, store.step.value);
  return (
    <ListBox
      name={`Nearest neighbors at each ${stepNoun(store)}`}
      count={steps.length}
      rowHeight={ROW_HEIGHT}
      chosen={here}
      keyOf={(place) => steps[place] ?? 0}
      choose={(place) => goToStep(store, steps[place] ?? 0)}
      point={() => store.samples.pointAt(null)}
    >
      {(place) => {
        const then = neighbors[place] ?? [];
        return (
          <>
            <span class="of-step">
              <span class="unseen">{stepNoun(store)} </span>
              {shownStep(store, steps[place] ?? 0)}
              <span class="unseen">: samples {then.join(", ")}; </span>
            </span>
            {then.map((one) => (
              <span
                key={one}
                class={now.has(one) ? "one kept" : "one"}
                title={`Sample ${one}`}
                aria-hidden="true"
                onPointerEnter={() => store.samples.pointAt(one)}
                onPointerLeave={() => store.samples.pointAt(null)}
              >
                {sprites === null ? (
                  <span class="swatch" style={{ background: colorOf(store, one) }} />
                ) : (
                  <Thumbnail sprites={sprites} sample={one} side={IMAGE} silent />
                )}
              </span>
            ))}
            {kept !== null && (
              <span class="count">
                {kept[place]}/{then.length}
                <span class="unseen"> are neighbors at this {stepNoun(store)}</span>
              </span>
            )}
          </>
        );
      }}
    </ListBox>
  );
}
