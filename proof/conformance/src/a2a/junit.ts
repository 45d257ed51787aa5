/** One test of a report as pytest writes it. */
export type Tested = {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly why: string;
};

const CASE = /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;
const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' },
};

/** What a JUnit report says of each of its tests, in its order. */
export function testsIn(report: string): readonly Tested[] {
  return [...report.matchAll(CASE)].map(([, about = '', body = '']) => {
    const name = `${attribute(about, 'classname')}::${attribute(about, 'name')}`;
    const [, kind, told = ''] = /<(failure|error|skipped)\b([^>]*)/.exec(body) ?? [];
    const why = attribute(told, 'message').split('\n')[0]?.trim() ?? '';
    if (kind === undefined) return { name, outcome: 'passed', why };
    return { name, outcome: kind === 'skipped' ? 'skipped' : 'failed', why };
  });
}

function attribute(about: string, name: string): string {
  const [, value = ''] = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(about) ?? [];
  return value.replaceAll(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}
