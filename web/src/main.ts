import "@fontsource-variable/inter/wght.css";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/menu.css";
import { createApp } from "vue";
import AppShell from "./app/AppShell.vue";
import { createAppRouter } from "./app/routes.ts";
import { applyTheme } from "./app/theme.ts";

applyTheme();
createApp(AppShell).use(createAppRouter()).mount("#app");
