import type { AnyNode } from "../node.ts";
import { changed } from "./changed/index.ts";
import { delay } from "./delay/index.ts";
import { filter } from "./filter/index.ts";
import { http } from "./http/index.ts";
import { inject } from "./inject/index.ts";
import { log } from "./log/index.ts";
import { map } from "./map/index.ts";
import { mqttIn } from "./mqtt-in/index.ts";
import { notify } from "./notify/index.ts";
import { presence } from "./presence/index.ts";
import { publish } from "./publish/index.ts";
import { schedule } from "./schedule/index.ts";
import { silence } from "./silence/index.ts";
import { switchNode } from "./switch/index.ts";
import { template } from "./template/index.ts";
import { threshold } from "./threshold/index.ts";
import { throttle } from "./throttle/index.ts";

/** Every node type: one line each. */
export const nodes: readonly AnyNode[] = [
  mqttIn,
  presence,
  silence,
  schedule,
  inject,
  filter,
  switchNode,
  threshold,
  changed,
  throttle,
  delay,
  map,
  template,
  publish,
  notify,
  http,
  log,
];
