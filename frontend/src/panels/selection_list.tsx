// The selected samples one by one, as images or as a table, in an order of one's choice.

import { useMemo, useState } from "preact/hooks";
import { Choice, type Option } from "../controls/choice";
import { ListBox } from "../controls/list_box";
import { type Order, SamplesTable } from "../controls/samples_table";
import { Thumbnail } from "../controls/thumbnail";
import { sortSamples } from "../model/samples/csv";
import { withoutRepeats } from "../model/samples/prediction_columns";
import { idsIn } from "../model/samples/selection";
import { titleOf } from "../model/samples/table";
import { colorOf, type Store } from "../state/store";

const COLUMNS = 6;
const CELL = 48;
const IMAGE = 40;
const FORMS: readonly Option<"images" | "table">[] = [
  { value: "images", name: "Images", title: "Show thumbnails" },
  { value: "table", name: "Table", title: "Show a table" },
];

export function SelectionList({ store }: { store: Store }) {
  const [form, setForm] = useState<"images" | "table">("images");
  const [order, sort] = useState<Order>({ by: "", descending: false });
  const { selection, columns, sample } = store.samples;
  const mask = selection.value?.mask;
  const ids = useMemo(() => {
    const column = columns.value.find(({ name }) => name === order.by);
    return mask === undefined ? [] : sortSamples(idsIn(mask), column, order.descending);
  }, [mask, columns.value, order]);
  if (mask === undefined) return null;
  const sprites = store.sprites.value;
  const choose = (id: number) => store.samples.lookAt(id);
  return (
    <section class="selected" aria-label="Selected samples">
      <div class="row-of-fields">
        <label>
          Sort by{" "}
          <select
            title="The column to sort by"
            value={order.by}
            onChange={(event) => sort({ ...order, by: event.currentTarget.value })}
          >
            <option value="" selected={order.by === ""}>
              sample
            </option>
            {withoutRepeats(columns.value).map((column) => (
              <option key={column.name} value={column.name} selected={column.name === order.by}>
                {titleOf(column)}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="icon"
          aria-label={order.descending ? "Largest first" : "Smallest first"}
          title={order.descending ? "Largest first" : "Smallest first"}
          onClick={() => sort({ ...order, descending: !order.descending })}
        >
          {order.descending ? "↓" : "↑"}
        </button>
        <div class="spring" />
        {sprites !== null && (
          <Choice name="Show the selection as" options={FORMS} chosen={form} choose={setForm} />
        )}
      </div>
      {form === "images" && sprites !== null ? (
        <ListBox
          name="Images of the selected samples"
          count={ids.length}
          columns={COLUMNS}
          rowHeight={CELL}
          chosen={sample.value === null ? null : ids.indexOf(sample.value)}
          keyOf={(place) => ids[place] as number}
          titleOf={(place) => `Sample ${ids[place]}`}
          choose={(place) => choose(ids[place] as number)}
          point={(place) => store.samples.pointAt(place === null ? null : (ids[place] as number))}
        >
          {(place) => (
            <span class="framed" style={{ borderColor: colorOf(store, ids[place] as number) }}>
              <Thumbnail sprites={sprites} sample={ids[place] as number} side={IMAGE} silent />
            </span>
          )}
        </ListBox>
      ) : (
        <SamplesTable
          name="Table of the selected samples"
          ids={ids}
          table={withoutRepeats(columns.value)}
          order={order}
          sort={sort}
          chosen={sample.value}
          choose={choose}
        />
      )}
    </section>
  );
}
