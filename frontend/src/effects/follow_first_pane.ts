// In what the second pane follows the first one: its step, what is shown besides the samples, which of them are chosen, and
// their colours.
import { batch, computed, effect, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Legend } from "../legend";
import { carryMask, carrySample, carrySamples } from "../model/comparison/same_samples";
import { kindOf } from "../model/samples/measured_columns";
import { stepBeside } from "../state/actions/compare";
import { lastStep, type Store } from "../state/store";

export function followStep(first: Store, second: Store): void {
  const step = computed(() => {
    const here = first.step.value;
    return here === null ? null : stepBeside(first, here);
  });
  effect(() => {
    const kept = second.steps.value.includes(second.step.peek() ?? Number.NaN);
    if (step.value !== null) second.step.value = step.value;
    else if (!kept) second.step.value = lastStep(second.steps.value);
  });
  effect(() => {
    const pinned = first.pinned.value;
    second.pinned.value = pinned === null ? null : stepBeside(first, pinned);
  });
}

export function followLooks(first: Store, second: Store): void {
  follow(["treatments", "colorOnly"], first, second);
  follow(
    ["dimensions", "turn", "touring", "drawing", "theme", "visible", "playing"],
    first,
    second,
  );
  const lines = ["trails", "requestedNames", "labelBy", "sequence"] as const;
  const dots = ["requestedMode", "ghostStep", "otherStep", "dotSize", "opacity", "sizeBy"] as const;
  follow([...lines, ...dots, "refitRequests"], first.display, second.display);
  follow(["shown"], first.guests, second.guests);
  follow(["tool"], first.samples, second.samples);
}

/** Selection, chosen sample, marks and tags go along with the samples, where the two panes have the same ones. */
export function followSamples(first: Store, second: Store): void {
  const { linking } = first.comparison;
  effect(() => {
    const { link } = linking.value;
    const { selection, sample, near, isolated, tags } = first.samples;
    const to = second.samples;
    batch(() => {
      if (link === null) {
        to.selection.value = null;
        to.sample.value = null;
        to.near.value = new Set();
        to.isolated.value = null;
        to.tags.value = new Map();
        return;
      }
      const { there, back } = link;
      const chosen = selection.value;
      const mask = chosen && carryMask(back, chosen.mask, 0);
      const count = mask?.reduce((sum, one) => sum + one, 0) ?? 0;
      to.selection.value =
        chosen && mask && count > 0 ? { ...chosen, mask, count, rule: null } : null;
      to.sample.value = carrySample(there, sample.value);
      to.near.value = new Set(carrySamples(there, near.value));
      const shown = first.samples.visible.value;
      // Samples that the first pane knows nothing of are not among those isolated there; filters say nothing of them.
      to.isolated.value = shown && carryMask(back, shown, isolated.value === null ? 1 : 0);
      to.tags.value = new Map(
        [...tags.value].flatMap(([id, tag]) => {
          const row = carrySample(there, id);
          return row === null ? [] : [[row, tag] as const];
        }),
      );
    });
  });
  effect(() => {
    const held = first.display.held.value;
    const { link } = linking.value;
    const step = held && stepBeside(first, held.step);
    const ids = held && link ? carrySamples(link.there, held.ids) : [];
    second.display.held.value = step === null || ids.length === 0 ? null : { ids, step };
  });
}

/** The same column where the companion has it too, and the same colours for the same words. */
export function followColor(first: Store, second: Store): void {
  effect(() => {
    const color = first.colorBy.value;
    const table = second.table.value;
    if (color === null) return;
    const measured = kindOf(color) !== null;
    const recorded = second.samples.columns.value.some(({ name }) => name === color);
    if (color === "" || measured || recorded) second.colorBy.value = color;
    else if (table !== null) second.colorBy.value = second.label.value ?? "";
  });
  effect(() => {
    const alike = first.colorBy.value === second.colorBy.value;
    second.groupsBefore.value = alike ? groupedWords(first) : new Map();
    const words = alike ? coloredWords(first.coloring.value?.legend) : [];
    if (words.join("\n") !== second.wordsBefore.peek().join("\n")) second.wordsBefore.value = words;
  });
}

/** The group of each word, where words share colours. */
function groupedWords(store: Store): ReadonlyMap<string, number> {
  const legend = store.coloring.value?.legend;
  const groups = legend?.kind === "categories" ? (legend.groups ?? []) : [];
  const column = store.samples.columns.value.find(({ name }) => name === store.colorBy.value);
  if (column?.type !== "category") return new Map();
  return new Map(
    groups.flatMap(({ codes, hollow }, group) =>
      hollow ? [] : codes.map((code) => [column.words[code] ?? "", group] as const),
    ),
  );
}

/** Those that have a colour to themselves. */
function coloredWords(legend: Legend | undefined): readonly string[] {
  const alone = legend?.kind === "categories" && legend.groups === undefined;
  const entries = alone ? legend.entries : [];
  return entries
    .filter(({ codes, hollow }) => codes.length === 1 && !hollow)
    .map(({ name }) => name);
}

/** These values go from one to the other whenever they change. */
function follow<Name extends string>(
  names: readonly Name[],
  from: Readonly<Record<Name, ReadonlySignal<unknown>>>,
  to: Readonly<Record<Name, Signal<unknown>>>,
): void {
  for (const name of names) {
    effect(() => {
      to[name].value = from[name].value;
    });
  }
}
