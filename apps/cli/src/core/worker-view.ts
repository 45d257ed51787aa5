import type { WorkerPackage } from '@ioi/law';
import { visible } from './visible.ts';

/** What a person is shown of a worker before anything of it runs. */
export function packageLines({ address, manifest, files }: WorkerPackage): string[] {
  const { id, version, about, authority, tasks, entry, requirements } = manifest;
  const asked = [
    ...listed('capabilities', manifest.capabilities_required),
    ...listed('scopes', manifest.scopes_requested),
    ...listed('network', manifest.permissions_request?.network),
    ...listed('files', manifest.permissions_request?.filesystem),
    ...Object.entries(manifest.policy_defaults ?? {}).map(([name, given]) => {
      return `  by default ${name}: ${typeof given === 'string' ? given : given.join(', ')}`;
    }),
  ];
  const lines = [
    `${id} ${version}, signed by ${authority}`,
    `package ${address}`,
    ...(about === undefined ? [] : [about]),
    `runs ${entry.file} in ${entry.language}${needed(requirements)}`,
    'tasks:',
    ...tasks.map(({ name, input_schema, output_schema }) => {
      return `  ${name} ${JSON.stringify(input_schema)} -> ${JSON.stringify(output_schema)}`;
    }),
    ...(asked.length === 0
      ? ['asks for nothing']
      : ['asks for, and is not given by this:', ...asked]),
    'files:',
    ...files.map(({ path, bytes }) => `  ${path} (${bytes.length} bytes)`),
  ];
  return lines.map(visible);
}

function listed(name: string, values: readonly string[] = []): string[] {
  return values.length === 0 ? [] : [`  ${name}: ${values.join(', ')}`];
}

function needed(requirements: WorkerPackage['manifest']['requirements']): string {
  const { framework, vram_min: memory } = requirements ?? {};
  const parts = [framework, memory === undefined ? undefined : `${memory} of video memory`];
  const told = parts.filter((part) => part !== undefined);
  return told.length === 0 ? '' : `, needs ${told.join(' and ')}`;
}
