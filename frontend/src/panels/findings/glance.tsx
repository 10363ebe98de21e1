// A list of samples: closed, its first five; open, what it means and all that are listed.
import type { ComponentChildren } from "preact";
import { RankedSamples } from "../../controls/ranked_samples";
import { Thumbnail } from "../../controls/thumbnail";
import { clickSample } from "../../state/actions/choose_samples";
import { sampleListProps } from "../../state/actions/sample_list_props";
import type { Store } from "../../state/store";
import { inLines } from "./model";

const FIRST = 5;
const IMAGE = 44;

interface GlanceProps {
  readonly store: Store;
  readonly id: string;
  readonly title: string;
  /** How many are listed or would be. */
  readonly count: number;
  readonly meaning: string;
  /** Why not all are listed; null where all are. */
  readonly note: string | null;
  /** Null until they have come. */
  readonly ranked: readonly { readonly sample: number; readonly score: number }[] | null;
  readonly score: string;
  readonly write: (score: number) => string;
  /** What is written below a sample. */
  readonly says: (sample: number) => string;
  /** How to read that; null where another list has said so. */
  readonly legend: string | null;
  /** Beside the title. */
  readonly children?: ComponentChildren;
}

export function Glance(props: GlanceProps) {
  const { store, id, title, count, meaning, note, ranked, score, write, says, children } = props;
  const open = store.measures.opened.value === id;
  const told = [note, open ? null : props.legend].filter((one) => one !== null).join(" ");
  return (
    <section class="glance" aria-label={title}>
      <div class="row-of-fields">
        <h2>
          <button
            type="button"
            class="finding"
            title={meaning}
            aria-expanded={open}
            onClick={() => store.measures.toggleFinding(id)}
          >
            {title} ({count < store.samples.count.value ? count.toLocaleString("en-US") : "all"})
          </button>
        </h2>
        <div class="spring" />
        {children}
      </div>
      {open && <p class="rule">{meaning}</p>}
      {told !== "" && <p class="note">{told}</p>}
      {ranked === null ? (
        <p role="status">Loading the list…</p>
      ) : open ? (
        ranked.length > 0 && (
          <RankedSamples
            {...sampleListProps(store)}
            sampleValue={(sample) => ({ color: undefined, word: says(sample) })}
            name={`Samples: ${title}`}
            ranked={ranked}
            total={count}
            score={score}
            write={write}
            select={(ids) => store.samples.select(ids, "list")}
          />
        )
      ) : (
        <First store={store} ids={ranked.slice(0, FIRST).map(({ sample }) => sample)} says={says} />
      )}
    </section>
  );
}

interface FirstProps {
  readonly store: Store;
  readonly ids: readonly number[];
  readonly says: (sample: number) => string;
}

function First({ store, ids, says }: FirstProps) {
  const sprites = store.sprites.value;
  return (
    <ul class={sprites === null ? "first in-rows" : "first"}>
      {ids.map((id) => (
        <li key={id}>
          <button
            type="button"
            title={`Sample ${id}: ${says(id)}`}
            onClick={() => clickSample(store, id, "replace")}
            onPointerEnter={() => store.samples.pointAt(id)}
            onPointerLeave={() => store.samples.pointAt(null)}
          >
            {sprites === null ? (
              <>
                <span class="number">
                  <span class="unseen">Sample </span>
                  {id}
                </span>
                <span class="says">{says(id)}</span>
              </>
            ) : (
              <>
                <Thumbnail sprites={sprites} sample={id} side={IMAGE} silent />
                <span class="unseen">Sample {id}: </span>
                <span class="says">
                  {inLines(says(id)).map((line) => (
                    <span key={line}>{line} </span>
                  ))}
                </span>
              </>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}
