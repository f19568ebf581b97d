/** The ports of calls, implemented by a browser. */

import { browserPorts } from '../browser/ports.ts';
import { browserMemory } from './memory.ts';
import type { CallPorts, DeviceMemory, MediaPort } from './ports.ts';

const media: MediaPort = {
  user: constraints => navigator.mediaDevices.getUserMedia(constraints),
  display: () =>
    navigator.mediaDevices.getDisplayMedia({
      video: { width: { max: 1920 }, height: { max: 1080 }, frameRate: 15 },
    }),
  peer: config => new RTCPeerConnection(config),
  stream: tracks => new MediaStream(tracks),
  obstacle() {
    if (!isSecureContext) return 'insecure';
    return globalThis.RTCPeerConnection && navigator.mediaDevices ? undefined : 'unsupported';
  },
  isForbidden(what) {
    // If the embedding page does not delegate the permission, the user was not asked.
    const policy = (document as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
    return policy?.allowsFeature(what) === false;
  },
};

/** The app removes what begins so when everybody signs out. */
const DEVICES = 'jobline-devices';
/** Where storage is denied, every call begins with the devices that the browser chooses. */
const devices: DeviceMemory = {
  read() {
    try {
      return localStorage.getItem(DEVICES) ?? undefined;
    } catch {
      return undefined;
    }
  },
  keep(text) {
    try {
      localStorage.setItem(DEVICES, text);
    } catch {
      // See above.
    }
  },
};

/** The browser's own ports. */
export function browserCallPorts(): CallPorts {
  const { http, clock, random, lifecycle, socket } = browserPorts();
  if (!socket) throw new Error('The ports of a browser bring a socket.');
  return { http, clock, random, lifecycle, socket, media, memory: browserMemory, devices };
}
