import { Component, type ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { calendar } from '../models/calendar.ts';
import { Around, type Surroundings } from './context.ts';
import { useValue } from './hooks.ts';
import { lazy } from './lazy.tsx';
import { Panes } from './Panes.tsx';

/** Only in a host's page. */
const HostColours = lazy(async () => (await import('./HostColours.tsx')).HostColours);

/** The chat with everything around it, in the language and direction of its texts. */
export function Root({ around }: { around: Surroundings }) {
  const today = useValue(calendar);
  // A new translator for another day or zone, so that everything that shows a date is rendered again.
  const shown = useMemo(() => ({ ...around, words: around.words.renewed() }), [around, today]);
  const { Calls, words } = shown;
  return (
    <div class="root" lang={words.lang} dir={words.dir}>
      <Around.Provider value={shown}>
        <Boundary sorry={words.t('unexpected')}>
          {around.embedded && <HostColours />}
          <Panes />
          {Calls && <Calls />}
        </Boundary>
      </Around.Provider>
    </div>
  );
}

/** After an error in rendering there is a sentence, not an empty page. Written messages are stored all the same. */
class Boundary extends Component<{ sorry: string; children: ComponentChildren }, { failed?: boolean }> {
  static override getDerivedStateFromError() {
    return { failed: true };
  }
  override componentDidCatch(error: unknown) {
    console.error(error);
  }
  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <p class="blank" role="alert">
        {this.props.sorry}
      </p>
    );
  }
}
