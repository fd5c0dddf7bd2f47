/** Which topics a device may use: the word the hub knows, its title, and what it means. */
export const presets = [
  ["own", "Its own topics only", "Everything below a topic that starts with its id. The safest choice."],
  ["tasmota", "Tasmota", "The cmnd, stat and tele topics of a Tasmota device."],
  ["esphome", "ESPHome", "The topics of an ESPHome node, and discovery."],
  ["zigbee2mqtt", "Zigbee2MQTT", "A bridge that speaks for many devices below zigbee2mqtt/."],
  ["homie", "Homie", "The homie/ tree of this device."],
  ["monitor", "Figures of the broker", "Reads $SYS/broker and nothing else. For dashboards."],
  ["any", "Any topic", "No limits. For gateways and tools you trust."],
] as const;
