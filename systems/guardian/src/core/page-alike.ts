import { isUnanswered, visible } from '@ioi/law';
import type { PendingItem } from './desk.ts';

/** Requests that differ in nothing but what a person can be shown line by line. */
export type Alike = {
  readonly request_hashes: readonly string[];
  /** Parameters, by name, whose values are not the same in all of them. */
  readonly differs: readonly string[];
};

/** As many as one looks through at once. */
const MOST = 50;

/**
 * What waits of equal shape, by request: of low risk, by the same agent and tool, to the same
 * target, because of the same rule and field, with parameters of the same names. Whoever is alone
 * is in none.
 */
export function alikeAmong(items: readonly PendingItem[]): ReadonlyMap<string, Alike> {
  const groups = new Map<string, PendingItem[]>();
  for (const item of items) {
    if (item.contract.risk_class !== 'low' || isUnanswered(item.contract, item.request)) continue;
    const shape = shapeOf(item);
    const group = groups.get(shape) ?? [];
    if (group.length < MOST) group.push(item);
    groups.set(shape, group);
  }
  const found = new Map<string, Alike>();
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined || group.length < 2) continue;
    const alike = {
      request_hashes: group.map(({ request_hash }) => request_hash),
      differs: Object.keys(first.request.params)
        .filter((name) => new Set(group.map((each) => valueIn(each, name))).size > 1)
        .map((name) => visible(name)),
    };
    for (const { request_hash } of group) found.set(request_hash, alike);
  }
  return found;
}

function shapeOf({ request, contract, receipt }: PendingItem): string {
  const { target, params, context } = request;
  const { server, tool } = contract;
  const names = Object.keys(params).sort();
  const { rule_id, deciding_field } = receipt;
  return JSON.stringify([context, target, server, tool, rule_id, deciding_field, names]);
}

function valueIn({ request }: PendingItem, name: string): string {
  return JSON.stringify((request.params as Readonly<Record<string, unknown>>)[name]);
}
