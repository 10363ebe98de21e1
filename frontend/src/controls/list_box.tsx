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
  readonly row_height: number;
  readonly chosen: number | null;
  readonly key_of: (place: number) => number;
  /** The name of one that shows an image alone; else its text is its name. */
  readonly title_of?: (place: number) => string;
  readonly choose: (place: number) => void;
  /** The pointer is over one, or over none any more. */
  readonly point: (place: number | null) => void;
  readonly children: (place: number) => ComponentChildren;
}

export function ListBox(props: ListBoxProps) {
  const { name, count, columns = 1, row_height, chosen, key_of, title_of, choose } = props;
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, set_active] = useState(0);
  const { top, height } = useSight(box);
  const at = Math.min(active, Math.max(0, count - 1));
  const rows = Math.ceil(count / columns);
  const first_row = Math.max(0, Math.floor(top / row_height) - SPARE_ROWS);
  const last_row = Math.min(rows, Math.ceil((top + height) / row_height) + SPARE_ROWS);
  const places = span(first_row * columns, Math.min(count, last_row * columns));
  const in_sight = places.includes(at);

  const move = (place: number) => {
    const next = Math.min(count - 1, Math.max(0, place));
    set_active(next);
    show_row(box.current, Math.floor(next / columns), row_height);
  };
  return (
    <div
      ref={box}
      class="list-box"
      role="listbox"
      tabIndex={0}
      aria-label={name}
      aria-activedescendant={count > 0 && in_sight ? `${id}-${at}` : undefined}
      onKeyDown={(event) => {
        const page = Math.max(1, Math.floor(height / row_height)) * columns;
        const place = place_after(event.key, at, columns, page, count);
        if (place !== null) move(place);
        else if (event.key === "Enter") choose(at);
        else return;
        event.preventDefault();
      }}
    >
      <div role="presentation" style={{ height: `${rows * row_height}px`, position: "relative" }}>
        {places.map((place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys for all of its options
          // biome-ignore lint/a11y/useFocusableInteractive: the list keeps the focus and names the active option
          <div
            key={key_of(place)}
            id={`${id}-${place}`}
            class={place === at ? "active" : ""}
            role="option"
            aria-selected={place === chosen}
            aria-setsize={count}
            aria-posinset={place + 1}
            aria-label={title_of?.(place)}
            title={title_of?.(place)}
            style={{
              top: `${Math.floor(place / columns) * row_height}px`,
              left: `${(100 * (place % columns)) / columns}%`,
              width: `${100 / columns}%`,
              height: `${row_height}px`,
            }}
            onPointerEnter={() => props.point(place)}
            onPointerLeave={() => props.point(null)}
            onClick={() => {
              set_active(place);
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
  const [sight, set_sight] = useState({ top: 0, height: 0 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const look = () => set_sight({ top: element.scrollTop, height: element.clientHeight });
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

function show_row(box: HTMLElement | null, row: number, row_height: number): void {
  if (box === null) return;
  const above = row * row_height;
  const below = above + row_height - box.clientHeight;
  box.scrollTop = Math.min(above, Math.max(below, box.scrollTop));
}

function place_after(
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
