// A table of numbers as colours, to point at. Arrow keys move through its cells, Enter or a click chooses one; what the cell
// under the pointer or the cursor says stands below.
import { useEffect, useRef, useState } from "preact/hooks";
import { labeledPlaces } from "../model/time/tick_labels";
import type { Rgb } from "../palette";

export interface Cell {
  readonly row: number;
  readonly column: number;
}

interface HeatMapProps {
  /** What it shows, in a sentence. */
  readonly name: string;
  readonly values: readonly (readonly (number | null)[])[];
  /** The colour of a value; null leaves the cell empty. */
  readonly paint: (value: number) => Rgb | null;
  readonly low: number;
  readonly high: number;
  /** Draws the numbers into the cells where they have room. */
  readonly numbers?: boolean;
  /** What the rows and the columns are: "label", "predicted". */
  readonly axes: readonly [string, string];
  /** Of rows and of columns; as many are shown as there is room for. */
  readonly headings: readonly [readonly string[], readonly string[]];
  /** What the colors mean, at their ends. */
  readonly limits: readonly [string, string];
  /** The row and the column that are framed. */
  readonly framed: Cell | null;
  readonly say: (cell: Cell) => string;
  readonly choose: (cell: Cell) => void;
}

/** In CSS pixels. */
const SIDE = 260;
const LARGEST_CELL = 40;
const LEAST_FOR_NUMBERS = 20;

export function HeatMap(props: HeatMapProps) {
  const { name, values, paint, numbers, axes, headings, limits, framed, say, choose } = props;
  const [low, high] = [paint(props.low), paint(props.high)];
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, point] = useState<Cell | null>(null);
  const [cursor, setCursor] = useState<Cell>({ row: 0, column: 0 });
  const rows = values.length;
  const columns = values[0]?.length ?? 0;
  const cell = Math.min(LARGEST_CELL, SIDE / Math.max(1, columns, rows));
  const height = Math.round(cell * rows);
  const width = Math.round(cell * columns);
  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (!pen || !canvas.current || rows === 0 || columns === 0) return;
    const ratio = Math.min(2, window.devicePixelRatio);
    canvas.current.width = width * ratio;
    canvas.current.height = height * ratio;
    const [w, h] = [(width * ratio) / columns, (height * ratio) / rows];
    const style = getComputedStyle(canvas.current);
    const gap = w > 6 * ratio ? 1 : 0;
    for (const [row, line] of values.entries()) {
      for (const [column, value] of line.entries()) {
        const rgb = value === null ? null : paint(value);
        if (rgb !== null) {
          pen.fillStyle = `rgb(${rgb.join(" ")})`;
          pen.fillRect(column * w, row * h, w - gap, h - gap);
        }
        if (!numbers || !value || width / columns < LEAST_FOR_NUMBERS) continue;
        pen.font = `${11 * ratio}px ${style.fontFamily}`;
        pen.textAlign = "center";
        pen.textBaseline = "middle";
        pen.fillStyle = rgb === null ? style.color : legibleOn(rgb);
        pen.fillText(String(value), (column + 0.5) * w, (row + 0.5) * h);
      }
    }
    if (framed === null) return;
    pen.strokeStyle = style.color;
    pen.lineWidth = 1.5 * ratio;
    if (framed.row >= 0) pen.strokeRect(0, framed.row * h, width * ratio, h);
    if (framed.column >= 0) pen.strokeRect(framed.column * w, 0, w, height * ratio);
  });
  const under = (event: PointerEvent | MouseEvent): Cell => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const place = (part: number, count: number) =>
      Math.min(count - 1, Math.max(0, Math.floor(part * count)));
    return {
      row: place((event.clientY - box.top) / box.height, rows),
      column: place((event.clientX - box.left) / box.width, columns),
    };
  };
  if (rows === 0 || columns === 0) return null;
  const told = pointed ?? cursor;
  const outlined = {
    left: `${(100 * told.column) / columns}%`,
    top: `${(100 * told.row) / rows}%`,
    width: `${100 / columns}%`,
    height: `${100 / rows}%`,
  };
  return (
    <div class="heat-map">
      <p class="axis-titles" aria-hidden="true">
        <span>↓ {axes[0]}</span>
        <span>→ {axes[1]}</span>
      </p>
      <Headings names={headings[1]} size={width} way="column" />
      <div class="cells-and-headings">
        <Headings names={headings[0]} size={height} way="row" />
        <div
          class="cells"
          role="application"
          aria-label={name}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes the arrow keys
          tabIndex={0}
          style={{ width: `${width}px`, height: `${height}px` }}
          onPointerMove={(event) => point(under(event))}
          onPointerLeave={() => point(null)}
          onClick={(event) => {
            const cell = under(event);
            setCursor(cell);
            choose(cell);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") choose(cursor);
            const next = cellAfter(event.key, cursor, rows, columns);
            if (next !== null) setCursor(next);
            if (next !== null || event.key === "Enter") event.preventDefault();
          }}
        >
          <canvas ref={canvas} style={{ width: "100%", height: "100%" }} />
          <span class={pointed === null ? "cursor" : "cursor pointed"} style={outlined} />
        </div>
      </div>
      <p role="status">{say(told)}</p>
      <p class="scale" aria-hidden="true">
        {limits[0]}
        <span
          class="scale-ramp"
          style={{ background: `linear-gradient(90deg, ${rgb(low)}, ${rgb(high)})` }}
        />
        {limits[1]}
      </p>
    </div>
  );
}

function Headings({
  names,
  size,
  way,
}: {
  names: readonly string[];
  size: number;
  way: "row" | "column";
}) {
  if (names.length === 0) return null;
  const side = way === "row" ? "height" : "width";
  const each = size / names.length;
  const centers = names.map((_, place) => place / Math.max(1, names.length - 1));
  // Names lie beside one another in columns; below one another they need the height of a line.
  const needed = way === "row" ? names.map(() => "00") : names;
  const named = new Set(
    each >= LEAST_FOR_NUMBERS ? names.keys() : labeledPlaces(needed, centers, size - each),
  );
  return (
    <div class={`headings of-${way}s`} aria-hidden="true">
      {names.map((name, place) => (
        <span
          key={name}
          class={each < LEAST_FOR_NUMBERS ? "thin" : ""}
          style={{ [side]: `${each}px` }}
        >
          {named.has(place) ? name : ""}
        </span>
      ))}
    </div>
  );
}

function rgb(color: Rgb | null): string {
  return color === null ? "transparent" : `rgb(${color.join(" ")})`;
}

function cellAfter(key: string, { row, column }: Cell, rows: number, columns: number): Cell | null {
  switch (key) {
    case "ArrowUp":
      return { row: Math.max(0, row - 1), column };
    case "ArrowDown":
      return { row: Math.min(rows - 1, row + 1), column };
    case "ArrowLeft":
      return { row, column: Math.max(0, column - 1) };
    case "ArrowRight":
      return { row, column: Math.min(columns - 1, column + 1) };
    default:
      return null;
  }
}

function legibleOn([red, green, blue]: Rgb): string {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 128 ? "#000000" : "#ffffff";
}
