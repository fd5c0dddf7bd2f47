import { type Ref, nextTick, ref, watch } from "vue";

/** The text of an input that is tidied up into a value while somebody types. */
export interface TypedText {
  readonly text: Ref<string>;
  /** Takes over what was typed, and gives it back. */
  readonly onInput: (event: Event) => string;
  /** Shows the value as it is kept; for when the typing is done. */
  readonly settle: () => void;
}

/**
 * Keeps an input as it is typed, and replaces it only by changes from outside, such as an undo. Bound straight to the
 * tidied value, an input would eat the space after a word and the dot of "5.", before the next letter can follow.
 */
export function useTypedText(kept: () => string): TypedText {
  const text = ref(kept());
  let isOwn = false;
  watch(kept, (now) => {
    if (!isOwn) text.value = now;
  });
  return {
    text,
    onInput(event) {
      text.value = (event.target as HTMLInputElement).value;
      isOwn = true;
      void nextTick(() => (isOwn = false));
      return text.value;
    },
    settle: () => (text.value = kept()),
  };
}
