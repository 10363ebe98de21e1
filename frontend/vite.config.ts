// Builds the page into the Python package. TensorBoard imports `index.js` by that fixed name; everything else has its
// hash in its name, so that it may be cached for ever, and is found relative to the module that imports it.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    outDir: "../tb_embed_plugin/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: { index: "src/index.ts" },
      preserveEntrySignatures: "strict",
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
        // Two parts and no third that both would have to wait for: what draws may import from what asks.
        codeSplitting: {
          groups: [{ name: "start", test: /src\/(start|host|keys|api|color|wire|state\/)|preact/ }],
        },
      },
    },
  },
});
