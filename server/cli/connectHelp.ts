import type { DeviceCertificate, DeviceCredentials } from "../deviceDesk.ts";
import type { WrittenFiles } from "./certificateFiles.ts";

/** How a device connects with its password; the password is shown this once. */
export function passwordHelp({ id, username, password, host, port, topics }: DeviceCredentials): string[] {
  const at = port ?? "<port>";
  const topic = topicOf(topics[0] ?? `devices/${id}/#`);
  return [
    `${id} may connect. The password is shown this once:`,
    "",
    `  host       ${host}`,
    `  port       ${at}`,
    `  user name  ${username}`,
    `  password   ${password}`,
    `  topics     ${topics.join(", ")}`,
    "",
    "Try it:",
    `  mosquitto_pub -h ${host} -p ${at} -i ${id} -u ${username} -P '${password}' -t ${topic} -m on`,
    "With MQTT.js:",
    `  connect("mqtt://${host}:${at}", { clientId: "${id}", username: "${username}", password: "${password}" })`,
  ];
}

/** How a device connects with its certificate. */
export function certificateHelp({
  id,
  host,
  port,
  expiresAt,
  files: { key, cert, ca },
}: Omit<DeviceCertificate, "key" | "certificate" | "ca"> & { readonly files: WrittenFiles }): string[] {
  const at = port ?? "<port>";
  const trust = ca === undefined ? "--tls-use-os-certs" : `--cafile ${ca}`;
  const read = (path: string) => `readFileSync("${path}")`;
  const texts = [
    `key: ${read(key)}`,
    `cert: ${read(cert)}`,
    ...(ca === undefined ? [] : [`ca: ${read(ca)}`]),
  ];
  return [
    `${id} may connect with its certificate, until ${new Date(expiresAt).toISOString().slice(0, 10)}:`,
    "",
    `  host         ${host}`,
    `  port         ${at} (TLS)`,
    `  key          ${key}  (keep it secret; the hub has no copy)`,
    `  certificate  ${cert}`,
    ...(ca === undefined ? [] : [`  authority    ${ca}`]),
    "",
    ...(port === null ? ["The hub has no port for TLS open; --mqtts-port sets one.", ""] : []),
    "Try it:",
    `  mosquitto_pub -h ${host} -p ${at} ${trust} --cert ${cert} --key ${key} -i ${id} -t devices/${id}/state -m on`,
    "With MQTT.js:",
    `  connect("mqtts://${host}:${at}", { clientId: "${id}", ${texts.join(", ")} })`,
  ];
}

/** A topic to try, out of a filter that is allowed. */
function topicOf(filter: string): string {
  return filter === "#" ? "test" : filter.replace(/#$/, "state").replaceAll("+", "test");
}
