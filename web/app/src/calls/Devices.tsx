import type { Calls, Obstacle } from '@jobline/sdk/calls';
import { useEffect, useState } from 'preact/hooks';
import { useSurroundings } from '../views/context.ts';
import { callWords } from './words.ts';

interface Props {
  readonly calls: Calls;
  /** Called with the obstacle of the chosen device, or with none. */
  readonly told: (obstacle: Obstacle | undefined) => void;
}

/** The choice of microphone and camera. Browsers name them once one of them is used. */
export function Devices({ calls, told }: Props) {
  const words = callWords(useSurroundings().words);
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  useEffect(() => {
    const look = () => navigator.mediaDevices.enumerateDevices().then(setDevices, () => undefined);
    void look();
    navigator.mediaDevices.addEventListener('devicechange', look);
    return () => navigator.mediaDevices.removeEventListener('devicechange', look);
  }, []);
  return (
    <div class="call-devices">
      {(['microphone', 'camera'] as const).map(kind => {
        const here = devices.filter(
          one => one.kind === (kind === 'microphone' ? 'audioinput' : 'videoinput'),
        );
        return (
          <label key={kind}>
            {words(kind)}
            <select
              value={calls.device(kind)}
              onChange={event => void calls.choose(kind, event.currentTarget.value).then(told)}
            >
              {here.map((one, index) => (
                <option key={one.deviceId} value={one.deviceId}>
                  {one.label || `${words(kind)} ${index + 1}`}
                </option>
              ))}
            </select>
          </label>
        );
      })}
    </div>
  );
}
