import { type Ref, onScopeDispose, ref } from "vue";

export const PHONE = "(max-width: 699px)";
export const TABLET = "(max-width: 1099px)";

/** Whether a media query holds, followed for as long as the component lives. */
export function useMedia(query: string): Readonly<Ref<boolean>> {
  const media = window.matchMedia(query);
  const holds = ref(media.matches);
  const follow = (event: MediaQueryListEvent): void => {
    holds.value = event.matches;
  };
  media.addEventListener("change", follow);
  onScopeDispose(() => media.removeEventListener("change", follow));
  return holds;
}
