/** The ports of calls, besides those of the client. */

import type { Ports } from '../ports.ts';

export interface CallPorts extends Pick<Ports, 'http' | 'clock' | 'random' | 'lifecycle'> {
  readonly socket: NonNullable<Ports['socket']>;
  readonly media: MediaPort;
  readonly memory: Memory;
  readonly devices: DeviceMemory;
}

/** Cameras, microphones, screens, and connections between browsers. */
export interface MediaPort {
  /** Rejects as `getUserMedia` does. */
  user(constraints: MediaStreamConstraints): Promise<MediaStream>;
  /** Rejects as `getDisplayMedia` does. */
  display(): Promise<MediaStream>;
  peer(config: RTCConfiguration): RTCPeerConnection;
  stream(tracks: MediaStreamTrack[]): MediaStream;
  /** Why it does not work on this page, if it does not. */
  obstacle(): 'insecure' | 'unsupported' | undefined;
  /** Whether the page around this frame does not delegate this permission. */
  isForbidden(what: 'microphone' | 'camera'): boolean;
}

/** Stores one text over a reload of the tab, and no longer. */
export interface Memory {
  /** Whether there is something to take. */
  isKept(): boolean;
  keep(text: string): void;
  /** Returns the stored text and deletes it. */
  take(): string | undefined;
  /**
   * Whether this tab holds the name `device` alone, until it is gone. Duplicating a tab copies what it stores, so the second
   * of two that resume one call gets `false`.
   */
  own(device: string): Promise<boolean>;
}

/** Remembers in this browser which microphone and camera were chosen. */
export interface DeviceMemory {
  /** What was kept last, in any tab. */
  read(): string | undefined;
  keep(text: string): void;
}
