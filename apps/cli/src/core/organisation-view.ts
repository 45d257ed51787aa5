import { mainPath } from '@ioi/law';
import type { EffectivePolicy, LayerVerdict, OrganisationStatus } from '@ioi/protocol';
import { colourOf, type Paint } from './paint.ts';
import { timeSpanText } from './time-span.ts';
import { visible } from './visible.ts';
import { decidingText, ruleListView } from './why-view.ts';

const STALE = {
  block: 'everything is blocked',
  ask: 'what would be allowed is asked',
  keep: 'it goes on as it is',
} as const;

/** `org://acme, bundle version 3, 2 h of 30 d old`. */
export function organisationText({ organisation_id: id, bundle }: OrganisationStatus): string {
  if (bundle === undefined) return visible(`${id}, no bundle yet: nothing is bounded`);
  const { version, age_ms, max_age_ms, is_stale: isStale, stale } = bundle;
  const [age, most] = [age_ms, max_age_ms].map((each) => timeSpanText(BigInt(each)));
  const consequence = isStale ? `, too old: ${STALE[stale]}` : '';
  return visible(`${id}, bundle version ${version}, ${age} of ${most} old${consequence}`);
}

/** Who bounds the node, in a few lines. */
export function organisationView(organisation: OrganisationStatus | undefined): string[] {
  if (organisation === undefined) return ['no organisation bounds this node'];
  const { organisation_id, key_id, bundle } = organisation;
  const lines = [visible(organisation_id), `  key       ${visible(key_id)}`];
  if (bundle === undefined) return [...lines, '  bundle    none yet: nothing is bounded'];
  const { policy_hash, version, age_ms, max_age_ms, stale, is_stale: isStale } = bundle;
  const [age, most] = [age_ms, max_age_ms].map((each) => timeSpanText(BigInt(each)));
  return [
    ...lines,
    `  bundle    version ${visible(version)}, rules ${visible(policy_hash)}`,
    `  age       ${age} of ${most}${isStale ? ', too old' : ''}`,
    `  too old   ${STALE[stale]}`,
  ];
}

/** Which layer decides one request, and why. */
export function effectiveView(
  decision: NonNullable<EffectivePolicy['decision']>,
  paint: Paint,
): string[] {
  const { verdict, target, params, layer, local, ceiling, rules } = decision;
  const about = mainPath(params as Record<string, unknown>) ?? '';
  const facts = Object.entries(decision.facts).map(([name, value]) => `${name} = ${String(value)}`);
  return [
    [paint(colourOf(verdict), verdict), visible(target), visible(about)].join('  '),
    `  ${visible(decidingText(decision))}`,
    `  facts: ${visible(facts.join(', ')) || 'none known'}`,
    ...(layer === undefined ? [] : [`  decided by the layer ${layer}`]),
    `  local says ${layerText(local)}`,
    ...(ceiling === undefined ? [] : [`  organisation says ${layerText(ceiling)}`]),
    ...ruleListView(rules, paint),
  ];
}

function layerText(said: LayerVerdict | undefined): string {
  if (said === undefined) return 'nothing: no policy is active';
  const { verdict, code, rule_id: ruleId } = said;
  return visible(`${verdict}, ${code}${ruleId === undefined ? '' : `, rule ${ruleId}`}`);
}
