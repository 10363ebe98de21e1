// Decision regions: what the model would say of each place of the plane that a linear view shows. The server tells each
// class's logit there, which is affine; the stage colours where it is largest.
import { computed, effect, type ReadonlySignal, untracked } from "@preact/signals";
import { fetchRegions, Refusal } from "../api";
import { categoryColors } from "../color";
import type { Alignment } from "../model/scene/rotations";
import { GREY, type Rgb } from "../palette";
import type { Store } from "../state/store";
import type { Regions } from "../types";

const BAD = 400;
const MISSING = 404;

/** Fetches the logits of all steps while regions are wanted and the picture is a plane of the layer's own space. */
export function loadRegions(store: Store, signal: AbortSignal): void {
  const { planeLogits, regionsProblem } = store.display;
  let asked = "";
  let loading = new AbortController();
  effect(() => {
    const frames = store.frames.value;
    const ready = store.display.mode.value === "regions" && frames !== null;
    // The version and the number of steps are part of the key.
    const version = store.layer.value?.version;
    const label = store.saidLabel.value;
    const wanted =
      ready && obstacleToRegions(store) === null
        ? JSON.stringify([frames.key, version, label ?? null])
        : "";
    if (wanted === asked) return;
    asked = wanted;
    loading.abort();
    loading = new AbortController();
    planeLogits.value = null;
    regionsProblem.value = null;
    if (wanted === "" || frames === null) return;
    const stillWanted = AbortSignal.any([signal, loading.signal]);
    untracked(() =>
      store.activity.attemptQuietly("the decision regions", stillWanted, async () => {
        try {
          const found = await fetchRegions(frames.key, label, stillWanted);
          if (!stillWanted.aborted) planeLogits.value = found;
        } catch (reason) {
          const said = reason instanceof Refusal && [BAD, MISSING].includes(reason.status);
          if (!said) throw reason;
          // To try again would change nothing.
          if (!stillWanted.aborted) regionsProblem.value = reason.message;
        }
      }),
    );
  });
}

/** Why the picture is no plane of the layer's own space; null where it is one. */
export function obstacleToRegions(store: Store): string | null {
  const { view, dimensions, turn, pinned, display } = store;
  if (view.value === null || view.value.iterative) return "need a linear view: PCA or class axes";
  if (dimensions.value !== 2) return "lie in a plane: choose 2D";
  if (view.value.onto !== null) return "need the run's own axes";
  if (turn.value !== null) return "need components 1 and 2 on the axes";
  if (pinned.value !== null) return "need a layout that is not frozen";
  if (display.held.value !== null) return "need unaligned samples: stop aligning";
  return null;
}

/** The regions at the step that is shown, in the scene's coordinates; null where there are none. */
export function shownRegions(store: Store): ReadonlySignal<Regions | null> {
  // Between two steps it is the nearer one: nothing is drawn anew while the picture moves on.
  const step = computed(() => store.steps.value[Math.round(store.at.value)]);
  return computed(() => {
    const { planeLogits, mode: overlay } = store.display;
    const found = planeLogits.value;
    const frames = store.frames.value;
    if (overlay.value !== "regions" || found === null || frames === null) return null;
    const row = found.rows[found.steps.indexOf(step.value ?? Number.NaN)];
    if (row === undefined || obstacleToRegions(store) !== null) return null;
    return {
      logits: inScene(row, frames.alignments[2]),
      colors: classColors(store, found.classes),
    };
  });
}

/** The same logits of places of the scene, where the plane lies turned and shifted. */
export function inScene(logits: Float64Array, { rotation, shift }: Alignment): Float64Array {
  const [r00 = 1, r01 = 0, , r10 = 0, r11 = 1] = rotation;
  const [dx = 0, dy = 0] = shift;
  const out = new Float64Array(logits.length);
  for (let i = 0; i < logits.length; i += 3) {
    const [a = 0, b = 0, c = 0] = logits.subarray(i, i + 3);
    const x = r00 * b + r01 * c;
    const y = r10 * b + r11 * c;
    out.set([a - x * dx - y * dy, x, y], i);
  }
  return out;
}

/** The colours of the label's legend, so that a region has the colour of the samples that belong there. */
function classColors(store: Store, classes: readonly string[]): readonly Rgb[] {
  const theme = store.theme.value;
  const columns = store.samples.columns.value.filter((column) => column.type === "category");
  const column = columns.find(({ name }) => name === store.label.value);
  if (column === undefined) {
    return categoryColors(Int32Array.from(classes.keys()), classes, theme);
  }
  const colors = categoryColors(column.codes, column.words, theme, store.sharing(column));
  return classes.map((name) => colors[column.words.indexOf(name)] ?? GREY[theme]);
}
