// What TensorBoard imports. It asks for the runs at once, for the one that the address names before all others; then the
// smaller part of the page, which asks for everything else, and the larger one, which draws it, travel side by side.

export async function render(): Promise<void> {
  const named = /[#&]p\.tb_embed\.run=([^&]+)/.exec(outerHash())?.[1];
  const firstAnswer = fetch(named === undefined ? "runs" : `runs?run=${named}`);
  // The page itself reports a failed answer; until it has loaded nobody else listens.
  firstAnswer.catch(() => {});
  const drawingPart = import("./app");
  const { start } = await import("./start");
  start(firstAnswer, drawingPart);
}

/** As `host` reads it, which is loaded later. */
function outerHash(): string {
  try {
    return window.parent.location.hash;
  } catch {
    // The page around us is of another origin.
    return location.hash;
  }
}
