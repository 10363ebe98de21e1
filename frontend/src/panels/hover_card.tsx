// The sample under the pointer: its thumbnail, large, and its row of the metadata. Of a guest, its name.

import { Thumbnail } from "../controls/thumbnail";
import { headline, withoutRepeats } from "../model/samples/prediction_columns";
import { type Table, titleOf, valueAt } from "../model/samples/table";
import { guestStep, guestsOf } from "../state/derived/guests";
import type { GuestHover } from "../state/parts/guests";
import type { Hover, Store } from "../state/store";

const MOST_FIELDS = 5;
const IMAGE_SIDE = 112;
const DISTANCE = 12;
const NEAR_SIDE = 40;

export function HoverCard({ store }: { store: Store }) {
  return (
    <>
      <Ring store={store} />
      {store.guests.hover.value === null ? (
        <SampleCard store={store} />
      ) : (
        <GuestCard store={store} hover={store.guests.hover.value} />
      )}
    </>
  );
}

/** Around the sample or guest that is pointed at. Not on the canvas: it moves without a new drawing. */
function Ring({ store }: { store: Store }) {
  const hover = store.guests.hover.value ?? store.hover.value;
  if (hover === null) return null;
  const size = hover.width + 8;
  return (
    <div
      class="ring"
      style={{
        width: `${size}px`,
        height: `${size}px`,
        transform: `translate(${hover.x - size / 2}px, ${hover.y - size / 2}px)`,
      }}
    />
  );
}

/** A sample that was not recorded: its name, and the recorded ones that are nearest to it at the step where it is drawn. */
function GuestCard({ store, hover }: { store: Store; hover: GuestHover }) {
  const answer = guestsOf(store);
  const name = answer?.names[hover.guest];
  if (answer === null || name === undefined) return null;
  const near = answer.neighbors.get(guestStep(store) ?? -1)?.[hover.guest] ?? [];
  const label = store.table.value?.find((column) => column.name === store.label.value);
  const sprites = store.sprites.value;
  return (
    <div class="hover-card" role="tooltip" key={`guest ${hover.guest}`} style={beside(hover)}>
      <div class="row">
        <strong>{name}</strong>
        <p class="headline">New sample, not recorded</p>
        {near.length > 0 && (
          <>
            <p class="near-title">Nearest in the layer</p>
            <ol class="near">
              {near.map((sample) => (
                <li key={sample}>
                  {sprites !== null && (
                    <Thumbnail sprites={sprites} sample={sample} side={NEAR_SIDE} silent />
                  )}
                  {label === undefined ? sample : valueAt(label, sample)}
                </li>
              ))}
            </ol>
          </>
        )}
      </div>
    </div>
  );
}

function SampleCard({ store }: { store: Store }) {
  const hover = store.hover.value;
  if (hover === null) return null;
  // Of two panes the one that the pointer is over has the card; in the other a ring is enough.
  const twoPanes = store.second || store.companion.value !== null;
  if (hover.fromList && twoPanes) return null;
  const table = withoutRepeats(store.samples.columns.value);
  const said = headline(table, store.label.value, hover.sample);
  const fields = fieldsOf(table, store.colorBy.value, hover.sample);
  return (
    // Another sample is another card, which waits a moment again before it opens.
    <div class="hover-card" role="tooltip" key={hover.sample} style={beside(hover)}>
      {store.sprites.value !== null && (
        <Thumbnail sprites={store.sprites.value} sample={hover.sample} side={IMAGE_SIDE} />
      )}
      <div class="row">
        <strong>Sample {hover.sample.toLocaleString("en-US")}</strong>
        {said !== null && <p class="headline">{said}</p>}
        <dl>
          {fields.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value || "no value"}</dd>
            </div>
          ))}
        </dl>
      </div>
    </div>
  );
}

/** The column that colours first, then the others in their order. */
function fieldsOf(table: Table, colorBy: string | null, sample: number): [string, string][] {
  const coloring = table.filter(({ name }) => name === colorBy);
  const others = table.filter(({ name }) => name !== colorBy);
  return [...coloring, ...others]
    .slice(0, MOST_FIELDS)
    .map((column) => [titleOf(column), valueAt(column, sample)]);
}

/** Opens from the sample towards the middle of the stage, where there is room. */
function beside(at: Omit<Hover, "sample" | "fromList">): Record<string, string> {
  const { x, y, width, rightHalf, lowerHalf } = at;
  const away = DISTANCE + width / 2;
  return {
    left: `${rightHalf ? x - away : x + away}px`,
    top: `${y}px`,
    translate: `${rightHalf ? "-100%" : "0"} ${lowerHalf ? "-100%" : "0"}`,
  };
}
