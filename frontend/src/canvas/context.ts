// Whether the canvas has WebGL, which a browser may take away.

/** Whether there is WebGL: never was; is lost and may come back; has not come back. */
export type Graphics = "there" | "missing" | "lost" | "gone";

/** Milliseconds that a lost context has to come back. */
const PATIENCE = 5000;

/** A browser takes WebGL away when the driver is reset, the machine wakes up or other pages want more. */
export function watchContext(
  canvas: HTMLCanvasElement,
  tell: (graphics: Graphics) => void,
  signal: AbortSignal,
): void {
  let timer = 0;
  const lost = () => {
    tell("lost");
    timer = window.setTimeout(() => tell("gone"), PATIENCE);
  };
  const restored = () => {
    clearTimeout(timer);
    tell("there");
  };
  canvas.addEventListener("webglcontextlost", lost, { signal });
  canvas.addEventListener("webglcontextrestored", restored, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
}
