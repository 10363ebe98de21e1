// A list or grid of samples of which only those in sight exist, however many there are. Arrow keys, Home and End move
// through it, Enter or a click chooses.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

/** Rows drawn beyond both edges, so that scrolling shows no gap. */
const SPARE_ROWS = 2;

interface ListBoxProps {
  readonly name: string;
  readonly count: number;
  /** More than one make it a grid, filled row by row. */
  readonly columns?: number;
  /** In CSS pixels. */
  readonly rowHeight: number;
  readonly chosen: number | null;
  readonly keyOf: (place: number) => number;
  /** The name of one that shows an image alone; else its text is its name. */
  readonly titleOf?: (place: number) => string;
  readonly choose: (place: number) => void;
  /** The pointer is over one, or over none any more. */
  readonly point: (place: number | null) => void;
  readonly children: (place: number) => ComponentChildren;
}

export function ListBox(props: ListBoxProps) {
  const { name, count, columns = 1, rowHeight, chosen, keyOf, titleOf, choose } = props;
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, setActive] = useState(0);
  const { top, height } = useSight(box);
  const at = Math.min(active, Math.max(0, count - 1));
  const rows = Math.ceil(count / columns);
  const firstRow = Math.max(0, Math.floor(top / rowHeight) - SPARE_ROWS);
  const lastRow = Math.min(rows, Math.ceil((top + height) / rowHeight) + SPARE_ROWS);
  const places = span(firstRow * columns, Math.min(count, lastRow * columns));
  const inSight = places.includes(at);

  const move = (place: number) => {
    const next = Math.min(count - 1, Math.max(0, place));
    setActive(next);
    showRow(box.current, Math.floor(next / columns), rowHeight);
  };
  return (
    <div
      ref={box}
      class="list-box"
      role="listbox"
      tabIndex={0}
      aria-label={name}
      aria-activedescendant={count > 0 && inSight ? `${id}-${at}` : undefined}
      onKeyDown={(event) => {
        const page = Math.max(1, Math.floor(height / rowHeight)) * columns;
        const place = placeAfter(event.key, at, columns, page, count);
        if (place !== null) move(place);
        else if (event.key === "Enter") choose(at);
        else return;
        event.preventDefault();
      }}
    >
      <div role="presentation" style={{ height: `${rows * rowHeight}px`, position: "relative" }}>
        {places.map((place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys for all of its options
          // biome-ignore lint/a11y/useFocusableInteractive: the list keeps the focus and names the active option
          <div
            key={keyOf(place)}
            id={`${id}-${place}`}
            class={place === at ? "active" : ""}
            role="option"
            aria-selected={place === chosen}
            aria-setsize={count}
            aria-posinset={place + 1}
            aria-label={titleOf?.(place)}
            title={titleOf?.(place)}
            style={{
              top: `${Math.floor(place / columns) * rowHeight}px`,
              left: `${(100 * (place % columns)) / columns}%`,
              width: `${100 / columns}%`,
              height: `${rowHeight}px`,
            }}
            onPointerEnter={() => props.point(place)}
            onPointerLeave={() => props.point(null)}
            onClick={() => {
              setActive(place);
              choose(place);
            }}
          >
            {props.children(place)}
          </div>
        ))}
      </div>
    </div>
  );
}

/** What of a scrolled box can be seen: how far it is scrolled, and its height. */
export function useSight(box: { readonly current: HTMLElement | null }): {
  top: number;
  height: number;
} {
  const [sight, setSight] = useState({ top: 0, height: 0 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const look = () => setSight({ top: element.scrollTop, height: element.clientHeight });
    const resizing = new ResizeObserver(look);
    resizing.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      resizing.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [box]);
  return sight;
}

export function span(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

function showRow(box: HTMLElement | null, row: number, rowHeight: number): void {
  if (box === null) return;
  const above = row * rowHeight;
  const below = above + rowHeight - box.clientHeight;
  box.scrollTop = Math.min(above, Math.max(below, box.scrollTop));
}

function placeAfter(
  key: string,
  at: number,
  columns: number,
  page: number,
  count: number,
): number | null {
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: at + columns < count || columns === 1 ? columns : 0,
    ArrowUp: at >= columns || columns === 1 ? -columns : 0,
    ArrowRight: columns > 1 ? 1 : 0,
    ArrowLeft: columns > 1 ? -1 : 0,
    PageDown: page,
    PageUp: -page,
    Home: -count,
    End: count,
  };
  const move = moves[key];
  return move === undefined ? null : at + move;
}
