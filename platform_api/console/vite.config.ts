import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The server puts a fresh nonce in place of this word for every response (web.py).
export default defineConfig({
  plugins: [react()],
  html: { cspNonce: "SLUICEGATE_NONCE" },
  build: {
    outDir: "built",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    license: { fileName: "licences.md" },
  },
  worker: { format: "es" },
});
