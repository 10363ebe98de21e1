// What TensorBoard imports. It asks for the runs at once; then the smaller part of the page, which asks for everything
// else, and the larger one, which draws it, travel side by side.

export async function render(): Promise<void> {
  const firstAnswer = fetch("runs");
  // The page itself reports a failed answer; until it has loaded nobody else listens.
  firstAnswer.catch(() => {});
  const drawingPart = import("./app");
  const { start } = await import("./start");
  start(firstAnswer, drawingPart);
}
