import type { InjectionKey, Ref } from "vue";
import type { Message } from "#flows/message.ts";
import type { ChannelSummary, DeviceSummary, TopicSummary } from "#server/api/contract.ts";
import type { SampleField } from "./samples.ts";

/** What the hub knows that helps to fill in a form. */
export interface FormData {
  readonly topics: Readonly<Ref<readonly TopicSummary[]>>;
  readonly devices: Readonly<Ref<readonly DeviceSummary[]>>;
  readonly channels: Readonly<Ref<readonly ChannelSummary[]>>;
  /** The message that would reach the node now. */
  readonly sample: Readonly<Ref<Message | undefined>>;
  readonly fields: Readonly<Ref<readonly SampleField[]>>;
  readonly zone: Readonly<Ref<string>>;
  testChannel(id: string): void;
}

export const FORM_DATA: InjectionKey<FormData> = Symbol("form data");
