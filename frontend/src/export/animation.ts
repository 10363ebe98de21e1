// The picture as a film: each drawing of the stage goes into a WebM file while the run plays.
import type { PictureExport, Theme } from "../types";
import { compose } from "./picture";

const PICTURES_A_SECOND = 30;
const TYPES = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm"];

/** Why this browser records no films; null where it does. */
export function noFilmBecause(): string | null {
  if (typeof MediaRecorder === "undefined" || !("captureStream" in HTMLCanvasElement.prototype)) {
    return "This browser cannot record a canvas (it lacks MediaRecorder or captureStream).";
  }
  return filmType() === undefined ? "This browser does not record WebM." : null;
}

/** Films while `play` lasts. */
export async function film(
  pictureExport: PictureExport,
  theme: Theme,
  play: () => Promise<void>,
): Promise<Blob> {
  const sheet = document.createElement("canvas");
  const first = pictureExport.drawAt(1, (picture) => compose(picture, theme, sheet));
  if (first === null) throw new Error("There is no picture to film yet.");
  const stream = sheet.captureStream(PICTURES_A_SECOND);
  const recorder = new MediaRecorder(stream, { mimeType: filmType() ?? "video/webm" });
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  const ended = new Promise<void>((done, fail) => {
    recorder.addEventListener("stop", () => done());
    recorder.addEventListener("error", () =>
      fail(new Error("The browser stopped recording the film.")),
    );
  });
  // A film has one size: later pictures are fitted into the first one's.
  const { width, height } = sheet;
  const scratch = document.createElement("canvas");
  const context = sheet.getContext("2d");
  const unwatch = pictureExport.watch((picture) => {
    context?.drawImage(compose(picture, theme, scratch), 0, 0, width, height);
  });
  recorder.start();
  try {
    await play();
  } finally {
    unwatch();
    recorder.stop();
    await ended;
    for (const track of stream.getTracks()) track.stop();
  }
  return new Blob(parts, { type: "video/webm" });
}

function filmType(): string | undefined {
  return TYPES.find((type) => MediaRecorder.isTypeSupported(type));
}
