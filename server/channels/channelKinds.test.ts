import { request as httpRequest } from "node:http";
import { connect as connectTcp } from "node:net";
import type { ChannelConnect, DeliveryOutcome } from "./channelKind.ts";
import { describeChannelKinds } from "./channelKinds.suite.ts";

// The hub's own connector takes the same suite; this one is as small as the interface allows.
describeChannelKinds((allowed) => {
  const isAllowed = (host: string) => allowed.includes(host);
  const connect: ChannelConnect = {
    async deliver({ url, method, headers, body, signal }) {
      if (!isAllowed(new URL(url).host))
        return { outcome: "refused", reason: "policy", error: "Not allowed." };
      return new Promise<DeliveryOutcome>((resolve) => {
        const request = httpRequest(url, { method, headers, signal }, ({ statusCode: status = 0 }) => {
          if (status < 300) resolve({ outcome: "delivered", status });
          else if (status >= 500) resolve({ outcome: "retry", error: "busy", status });
          else resolve({ outcome: "refused", reason: "refused", error: "no", status });
        });
        request.on("error", ({ message }) => resolve({ outcome: "retry", error: message }));
        request.end(body);
      });
    },
    async openSocket({ host, port }) {
      if (!isAllowed(`${host}:${port}`)) throw Object.assign(new Error("Not allowed."), { code: "policy" });
      const socket = connectTcp({ host, port });
      await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
      return socket;
    },
  };
  return connect;
});
