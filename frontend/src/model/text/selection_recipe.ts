// What is too rich for one word in the address: camera, filters, and by which rule samples were selected. Reading takes
// what it understands: an address comes from anywhere.
import type { Camera, NearHome, Path } from "../../types";
import type { Filter, Filters } from "../samples/filters";
import { type Axes, COMPONENTS, FIRST_AXES, type Turn, turnTo } from "../scene/components";

/** How a selection can be made again from the same samples. */
export type SelectionRecipe =
  | { readonly kind: "query"; readonly query: string }
  | { readonly kind: "ids"; readonly ids: string }
  /** An outline in the scene's coordinates, around samples where they lie at that step in 2-D. */
  | { readonly kind: "outline"; readonly outline: Path; readonly step: number };

const DIGITS = 5;
const HOME = "home,";

/** `x,y,height`, or `x,y,z,distance,turn,lift`. */
export function writeCamera(camera: Camera): string {
  const numbers =
    camera.kind === "plane"
      ? [camera.x, camera.y, camera.height]
      : [...camera.target, camera.distance, camera.turn, camera.lift];
  return numbers.map(short).join(",");
}

export function readCamera(text: string): Camera | NearHome | null {
  if (text.startsWith(HOME)) return readNearHome(text.slice(HOME.length));
  const numbers = readNumbers(text);
  if (numbers === null) return null;
  if (numbers.length === 3) {
    const [x, y, height] = numbers as [number, number, number];
    return height > 0 ? { kind: "plane", x, y, height } : null;
  }
  if (numbers.length !== 6) return null;
  const [x, y, z, distance, turn, lift] = numbers as [number, number, number, ...number[]];
  if (distance === undefined || turn === undefined || lift === undefined || distance <= 0) {
    return null;
  }
  return { kind: "space", target: [x, y, z], distance, turn, lift };
}

/** `home,nearness`, or `home,nearness,turn,lift`: what is known of a camera in a scene of others. */
export function writeNearHome({ nearness, side }: NearHome): string {
  const numbers = side === null ? [nearness] : [nearness, side.turn, side.lift];
  return HOME + numbers.map(short).join(",");
}

function readNearHome(text: string): NearHome | null {
  const numbers = readNumbers(text) ?? [];
  const [nearness = 0, turn, lift] = numbers;
  if (nearness <= 0 || (numbers.length !== 1 && numbers.length !== 3)) return null;
  const side = turn === undefined || lift === undefined ? null : { turn, lift };
  return { kind: "near_home", nearness, side };
}

/** `label!3,5;loss:0.5,1`: hidden classes by their codes, and ranges. */
export function writeFilters(filters: Filters): string {
  return [...filters]
    .map(([column, filter]) => {
      const name = encodeURIComponent(column).replaceAll("!", "%21");
      return filter.kind === "classes"
        ? `${name}!${[...filter.hidden].sort((a, b) => a - b).join(",")}`
        : `${name}:${filter.low},${filter.high}`;
    })
    .join(";");
}

export function readFilters(text: string): Filters {
  const filters = new Map<string, Filter>();
  for (const part of text.split(";")) {
    const [, name = "", sign, list = ""] = /^([^!:]+)([!:])(.+)$/.exec(part) ?? [];
    const numbers = readNumbers(list);
    const column = decode(name);
    if (numbers === null || column === "") continue;
    if (sign === "!") filters.set(column, { kind: "classes", hidden: new Set(numbers) });
    const [low, high] = numbers;
    if (sign === ":" && low !== undefined && high !== undefined) {
      filters.set(column, { kind: "range", low, high });
    }
  }
  return filters;
}

/** `find label:7`, `samples 0-4,7`, `outline 3 x,y,x,y,…`. */
export function writeRule(rule: SelectionRecipe): string {
  if (rule.kind === "query") return `find ${rule.query}`;
  if (rule.kind === "ids") return `samples ${rule.ids}`;
  return `outline ${rule.step} ${rule.outline.flat().map(short).join(",")}`;
}

export function readRule(text: string): SelectionRecipe | null {
  const [, kind, rest = ""] = /^(find|samples|outline) (.+)$/s.exec(text) ?? [];
  if (kind === "find") return { kind: "query", query: rest };
  if (kind === "samples") return { kind: "ids", ids: rest };
  const [, step, list = ""] = /^(\d+) (.+)$/.exec(rest) ?? [];
  const numbers = readNumbers(list);
  if (kind !== "outline" || numbers === null || numbers.length < 6) return null;
  const outline: [number, number][] = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    outline.push([numbers[i] as number, numbers[i + 1] as number]);
  }
  return { kind: "outline", outline, step: Number(step) };
}

/** Which components are on the axes, counted from 0; null for the first ones, and for a view between axes. */
export function writeAxes(turn: Turn | null): string | null {
  if (turn === null) return null;
  const axes = turn.map((row) => row.indexOf(1));
  if (axes.includes(-1)) return null;
  return axes.every((axis, i) => axis === FIRST_AXES[i]) ? null : axes.join(",");
}

export function readAxes(text: string): Turn | null {
  const axes = readNumbers(text);
  const known = (axis: number) => Number.isInteger(axis) && axis >= 0 && axis < COMPONENTS;
  if (axes?.length !== 3 || !axes.every(known) || new Set(axes).size !== 3) return null;
  return turnTo(axes as unknown as Axes);
}

function readNumbers(text: string): number[] | null {
  const numbers = text.split(",").map((one) => (one.trim() === "" ? Number.NaN : Number(one)));
  return numbers.every(Number.isFinite) ? numbers : null;
}

function short(value: number): string {
  return String(Number(value.toPrecision(DIGITS)));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
