// Hands a file to the browser's downloads. Works on plain http as well.
import { outerDocument } from "../host";

export function download(name: string, content: string | Blob, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  // To Firefox a link followed in a frame is what the frame shows next, which TensorBoard's page forbids it for files.
  const link = outerDocument().createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken the file over by the next task.
  setTimeout(() => URL.revokeObjectURL(address));
}
