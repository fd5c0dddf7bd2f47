import type { AnonymousPlace, Settings } from "./settingTypes.ts";

/** One setting: a flag `--http-port`, a variable `MILLRACE_HTTP_PORT`, a key `httpPort` in the settings file. */
export interface SettingSpec {
  readonly name: keyof Settings;
  readonly flag: string;
  readonly variable: string;
  readonly help: string;
  readonly isSwitch?: true;
  /** Given more than once, in several places too, it adds up; the default is that the last place wins. */
  readonly isCollected?: true;
}

/** Every place where clients may get in without a credential, in the order of a setting that was read. */
export const anonymousPlaces: readonly AnonymousPlace[] = ["loopback", "mqtt", "mqtts", "websocket"];
/** What can be asked of a client over TLS. */
export const certificateNeeds = ["off", "optional", "required"] as const;
/** From the most to the least talkative. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** Every setting, for parsing and for `--help`. */
export const settingSpecs: readonly SettingSpec[] = [
  {
    name: "data",
    flag: "--data",
    variable: "MILLRACE_DATA",
    help: "folder of the databases and keys (./data)",
  },
  {
    name: "host",
    flag: "--host",
    variable: "MILLRACE_HOST",
    help: "address to listen on (this computer alone)",
  },
  {
    name: "httpPort",
    flag: "--http-port",
    variable: "MILLRACE_HTTP_PORT",
    help: "port of editor and API (8080)",
  },
  {
    name: "mqttPort",
    flag: "--mqtt-port",
    variable: "MILLRACE_MQTT_PORT",
    help: "port of the MQTT broker (1883)",
  },
  {
    name: "mqttsPort",
    flag: "--mqtts-port",
    variable: "MILLRACE_MQTTS_PORT",
    help: "port of MQTT over TLS, or off (8883 once there is a certificate)",
  },
  {
    name: "tlsCert",
    flag: "--tls-cert",
    variable: "MILLRACE_TLS_CERT",
    help: "certificate with its chain, PEM (the hub makes its own)",
  },
  {
    name: "tlsKey",
    flag: "--tls-key",
    variable: "MILLRACE_TLS_KEY",
    help: "its private key, PEM (in the same file)",
  },
  {
    name: "tlsCa",
    flag: "--tls-ca",
    variable: "MILLRACE_TLS_CA",
    help: "authorities of client certificates, PEM (the hub's own)",
  },
  {
    name: "tlsNames",
    flag: "--tls-names",
    variable: "MILLRACE_TLS_NAMES",
    help: "more names and addresses for the hub's own certificate, comma-separated",
  },
  {
    name: "clientCertificates",
    flag: "--client-certificates",
    variable: "MILLRACE_CLIENT_CERTIFICATES",
    help: `over TLS: one of ${certificateNeeds.join(", ")} (optional)`,
  },
  {
    name: "anonymous",
    flag: "--anonymous",
    variable: "MILLRACE_ANONYMOUS",
    help: `who may connect without a credential: off, or some of ${anonymousPlaces.join(", ")}, comma-separated (off)`,
  },
  {
    name: "anonymousTopics",
    flag: "--anonymous-topics",
    variable: "MILLRACE_ANONYMOUS_TOPICS",
    help: "topics that clients without a credential may use, comma-separated (anonymous/#)",
  },
  {
    name: "adminPassword",
    flag: "--admin-password",
    variable: "MILLRACE_ADMIN_PASSWORD",
    help: "sets the hub up without a page; better: MILLRACE_ADMIN_PASSWORD_FILE",
  },
  {
    name: "allow",
    flag: "--allow",
    variable: "MILLRACE_ALLOW",
    help: "private addresses that flows may call, comma-separated",
  },
  {
    name: "allowLoopback",
    flag: "--allow-loopback",
    variable: "MILLRACE_ALLOW_LOOPBACK",
    help: "services on this computer that flows may call, as host:port, comma-separated",
  },
  {
    name: "limits",
    flag: "--limit",
    variable: "MILLRACE_LIMITS",
    help: "bounds of the broker as name=value, comma-separated; millrace limits lists them",
    isCollected: true,
  },
  {
    name: "logLevel",
    flag: "--log-level",
    variable: "MILLRACE_LOG_LEVEL",
    help: `one of ${logLevels.join(", ")} (info)`,
  },
  {
    name: "demo",
    flag: "--demo",
    variable: "MILLRACE_DEMO",
    help: "adds simulated devices and two running flows",
    isSwitch: true,
  },
  {
    name: "json",
    flag: "--json",
    variable: "MILLRACE_JSON",
    help: "prints the ready line as JSON",
    isSwitch: true,
  },
];
