// Builds the page into the Python package. TensorBoard imports `index.js` by that fixed name; everything else has its
// hash in its name, so that it may be cached for ever, and is found relative to the module that imports it.
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Each script once more, as small as it gets: the server would compress it anew at each request, and in haste. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== "chunk") continue;
      const source = gzipSync(file.code, { level: 9 });
      this.emitFile({ type: "asset", fileName: `${file.fileName}.gz`, source });
    }
  },
};

export default defineConfig({
  // What a module asks for lies beside it, wherever TensorBoard is served.
  base: "./",
  plugins: [compressed],
  test: {
    coverage: {
      include: ["src/**/*.ts"],
      exclude: [
        "**/*.test.ts",
        "src/state/testing/**",
        // Shown rather than called: the browser's tests press, drag and look at it.
        "src/{canvas,charts,controls,export}/**",
        "src/{app,index,inspector,start,host,keys,layer_sections}.ts",
        "src/panels/*/{index,api,select_confused}.ts",
        // Wires between store and server: each is a request that follows a choice, made by the browser's tests against a server.
        "src/effects/**",
        "src/{api,measures_api}.ts",
      ],
      reporter: ["text"],
      thresholds: { branches: 85 },
    },
  },
  build: {
    outDir: "../tb_embed_plugin/static",
    emptyOutDir: true,
    target: "es2022",
    // The licenses of what is bundled, which ask to go where the code goes.
    license: { fileName: "THIRD_PARTY_LICENSES.txt" },
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
              test: /src\/(start|host|keys|api|ask_server|pause|color|marks|wire|model\/|state\/|effects\/)|preact/,
            },
          ],
        },
      },
    },
  },
});
