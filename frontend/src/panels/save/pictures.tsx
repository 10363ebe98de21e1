// The stage as a picture or a film.
import { useState } from "preact/hooks";
import { download } from "../../controls/download";
import { CheckField, Field } from "../../controls/field";
import { playOnce } from "../../effects/export_files";
import { film, noFilmBecause } from "../../export/animation";
import { type Caption, pictureFile } from "../../export/picture";
import { SideBySide } from "../../export/side_by_side";
import { dotsSvg, MOST_DOTS } from "../../export/svg";
import { stageTitle } from "../../state/derived/titles";
import type { Store } from "../../state/store";
import type { PictureExport } from "../../types";

const SCALES = [1, 2, 3, 4].map((scale) => [`${scale}`, `${scale}×`] as const);

interface PicturesProps {
  readonly store: Store;
  /** Of the files, without what follows the dot. */
  readonly name: string;
  readonly attempt: (work: () => void | Promise<void>) => void;
}

export function Pictures({ store, name, attempt }: PicturesProps) {
  const [scale, setScale] = useState("2");
  const [captioned, setCaptioned] = useState(true);
  const [filming, setFilming] = useState<AbortController | null>(null);
  const noFilm = noFilmBecause();
  const caption = (): Caption | null =>
    captioned
      ? { title: titleOf(store), legend: store.coloring.value?.legend ?? { kind: "none" } }
      : null;
  const savePng = async () => {
    const picture = pictureOf(store);
    const blob = await pictureFile(picture, Number(scale), store.theme.value, caption());
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
  return (
    <>
      <h2>Picture</h2>
      <div class="row-of-fields">
        <button type="button" title="The stage as it looks now" onClick={() => attempt(savePng)}>
          PNG
        </button>
        <button
          type="button"
          title={`Recorded samples as dots, at most ${MOST_DOTS.toLocaleString("en-US")}; the first of two panes`}
          onClick={() =>
            attempt(() => download(`${name}.svg`, svgOf(store, caption()), "image/svg+xml"))
          }
        >
          SVG
        </button>
        {store.steps.value.length > 1 && noFilm === null && (
          <button
            type="button"
            title="Play the run once at the chosen speed and record it as WebM"
            onClick={() => (filming === null ? attempt(saveFilm) : filming.abort())}
          >
            {filming === null ? "Film" : "Stop filming"}
          </button>
        )}
      </div>
      {noFilm !== null && <p class="hint">No film: {noFilm}</p>}
      <Field
        name="Scale"
        title="Pixels of the PNG for each pixel of the stage"
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
    </>
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
  if (store.pictureExport.value === null || !store.firstPicture.value) {
    throw new Error("There is no picture of all samples to save yet.");
  }
  return store.pictureExport.value;
}

/** What it shows, in words. */
function titleOf(store: Store): string {
  const beside = store.companion.value;
  return beside === null
    ? stageTitle(store)
    : [store, beside].map((one) => `${one.runName.value}: ${stageTitle(one)}`).join(" | ");
}
