import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

/** One file for the web build, the server build (`--ssr`) and the tests. */
export default defineConfig({
  root: "web",
  plugins: [vue()],
  // The content security policy allows fonts and scripts from the hub's own files only: nothing becomes a data: URL.
  build: { outDir: "../dist/web", emptyOutDir: true, assetsInlineLimit: 0 },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } } },
  test: {
    root: ".",
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          include: ["{flows,server,test}/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/hub/**", "**/node_modules/**"],
          environment: "node",
        },
      },
      { extends: true, test: { name: "web", include: ["web/**/*.test.ts"], environment: "happy-dom" } },
    ],
  },
});
