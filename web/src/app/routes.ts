import { type RouteRecordRaw, type Router, createRouter, createWebHistory } from "vue-router";
import { ApiError } from "../api.ts";
import { loadSession, me } from "./session.ts";

declare module "vue-router" {
  interface RouteMeta {
    readonly title: string;
    /** Shown without the shell, to people who are not signed in. */
    readonly open?: boolean;
  }
}

/** Remembers across a reload which address could not be loaded, so that it is tried only once more. */
const RELOADED_FOR = "millrace.reloadedFor";

const routes: RouteRecordRaw[] = [
  { path: "/", redirect: "/flows" },
  {
    path: "/setup",
    component: () => import("../setup/SetupPage.vue"),
    meta: { title: "Set-up", open: true },
  },
  {
    path: "/login",
    component: () => import("../login/LoginPage.vue"),
    meta: { title: "Sign in", open: true },
  },
  { path: "/flows", component: () => import("../flows/FlowsPage.vue"), meta: { title: "Flows" } },
  {
    path: "/flows/:id",
    component: () => import("../editor/EditorPage.vue"),
    props: true,
    meta: { title: "Editor" },
  },
  { path: "/devices", component: () => import("../devices/DevicesPage.vue"), meta: { title: "Devices" } },
  { path: "/topics", component: () => import("../topics/TopicsPage.vue"), meta: { title: "Topics" } },
  { path: "/runs", component: () => import("../runs/RunsPage.vue"), meta: { title: "Runs" } },
  { path: "/inbox", component: () => import("../inbox/InboxPage.vue"), meta: { title: "Inbox" } },
  { path: "/channels", component: () => import("../channels/ChannelsPage.vue"), meta: { title: "Channels" } },
  { path: "/settings", component: () => import("../settings/SettingsPage.vue"), meta: { title: "Settings" } },
  { path: "/:rest(.*)*", redirect: "/flows" },
];

/** The addresses of the app; people who are not signed in end at the set-up or the login. */
export function createAppRouter(): Router {
  const router = createRouter({ history: createWebHistory(), routes });
  router.beforeEach(async (to) => {
    const known = me.value ?? (await loadOrExplain());
    if (known === undefined) return;
    if (!known.setUp)
      return to.path === "/setup" ? undefined : { path: "/setup", query: to.query, hash: to.hash };
    if (known.user === undefined)
      return to.path === "/login" ? undefined : { path: "/login", query: { next: to.fullPath } };
    return to.meta.open === true ? "/flows" : undefined;
  });
  router.afterEach((to) => {
    sessionStorage.removeItem(RELOADED_FOR);
    document.title = `${to.meta.title} · ${me.value?.hub.name ?? "Millrace"}`;
  });
  router.onError((error, to) => reloadOnce(error, to.fullPath));
  return router;
}

/** A hub that was updated under an open page no longer has the old page's parts: the new ones come with a reload. */
function reloadOnce(error: unknown, path: string): void {
  const isMissingPart =
    error instanceof Error && /dynamically imported module|preload CSS|module script/i.test(error.message);
  if (!isMissingPart || sessionStorage.getItem(RELOADED_FOR) === path) throw error;
  sessionStorage.setItem(RELOADED_FOR, path);
  window.location.assign(path);
}

/** The shell shows a banner while the hub is away; the screens then load what they can. */
async function loadOrExplain() {
  try {
    return await loadSession();
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}
