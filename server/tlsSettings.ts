import { certificateNeeds } from "./settingSpecs.ts";
import type { Settings } from "./settingTypes.ts";
import { readList, readPort, type SettingSource } from "./settingValues.ts";

/** The settings of MQTT over TLS. */
export type TlsSettings = Pick<
  Settings,
  "mqttsPort" | "tlsCert" | "tlsKey" | "tlsCa" | "tlsNames" | "clientCertificates"
>;

/** Where MQTT over TLS is found everywhere. */
export const MQTTS_PORT_DEFAULT = 8_883;

/** Reads what concerns TLS. */
export function readTls(source: SettingSource): TlsSettings {
  const { given, problems } = source;
  const { mqttsPort, tlsCert, tlsKey, tlsCa, tlsNames, clientCertificates: need = "optional" } = given;
  if (tlsKey !== undefined && tlsCert === undefined)
    problems.push(
      `The setting tlsKey names "${tlsKey}", but tlsCert is missing: a key needs its certificate.`,
    );
  const clientCertificates = certificateNeeds.find((known) => known === need);
  if (clientCertificates === undefined)
    problems.push(
      `The setting clientCertificates must be one of ${certificateNeeds.join(", ")}, not "${need}".`,
    );
  return {
    mqttsPort: readTlsPort(mqttsPort, source),
    tlsCert,
    tlsKey,
    tlsCa,
    tlsNames: readList(tlsNames),
    clientCertificates: clientCertificates ?? "optional",
  };
}

function readTlsPort(text: string | undefined, source: SettingSource): Settings["mqttsPort"] {
  if (text === undefined || text === "off") return text;
  return readPort("mqttsPort", MQTTS_PORT_DEFAULT, source);
}
