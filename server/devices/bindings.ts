import type { Device } from "./device.ts";

/** A connection of a client began or ended. */
export interface SessionChange {
  readonly clientId: string;
  readonly user: string | undefined;
  /** Rises with every connection of the client. */
  readonly epoch: number;
  readonly up: boolean;
  readonly cause: string;
  readonly address: string;
  readonly at: number;
}

/** Which client is the session of which device: told by its credential, or learned from what it publishes. */
export interface Bindings {
  /** The device keeps its clients over restarts. */
  restore: (device: Device) => void;
  session: (change: SessionChange) => void;
  /** The client published for this device. */
  spokeFor: (clientId: string, device: Device) => void;
  /** The device that this client, and it alone, speaks as. */
  deviceOf: (clientId: string) => string | undefined;
  isGateway: (clientId: string) => boolean;
  epochOf: (clientId: string) => number | undefined;
  forget: (deviceId: string) => void;
}

export interface BindingsParts {
  /** The device whose credential this user is. */
  readonly deviceOfUser: (user: string | undefined) => Device | undefined;
  readonly up: (deviceId: string, clientId: string, epoch: number) => void;
  readonly down: (deviceId: string, change: SessionChange) => void;
  /** The client was the session of this device and turned out to speak for several. */
  readonly unbound: (deviceId: string, clientId: string) => void;
  readonly bound: (deviceId: string, clientId: string) => void;
  /** Found out that the device hangs on the one whose credential the client uses. */
  readonly hangsOn: (device: Device, parentId: string) => void;
}

interface Client {
  epoch: number;
  isUp: boolean;
  user: string | undefined;
  deviceId: string | undefined;
  isGateway: boolean;
}

/** Clients remembered; connected ones are never forgotten. */
const CLIENTS_MAX = 10_000;

/** A client that speaks for two devices is a gateway: no session of either. */
export function createBindings(parts: BindingsParts): Bindings {
  const clients = new Map<string, Client>();

  function clientOf(clientId: string): Client {
    const known = clients.get(clientId);
    if (known !== undefined) return known;
    if (clients.size >= CLIENTS_MAX) forgetOne();
    const client = { epoch: -1, isUp: false, user: undefined, deviceId: undefined, isGateway: false };
    clients.set(clientId, client);
    return client;
  }

  function forgetOne(): void {
    for (const [clientId, { isUp }] of clients)
      if (!isUp) {
        clients.delete(clientId);
        return;
      }
  }

  function bind(clientId: string, client: Client, deviceId: string): void {
    client.deviceId = deviceId;
    parts.bound(deviceId, clientId);
    if (client.isUp) parts.up(deviceId, clientId, client.epoch);
  }

  return {
    restore(device) {
      for (const clientId of device.clientIds) clientOf(clientId).deviceId = device.id;
    },
    session(change) {
      const client = clientOf(change.clientId);
      if (!change.up) {
        if (change.epoch === client.epoch) client.isUp = false;
        if (client.deviceId !== undefined) parts.down(client.deviceId, change);
        return;
      }
      if (change.epoch < client.epoch) return;
      Object.assign(client, { epoch: change.epoch, isUp: true, user: change.user });
      const credentialed = parts.deviceOfUser(change.user);
      if (credentialed !== undefined && client.deviceId !== credentialed.id) {
        if (client.deviceId !== undefined) parts.unbound(client.deviceId, change.clientId);
        bind(change.clientId, client, credentialed.id);
      } else if (client.deviceId !== undefined) parts.up(client.deviceId, change.clientId, change.epoch);
    },
    spokeFor(clientId, device) {
      const client = clients.get(clientId);
      if (client === undefined || client.deviceId === device.id) return;
      const credentialed = parts.deviceOfUser(client.user);
      if (credentialed !== undefined) {
        client.isGateway = true;
        if (credentialed.id === client.deviceId) parts.hangsOn(device, credentialed.id);
      } else if (client.isGateway) return;
      else if (client.deviceId === undefined) bind(clientId, client, device.id);
      else {
        client.isGateway = true;
        const lost = client.deviceId;
        client.deviceId = undefined;
        parts.unbound(lost, clientId);
      }
    },
    deviceOf: (clientId) => clients.get(clientId)?.deviceId,
    isGateway: (clientId) => clients.get(clientId)?.isGateway === true,
    epochOf: (clientId) => clients.get(clientId)?.epoch,
    forget(deviceId) {
      for (const client of clients.values()) if (client.deviceId === deviceId) client.deviceId = undefined;
    },
  };
}
