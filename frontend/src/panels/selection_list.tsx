// The selected samples one by one, as images or as a table, in an order of one's choice.
import { useMemo, useState } from "preact/hooks";
import { Choice, type Option } from "../controls/choice";
import { ListBox } from "../controls/list_box";
import { type Order, SamplesTable } from "../controls/samples_table";
import { Thumbnail } from "../controls/thumbnail";
import { look_at, point_at } from "../state/choose";
import { sort_samples } from "../state/rows";
import { ids_in } from "../state/selection";
import { color_of, type Store } from "../state/store";
import { title_of } from "../state/table";

const COLUMNS = 6;
const CELL = 48;
const IMAGE = 40;
const FORMS: readonly Option<"images" | "table">[] = [
  { value: "images", name: "Images", title: "The selection as a grid of thumbnails" },
  { value: "table", name: "Table", title: "The selection as a table of its rows" },
];

export function SelectionList({ store }: { store: Store }) {
  const [form, set_form] = useState<"images" | "table">("images");
  const [order, sort] = useState<Order>({ by: "", descending: false });
  const { selection, columns, sample } = store.choosing;
  const mask = selection.value?.mask;
  const ids = useMemo(() => {
    const column = columns.value.find(({ name }) => name === order.by);
    return mask === undefined ? [] : sort_samples(ids_in(mask), column, order.descending);
  }, [mask, columns.value, order]);
  if (mask === undefined) return null;
  const sprites = store.sprites.value;
  const choose = (id: number) => look_at(store, id);
  return (
    <section class="selected" aria-label="Selected samples">
      <div class="row-of-fields">
        <label>
          Sort by{" "}
          <select
            title="The column that orders the list"
            value={order.by}
            onChange={(event) => sort({ ...order, by: event.currentTarget.value })}
          >
            <option value="" selected={order.by === ""}>
              sample
            </option>
            {columns.value.map((column) => (
              <option key={column.name} value={column.name} selected={column.name === order.by}>
                {title_of(column)}
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
          <Choice name="Show the selection as" options={FORMS} chosen={form} choose={set_form} />
        )}
      </div>
      {form === "images" && sprites !== null ? (
        <ListBox
          name="Images of the selected samples"
          count={ids.length}
          columns={COLUMNS}
          row_height={CELL}
          chosen={sample.value === null ? null : ids.indexOf(sample.value)}
          key_of={(place) => ids[place] as number}
          title_of={(place) => `Sample ${ids[place]}`}
          choose={(place) => choose(ids[place] as number)}
          point={(place) => point_at(store, place === null ? null : (ids[place] as number))}
        >
          {(place) => (
            <span class="framed" style={{ borderColor: color_of(store, ids[place] as number) }}>
              <Thumbnail sprites={sprites} sample={ids[place] as number} side={IMAGE} silent />
            </span>
          )}
        </ListBox>
      ) : (
        <SamplesTable
          name="Table of the selected samples"
          ids={ids}
          table={columns.value}
          order={order}
          sort={sort}
          chosen={sample.value}
          choose={choose}
        />
      )}
    </section>
  );
}
