// Builds the page into the Python package. TensorBoard imports `index.js` by that fixed name; everything else has its
// hash in its name, so that it may be cached for ever, and is found relative to the module that imports it.
import { defineConfig } from "vite";

export default defineConfig({
  // What a module asks for lies beside it, wherever TensorBoard is served.
  base: "./",
  build: {
    outDir: "../tb_embed_plugin/static",
    emptyOutDir: true,
    target: "es2022",
    lib: { entry: "src/index.ts", formats: ["es"], fileName: "index" },
    rolldownOptions: {
      output: {
        chunkFileNames: "assets/[name]-[hash].js",
        minify: true,
        // Two parts and no third that both would have to wait for: what draws may import from what asks.
        codeSplitting: {
          groups: [
            {
              name: "start",
              test: /src\/(start|host|keys|api|color|marks|wire|model\/|state\/|effects\/)|preact/,
            },
          ],
        },
      },
    },
  },
});
