import { describe, expect, it } from "vitest";
import { genericAvailability, readAvailability } from "./availability.ts";
import { matchConvention } from "./conventions.ts";

const nothingKnown = { has: () => false };

describe("conventions", () => {
  it.each([
    ["zigbee2mqtt/hall_climate", "zigbee2mqtt/hall_climate", "data"],
    ["zigbee2mqtt/kitchen/floor_lamp", "zigbee2mqtt/kitchen/floor_lamp", "data"],
    ["zigbee2mqtt/kitchen/floor_lamp/availability", "zigbee2mqtt/kitchen/floor_lamp", "availability"],
    ["zigbee2mqtt/kitchen/floor_lamp/set", "zigbee2mqtt/kitchen/floor_lamp", "command"],
    ["zigbee2mqtt/plug/set/state", "zigbee2mqtt/plug", "command"],
    ["zigbee2mqtt/plug/get", "zigbee2mqtt/plug", "command"],
    ["zigbee2mqtt/bridge/state", "zigbee2mqtt/bridge", "availability"],
    ["zigbee2mqtt/bridge/logging", "zigbee2mqtt/bridge", "data"],
    ["zigbee2mqtt/bridge/response/permit_join", "zigbee2mqtt/bridge", "data"],
    ["zigbee2mqtt/bridge/request/permit_join", "zigbee2mqtt/bridge", "command"],
    ["tele/bath/LWT", "tasmota/bath", "availability"],
    ["tele/bath/SENSOR", "tasmota/bath", "data"],
    ["stat/bath/POWER", "tasmota/bath", "data"],
    ["cmnd/bath/Power", "tasmota/bath", "command"],
    ["bath/tele/LWT", "tasmota/bath", "availability"],
    ["shellies/shellyplug-s-A1B2C3/relay/0/power", "shellies/shellyplug-s-A1B2C3", "data"],
    ["shellies/shelly1-A1/online", "shellies/shelly1-A1", "availability"],
    ["shellies/shelly1-A1/relay/0/command", "shellies/shelly1-A1", "command"],
    ["shellyplus1-a8032abe54dc/online", "shellyplus1-a8032abe54dc", "availability"],
    ["shellyplus1-a8032abe54dc/events/rpc", "shellyplus1-a8032abe54dc", "data"],
    ["shellyplus1-a8032abe54dc/rpc", "shellyplus1-a8032abe54dc", "command"],
    ["homie/fast-car/$state", "homie/fast-car", "availability"],
    ["homie/fast-car/engine/temperature", "homie/fast-car", "data"],
    ["homie/fast-car/engine/target/set", "homie/fast-car", "command"],
    ["homie/5/fast-car/$state", "homie/fast-car", "availability"],
    ["homeassistant/status", "homeassistant", "availability"],
    ["spBv1.0/plant/NBIRTH/edge1", "spBv1.0/plant/edge1", "availability"],
    ["spBv1.0/plant/DDATA/edge1/press", "spBv1.0/plant/edge1/press", "data"],
    ["spBv1.0/My Plant/DDEATH/Pi 1/board", "spBv1.0/My Plant/Pi 1/board", "availability"],
    ["spBv1.0/plant/DCMD/edge1/press", "spBv1.0/plant/edge1/press", "command"],
    ["STATE/scada1", "STATE/scada1", "availability"],
    ["MTConnect/Probe/MILL.12/Availability", "MTConnect/MILL.12", "availability"],
    ["MTConnect/Devices/MILL.12/Observations/mode", "MTConnect/MILL.12", "data"],
    ["$aws/events/presence/disconnected/186b5", "$aws/186b5", "availability"],
    ["devices/boiler/temperature", "devices/boiler", "data"],
    ["devices/boiler/status", "devices/boiler", "availability"],
    ["devices/boiler/set/mode", "devices/boiler", "command"],
  ])("knows %s", (topic, origin, role) => {
    expect(matchConvention(topic, nothingKnown)).toMatchObject({ origin, role });
  });

  it.each([
    "livingroom/sensor/temperature/state",
    "homeassistant/sensor/0x01/temperature/config",
    "homie/$broadcast/alert",
    "shellies/announce",
    "v1/devices/me/telemetry",
    "zigbee2mqtt",
    "devices/boiler",
    "spBv1.0/plant/NONSENSE/edge1",
    "$SYS/brokers/x/clients/y/connected",
    "",
    "/",
  ])("leaves %s alone", (topic) => {
    expect(matchConvention(topic, nothingKnown)).toBeUndefined();
  });

  it("hangs Zigbee devices on their bridge and Sparkplug devices on their node", () => {
    expect(matchConvention("zigbee2mqtt/lamp", nothingKnown)!.parent).toBe("zigbee2mqtt/bridge");
    expect(matchConvention("zigbee2mqtt/bridge/state", nothingKnown)!.parent).toBeUndefined();
    expect(matchConvention("spBv1.0/g/DDATA/n/d", nothingKnown)!.parent).toBe("spBv1.0/g/n");
  });

  it("tells a name with a slash from an attribute once the name is known", () => {
    const known = { has: (origin: string) => origin === "zigbee2mqtt/plug" };
    expect(matchConvention("zigbee2mqtt/plug/power", known)).toMatchObject({ origin: "zigbee2mqtt/plug" });
    expect(matchConvention("zigbee2mqtt/plug/power", nothingKnown)).toMatchObject({ name: "plug/power" });
  });

  it.each([
    ['{"state":"online"}', "online"],
    ['{"state":"offline"}', "offline"],
    ["Online", "online"],
    ["OFFLINE", "offline"],
    ['"online"', "online"],
    ["true", "online"],
    ["false", "offline"],
    ["ready", "online"],
    ["alert", "online"],
    ["lost", "offline"],
    ["sleeping", "sleeping"],
    ["UNAVAILABLE", "offline"],
    ['{"online":false,"timestamp":1}', "offline"],
    ["", "withdrawn"],
    ["21.5", undefined],
    ['{"state":', undefined],
    ['{"battery":93}', undefined],
    ["null", undefined],
    [`{"state":"online","x":"${"y".repeat(300)}"}`, undefined],
  ])("reads %s as %s", (text, value) => {
    expect(readAvailability(Buffer.from(text))).toBe(value);
  });

  it("believes a generic topic that was a will or looks like ESPHome, and only proposes others", () => {
    const message = { topic: "barn/status", payload: Buffer.from("online"), retain: true, will: false };
    expect(genericAvailability(message)).toEqual({ prefix: "barn", value: "online", sure: true });
    expect(genericAvailability({ ...message, retain: false })).toMatchObject({ sure: false });
    expect(genericAvailability({ ...message, payload: Buffer.from("Online") })).toMatchObject({
      sure: false,
    });
    const will = { topic: "barn/pump/LWT", payload: Buffer.from("gone"), retain: true, will: true };
    expect(genericAvailability(will)).toBeUndefined();
    expect(genericAvailability({ ...will, payload: Buffer.from("Offline") })).toMatchObject({
      prefix: "barn/pump",
      sure: true,
    });
    expect(genericAvailability({ ...message, topic: "barn/door/state" })).toBeUndefined();
  });
});
