import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The hub: its process, and the writer thread of the store beside it. npm packages stay outside the bundle. */
const server = {
  outDir: here("dist/server"),
  emptyOutDir: true,
  ssr: true,
  target: "node20",
  copyPublicDir: false,
  rollupOptions: { input: { main: here("server/main.ts"), writer: here("server/store/writerThread.ts") } },
};

/** The content security policy allows fonts and scripts from the hub's own files only: nothing becomes a data: URL. */
const web = { outDir: here("dist/web"), emptyOutDir: true, assetsInlineLimit: 0 };

/** One file for the web build, the server build (`--ssr`) and the tests. */
export default defineConfig(({ isSsrBuild }) => ({
  root: "web",
  plugins: [vue()],
  build: isSsrBuild === true ? server : web,
  server: { proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } } },
  test: {
    root: ".",
    // Not UTC, so that a mistake with zones shows.
    env: { TZ: "America/St_Johns" },
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
      {
        extends: true,
        test: {
          name: "hub",
          include: ["test/hub/**/*.test.ts"],
          environment: "node",
          testTimeout: 30_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          environment: "node",
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      { extends: true, test: { name: "web", include: ["web/**/*.test.ts"], environment: "happy-dom" } },
    ],
  },
}));
