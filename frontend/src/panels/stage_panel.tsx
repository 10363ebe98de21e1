// Holds the canvas and joins it to the store: what the store says is handed to the canvas as numbers, what happens on
// the canvas goes back as intents.
import { effect, untracked } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Matrix4 } from "three";
import type { Size } from "../canvas/camera";
import { Canvas2dRenderer } from "../canvas/canvas2d_renderer";
import { type Graphics, watchContext } from "../canvas/context";
import { Density } from "../canvas/density";
import { LabelCanvas } from "../canvas/label_canvas";
import { StagePictureExport } from "../canvas/picture_export";
import type { Pointed } from "../canvas/pointing";
import { RegionShading } from "../canvas/regions";
import type { Renderer } from "../canvas/renderer";
import { packSprites } from "../canvas/sprites";
import { Stage } from "../canvas/stage";
import type { StageEvents } from "../canvas/stage_events";
import { WebGlRenderer } from "../canvas/webgl_renderer";
import { shownRegions } from "../effects/load_regions";
import { showGuests } from "../effects/show_guests";
import { sampleOf, showSample } from "../effects/show_sample";
import { placesOf } from "../model/scene/hold_still";
import { css, RINGS, STAGE } from "../palette";
import { ghostPoses } from "../state/actions/display";
import { annotationsOf } from "../state/derived/annotations";
import { pictureTitle } from "../state/derived/picture_title";
import { paintOf, scalesOf } from "../state/derived/sizes";
import type { Store } from "../state/store";
import type { Dimensions } from "../types";

/** What is left of the dots' opacity over a shading of their density. */
const THIN = 0.3;
/** More samples are counted anew only once they stand still. */
const MOST_SHADED_MOVING = 300_000;

/** What clicks and outlines on this stage do. */
export interface StageHands {
  readonly click: StageEvents["click"];
  readonly enclose: StageEvents["enclose"];
}

interface StagePanelProps {
  readonly store: Store;
  readonly hands: StageHands;
  readonly children: ComponentChildren;
}

export function StagePanel({ store, hands, children }: StagePanelProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const beneath = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const [graphics, setGraphics] = useState<Graphics>("there");
  const gone = graphics === "gone";
  useEffect(() => {
    if (!canvas.current || !above.current || !beneath.current) return;
    const gl = gone ? null : WebGlRenderer.on(canvas.current);
    if (gl === null && !gone) setGraphics("missing");
    const renderer = gl ?? Canvas2dRenderer.on(canvas.current);
    if (renderer === null) return;
    // Where somebody has moved the camera to, another stage stands too.
    const camera = store.camera.peek();
    if (gone && camera !== null) store.requestedCamera.value = { ...camera };
    const watching = new AbortController();
    if (gl !== null) watchContext(canvas.current, setGraphics, watching.signal);
    const stop = runStage(store, hands, {
      canvas: canvas.current,
      above: above.current,
      renderer,
      overlay: new LabelCanvas(above.current),
      density: new Density(beneath.current),
      regions: new RegionShading(beneath.current),
    });
    return () => {
      watching.abort();
      stop();
    };
  }, [store, hands, gone]);
  return (
    <section
      class={store.picture.stale.value ? "stage stale" : "stage"}
      aria-label={store.second ? "Second pane" : "Stage"}
      aria-busy={store.busy.value}
    >
      <canvas ref={beneath} class="beneath" />
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it takes the arrow keys, which only an application may */}
      <canvas
        // One that has had WebGL gives no other context.
        key={gone ? "flat" : "samples"}
        ref={canvas}
        class={store.samples.tool.value === "pan" ? "samples" : "samples draws"}
        role="application"
        aria-label={pictureTitle(store)}
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.focus({ preventScroll: true })}
      />
      <canvas ref={above} class="above" />
      {children}
      {graphics !== "there" && (
        <p class="flat" role="alert">
          {IN_WORDS[graphics]}
        </p>
      )}
    </section>
  );
}

const IN_WORDS: Readonly<Record<Exclude<Graphics, "there">, ComponentChildren>> = {
  missing: (
    <>
      This browser offers no WebGL 2 here: samples are drawn as dots alone, and slowly. For
      thumbnails switch on hardware acceleration, or start the browser with{" "}
      <code>--enable-unsafe-swiftshader</code>, and reload.
    </>
  ),
  lost: "The graphics driver was reset. The picture comes back by itself.",
  gone: "The graphics driver was reset and has not come back: samples are drawn as dots alone, and slowly. Reload the page to try again.",
};

interface Parts {
  readonly canvas: HTMLCanvasElement;
  readonly above: HTMLCanvasElement;
  readonly renderer: Renderer;
  /** Over the samples, and beneath them. */
  readonly overlay: LabelCanvas;
  readonly density: Density;
  readonly regions: RegionShading;
}

function runStage(store: Store, hands: StageHands, parts: Parts): () => void {
  const { canvas, above, renderer, overlay, density, regions } = parts;
  let seen: { readonly clip: Matrix4; readonly size: Size } | null = null;
  const wantedRegions = shownRegions(store);
  const colorIn = () => {
    const found = wantedRegions.peek();
    if (found === null || seen === null) return regions.clear();
    // Both lie on the one canvas.
    density.clear();
    regions.draw(found, seen.clip, seen.size);
  };
  const shade = (size: Size, some: number | null) => {
    const shown = store.motion.shown.peek();
    const moving = store.flying.peek() || shown?.from !== shown?.to;
    const late = moving && stage.samples > MOST_SHADED_MOVING;
    if (store.display.mode.peek() !== "density" || late || some !== null) return density.clear();
    density.draw(stage.screenPositionsOf, stage.samples, size, RINGS[store.theme.peek()].selected);
  };
  // Nobody points at, or selects, samples whose others are still to come.
  const sample = sampleOf(store);
  const others = () => store.picture.ofOtherSamples.peek() || sample.peek() !== null;
  const stage = new Stage(canvas, renderer, store.dimensions.peek(), {
    tool: () => store.samples.tool.peek(),
    // Samples of another run can be neither looked at nor selected by where they were.
    click: (...clicked) => others() || hands.click(...clicked),
    enclose: (...enclosed) => others() || hands.enclose(...enclosed),
    sketch(path) {
      store.samples.sketch.value = path;
    },
    point(at) {
      store.hover.value = at && !others() ? withQuarter(at, canvas) : null;
    },
    fly(flying) {
      store.flying.value = flying;
    },
    drawn(clip, size, { moved, home }, some) {
      overlay.follow(clip, size);
      seen = { clip, size };
      // What is taken off the one canvas beneath comes before what is put on it.
      colorIn();
      const drawn = sample.peek()?.count ?? some;
      shade(size, drawn);
      store.picture.some.value = drawn;
      if (sample.peek() === null) store.firstPicture.value = true;
      store.camera.value = moved;
      store.home.value = home;
      pictureExport.tell();
    },
    firstPicture() {
      if (!store.second) performance.mark("tb_embed:first-picture");
      store.firstPicture.value = sample.peek() === null;
    },
  });
  const pictureExport = new StagePictureExport(stage, overlay, canvas, above);
  store.pictureExport.value = pictureExport;
  // The picture of other samples stays as it was, in its own colors.
  const keepsLook = () => store.picture.ofOtherSamples.value;
  const stops = [
    ...showSample(store, stage, sample),
    ...showGuests(store, overlay, canvas, stage),
    effect(() => {
      if (store.requestedCamera.value !== null) stage.lookFrom(store.requestedCamera.value);
    }),
    effect(() => {
      const { dimensions, drawing, theme } = store;
      stage.setLook(dimensions.value, drawing.value, theme.value);
    }),
    effect(() => {
      const shown = store.motion.shown.value;
      stage.setPoses(sample.value?.poses ?? shown, shown?.mix ?? 0);
    }),
    effect(() => {
      const extent = store.extent.value;
      if (extent === null) return;
      const clouds = (dimensions: Dimensions) =>
        [extent, extent.joined].flatMap((one) => one?.frames.extent(dimensions, one.step) ?? []);
      stage.setExtent(clouds, extent.change);
    }),
    effect(() => {
      if (keepsLook() || sample.value !== null || store.coloring.value === null) return;
      stage.setPaint(paintOf(store, store.coloring.value));
    }),
    effect(() => {
      if (!keepsLook()) stage.setScales(scalesOf(store));
    }),
    effect(() => {
      if (!keepsLook()) stage.setMarks(store.samples.marks.value);
    }),
    effect(() => {
      // Ghosts have the colours of their samples, and hide which are hidden.
      store.coloring.value;
      store.samples.marks.value;
      store.extent.value;
      stage.setGhosts(ghostPoses(store, store.dimensions.value));
    }),
    effect(() => {
      const { dotSize, opacity, mode: overlay } = store.display;
      // Density lies beneath: dots must let it through.
      const share = overlay.value === "density" ? THIN : 1;
      stage.setTuning({ size: dotSize.value, opacity: share * opacity.value });
    }),
    effect(() => {
      const theme = store.theme.value;
      overlay.setInk({ text: css(RINGS[theme].selected), surface: css(STAGE[theme]) });
    }),
    effect(() => {
      wantedRegions.value;
      colorIn();
    }),
    effect(() => overlay.setAnnotations(annotationsOf(store))),
    effect(() => stage.pointAt(store.samples.pointed.value)),
    effect(() => (keepsLook() ? undefined : packThumbnails(store, stage))),
    store.display.fitRequests.subscribe((times) => {
      const pose = untracked(() => store.motion.shown.value?.to);
      const ids = untracked(() => store.samples.selectedIds());
      if (times > 0 && pose !== undefined) stage.fit(placesOf(pose, ids));
    }),
    store.homeRequests.subscribe((times) => {
      if (times > 0) stage.home();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    store.pictureExport.value = null;
    density.clear();
    stage.dispose();
  };
}

/** Repacks the thumbnails once the dots have been drawn; the dots are seen first. */
function packThumbnails(store: Store, stage: Stage): (() => void) | undefined {
  const sprites = store.sprites.value;
  const samples = store.layer.value?.samples;
  if (sprites === null) {
    stage.setSprites(null);
    return;
  }
  if (samples === undefined || !store.firstPicture.value) return;
  const unwanted = new AbortController();
  packSprites(sprites.sheets, sprites.facts, samples, unwanted.signal)
    .then((texture) => stage.setSprites(texture))
    .catch((reason) => {
      // Without thumbnails there are still dots; a packing that is no longer wanted is no failure.
      if (!unwanted.signal.aborted) console.warn("tb_embed: no thumbnails", reason);
    });
  return () => unwanted.abort();
}

function withQuarter(at: Pointed, canvas: HTMLCanvasElement) {
  return {
    ...at,
    rightHalf: at.x > canvas.clientWidth / 2,
    lowerHalf: at.y > canvas.clientHeight / 2,
  };
}
