import { printChainTime } from '@ioi/law';
import type { OrganisationPage, OrganisationPublication } from '@ioi/protocol';
import { organisationView } from './organisation-view.ts';
import { timeSpanText } from './time-span.ts';
import { visible } from './visible.ts';

/** Who bounds the node, with what beside the rules, and how the last look at its source went. */
export function organisationPageView({ organisation, source }: OrganisationPage): string[] {
  const settings = settingsView(organisation?.bundle?.settings);
  const lines = [...organisationView(organisation), ...settings];
  if (source === undefined) return [...lines, '  source    none: bundles are brought by hand'];
  const { source: place, every_ms, reached, next, failed, failures } = source;
  const often = `every ${timeSpanText(BigInt(every_ms))}, next ${next}`;
  return [
    ...lines,
    `  source    ${visible(place)}`,
    `  looked    ${reached === undefined ? 'never reached' : `reached ${reached}`}; ${often}`,
    ...(failed
      ? [`  failed    ${failures} times, last ${visible(failed.code)}: ${visible(failed.message)}`]
      : []),
  ];
}

/** What following it would mean, before anything is signed. */
export function publicationView({ bundle, rules }: OrganisationPublication): string[] {
  const { organisation_id, key_id, version, issued, max_age_ms, stale, settings } = bundle;
  const made = printChainTime(BigInt(issued));
  return [
    `${visible(organisation_id)} publishes version ${visible(version)}, issued ${made}`,
    `  key       ${visible(key_id)}`,
    `  rules     ${rules.rules.length}, ${visible(bundle.policy_hash)}`,
    `  too old   after ${timeSpanText(BigInt(max_age_ms))}, then: ${stale}`,
    ...settingsView(settings),
  ];
}

type Settings = OrganisationPublication['bundle']['settings'];

function settingsView({ packs, retention, witnesses }: NonNullable<Settings> = {}): string[] {
  const kept = Object.entries(retention ?? {}).map(([name, rule]) => {
    const { keep_days: days, max_bytes: bytes } = rule;
    const parts = [
      days === undefined ? '' : `${days} days`,
      bytes === undefined ? '' : `${bytes} B`,
    ];
    return `${name} ${parts.filter((each) => each !== '').join(', ')}`;
  });
  const named = (witnesses ?? []).map(
    ({ name, required }) => name + (required ? ', required' : ''),
  );
  return [
    ...(packs ? [`  packs     ${visible(packs.join(', '))}`] : []),
    ...(kept.length > 0 ? [`  keeps     at most ${visible(kept.join('; '))}`] : []),
    ...(named.length > 0 ? [`  witness   ${visible(named.join('; '))}`] : []),
  ];
}
