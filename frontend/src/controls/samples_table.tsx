// A table of samples of which only the rows in sight exist. Its heads sort, its first cells open a sample.
import { useRef } from "preact/hooks";
import { type Table, titleOf, valueAt } from "../model/samples/table";
import { span, useSight } from "./list_box";

const ROW_HEIGHT = 28;
const SPARE_ROWS = 4;

export interface Order {
  /** A column's name, "" for the number of the sample. */
  readonly by: string;
  readonly descending: boolean;
}

interface SamplesTableProps {
  readonly name: string;
  readonly ids: readonly number[];
  readonly table: Table;
  readonly order: Order;
  readonly sort: (order: Order) => void;
  readonly chosen: number | null;
  readonly choose: (sample: number) => void;
}

export function SamplesTable(props: SamplesTableProps) {
  const { name, ids, table, order, sort, chosen, choose } = props;
  const box = useRef<HTMLDivElement>(null);
  const { top, height } = useSight(box);
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - SPARE_ROWS);
  const last = Math.min(ids.length, Math.ceil((top + height) / ROW_HEIGHT) + SPARE_ROWS);
  const heads = [
    ["", "sample"] as const,
    ...table.map((column) => [column.name, titleOf(column)] as const),
  ];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section ref={box} class="table-box" tabIndex={0} aria-label={name}>
      <table aria-rowcount={ids.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {heads.map(([by, title]) => (
              <th key={by} scope="col" aria-sort={sorting(order, by)}>
                <button
                  type="button"
                  title={`Sort by ${title}`}
                  onClick={() => sort({ by, descending: order.by === by && !order.descending })}
                >
                  {title}
                  <span aria-hidden="true">
                    {order.by === by ? (order.descending ? " ↓" : " ↑") : ""}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap rows={first} />
          {span(first, last).map((place) => {
            const sample = ids[place] as number;
            return (
              <tr key={sample} aria-rowindex={place + 2} class={sample === chosen ? "chosen" : ""}>
                <th scope="row">
                  <button
                    type="button"
                    aria-label={`Open sample ${sample}`}
                    title="Open the sample"
                    onClick={() => choose(sample)}
                  >
                    {sample}
                  </button>
                </th>
                {table.map((column) => (
                  <td key={column.name}>{valueAt(column, sample)}</td>
                ))}
              </tr>
            );
          })}
          <Gap rows={ids.length - last} />
        </tbody>
      </table>
    </section>
  );
}

function Gap({ rows }: { rows: number }) {
  if (rows <= 0) return null;
  return <tr style={{ height: `${rows * ROW_HEIGHT}px` }} />;
}

function sorting(order: Order, by: string): "ascending" | "descending" | "none" {
  if (order.by !== by) return "none";
  return order.descending ? "descending" : "ascending";
}
