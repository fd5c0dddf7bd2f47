import { computed, inject } from "vue";
import { FORM_DATA, type FormData } from "./formData.ts";

const NOTHING: FormData = {
  topics: computed(() => []),
  devices: computed(() => []),
  channels: computed(() => []),
  sample: computed(() => undefined),
  fields: computed(() => []),
  zone: computed(() => "UTC"),
  testChannel: () => undefined,
};

/** What the hub knows; nothing where a form stands alone, as in tests. */
export function useFormData(): FormData {
  return inject(FORM_DATA, NOTHING);
}
