import { type Ref, ref, watch } from "vue";

/** A setting of this browser that outlives the page, such as whether a panel is open. */
export function useStored<Value>(name: string, initial: Value): Ref<Value> {
  const key = `millrace.${name}`;
  const value = ref(read(key, initial)) as Ref<Value>;
  watch(value, (now) => localStorage.setItem(key, JSON.stringify(now)), { deep: true });
  return value;
}

function read<Value>(key: string, initial: Value): Value {
  try {
    const text = localStorage.getItem(key);
    return text === null ? initial : (JSON.parse(text) as Value);
  } catch {
    // Somebody else wrote there, or storage is forbidden: the setting is not worth an error.
    return initial;
  }
}
