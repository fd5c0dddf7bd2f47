import type { BrokerLimits } from "./broker/limits.ts";

/** How the hub was started; frozen. What people set in the editor is kept in the store. */
export interface Settings {
  /** Folder of the databases and keys. */
  readonly data: string;
  /** Address to listen on; `undefined`: what the set-up chose, this computer alone before it. */
  readonly host: string | undefined;
  /** Port 0 picks a free one. */
  readonly httpPort: number;
  readonly mqttPort: number;
  /** MQTT over TLS; `undefined`: 8883 once there is a certificate, `"off"`: never. */
  readonly mqttsPort: number | "off" | undefined;
  /** PEM files that somebody else keeps; without a certificate the hub makes its own. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** Authorities, beside the hub's own, whose client certificates count. */
  readonly tlsCa: string | undefined;
  /** Names of this computer that it does not know of itself. */
  readonly tlsNames: readonly string[];
  readonly clientCertificates: "off" | "optional" | "required";
  /** Where clients get in without a credential. */
  readonly anonymous: readonly AnonymousPlace[];
  /** Topics that they may use. */
  readonly anonymousTopics: readonly string[];
  /** Makes the administrator without a set-up page. */
  readonly adminPassword: string | undefined;
  /** Private addresses that flows may call: `host`, `host:port` or `CIDR:port`. */
  readonly allow: readonly string[];
  /** Services on this computer that flows may call, as `host:port`. */
  readonly allowLoopback: readonly string[];
  /** Bounds of the broker that differ from their defaults. */
  readonly limits: Partial<BrokerLimits>;
  readonly logLevel: string;
  /** Simulated devices and two running flows. */
  readonly demo: boolean;
  /** The ready line on standard output is JSON. */
  readonly json: boolean;
}

/** A listener, or this computer on any of them. */
export type AnonymousPlace = "loopback" | "mqtt" | "mqtts" | "websocket";
