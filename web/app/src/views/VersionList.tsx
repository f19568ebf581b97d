import { JoblineError, type Timeline } from '@jobline/sdk';
import { useEffect, useState } from 'preact/hooks';
import { useSurroundings } from './context.ts';
import { Text } from './Text.tsx';

type Versions = Awaited<ReturnType<Timeline['versions']>>;

/** The versions of a message, the first one first. */
export function VersionList(props: { ask: () => Promise<Versions>; reason: (code: string) => string }) {
  const { words } = useSurroundings();
  const [versions, setVersions] = useState<Versions>();
  const [code, setCode] = useState<string>();
  useEffect(() => {
    props.ask().then(setVersions, error => {
      setCode(error instanceof JoblineError ? error.problem.code : 'network');
    });
  }, []);
  if (code) return <p role="status">{props.reason(code)}</p>;
  if (!versions) return <p role="status">{words.t('loading')}</p>;
  return (
    <ol class="versions">
      {versions.map(({ text, at }) => (
        <li key={at}>
          <time dateTime={new Date(at).toISOString()}>{words.moment(at)}</time>
          <Text text={text} />
        </li>
      ))}
    </ol>
  );
}
