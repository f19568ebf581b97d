/** Calls with audio, video and screens, from browser to browser: a separate part beside the client. */

export { browserCallPorts } from './browser.ts';
export { Calls, type CallsOptions } from './calls.ts';
export type { CallPorts, DeviceMemory, MediaPort, Memory } from './ports.ts';
export type * from './state.ts';
