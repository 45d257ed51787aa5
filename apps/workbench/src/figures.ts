import type { MetricFamily } from '@ioi/protocol';
import { spanText } from './amounts.ts';

type Families = readonly MetricFamily[];
type Sample = MetricFamily['samples'][number];

export function samplesOf(families: Families, name: string): readonly Sample[] {
  return families.find((each) => each.name === name)?.samples ?? [];
}

/** Of a figure without labels, or with just this one. */
export function figureOf(families: Families, name: string, label?: string): number | undefined {
  const samples = samplesOf(families, name);
  const isMeant = ({ labels = {} }: Sample): boolean => Object.values(labels)[0] === label;
  return samples.find(isMeant)?.value;
}

/** What there is any of, such as `3 Allow, 1 Block`. */
export function countsText(families: Families, name: string): string {
  const counted = samplesOf(families, name).filter(({ value }) => value > 0);
  if (counted.length === 0) return 'none';
  return counted.map(({ labels = {}, value }) => `${value} ${Object.values(labels)[0]}`).join(', ');
}

/** A histogram knows no figure, only between which bounds it lies. */
export function durationsText(families: Families, name: string): string {
  const samples = samplesOf(families, name);
  const count = samples.find(({ suffix }) => suffix === '_count')?.value ?? 0;
  if (count === 0) return 'none yet';
  const half = within(samples, count * 0.5);
  const most = within(samples, count * 0.99);
  return `half ${half}, 99 of 100 ${most}, of ${count}`;
}

function within(samples: readonly Sample[], count: number): string {
  const buckets = samples.filter(({ suffix }) => suffix === '_bucket');
  const found = buckets.findIndex(({ value }) => value >= count);
  const seconds = Number(buckets[found]?.labels?.['le']);
  if (Number.isFinite(seconds)) return `within ${spanText(seconds * 1000)}`;
  return `more than ${spanText(Number(buckets[found - 1]?.labels?.['le'] ?? 0) * 1000)}`;
}
