import { watchEffect } from "vue";
import { useStored } from "../ui/useStored.ts";

export type Theme = "system" | "light" | "dark";

/** The look this browser has chosen. */
export const theme = useStored<Theme>("theme", "system");

/** Keeps the page in the chosen look. */
export function applyTheme(): void {
  watchEffect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === "system") delete dataset["theme"];
    else dataset["theme"] = theme.value;
  });
}
