// The sample under the pointer: its thumbnail, large, and its row of the metadata.
import { useEffect, useRef } from "preact/hooks";
import { cell_of } from "../canvas/sprites";
import type { Hover, Sprites, Store } from "../state/store";
import { type Table, value_at } from "../state/table";

const MOST_FIELDS = 5;
const IMAGE_SIDE = 112;
const DISTANCE = 12;

export function HoverCard({ store }: { store: Store }) {
  const hover = store.hover.value;
  if (hover === null) return null;
  const fields = fields_of(store.table.value ?? [], store.color_by.value, hover.sample);
  return (
    // Another sample is another card, which waits a moment again before it opens.
    <div class="hover-card" role="tooltip" key={hover.sample} style={beside(hover)}>
      {store.sprites.value !== null && (
        <Thumbnail sprites={store.sprites.value} sample={hover.sample} />
      )}
      <div class="row">
        <strong>Sample {hover.sample.toLocaleString("en-US")}</strong>
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

function Thumbnail({ sprites, sample }: { sprites: Sprites; sample: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, height] = sprites.facts.cell;
  useEffect(() => {
    const heights = sprites.sheets.map((sheet) => sheet.height);
    const cell = cell_of(heights, sprites.facts, sample);
    const sheet = cell === null ? undefined : sprites.sheets[cell.page];
    if (cell === null || sheet === undefined) return;
    canvas.current
      ?.getContext("2d")
      ?.drawImage(sheet, cell.x, cell.y, width, height, 0, 0, width, height);
  }, [sprites, sample, width, height]);
  const scale = IMAGE_SIDE / Math.max(width, height);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={`Image of sample ${sample}`}
      width={width}
      height={height}
      style={{ width: `${width * scale}px`, height: `${height * scale}px` }}
    />
  );
}

/** The column that colours first, then the others in their order. */
function fields_of(table: Table, color_by: string | null, sample: number): [string, string][] {
  const coloring = table.filter(({ name }) => name === color_by);
  const others = table.filter(({ name }) => name !== color_by);
  return [...coloring, ...others]
    .slice(0, MOST_FIELDS)
    .map((column) => [column.name, value_at(column, sample)]);
}

/** Opens from the sample towards the middle of the stage, where there is room. */
function beside({ x, y, width, right_half, lower_half }: Hover): Record<string, string> {
  const away = DISTANCE + width / 2;
  return {
    left: `${right_half ? x - away : x + away}px`,
    top: `${y}px`,
    translate: `${right_half ? "-100%" : "0"} ${lower_half ? "-100%" : "0"}`,
  };
}
