import * as fc from "fast-check";
import { expect, test } from "vitest";
import { matchesFilter } from "#flows/topics/topicFilter.ts";
import type { Arrival, Qos } from "./arrival.ts";
import { createBus, type BusSubscription } from "./bus.ts";

const level = fc.constantFrom("a", "b", "$x");
const topic = fc.array(level, { minLength: 1, maxLength: 3 }).map((levels) => levels.join("/"));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant("+")), { maxLength: 3 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen || levels.length === 0 ? ["#"] : [])].join("/"));
const qos = fc.constantFrom<Qos>(0, 1, 2);

function arrival(name: string): Arrival {
  const origin = {
    clientId: undefined,
    user: undefined,
    epoch: 0,
    will: false,
    origin: undefined,
    journalId: undefined,
  };
  return { topic: name, payload: Buffer.from("x"), qos: 2, retain: false, seenAt: 0, ...origin };
}

test("each receiver with a matching filter gets a message once, at the highest of its granted QoS", () => {
  const wish = fc.record({ filter, qos, receiver: fc.nat(3), isRemoved: fc.boolean() });
  fc.assert(
    fc.property(fc.array(wish), fc.array(topic, { maxLength: 5 }), (wishes, topics) => {
      const got: string[] = [];
      const bus = createBus({
        shareStrategy: "round-robin",
        onError(error) {
          throw error;
        },
      });
      const receivers = [0, 1, 2, 3].map((name) => ({
        deliver: (message: { topic: string }, granted: Qos) =>
          void got.push(`${message.topic} ${name} ${granted}`),
      }));
      const subscriptions = wishes.map((each): BusSubscription => {
        const receiver = receivers[each.receiver] ?? { deliver() {} };
        return { filter: each.filter, qos: each.qos, receiver };
      });
      for (const subscription of subscriptions) bus.add(subscription);
      for (const name of topics) bus.route(arrival(name)); // fills whatever is remembered
      got.length = 0;
      for (const [index, { isRemoved }] of wishes.entries()) {
        const subscription = subscriptions[index];
        if (isRemoved && subscription !== undefined) bus.remove(subscription);
      }
      const kept = wishes.filter(({ isRemoved }) => !isRemoved);
      const expected = topics.flatMap((name) =>
        receivers.flatMap((_, receiver) => {
          const granted = kept
            .filter((each) => each.receiver === receiver && matchesFilter(each.filter, name))
            .map((each) => each.qos);
          return granted.length === 0 ? [] : [`${name} ${receiver} ${Math.max(...granted)}`];
        }),
      );
      for (const name of topics) bus.route(arrival(name));
      expect(new Set(got)).toEqual(new Set(expected));
      expect(got).toHaveLength(expected.length);
    }),
  );
});

test("a receiver that throws costs the others nothing", () => {
  const errors: unknown[] = [];
  const got: string[] = [];
  const bus = createBus({ shareStrategy: "round-robin", onError: (error) => errors.push(error) });
  const broken = {
    deliver() {
      throw new Error("broken");
    },
  };
  bus.add({ filter: "a", qos: 0, receiver: broken });
  bus.add({ filter: "#", qos: 0, receiver: { deliver: (message) => void got.push(message.topic) } });
  bus.route(arrival("a"));
  bus.route(arrival("b"));
  expect(got).toEqual(["a", "b"]);
  expect(errors).toHaveLength(1);
});
