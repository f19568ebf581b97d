import { useEffect, useState } from 'preact/hooks';
import { useSurroundings } from '../views/context.ts';
import { callWords } from './words.ts';

/** Which microphone and which camera. Browsers name them once one of them is used. */
export function Devices({ choose }: { choose: (kind: 'microphone' | 'camera', id: string) => void }) {
  const words = callWords(useSurroundings().words.lang);
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
            <select onChange={event => choose(kind, event.currentTarget.value)}>
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
