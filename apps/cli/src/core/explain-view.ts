import type { Explanation, ItemExplanation } from '@ioi/protocol';
import { type Paint, paintNothing } from './paint.ts';
import { visible } from './visible.ts';
import { whyView } from './why-view.ts';

const NAMED = 12;

/** What it is, where it came from, what was looked at, what it changed and what hangs on it. */
export function explainView(
  item: ItemExplanation,
  why: Explanation | undefined,
  paint: Paint = paintNothing,
): string[] {
  const { entry, sealed } = item;
  const state = item.is_voided ? paint('yellow', 'voided: it changed nothing') : 'in effect';
  return [
    `${paint('bold', item.kind)}  ${visible(item.id)}  in ${visible(item.domain_id)}`,
    `  entry        ${entry.seq}, ${visible(entry.operation)}, ${entry.operation_id}, ${state}`,
    `  by           ${authorText(item)}`,
    `  sealed       commit ${sealed.commit_seq} at height ${sealed.height}, ${sealedText(item)}`,
    `  state root   ${visible(sealed.state_root)}`,
    ...listed('changed', item.changed.map(changedText(entry.seq))),
    ...listed('constraint', item.constraints.map(constraintText)),
    ...listed('invariant', item.invariants.map(visible)),
    ...listed('held by', item.dependents.map(dependentText)),
    ...(item.value === undefined ? [] : ['  value', ...valueLines(item.value)]),
    ...(why === undefined ? [] : ['  rules', ...whyView(why, paint).map((line) => `    ${line}`)]),
  ];
}

function authorText({ author }: ItemExplanation): string {
  if (author.kind === 'guardian') return 'the guardian of the node';
  if (author.kind === 'channel') return 'the node, over its own channel';
  const label = author.label === undefined ? '' : `, ${visible(author.label)}`;
  return `key ${visible(author.key_id ?? '')}${label}`;
}

function sealedText({ sealed }: ItemExplanation): string {
  const signed = sealed.is_cosigned ? 'both signatures' : 'not yet cosigned';
  return `entries ${sealed.first_seq} to ${sealed.commit_seq}, ${signed}`;
}

function changedText(seq: string) {
  return ({ head_class, id, changed_seq }: ItemExplanation['changed'][number]): string => {
    const name = `${visible(head_class)}/${visible(id)}`;
    if (changed_seq === undefined) return `${name}, which is gone`;
    return changed_seq === seq
      ? `${name}, as it is now`
      : `${name}, changed again by ${changed_seq}`;
  };
}

function constraintText(constraint: ItemExplanation['constraints'][number]): string {
  const { object_class, constraint_id, constraint_type, enforcement_mode } = constraint;
  return visible(`${constraint_id} on ${object_class}: ${constraint_type}, ${enforcement_mode}`);
}

function dependentText(each: ItemExplanation['dependents'][number]): string {
  if (each.kind === 'entry') return `entry ${each.seq}, ${visible(each.operation)}`;
  return `${each.count} objects by ${visible(each.constraint_id)}`;
}

function listed(title: string, texts: readonly string[]): string[] {
  const lines = texts.slice(0, NAMED).map((text) => `  ${title.padEnd(12)} ${text}`);
  return texts.length > NAMED
    ? [...lines, `  ${''.padEnd(12)} and ${texts.length - NAMED} more`]
    : lines;
}

function valueLines(value: unknown): string[] {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => `    ${visible(line)}`);
}
