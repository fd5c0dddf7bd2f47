import type { ShapeOf } from "../graph.ts";

/** Ports of a few made-up node types, so that tests of the canvas do not hang on the real ones. */
export const shapeOf: ShapeOf = ({ type }) => {
  switch (type) {
    case "trigger":
      return { inputs: [], outputs: ["out"] };
    case "branch":
      return { inputs: ["in"], outputs: ["yes", "no"] };
    default:
      return { inputs: ["in"], outputs: ["out"] };
  }
};
