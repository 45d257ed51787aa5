export type Sample = {
  /** Of a histogram: `_bucket`, `_sum` or `_count`. */
  readonly suffix?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
};

/** `name` of a counter ends in `_total`, that of an info in `_info`. */
export type Family = {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram' | 'info';
  readonly help: string;
  readonly samples: readonly Sample[];
};

export type Format = 'prometheus' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

const ENDINGS: Readonly<Record<string, string>> = { counter: '_total', info: '_info' };

/** Families as a Prometheus server reads them. */
export function exposition(families: readonly Family[], format: Format): string {
  const blocks = families.map((family) => blockOf(family, format));
  return `${blocks.join('')}${format === 'openmetrics' ? '# EOF\n' : ''}`;
}

/** OpenMetrics where it is liked at least as much as the older format. */
export function formatAsked(accept: string | undefined): Format {
  const liked = (type: string): number => {
    const part = (accept ?? '').split(',').find((each) => each.trim().startsWith(type));
    if (part === undefined) return 0;
    return Number(/;\s*q=([0-9.]+)/.exec(part)?.[1] ?? 1);
  };
  const open = liked('application/openmetrics-text');
  return open > 0 && open >= liked('text/plain') ? 'openmetrics' : 'prometheus';
}

function blockOf({ name, kind, help, samples }: Family, format: Format): string {
  const isOpen = format === 'openmetrics';
  // There the family has the name without the ending that its samples have.
  const ending = isOpen ? (ENDINGS[kind] ?? '') : '';
  const family = name.slice(0, name.length - ending.length);
  const type = kind === 'info' && !isOpen ? 'gauge' : kind;
  const lines = samples.map(({ suffix = '', labels = {}, value }) => {
    return `${name}${suffix}${labelText(labels)} ${numberText(value)}\n`;
  });
  const said = isOpen ? escaped(help) : help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `# HELP ${family} ${said}\n# TYPE ${family} ${type}\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function numberText(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
