/** The ports of calls, besides those of the client. */

import type { Ports } from '../ports.ts';

export interface CallPorts extends Pick<Ports, 'http' | 'clock' | 'random' | 'lifecycle'> {
  readonly socket: NonNullable<Ports['socket']>;
  readonly media: MediaPort;
  readonly memory: Memory;
}

/** Cameras, microphones, screens, and connections between browsers. */
export interface MediaPort {
  /** Rejects as `getUserMedia` does. */
  user(constraints: MediaStreamConstraints): Promise<MediaStream>;
  /** Rejects as `getDisplayMedia` does. */
  display(): Promise<MediaStream>;
  peer(config: RTCConfiguration): RTCPeerConnection;
  stream(tracks: MediaStreamTrack[]): MediaStream;
  /** Why nothing of it works on this page, where that is so. */
  obstacle(): 'insecure' | 'unsupported' | undefined;
  /** Whether the page around a frame keeps it from asking for these. */
  isForbidden(what: 'microphone' | 'camera'): boolean;
}

/** Remembers one text through a reload of the tab, and no longer. */
export interface Memory {
  /** Whether there is something to take. */
  isKept(): boolean;
  keep(text: string): void;
  /** What was kept; it is forgotten then. */
  take(): string | undefined;
  /**
   * Whether this tab alone goes by `device`, until it is gone: when a tab is duplicated, what it keeps is copied, and of two
   * that go on with one call the second is told `false`.
   */
  own(device: string): Promise<boolean>;
}
