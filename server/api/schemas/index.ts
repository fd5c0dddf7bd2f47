import type { Component } from "../schema.ts";
import { accessComponents } from "./access.ts";
import { clientComponents } from "./client.ts";
import { deliveryComponents } from "./delivery.ts";
import { deviceComponents } from "./device.ts";
import { flowComponents } from "./flow.ts";
import { nodeComponents } from "./node.ts";
import { problem, problemDocument } from "./problem.ts";
import { runComponents } from "./run.ts";

/** Every schema that the OpenAPI document shows under a name. */
export const components: readonly Component[] = [
  problem,
  problemDocument,
  ...accessComponents,
  ...flowComponents,
  ...runComponents,
  ...deviceComponents,
  ...clientComponents,
  ...deliveryComponents,
  ...nodeComponents,
];
