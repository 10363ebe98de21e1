// Files of what is shown: picture, film, coordinates. Folded until it is wanted.
import { type ComponentChildren, Fragment } from "preact";
import { useState } from "preact/hooks";
import { download } from "../controls/download";
import { CheckField, Field } from "../controls/field";
import { Menu } from "../controls/menu";
import { film, no_film_because } from "../export/animation";
import { type Caption, picture_file } from "../export/picture";
import { SideBySide } from "../export/side_by_side";
import { dots_svg, MOST_DOTS } from "../export/svg";
import { coordinates_csv, held_steps, play_once } from "../state/saving";
import type { Store } from "../state/store";
import { shown_step, stage_title } from "../state/titles";
import type { Easel } from "../types";

const SCALES = [1, 2, 3, 4].map((scale) => [`${scale}`, `${scale} ×`] as const);

/** `children` are the bookmarks. */
export function SaveMenu({ store, children }: { store: Store; children: ComponentChildren }) {
  return (
    <Menu name="Save" title="Bookmarks, picture, film and coordinates as files" face="Save" stays>
      <div class="save">
        {children}
        <Files store={store} />
      </div>
    </Menu>
  );
}

function Files({ store }: { store: Store }) {
  const [scale, set_scale] = useState("2");
  const [captioned, set_captioned] = useState(true);
  const [problem, set_problem] = useState<string | null>(null);
  const [filming, set_filming] = useState<AbortController | null>(null);
  const no_film = no_film_because();
  const name = file_name(store);
  const attempt = (work: () => void | Promise<void>) => {
    set_problem(null);
    Promise.resolve()
      .then(work)
      .catch((reason) => set_problem(reason instanceof Error ? reason.message : String(reason)));
  };
  const caption = (): Caption | null =>
    captioned
      ? { title: title_of(store), legend: store.coloring.value?.legend ?? { kind: "none" } }
      : null;
  const save_png = async () => {
    const easel = picture_of(store);
    const blob = await picture_file(easel, Number(scale), store.theme.value, caption());
    download(`${name}.png`, blob, "image/png");
  };
  const save_film = async () => {
    const leaving = new AbortController();
    set_filming(leaving);
    try {
      const play = () => play_once(store, leaving.signal);
      download(
        `${name}.webm`,
        await film(picture_of(store), store.theme.value, play),
        "video/webm",
      );
    } catch (reason) {
      if (!leaving.signal.aborted) throw reason;
    } finally {
      set_filming(null);
    }
  };
  const steps = held_steps(store);
  const here = store.pinned.value ?? store.step.value;
  return (
    <Fragment>
      <h2>Picture</h2>
      <Field
        name="Scale"
        title="How many pixels of the file for each pixel of the stage"
        options={SCALES}
        chosen={scale}
        choose={set_scale}
      />
      <CheckField
        name="Title and legend"
        title="Written at the top left of the picture"
        checked={captioned}
        choose={set_captioned}
      />
      <div class="row-of-fields">
        <button type="button" title="The stage as it is" onClick={() => attempt(save_png)}>
          PNG
        </button>
        <button
          type="button"
          title={`Dots without thumbnails, trails and labels; at most ${MOST_DOTS.toLocaleString("en-US")} samples in view; of two panes the first`}
          onClick={() =>
            attempt(() => download(`${name}.svg`, svg_of(store, caption()), "image/svg+xml"))
          }
        >
          SVG
        </button>
        {store.steps.value.length > 1 && no_film === null && (
          <button
            type="button"
            title="Plays the run once, at the speed chosen beside the slider, and records it as WebM"
            onClick={() => (filming === null ? attempt(save_film) : filming.abort())}
          >
            {filming === null ? "Film" : "Stop filming"}
          </button>
        )}
      </div>
      {no_film !== null && <p class="hint">No film: {no_film}</p>}
      <h2>Coordinates</h2>
      <div class="row-of-fields">
        <button
          type="button"
          disabled={here === null}
          title="A CSV file: step, sample and its place"
          onClick={() =>
            here !== null && download(`${name}.csv`, coordinates_csv(store, [here]), "text/csv")
          }
        >
          This step
        </button>
        {steps.length > 1 && (
          <button
            type="button"
            title="A CSV file of all steps that this page holds"
            onClick={() => download(`${name}-steps.csv`, coordinates_csv(store, steps), "text/csv")}
          >
            {steps.length} steps
          </button>
        )}
      </div>
      <p class="hint">Selections and tags are saved from the inspector.</p>
      {problem !== null && <p role="alert">{problem}</p>}
    </Fragment>
  );
}

function svg_of(store: Store, caption: Caption | null): string {
  const easel = easel_of(store);
  const paint = store.coloring.value?.bytes;
  if (paint === undefined) throw new Error("There is no picture to save yet.");
  const { width, height, mark_width } = easel;
  const marks = store.choosing.marks.value;
  const screen = easel.screen_positions();
  const diameter = Math.min(mark_width, 12);
  return dots_svg({ width, height, screen, paint, marks, diameter }, store.theme.value, caption);
}

/** Of both panes, where there are two. */
function picture_of(store: Store): Easel {
  const easel = easel_of(store);
  const beside = store.comparing.companion.value?.easel.value ?? null;
  return beside === null ? easel : new SideBySide(easel, beside, easel.top !== beside.top);
}

function easel_of(store: Store): Easel {
  if (store.easel.value === null) throw new Error("There is no picture to save yet.");
  return store.easel.value;
}

/** What it shows, in words. */
function title_of(store: Store): string {
  const beside = store.comparing.companion.value;
  return beside === null
    ? stage_title(store)
    : [store, beside].map((one) => `${one.run_name.value}: ${stage_title(one)}`).join(" | ");
}

function file_name(store: Store): string {
  const { run_name, layer_name, engine, step } = store;
  const at = step.value === null ? "" : shown_step(store, step.value);
  const words = [run_name.value, layer_name.value, engine.value, `step ${at}`];
  return words
    .join(" ")
    .replace(/[^\p{L}\p{N}._-]+/gu, "-")
    .replace(/^[-.]+/, "");
}
