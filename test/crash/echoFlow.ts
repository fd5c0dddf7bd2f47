/** A flow that publishes all that it hears from one publisher below `echo`, with QoS 1. */
export function echoFlow(publisher: string) {
  return {
    millrace: 1,
    id: "echo",
    name: "Echo",
    nodes: {
      in: { type: "mqtt-in", config: { filters: [`load/${publisher}/#`] } },
      out: { type: "publish", config: { topic: `echo/${publisher}`, payload: "{{payload}}", qos: 1 } },
    },
    wires: [{ from: "in", to: "out" }],
  };
}
