// Files of what is shown: picture, film, coordinates. Folded until it is wanted.
import { type ComponentChildren, Fragment } from "preact";
import { useState } from "preact/hooks";
import { download } from "../controls/download";
import { CheckField, Field } from "../controls/field";
import { Menu } from "../controls/menu";
import { coordinatesCsv, heldSteps, playOnce } from "../effects/export_files";
import { film, noFilmBecause } from "../export/animation";
import { type Caption, pictureFile } from "../export/picture";
import { SideBySide } from "../export/side_by_side";
import { dotsSvg, MOST_DOTS } from "../export/svg";
import { shownStep, stageTitle } from "../state/derived/titles";
import type { Store } from "../state/store";
import type { PictureExport } from "../types";

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
  const [scale, setScale] = useState("2");
  const [captioned, setCaptioned] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const [filming, setFilming] = useState<AbortController | null>(null);
  const noFilm = noFilmBecause();
  const name = fileName(store);
  const attempt = (work: () => void | Promise<void>) => {
    setProblem(null);
    Promise.resolve()
      .then(work)
      .catch((reason) => setProblem(reason instanceof Error ? reason.message : String(reason)));
  };
  const caption = (): Caption | null =>
    captioned
      ? { title: titleOf(store), legend: store.coloring.value?.legend ?? { kind: "none" } }
      : null;
  const savePng = async () => {
    const pictureExport = pictureOf(store);
    const blob = await pictureFile(pictureExport, Number(scale), store.theme.value, caption());
    download(`${name}.png`, blob, "image/png");
  };
  const saveFilm = async () => {
    const leaving = new AbortController();
    setFilming(leaving);
    try {
      const play = () => playOnce(store, leaving.signal);
      download(`${name}.webm`, await film(pictureOf(store), store.theme.value, play), "video/webm");
    } catch (reason) {
      if (!leaving.signal.aborted) throw reason;
    } finally {
      setFilming(null);
    }
  };
  const steps = heldSteps(store);
  const here = store.pinned.value ?? store.step.value;
  return (
    <Fragment>
      <h2>Picture</h2>
      <Field
        name="Scale"
        title="How many pixels of the file for each pixel of the stage"
        options={SCALES}
        chosen={scale}
        choose={setScale}
      />
      <CheckField
        name="Title and legend"
        title="Written at the top left of the picture"
        checked={captioned}
        choose={setCaptioned}
      />
      <div class="row-of-fields">
        <button type="button" title="The stage as it is" onClick={() => attempt(savePng)}>
          PNG
        </button>
        <button
          type="button"
          title={`Dots without thumbnails, trails and labels; at most ${MOST_DOTS.toLocaleString("en-US")} samples in view; of two panes the first`}
          onClick={() =>
            attempt(() => download(`${name}.svg`, svgOf(store, caption()), "image/svg+xml"))
          }
        >
          SVG
        </button>
        {store.steps.value.length > 1 && noFilm === null && (
          <button
            type="button"
            title="Plays the run once, at the speed chosen beside the slider, and records it as WebM"
            onClick={() => (filming === null ? attempt(saveFilm) : filming.abort())}
          >
            {filming === null ? "Film" : "Stop filming"}
          </button>
        )}
      </div>
      {noFilm !== null && <p class="hint">No film: {noFilm}</p>}
      <h2>Coordinates</h2>
      <div class="row-of-fields">
        <button
          type="button"
          disabled={here === null}
          title="A CSV file: step, sample and its place"
          onClick={() =>
            here !== null && download(`${name}.csv`, coordinatesCsv(store, [here]), "text/csv")
          }
        >
          This step
        </button>
        {steps.length > 1 && (
          <button
            type="button"
            title="A CSV file of all steps that this page holds"
            onClick={() => download(`${name}-steps.csv`, coordinatesCsv(store, steps), "text/csv")}
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

function svgOf(store: Store, caption: Caption | null): string {
  const pictureExport = pictureExportOf(store);
  const paint = store.coloring.value?.bytes;
  if (paint === undefined) throw new Error("There is no picture to save yet.");
  const { width, height, markWidth } = pictureExport;
  const marks = store.samples.marks.value;
  const screen = pictureExport.screenPositions();
  const diameter = Math.min(markWidth, 12);
  return dotsSvg({ width, height, screen, paint, marks, diameter }, store.theme.value, caption);
}

/** Of both panes, where there are two. */
function pictureOf(store: Store): PictureExport {
  const pictureExport = pictureExportOf(store);
  const beside = store.companion.value?.pictureExport.value ?? null;
  return beside === null
    ? pictureExport
    : new SideBySide(pictureExport, beside, pictureExport.top !== beside.top);
}

function pictureExportOf(store: Store): PictureExport {
  if (store.pictureExport.value === null) throw new Error("There is no picture to save yet.");
  return store.pictureExport.value;
}

/** What it shows, in words. */
function titleOf(store: Store): string {
  const beside = store.companion.value;
  return beside === null
    ? stageTitle(store)
    : [store, beside].map((one) => `${one.runName.value}: ${stageTitle(one)}`).join(" | ");
}

function fileName(store: Store): string {
  const { runName, layerName, engine, step } = store;
  const at = step.value === null ? "" : shownStep(store, step.value);
  const words = [runName.value, layerName.value, engine.value, `step ${at}`];
  return words
    .join(" ")
    .replace(/[^\p{L}\p{N}._-]+/gu, "-")
    .replace(/^[-.]+/, "");
}
