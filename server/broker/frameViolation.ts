/**
 * Each reason to end a connection because of its bytes, with the rule it breaks: a clause of MQTT 3.1.1, or a limit of
 * this broker. The words are counted, so they never change and never hold text from outside.
 */
export const violatedRules = {
  "first-packet": "[MQTT-3.1.0-1]",
  "second-connect": "[MQTT-3.1.0-2]",
  "packet-type": "[section 2.2.1] [MQTT-4.8.0-1]",
  "reserved-flags":
    "[MQTT-2.2.2-1] [MQTT-2.2.2-2] [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.14.1-1]",
  length: "[section 2.2.3]",
  body: "[section 2.2.3] [MQTT-3.1.2-9] [MQTT-3.1.2-18] [MQTT-3.1.2-20]",
  "too-large": "[limit packetBytes]",
  "too-much-before-connack": "[limit bytesBeforeConnack]",
  "unauthenticated-bytes": "[limit unauthenticatedBytes]",
  "protocol-name": "[MQTT-3.1.2-1]",
  "protocol-version": "[MQTT-3.1.2-2]",
  "connect-flags":
    "[MQTT-3.1.2-3] [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-14] [MQTT-3.1.2-15] [MQTT-3.1.2-22]",
  "packet-id": "[MQTT-2.3.1-1]",
  "publish-qos": "[MQTT-3.3.1-4]",
  "publish-dup": "[MQTT-3.3.1-2]",
  "topic-empty": "[MQTT-4.7.3-1]",
  "topic-wildcard": "[MQTT-3.3.2-2] [MQTT-4.7.1-1]",
  "topic-length": "[limit topicBytes]",
  "topic-levels": "[limit topicLevels]",
  "no-filter": "[MQTT-3.8.3-3] [MQTT-3.10.3-2]",
  filter: "[MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.3-1]",
  "filter-qos": "[MQTT-3.8.3-4]",
  "not-utf8": "[MQTT-1.5.3-1]",
  "null-character": "[MQTT-1.5.3-2] [MQTT-4.7.3-2]",
  "control-character": "[section 1.5.3]",
} as const satisfies Record<string, string>;

/** Why a byte stream is refused before it reaches the parser. */
export type FrameViolation = keyof typeof violatedRules;
