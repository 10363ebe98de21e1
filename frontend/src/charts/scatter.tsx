// Points between 0 and 1 on both axes, in colours of their own. Dragging over them chooses those in the box, a click the
// nearest one.
import { useEffect, useRef, useState } from "preact/hooks";

interface ScatterProps {
  readonly name: string;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** The right and the upper end of the axes; both begin at 0. */
  readonly ends: readonly [number, number];
  readonly titles: readonly [string, string];
  /** Four bytes a point. */
  readonly colors: Uint8Array;
  /** 1 for each point that is marked; null where all are. */
  readonly marked: Uint8Array | null;
  /** What is told of a point. */
  readonly say: (i: number) => string;
  readonly choose: (ids: number[], how: "box" | "click") => void;
}

type Point = readonly [number, number];

const HEIGHT = 220;
const DOT = 3;
const FAINT = 0.15;
/** In CSS pixels: less is a click. */
const STILL = 4;

export function Scatter(props: ScatterProps) {
  const { name, x, y, ends, titles, colors, marked, say, choose } = props;
  const [pointed, point] = useState<number | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const start = useRef<Point | null>(null);
  const [box, draw] = useState<readonly [Point, Point] | null>(null);
  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext("2d");
    if (!element || !pen) return;
    const ratio = Math.min(2, window.devicePixelRatio);
    element.width = element.clientWidth * ratio;
    element.height = element.clientHeight * ratio;
    const side = DOT * ratio;
    const [width, height] = [element.width - side, element.height - side];
    // What is marked lies on top.
    for (const part of marked === null ? [1] : [0, 1]) {
      pen.globalAlpha = part === 1 ? 1 : FAINT;
      for (let i = 0; i < x.length; i += 1) {
        if (marked !== null && marked[i] !== part) continue;
        const [red, green, blue] = colors.subarray(4 * i, 4 * i + 3);
        pen.fillStyle = `rgb(${red} ${green} ${blue})`;
        const left = (width * (x[i] as number)) / ends[0];
        const top = height * (1 - (y[i] as number) / ends[1]);
        pen.fillRect(left, top, side, side);
      }
    }
  }, [x, y, ends, colors, marked]);
  const place = (event: PointerEvent): Point => {
    const area = (event.currentTarget as Element).getBoundingClientRect();
    return [(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height];
  };
  const at = (i: number): Point => [(x[i] as number) / ends[0], 1 - (y[i] as number) / ends[1]];
  const finish = (event: PointerEvent) => {
    const from = start.current;
    const to = place(event);
    start.current = null;
    draw(null);
    if (from === null) return;
    const area = (event.currentTarget as Element).getBoundingClientRect();
    const moved = Math.hypot((to[0] - from[0]) * area.width, (to[1] - from[1]) * area.height);
    if (moved >= STILL) choose(inside(from, to, x.length, at), "box");
    else choose(nearest(to, x.length, at), "click");
  };
  return (
    <figure class="scatter">
      <span class="end-of-y" aria-hidden="true">
        ↑ {titles[1]}: 0 to {ends[1]}
      </span>
      <div
        class="points"
        role="img"
        aria-label={name}
        style={{ height: `${HEIGHT}px` }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          start.current = place(event);
        }}
        onPointerMove={(event) => {
          if (start.current !== null) draw([start.current, place(event)]);
          else point(nearest(place(event), x.length, at)[0] ?? null);
        }}
        onPointerLeave={() => point(null)}
        onPointerUp={finish}
        onPointerCancel={() => {
          start.current = null;
          draw(null);
        }}
      >
        <canvas ref={canvas} />
        {box !== null && <span class="box" style={styleOf(box)} />}
      </div>
      <figcaption aria-hidden="true">
        <span>0</span>
        <span>→ {titles[0]}</span>
        <span>{ends[0]}</span>
      </figcaption>
      <p class="told-of-point" aria-hidden="true">
        {pointed === null ? "" : say(pointed)}
      </p>
    </figure>
  );
}

function inside(a: Point, b: Point, count: number, at: (i: number) => Point): number[] {
  const within = (axis: 0 | 1, value: number) =>
    value >= Math.min(a[axis], b[axis]) && value <= Math.max(a[axis], b[axis]);
  const ids: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const [across, down] = at(i);
    if (within(0, across) && within(1, down)) ids.push(i);
  }
  return ids;
}

function nearest(to: Point, count: number, at: (i: number) => Point): number[] {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i += 1) {
    const [across, down] = at(i);
    const away = Math.hypot(across - to[0], down - to[1]);
    if (away < least) [best, least] = [i, away];
  }
  return best === -1 ? [] : [best];
}

function styleOf([a, b]: readonly [Point, Point]) {
  return {
    left: `${100 * Math.min(a[0], b[0])}%`,
    top: `${100 * Math.min(a[1], b[1])}%`,
    width: `${100 * Math.abs(a[0] - b[0])}%`,
    height: `${100 * Math.abs(a[1] - b[1])}%`,
  };
}
